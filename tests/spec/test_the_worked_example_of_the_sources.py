"""The sources' own examples, with a hundred patients each: unequal performance (S3:161-175), reading (S3:230-234)."""

import pytest

from primum.evidence.measures.registry import measure
from primum.roadmap.judging import judge, point_meets
from primum.roadmap.verdicts import Outcome
from tests import evidence_factories, factories

title = "The worked example of the sources"
# P5.10 to P5.13: the four groups and their sensitivity.
GROUPS = {"Women 18-40": 89, "Men 18-40": 91, "Women 65+": 87, "Low-resource setting": 76}
RULE = factories.criterion(
    id="gap-sensitivity",
    title="Gap in sensitivity",
    metric="gap_sensitivity",
    threshold=factories.threshold(operator="less_than", value="5/100", bound="upper", method="simultaneous newcombe"),
)
GAIN = factories.criterion(
    id="reader-gain",
    title="Reader with the LMM against the same reader without it",
    metric="reader_gain",
    threshold=factories.threshold(operator="more_than", value="0", bound="lower", method="paired tango"),
)


def measured(criterion, cells, **columns):
    named = {"case_id": "c", "patient_id": "p", "site": "s", "reference": "r", "prediction": "f", **columns}
    table = factories.evidence(columns=named, subgroups=("group",) if "group" in columns else ())
    return measure(
        criterion=criterion,
        cells={"diagnostic": cells},
        rollout=factories.rollout(evidence=(table,)),
        policy=factories.policy(criteria=(criterion,)),
    )


@pytest.fixture(scope="module")
def estimates():
    rows = {}
    for group, found in GROUPS.items():
        rows |= {(group, "1", "1"): found, (group, "1", "0"): 100 - found}
    cells = evidence_factories.cells("diagnostic", ("group", "reference", "prediction"), rows)
    return measured(RULE, cells, group="g")


def test_the_largest_minus_the_smallest_is_fifteen_points(estimates):
    largest = next(one for one in estimates if one.scope == "group")

    assert largest.exact == "3/20"


def test_the_best_group_is_the_younger_men_and_only_the_low_resource_setting_breaches_the_rule(estimates):
    levels = [one for one in estimates if "=" in one.scope]
    best = next(one for one in levels if one.exact == "0")
    breaching = [one.scope for one in levels if not point_meets(threshold=RULE.threshold, estimate=one)]

    assert best.scope == "group=Men 18-40"
    assert breaching == ["group=Low-resource setting"]


def test_the_group_is_named_with_its_counts_and_the_gate_is_held(estimates):
    finding = judge(criterion=RULE, estimates=estimates)

    assert finding.outcome is not Outcome.PASS
    assert "Low-resource setting: 15.0 points (76 of 100" in finding.sentence


def test_five_points_exactly_do_not_pass_although_floats_would_say_more_or_less(estimates):
    gap = next(one for one in estimates if one.scope == "group=Women 65+")

    assert gap.exact == "1/25"
    assert not point_meets(threshold=RULE.threshold, estimate=factories.estimate(value=0.91 - 0.86, exact="1/20"))


def test_a_radiologist_alone_finds_85_of_100_and_with_the_model_92():
    keys = ("reference", "reader_alone", "reader_with_lmm")
    rows = {("1", "1", "1"): 85, ("1", "0", "1"): 7, ("1", "0", "0"): 8}
    cells = evidence_factories.cells("diagnostic", keys, rows)

    found = measured(GAIN, cells, reader_alone="a", reader_with_lmm="w")

    assert [one.exact for one in found] == ["7/100"]
    assert judge(criterion=GAIN, estimates=found).outcome is Outcome.PASS
