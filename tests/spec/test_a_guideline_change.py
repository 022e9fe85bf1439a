"""A guideline change closes with all its steps, and says which one is missing."""

from datetime import timedelta

import pytest

from primum.roadmap.change_plans import ChangePlan, scope_of
from primum.roadmap.changes import BY_HAND, ChangeStanding, Step, next_step, steps_of, why_not_close, why_not_take
from primum.roadmap.guidelines import Guideline
from primum.roadmap.stages import GateName, Stage
from tests.factories import MORNING

title = "When a guideline change may be closed"

WHOLE = {
    "change": "advice.bp.2",
    "rollout": "advice",
    "guideline": "bp@2",
    "inside": True,
    "relabelled": True,
    "retrained": True,
    "compared": True,
    "missing_gates": (),
    "promoted": True,
    "told_at": MORNING,
    "look_back_left": 0,
    "card": True,
}
LEFT_OUT = [
    (Step.PUBLISHED, {"published": False}, "bp@2 is not published"),
    (Step.FOUND, {"found": False}, "which rollouts follow an older version of bp@2"),
    (Step.SCOPED, {"inside": None}, "was not held against the change plan of advice"),
    (Step.RELABELLED, {"relabelled": False}, "still has the labels of before"),
    (Step.RETRAINED, {"retrained": False}, "No challenger to the model of advice was trained"),
    (Step.COMPARED, {"compared": False}, "was not compared with the model of advice"),
    (Step.GRANTED, {"missing_gates": ("GU",)}, "Gate GU was not granted for bp@2"),
    (Step.PROMOTED, {"promoted": False}, "still the old one; promote it"),
    (Step.TOLD, {"told_at": None}, "No place that uses the model of advice was told of bp@2"),
    (Step.ACKNOWLEDGED, {"silent": ("north", "south")}, "Not acknowledged yet by north, south"),
    (Step.LOOKED_BACK, {"look_back_left": None}, "Nobody looked back yet"),
    (Step.LOOKED_BACK, {"look_back_left": 1}, "The look-back is not closed"),
    (Step.CARD, {"card": False}, "has no version that names bp@2"),
]


def standing(**changes) -> ChangeStanding:
    return ChangeStanding(**(WHOLE | changes))


def test_with_every_step_taken_nothing_is_missing():
    assert why_not_close(standing()) is None
    assert all(one.done for one in steps_of(standing()))


@pytest.mark.parametrize(("step", "left_out", "sentence"), LEFT_OUT)
def test_leaving_out_any_single_step_keeps_it_open_with_a_sentence_that_names_it(step, left_out, sentence):
    now = standing(**left_out)

    assert sentence in (why_not_close(now) or "")
    assert next_step(now) is step


def test_the_steps_stand_in_the_order_in_which_they_are_taken():
    assert [one.step for one in steps_of(standing())] == list(Step)
    assert {step for step, *_ in LEFT_OUT} == set(Step)


def test_a_rejected_gate_is_said_as_such():
    assert "was rejected" in (why_not_close(standing(missing_gates=("GU",), rejected=True)) or "")


@pytest.mark.parametrize("step", [step for step in Step if step not in (Step.PUBLISHED, Step.LOOKED_BACK)])
def test_no_step_is_taken_before_the_one_it_rests_on(step):
    nothing = ChangeStanding(change="c", rollout="advice", guideline="bp@2", found=False)

    assert why_not_take(standing=nothing, step=step) == (None if step is Step.FOUND else steps_of(nothing)[1].missing)


def test_looking_back_waits_for_no_gate_and_the_card_for_no_site():
    silent = standing(told_at=None, look_back_left=None, card=False)

    assert why_not_take(standing=standing(promoted=False, missing_gates=("GU",)), step=Step.LOOKED_BACK) is None
    assert why_not_take(standing=silent, step=Step.CARD) is None


