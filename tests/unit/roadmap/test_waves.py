from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from primum.roadmap.waves import Scale, Wave, WaveStanding, wave_after, why_not_next

MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
FIRST = Wave(name="bridge", sites=("north",), share="1/4", soak_days=14, checks=("harm",), documents=())
SECOND = Wave(name="two-sites", sites=("north", "south"), share="1/2", soak_days=14, checks=("harm",))
THIRD = Wave(name="everywhere", sites=("north", "south", "west"), soak_days=28, checks=("harm",))
STANDING = WaveStanding(
    wave=FIRST,
    began_at=MONDAY,
    held_since=MONDAY,
    suspended=False,
    hold=None,
    acknowledged=frozenset({"north"}),
    passed=frozenset({"harm"}),
    issued=frozenset(),
    closed=None,
)
AFTER = MONDAY + timedelta(days=14)


def test_a_wave_that_has_held_and_is_green_earns_the_next():
    assert why_not_next(standing=STANDING, following=SECOND, at=AFTER) == ()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"suspended": True}, "The rollout is suspended."),
        ({"hold": "a pin by hand."}, "A person holds this rollout: a pin by hand."),
        ({"closed": "Nothing may begin now: a holiday."}, "Nothing may begin now: a holiday."),
        (
            {"held_since": MONDAY + timedelta(days=1)},
            "has held for 13 of 14 days in a row; the next may begin on 2027-03-16",
        ),
        ({"acknowledged": frozenset()}, "The site 'north' has not acknowledged this wave."),
        ({"passed": frozenset()}, "The check 'harm' has not passed since this wave began."),
    ],
)
def test_whatever_is_missing_keeps_the_next_wave_waiting_with_its_sentence(change, sentence):
    (reason,) = why_not_next(standing=replace(STANDING, **change), following=SECOND, at=AFTER)

    assert sentence in reason


def test_audit_and_impact_assessment_are_due_at_each_wave():
    standing = replace(
        STANDING, wave=FIRST.model_copy(update={"documents": ("post-release-audit", "impact-assessment")})
    )

    (reason,) = why_not_next(standing=standing, following=SECOND, at=AFTER)

    assert reason == "The document 'post-release-audit' was not issued since this wave began (and 1 more)."


def test_every_reason_is_said_at_once():
    standing = replace(STANDING, suspended=True, acknowledged=frozenset(), passed=frozenset())

    assert len(why_not_next(standing=standing, following=SECOND, at=MONDAY)) == 4


def test_after_the_last_wave_comes_the_gate():
    scale = Scale(waves=(FIRST, SECOND, THIRD))

    assert [wave_after(scale, name) for name in (None, "bridge", "two-sites")] == [FIRST, SECOND, THIRD]
    assert wave_after(scale, "everywhere") is None
    assert "gate G3" in why_not_next(standing=STANDING, following=None, at=AFTER)[0]


@pytest.mark.parametrize(
    ("waves", "words"),
    [
        ((SECOND, FIRST), "leaves out a site"),
        ((THIRD, THIRD.model_copy(update={"name": "again"})), "reaches no further"),
        ((FIRST, FIRST), "a name of its own"),
        ((SECOND, SECOND.model_copy(update={"name": "less", "share": "1/3"})), "a smaller share"),
        ((SECOND, SECOND.model_copy(update={"name": "wards", "units": ("ward",)})), "kinds of unit"),
    ],
)
def test_a_wave_keeps_what_was_reached_and_adds_to_it(waves, words):
    with pytest.raises(ValidationError, match=words):
        Scale(waves=waves)
