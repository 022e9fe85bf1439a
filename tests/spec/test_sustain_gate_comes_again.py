"""Sustain has no end: its review comes again by the calendar and by what happens, and failing has consequences (R4)."""

from datetime import UTC, datetime

import pytest

from primum.actions import resumption, suspension, sustain_gates
from primum.actions.explaining import conditions
from primum.ledger import audit
from primum.roadmap.conditions import Conditions
from primum.roadmap.sustaining import ApprovalState, SustainRule, ends_at, last_verified, state_of
from primum.roadmap.waves import Scale, Wave
from tests import gates_at_work
from tests.monitors_at_work import LEAD, MONDAY, OFFICER, ROLLOUT, SITES, line, monitor, ward
from tests.reviews_at_work import (
    DAY,
    YEAR,
    add,
    came_by,
    due,
    ended,
    entered,
    exposure,
    failed_review,
    gate,
    hold,
    review,
    walked,
)

title = "The review of a rollout in use"
WAVES = (
    Wave(name="bridge", sites=("north",), share="1/2", soak_days=14, checks=("sensitivity",), documents=()),
    Wave(name="everywhere", sites=("north", "south"), soak_days=14, checks=("sensitivity",), documents=()),
)


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    made = ward(sqlite_ledger, tmp_path, scale=Scale(waves=WAVES))
    entered(made)
    return made


def test_nothing_is_due_while_the_approval_is_fresh(place):
    assert due(place, MONDAY) == ()
    assert ended(place, MONDAY) == ()


def test_the_calendar_begins_the_review_before_the_approval_ends(place):
    (asked,) = due(place, YEAR - 59 * DAY)
    (again,) = due(place, YEAR - 58 * DAY)

    assert asked.cause == again.cause
    assert (asked.rollout, asked.requested_by) == (ROLLOUT, "noah-kim")
    assert "ends on 2027-03-02" in asked.sentence


def test_a_review_that_was_opened_is_not_asked_for_again(place):
    review(place, "awaiting-seats", opened=YEAR - 60 * DAY)

    assert due(place, YEAR - 59 * DAY) == ()


@pytest.mark.parametrize("state", ["rejected", "expired", "held"])
def test_a_review_of_the_spring_that_came_to_nothing_is_not_the_one_that_renews(place, state):
    review(place, state, opened=MONDAY)

    assert due(place, YEAR - 61 * DAY) == ()
    (asked,) = due(place, YEAR - 59 * DAY)
    assert "the review GS is due before" in asked.sentence


def test_an_update_renews_nothing(place):
    came_by(place, "GU", at=YEAR - 90 * DAY)

    assert ended(place, YEAR + DAY) == (ROLLOUT,)


def test_a_review_that_was_applied_renews_for_as_long_again(place):
    came_by(place, "GS", at=YEAR - 30 * DAY)

    assert due(place, YEAR - 20 * DAY) == ()
    assert ended(place, YEAR + 300 * DAY) == ()
    (asked,) = due(place, YEAR + 280 * DAY)
    assert "ends on 2028-01-31" in asked.sentence


def test_an_alarm_that_holds_begins_a_review_and_a_warning_does_not(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path, monitor(), monitor(id="mild", action="warn", nature="signal"))
    entered(place)
    place.report(line(9), of="mild")
    place.tick()
    assert due(place, MONDAY) == ()

    place.report(line(9), at=MONDAY + DAY)
    place.tick(MONDAY + DAY)

    (asked,) = due(place, MONDAY + DAY)
    assert "because of: alarm" in asked.sentence


def test_everybody_can_read_how_the_approval_stands(place):
    said = {
        days: sustain_gates.approval_sentence(rollout=ROLLOUT, at=YEAR + days * DAY, workplace=place.workplace)
        for days in (-300, -30, 1, 40)
    }

    assert said[-300] == "It is approved until 2027-03-02."
    assert "the review GS is due before" in said[-30]
    assert "held until a review GS is applied" in said[1]
    assert "nobody receives output" in said[40]


