from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from primum.roadmap.conditions import Conditions
from primum.roadmap.exclusions import Exclusion, why_excluded
from primum.roadmap.exposure import Encounter, Exposed, Reason, Shown, Standing, exposed, in_share

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
SEED = b"nobody outside the hospital has this"
CHILDREN = Exclusion(field="age", comparison="less-than", values=("18",), words="Children were not in the validation.")
PILOT = Standing(
    rollout="heart",
    stage="pilot",
    state="pilot",
    read_at=NOON,
    sites=frozenset({"north", "south"}),
    bundle="sha256:a",
    approved="sha256:a",
)
ENCOUNTER = Encounter(unit="unit-1", site="north", at=NOON, kind="patient", facts={"age": 44})


def asked(standing=PILOT, encounter=ENCOUNTER, arm="intervention") -> Exposed:
    return exposed(standing=standing, encounter=encounter, arm=arm, seed=SEED)


@pytest.mark.parametrize(
    ("arm", "shown"), [("intervention", Shown.LMM), ("control", Shown.CONTROL), (None, Shown.OFF), ("other", Shown.OFF)]
)
def test_in_a_pilot_the_arm_decides_and_who_has_none_sees_nothing(arm, shown):
    assert asked(arm=arm).shown is shown


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"suspended": True}, "suspended"),
        ({"replay": True}, "replay"),
        ({"state": "off"}, "Nobody is exposed in stage pilot yet"),
        ({"state": "suspended"}, "Nobody is exposed"),
        ({"state": "something new"}, "Nobody is exposed"),
        ({"bundle": "sha256:b"}, "not the one that was approved"),
        ({"approved": "", "bundle": ""}, "not the one that was approved"),
        ({"sites": frozenset({"south"})}, "not one of this rollout's"),
        ({"conditions": Conditions(sites=("south",))}, "site is outside what was approved"),
        ({"conditions": Conditions(units=("ward",))}, "kind of unit is outside"),
        ({"conditions": Conditions(until=NOON)}, "counted until 2027-03-01 12:00"),
        ({"read_at": NOON - timedelta(seconds=1, microseconds=1)}, "has not seen the ledger"),
        ({"exclusions": (CHILDREN.model_copy(update={"values": ("45",)}),)}, "Children"),
    ],
)
def test_every_doubt_is_off_with_its_sentence(change, sentence):
    answer = asked(replace(PILOT, **change))

    assert answer.shown is Shown.OFF
    assert sentence in answer.sentence


def test_a_replica_that_is_a_second_behind_still_answers():
    assert asked(replace(PILOT, read_at=NOON - timedelta(seconds=1))).shown is Shown.LMM


def test_at_scale_who_is_outside_the_share_sees_nothing_or_is_the_holdout():
    scale = replace(PILOT, stage="scale", state="scale", conditions=Conditions(share="1/1000000"))

    assert asked(scale, arm=None).shown is Shown.OFF
    assert asked(replace(scale, holdout=True), arm=None).shown is Shown.CONTROL


def test_in_use_everybody_in_scope_sees_output():
    answer = asked(replace(PILOT, stage="sustain", state="sustain"), arm=None)

    assert (answer.shown, answer.reason) == (Shown.LMM, Reason.TARGETING_MATCH)


@given(unit=st.text(min_size=1, max_size=40), small=st.fractions(0, 1), large=st.fractions(0, 1))
def test_who_is_in_a_share_stays_in_while_it_grows(unit, small, large):
    small, large = sorted((small, large))

    here = in_share(rollout="heart", unit=unit, share=small, seed=SEED)

    assert not here or in_share(rollout="heart", unit=unit, share=large, seed=SEED)


def test_a_quarter_is_about_a_quarter_and_another_quarter_in_another_rollout():
    units = [f"unit-{number}" for number in range(20_000)]

    one, other = (
        {unit for unit in units if in_share(rollout=name, unit=unit, share=Fraction(1, 4), seed=SEED)}
        for name in ("heart", "lung")
    )

    assert 4_755 < len(one) < 5_245
    assert 1_100 < len(one & other) < 1_400


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "'age' was not told"),
        ({"age": "forty"}, "'age' is no number"),
        ({"age": True}, "'age' is no number"),
        ({"age": 17.9}, "Children were not in the validation."),
        ({"age": "17"}, "Children were not in the validation."),
        ({"age": 18}, None),
    ],
)
def test_what_decides_an_exclusion_must_be_told(facts, sentence):
    why = why_excluded(exclusions=(CHILDREN,), facts=facts)

    assert (why is None) == (sentence is None)
    assert sentence is None or sentence in why


def test_a_group_may_be_excluded_by_its_name():
    pregnant = Exclusion(field="pregnant", comparison="equals", values=("true",), words="Nobody pregnant was studied.")
    wards = Exclusion(field="ward", comparison="is-one-of", values=("icu", "nicu"), words="Intensive care is outside.")

    assert why_excluded(exclusions=(pregnant, wards), facts={"pregnant": True, "ward": "a"}) == pregnant.words
    assert why_excluded(exclusions=(pregnant, wards), facts={"pregnant": False, "ward": "icu"}) == wards.words
    assert why_excluded(exclusions=(pregnant, wards), facts={"pregnant": False, "ward": "a"}) is None


@pytest.mark.parametrize("told", ["True", " TRUE ", 1, "1", "yes", "Y", "", " ", "unknown", "NaN", "n/a", 1.0])
def test_a_doubt_about_who_is_excluded_excludes_however_it_is_spelled(told):
    pregnant = Exclusion(field="pregnant", comparison="equals", values=("true",), words="Nobody pregnant was studied.")

    assert why_excluded(exclusions=(pregnant,), facts={"pregnant": told}) is not None
    assert why_excluded(exclusions=(pregnant,), facts={"pregnant": "False"}) is None


@pytest.mark.parametrize("told", ["NICU", " nicu", "\uff4e\uff49\uff43\uff55", 7, 7.0, "7.0", "", "unknown"])
def test_a_group_is_excluded_in_capitals_and_as_a_number_and_when_it_is_not_known(told):
    wards = Exclusion(field="ward", comparison="is-one-of", values=("nicu", "7"), words="Intensive care is outside.")

    assert why_excluded(exclusions=(wards,), facts={"ward": told}) is not None
    assert why_excluded(exclusions=(wards,), facts={"ward": "general"}) is None


@pytest.mark.parametrize(
    "said",
    [{"comparison": "less-than", "values": ("adult",)}, {"comparison": "equals", "values": ("a", "b")}],
)
def test_an_exclusion_that_cannot_be_compared_is_refused(said):
    with pytest.raises(ValidationError, match="compares"):
        Exclusion(field="age", words="Children were not in the validation.", **said)