def test_a_closed_change_takes_no_step():
    closed = standing(closed_at=MORNING + timedelta(days=1))

    assert "is closed since 2026-03-03" in (why_not_take(standing=closed, step=Step.CARD) or "")


def test_people_decide_what_people_decide():
    assert {Step.GRANTED, Step.ACKNOWLEDGED, Step.LOOKED_BACK} == BY_HAND


# -- inside or outside the change plan ------------------------------------------------------


def guideline(version: str, systolic: int, **changes) -> Guideline:
    rule = {"field": "systolic", "operator": "less_than", "value": systolic}
    values = {
        "id": "bp",
        "version": version,
        "issuer": "Nobody",
        "title": "Pressure",
        "published_on": "2025-01-01",
        "effective_on": "2025-01-01",
        "source": {"file": "local", "words": "made for a test"},
        "fields": [
            {"name": "systolic", "words": "systolic", "unit": "mmHg", "whole": True},
            {"name": "age", "words": "age", "unit": "years", "whole": True},
            {"name": "risk", "words": "risk", "levels": {"high": "high", "usual": "usual"}},
        ],
        "population": {"words": "adults", "where": {"field": "age", "operator": "at_least", "value": 18}},
        "rules": [{"label": "at-target", "when": rule}],
        "otherwise": "above",
    }
    return Guideline.model_validate(values | changes)


def plan(**changes) -> ChangePlan:
    values = {
        "guideline": "bp",
        "modifications": {"limits": [{"field": "systolic", "lowest": 120, "highest": 150}]},
        "protocol": {
            "cases": "readings",
            "facts": {"systolic": "systolic", "age": "age", "risk": "risk"},
            "positive": ["above"],
            "interface": {"inputs": ["systolic"], "output": "probability"},
            "trainer": {"entry_point": "trainer.py:train"},
            "words": "The same cases are labelled again and both models answer them.",
        },
        "impact": "More people are asked back; a nurse sees each of them before anything is done.",
    }
    return ChangePlan.model_validate(values | changes)


WITH_RISK = {"rules": [{"label": "at-target", "when": {"field": "risk", "operator": "equals", "value": "usual"}}]}
OUTSIDE = [
    (None, guideline("2", 130), "declares no `change_plan`"),
    (plan(guideline="other"), guideline("2", 130), "The plan is for changes of other"),
    (
        plan(),
        guideline("2", 110),
        "The plan foresees limits from 120 to 150; the new version has systolic less than 110",
    ),
    (plan(), guideline("2", 130, **WITH_RISK), "The plan foresees no change of risk"),
    (plan(), guideline("2", 130, otherwise="far-above"), "The labels change"),
    (
        plan(),
        guideline("2", 130, population={"words": "all", "where": {"field": "age", "operator": "at_least", "value": 0}}),
        "It is about other people now (all)",
    ),
]


def test_a_limit_within_its_range_is_inside_the_plan_and_gate_gu_decides():
    scope = scope_of(plan=plan(), old=guideline("1", 140), new=guideline("2", 130), stage=Stage.SUSTAIN)

    assert scope.inside
    assert scope.gates == (GateName.GU,)
    assert "systolic less than 130 is foreseen" in scope.words


@pytest.mark.parametrize(("declared", "new", "sentence"), OUTSIDE)
def test_whatever_was_not_foreseen_is_outside_and_passes_the_full_gates_again(declared, new, sentence):
    scope = scope_of(plan=declared, old=guideline("1", 140), new=new, stage=Stage.SUSTAIN)

    assert not scope.inside
    assert sentence in scope.words
    assert scope.back_to is Stage.ASSESS
    assert scope.gates == (GateName.G1, GateName.G2, GateName.G3)


def test_a_rollout_in_pilot_goes_back_no_further_than_it_has_come():
    scope = scope_of(plan=plan(outside="scale"), old=guideline("1", 140), new=guideline("2", 90), stage=Stage.PILOT)

    assert scope.back_to is Stage.PILOT
    assert scope.gates == (GateName.G2,)