def test_an_approval_that_ended_is_held_and_then_off(place):
    first, again = ended(place, YEAR + DAY), ended(place, YEAR + 2 * DAY)

    assert (first, again) == ((ROLLOUT,), ())
    assert exposure(place).state == "sustain"
    assert "held until a review GS is applied" in hold(place).reason
    assert ended(place, YEAR + 31 * DAY) == (ROLLOUT,)
    assert exposure(place).state == "off"
    assert ended(place, YEAR + 32 * DAY) == ()
    assert audit.verify(place.workplace.ledger) == ()


def test_the_review_that_renews_an_approval_is_not_kept_back_by_its_end(place):
    ended(place, YEAR + DAY)
    opened = gate("GS", "granted", opened=YEAR + DAY)
    add(place.workplace, opened)

    with place.workplace.ledger.reading() as session:
        asked = conditions(
            gate=opened,
            world=gates_at_work.world(),
            session=session,
            submission=place.submission,
            at=YEAR + 2 * DAY,
        )

    assert next(one.holds for one in asked if one.name == "not held")


@pytest.mark.parametrize(("outcome", "state"), [("fail", "held"), ("pass", "rejected")])
def test_a_failed_review_walks_exposure_back_to_the_last_verified_wave(place, outcome, state):
    failed_review(place, outcome, state)

    assert walked(place) == (ROLLOUT,)

    now = exposure(place)
    assert (now.state, now.conditions["wave"]) == ("sustain", "bridge")
    assert (now.conditions["sites"], now.conditions["share"]) == (["north"], "1/2")
    assert walked(place, MONDAY + 2 * DAY) == ()
    assert audit.verify(place.workplace.ledger) == ()


def test_without_a_wave_to_go_back_to_it_is_standard_care(sqlite_ledger, tmp_path):
    place = ward(sqlite_ledger, tmp_path)
    entered(place)
    failed_review(place)

    walked(place)

    assert exposure(place).state == "off"


def stopped_and_resumed(place, *, at):
    common = {"rollout": ROLLOUT, "workplace": place.workplace}
    suspension.suspend(person=LEAD, reason="A second look.", at=MONDAY, **common)
    walked(place, at - DAY)
    ended(place, at - DAY)
    resumption.resume(person=LEAD, second=OFFICER, reason=gates_at_work.REASON, at=at, **common)


def test_an_approval_that_ended_while_it_was_stopped_exposes_nobody_when_it_goes_on(place):
    stopped_and_resumed(place, at=YEAR + 60 * DAY)

    assert exposure(place).state == "off"
    assert hold(place) is not None
    assert audit.verify(place.workplace.ledger) == ()


def test_a_review_that_failed_while_it_was_stopped_goes_on_in_the_last_verified_wave(place):
    failed_review(place)

    stopped_and_resumed(place, at=MONDAY + 5 * DAY)

    assert (exposure(place).state, exposure(place).conditions["wave"]) == ("sustain", "bridge")
    assert walked(place, MONDAY + 6 * DAY) == ()
    assert audit.verify(place.workplace.ledger) == ()


def test_what_is_not_known_yet_is_no_failure(place):
    failed_review(place, outcome="insufficient")

    assert walked(place) == ()
    assert exposure(place).state == "sustain"


@pytest.mark.parametrize(
    ("approved", "ends"),
    [
        (datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2029, 2, 28, 12, tzinfo=UTC)),
        (datetime(2026, 3, 31, 12, tzinfo=UTC), datetime(2027, 3, 31, 12, tzinfo=UTC)),
    ],
)
def test_an_approval_ends_on_the_same_day_of_the_calendar_or_the_last_there_is(approved, ends):
    rule = SustainRule()

    assert ends_at(rule=rule, approved_at=approved) == ends
    assert state_of(rule=rule, ends=ends, at=ends) is ApprovalState.EXPIRED
    assert state_of(rule=rule, ends=ends, at=ends - 60 * DAY) is ApprovalState.TO_RENEW


def test_the_last_verified_wave_reaches_less_than_now():
    sites = [site.id for site in SITES]

    back = last_verified(scale=Scale(waves=WAVES), reach=Conditions(), sites=sites)
    further = last_verified(scale=Scale(waves=WAVES), reach=Conditions(sites=("north",), share="1/2"), sites=sites)

    assert back is not None
    assert (back.name, further) == ("bridge", None)
