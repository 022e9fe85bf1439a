"""A pilot in which each reader reads each case with and without the model: what its gate says."""

import json
from pathlib import Path

import pytest

from primum.actions.evaluation import criterion_finding
from primum.actions.submission import Submission
from primum.integrations.configuration import load_policy
from primum.roadmap.designs import design_finding
from primum.roadmap.seats import binds
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import BINDING, Outcome
from tests import factories
from tests import reader_studies as study
from tests.unit.roadmap.test_locking import WHOLE

title = "When each reader reads each case with and without the model"
POLICY = load_policy("who-lmm-2025", base=Path())
SMALL = {"readers": 8, "cases": 200}
LARGE = {"readers": 10, "cases": 1_600}


def high_tier(protocol):
    """An imaging LMM of the high tier that a hospital tries in a reader study."""
    use = {**factories.rollout().use.model_dump(), "use_case": "imaging", "purpose": "image-interpretation"}
    columns = {name: name for name in study.COLUMNS}
    table = factories.evidence(kind="readings", stages=(Stage.PILOT,), columns=columns, subgroups=("sex",))
    rollout = factories.rollout(use=use, protocol=protocol, evidence=(table,))
    return Submission(
        path=Path("rollout.yaml"), rollout=rollout, policy=POLICY, policy_digest="sha256:p", people=(), sites=()
    )


def judged(rows, **changes):
    """What the policy's binding criteria on the pilot's table say of these readings."""
    submission = high_tier(study.protocol(estimand=WHOLE, **changes))
    tables = study.counted(rows, by=("sex",))
    asked = (
        one
        for one in POLICY.criteria
        if GateName.G2 in one.gates
        and one.evidence == "trial"
        and one.level in BINDING
        and binds(applies=one.applies, rollout=submission.rollout)
    )
    return {one.id: criterion_finding(one, submission=submission, cells=tables) for one in asked}


def test_a_gain_for_readers_and_cases_like_these_passes_on_benefit_harm_and_equity():
    found = judged(study.drawn(seed=21, gain=0.5, **LARGE))

    assert {check: one.outcome for check, one in found.items()} == {
        "primary-benefit": Outcome.PASS,
        "safety-difference": Outcome.PASS,
        "gap-benefit": Outcome.PASS,
        "sample-ratio": Outcome.PASS,
    }
    assert "10 readers, 1,600 cases of which 800 have the condition; mean area" in found["primary-benefit"].sentence
    assert "at the lower end: met" in found["primary-benefit"].sentence


def test_the_high_tier_accepts_the_design():
    submission = high_tier(study.protocol(estimand=WHOLE))

    assert design_finding(policy=POLICY, rollout=submission.rollout, gate=GateName.G2).outcome is Outcome.PASS


def test_no_gain_holds_the_gate_and_says_by_how_little():
    found = judged(study.drawn(seed=22, **SMALL), planned_units=400)["primary-benefit"]

    assert found.outcome is not Outcome.PASS
    assert "not yet known. About 200 more cases would show that it is met, if it is." in found.sentence


def test_readings_that_raise_more_false_alarms_are_harm():
    found = judged(study.drawn(seed=23, gain=0.5, bias=0.9, **LARGE))

    assert found["primary-benefit"].outcome is Outcome.PASS
    assert found["safety-difference"].outcome is Outcome.FAIL
    assert "false alarms: " in found["safety-difference"].sentence


def test_non_inferiority_is_counted_from_the_margin():
    given = {"question": "non-inferiority", "margin": "5/100", "margin_reason": "agreed with the radiologists"}

    found = judged(study.drawn(seed=24, **LARGE), **given)

    assert found["primary-noninferiority"].outcome is Outcome.PASS
    assert "margin 5 points" in found["primary-noninferiority"].sentence


def test_a_study_with_looks_is_not_analysed_and_says_so():
    found = judged(study.drawn(seed=21, gain=0.5, **SMALL), looks=({"at": 30},), spending="lan-demets-pocock")

    assert found["primary-benefit"].outcome is Outcome.INSUFFICIENT
    assert "analysed once, at its end" in found["primary-benefit"].sentence


def test_a_trial_s_table_in_place_of_the_readings_is_no_evidence():
    submission = high_tier(study.protocol(estimand=WHOLE))
    benefit = next(one for one in POLICY.criteria if one.id == "primary-benefit")

    found = criterion_finding(benefit, submission=submission, cells={})

    assert found.outcome is Outcome.INSUFFICIENT
    assert "readings" in found.sentence


@pytest.fixture
def ran(tmp_path, primum):
    def run(rows, **changes):
        made = study.write(tmp_path / "rollout", rows, **changes)
        ended = primum("run", str(made.file), "--as", "noah-kim")
        shown = primum("gate", "show", "small-trial.G2.1", "--json")
        return ended, json.loads(shown.out)

    return run


def test_the_gate_of_a_reader_study_asks_its_seats(ran):
    ended, gate = ran(study.drawn(seed=21, gain=0.9, **SMALL))

    assert ended.code == 0, ended.text
    assert gate["state"] == "awaiting-seats"


def test_the_gate_of_a_reader_study_without_a_gain_is_held(ran):
    ended, gate = ran(study.drawn(seed=22, **SMALL))

    assert ended.code == 1, ended.text
    assert gate["state"] == "held"
