"""What the policy after the two summaries asks, and of whom."""

from fractions import Fraction
from pathlib import Path

import pytest

from primum.integrations.configuration import load_policy, load_requirements
from primum.roadmap.judging import weigh
from primum.roadmap.policy import Criterion, Policy
from primum.roadmap.seats import required_seats
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import BINDING, Level, Outcome
from tests import factories

title = "What the policy who-lmm-2025 asks"
POLICY: Policy = load_policy("who-lmm-2025", base=Path())
CRITERIA: dict[str, Criterion] = {criterion.id: criterion for criterion in POLICY.criteria}
ALL_AMBIGUITIES = [f"AMB{number}" for number in range(1, 16)]


@pytest.mark.parametrize(
    ("name", "operator", "value", "bound", "level"),
    [
        ("sensitivity-critical", "more_than", Fraction(95, 100), "lower", Level.MANDATORY),
        ("sensitivity-imaging", "at_least", Fraction(95, 100), "lower", Level.MANDATORY),
        ("gap-sensitivity", "less_than", Fraction(5, 100), "upper", Level.MANDATORY),
        ("gap-accuracy", "less_than", Fraction(5, 100), "upper", Level.MANDATORY),
        ("gap-benefit", "less_than", Fraction(5, 100), "upper", Level.MANDATORY),
        ("reader-gain", "at_least", Fraction(0), "lower", Level.OVERRIDABLE),
        ("sites", "at_least", Fraction(2), "value", Level.OVERRIDABLE),
        ("primary-benefit", "more_than", Fraction(0), "lower", Level.MANDATORY),
        ("primary-noninferiority", "more_than", Fraction(0), "lower", Level.MANDATORY),
        ("safety-difference", "less_than", Fraction(5, 100), "upper", Level.MANDATORY),
        ("sample-ratio", "at_least", Fraction(1, 1000), "value", Level.OVERRIDABLE),
        ("primary-ratio", "more_than", Fraction(1), "lower", Level.ADVISORY),
        ("workload", "at_most", Fraction(0), "value", Level.ADVISORY),
    ],
)
def test_each_threshold_is_the_one_of_its_source(name, operator, value, bound, level):
    criterion = CRITERIA[name]

    assert criterion.threshold is not None
    assert (criterion.threshold.operator, criterion.threshold.fraction) == (operator, value)
    assert (criterion.threshold.bound, criterion.level) == (bound, level)


@pytest.mark.parametrize(
    ("name", "exactly", "outcome"),
    [
        ("sensitivity-critical", 0.95, Outcome.FAIL),
        ("gap-accuracy", 0.05, Outcome.FAIL),
    ],
)
def test_a_point_at_the_threshold_with_no_width_never_passes_a_strict_rule(name, exactly, outcome):
    threshold = CRITERIA[name].threshold
    estimate = factories.estimate(value=exactly, lower=exactly, upper=exactly)

    assert threshold is not None
    assert weigh(threshold=threshold, estimate=estimate) is outcome


def test_what_guards_people_is_mandatory():
    guarded = {"P2.5", "I1", "P2.0", "P5.4", "P5.6", "P5.14", "K5"}

    binding = [one for one in POLICY.criteria if guarded & set(one.requirements) and one.level is not Level.ADVISORY]

    assert binding
    assert {one.level for one in binding} == {Level.MANDATORY}


def test_every_gate_but_the_entry_asks_for_people_papers_and_figures():
    for gate in (GateName.G1, GateName.G2, GateName.G3, GateName.GS):
        assert any(gate in one.gates and one.level in BINDING for one in POLICY.criteria), gate
        assert any(gate in one.gates for one in POLICY.seats), gate
        assert any(gate in one.gates for one in POLICY.documents), gate


def test_the_four_groups_sit_at_the_first_two_gates():
    four = {"clinical-lead", "patient-representative", "ethicist", "technologist"}

    for gate in (GateName.G1, GateName.G2):
        seats = required_seats(policy=POLICY, rollout=factories.rollout(), gate=gate)
        assert four <= {seat.role for seat in seats}


def test_a_high_risk_asks_for_an_auditor_from_elsewhere_and_a_low_one_does_not():
    high = required_seats(policy=POLICY, rollout=factories.rollout(), gate=GateName.G1)
    low = factories.rollout(use={**factories.rollout().use.model_dump(), "purpose": "health-education"})

    assert [seat.role for seat in high if seat.other_organisation] == ["independent-auditor"]
    assert not any(seat.other_organisation for seat in required_seats(policy=POLICY, rollout=low, gate=GateName.G1))


def test_the_months_are_those_of_the_roadmap():
    months = {one.stage: (one.from_month, one.to_month, one.months) for one in POLICY.dwell}

    assert months == {
        Stage.ASSESS: (1, 3, 3),
        Stage.PILOT: (4, 9, 6),
        Stage.SCALE: (10, 18, 9),
        Stage.SUSTAIN: (19, None, None),
    }


def test_each_tier_accepts_the_studies_of_its_source():
    designs = {one.tier: set(one.designs) for one in POLICY.designs}

    assert designs["high"] == {"parallel-rct", "cluster-rct", "stepped-wedge-rct", "randomised-mrmc"}
    assert "prospective-cohort" in designs["medium"] - designs["high"]
    assert "usability" in designs["low"] - designs["medium"]
    assert designs["high"] < designs["medium"] < designs["low"]


def test_all_fifteen_ambiguities_are_settled_in_the_open():
    assert [one.id for one in POLICY.ambiguities] == ALL_AMBIGUITIES
    assert [one.id for one in load_requirements().ambiguities] == ALL_AMBIGUITIES
    assert all(one.resolution for one in POLICY.ambiguities)


def test_nothing_is_put_into_the_mouth_of_the_who():
    sentences = [criterion.title for criterion in POLICY.criteria] + [one.title for one in POLICY.documents]
    sentences += [row.criterion for row in load_requirements().requirements]

    assert [sentence for sentence in sentences if "WHO" in sentence and "requires" in sentence.lower()] == []
