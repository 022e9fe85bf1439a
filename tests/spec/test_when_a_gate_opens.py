"""When a gate opens, and what it says when it does not."""

import pytest

from primum.roadmap.judging import judge, missing_evidence
from primum.roadmap.verdicts import Level, Outcome, Verdict
from tests import factories

title = "When a gate opens"


@pytest.mark.parametrize(
    ("lower", "upper", "outcome"),
    [
        (0.951, 0.99, Outcome.PASS),
        (0.95, 0.99, Outcome.INSUFFICIENT),
        (0.90, 0.97, Outcome.INSUFFICIENT),
        (0.80, 0.94, Outcome.FAIL),
    ],
)
def test_sensitivity_is_decided_on_the_bound_and_never_on_the_point(lower, upper, outcome):
    finding = judge(
        criterion=factories.criterion(), estimates=[factories.estimate(value=0.97, lower=lower, upper=upper)]
    )

    assert finding.outcome is outcome


@pytest.mark.parametrize(("operator", "outcome"), [("more_than", Outcome.FAIL), ("at_least", Outcome.PASS)])
def test_the_two_sensitivity_rules_of_the_sources_differ_only_at_equality(operator, outcome):
    rule = factories.criterion(threshold=factories.threshold(operator=operator, value="1/2", bound="value"))

    finding = judge(criterion=rule, estimates=[factories.estimate(value=0.5, lower=0.5, upper=0.5)])

    assert finding.outcome is outcome


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf")])
def test_what_is_unknown_never_passes(unknown):
    finding = judge(
        criterion=factories.criterion(), estimates=[factories.estimate(value=unknown, lower=unknown, upper=unknown)]
    )

    assert finding.outcome is Outcome.INSUFFICIENT


def test_a_suppressed_cell_counts_as_insufficient():
    finding = judge(criterion=factories.criterion(), estimates=[factories.estimate(suppressed=True)])

    assert finding.outcome is Outcome.INSUFFICIENT


def test_the_worst_of_several_groups_decides_and_is_named():
    rule = factories.criterion(
        title="Gap in sensitivity",
        metric="gap_sensitivity",
        threshold=factories.threshold(operator="less_than", value="5/100", bound="upper"),
    )
    men = factories.estimate(metric="gap_sensitivity", value=0.0, lower=0.0, upper=0.0, scope="sex=Male")
    women = factories.estimate(
        metric="gap_sensitivity", value=0.23, lower=0.11, upper=0.36, scope="sex=Female", events=36, n=50, needed=284
    )

    finding = judge(criterion=rule, estimates=[men, women])

    assert finding.outcome is Outcome.FAIL
    assert "Female: 23.0 points (36 of 50" in finding.sentence
    assert "284 more" in finding.sentence


def test_a_gate_without_any_finding_is_an_error_and_does_not_open():
    verdict = Verdict(findings=())

    assert verdict.outcome is Outcome.ERROR
    assert not verdict.opens


def test_a_missing_table_holds_the_gate_with_a_sentence():
    finding = missing_evidence(criterion=factories.criterion())

    assert finding.outcome is Outcome.INSUFFICIENT
    assert "needs a table of kind 'diagnostic'" in finding.sentence


@pytest.mark.parametrize("level", [Level.ADVISORY, Level.SHADOW])
def test_what_only_advises_never_holds_a_gate(level):
    good = judge(criterion=factories.criterion(id="good"), estimates=[factories.estimate()])
    bad = judge(
        criterion=factories.criterion(id="bad", level=level),
        estimates=[factories.estimate(value=0.5, lower=0.4, upper=0.6)],
    )

    assert Verdict(findings=(good, bad)).opens
