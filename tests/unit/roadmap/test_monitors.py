"""When monitors read, who is silent, what an alarm leads to: rules without a clock or a database."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from primum.roadmap.monitors import (
    AlarmAction,
    Cadence,
    Subject,
    Watch,
    is_due,
    missed,
    slot,
    slots_after,
    what_follows,
    why_badly_designed,
)
from primum.roadmap.periods import day_after, first_day, form_of, period_of
from tests.monitors_at_work import monitor

NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
NORTH, SOUTH = Subject(site="north", group="all"), Subject(site="south", group="all")


def local(month, day, hour, minute=0, zone="Europe/Zurich"):
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def daily(**changes):
    return Cadence.model_validate({"days": 1, "at": "02:30:00", "timezone": "Europe/Zurich"} | changes)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (local(3, 28, 12), datetime(2026, 3, 28, 1, 30, tzinfo=UTC)),
        # The clock jumps from 2 to 3: half past two is the moment it would have been.
        (local(3, 29, 12), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (local(3, 30, 12), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)),
        # Half past two comes twice: the first one counts.
        (local(10, 25, 12), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (local(10, 26, 12), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_change_of_the_clock_moves_the_reading_with_the_people(at, expected):
    assert slot(cadence=daily(), at=at) == expected


def test_each_day_counts_once_over_a_change_of_the_clock():
    assert slots_after(cadence=daily(), since=local(3, 27, 12), until=local(3, 31, 12)) == 4
    assert slots_after(cadence=daily(), since=local(10, 24, 12), until=local(10, 27, 12)) == 3


def test_a_week_begins_on_monday_and_a_leap_day_is_a_day():
    weekly = daily(days=7, at="06:00:00", timezone="UTC")

    assert f"{slot(cadence=weekly, at=datetime(2028, 2, 29, 12, tzinfo=UTC)):%a %d}" == "Mon 28"
    assert slot(cadence=daily(timezone="UTC"), at=datetime(2028, 2, 29, 12, tzinfo=UTC)).day == 29


def test_hours_are_real_hours():
    cadence = Cadence(hours=6)

    assert slots_after(cadence=cadence, since=local(3, 29, 0), until=local(3, 30, 0)) == 4
    assert slot(cadence=cadence, at=datetime(2026, 5, 1, 11, 59, tzinfo=UTC)).hour == 6


@given(
    at=st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: NEW_YEAR + timedelta(minutes=minutes)),
    days=st.integers(1, 40),
    zone=st.sampled_from(["UTC", "Europe/Zurich", "America/New_York", "Asia/Hong_Kong", "Australia/Lord_Howe"]),
)
def test_the_slot_is_past_and_none_lies_between(at, days, zone):
    cadence = daily(days=days, timezone=zone)

    found = slot(cadence=cadence, at=at)

    assert found <= at < found + timedelta(days=days, hours=3)
    assert slot(cadence=cadence, at=found) == found
    assert not is_due(cadence=cadence, last=found, at=at)
    assert is_due(cadence=cadence, last=found - timedelta(seconds=1), at=at)


def test_who_is_late_within_the_grace_is_not_silent():
    cadence = daily(grace_hours=6)
    last = slot(cadence=cadence, at=local(5, 1, 12))

    assert missed(cadence=cadence, last=last, since=last, at=local(5, 2, 8)) == 0
    assert missed(cadence=cadence, last=last, since=last, at=local(5, 2, 9)) == 1
    assert missed(cadence=cadence, last=None, since=local(5, 1, 0), at=local(5, 4, 9)) == 4


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"action": "rollback"}, "only a guardrail on harm may roll back by itself"),
        ({"action": "rollback", "nature": "signal", "harm": True}, "only a guardrail on harm may roll back"),
        ({"action": "hold", "nature": "signal"}, "what holds a rollout is a guardrail"),
        ({"stages": ["assess"]}, "nobody is reached in stage assess"),
        ({"cadence": {}}, "either `hours` or `days`"),
        ({"cadence": {"days": 1, "timezone": "Mars/Base"}}, "no name of the IANA"),
    ],
)
def test_a_monitor_that_would_do_too_much_is_refused_where_it_is_written(change, sentence):
    with pytest.raises(ValidationError, match=sentence):
        monitor(**change)


def test_only_harm_may_roll_back():
    assert monitor(action="rollback", nature="guardrail", harm=True).action is AlarmAction.ROLLBACK


def test_each_monitor_stands_once_in_its_file():
    twice = [monitor().model_dump(mode="json")] * 2

    with pytest.raises(ValidationError, match="stands twice"):
        Watch.model_validate({"monitors": twice})


def test_an_alarm_that_stands_leads_to_nothing_new():
    fresh = what_follows(monitor=monitor(), alarming=[NORTH, SOUTH], standing=[NORTH])
    known = what_follows(monitor=monitor(), alarming=[NORTH], standing=[NORTH])
    shadow = what_follows(monitor=monitor(shadow=True), alarming=[NORTH], standing=[])

    assert (fresh.raised, fresh.action) == ((SOUTH,), AlarmAction.HOLD)
    assert (known.raised, known.action) == ((), None)
    assert (shadow.raised, shadow.action) == ((), None)


@pytest.mark.parametrize(
    ("alarms", "readings", "is_bad"),
    [(5, 6, True), (40, 40, True), (1, 370, False), (3, 370, False), (2, 3, False), (0, 10, False), (30, 4000, True)],
)
def test_a_monitor_that_fires_far_more_often_than_designed_is_badly_designed(alarms, readings, is_bad):
    why = why_badly_designed(alarms=alarms, readings=readings, designed=Fraction(1, 370))

    assert (why is not None) is is_bad
    assert why is None or f"{alarms} of its last {readings} readings" in why


def test_the_tail_is_exact():
    chance = float(1 - (1 - Fraction(1, 10)) ** 10)

    just_over = Fraction(chance + 1e-12).limit_denominator(10**9)
    assert why_badly_designed(alarms=2, readings=10, designed=Fraction(1, 10), doubt=just_over) is not None
    assert why_badly_designed(alarms=2, readings=10, designed=Fraction(1, 10), doubt=Fraction(1, 4)) is None


@pytest.mark.parametrize(
    ("period", "form", "first", "after"),
    [
        ("2026-11-16", "day", date(2026, 11, 16), date(2026, 11, 17)),
        ("2026-W53", "week", date(2026, 12, 28), date(2027, 1, 4)),
        ("2028-02", "month", date(2028, 2, 1), date(2028, 3, 1)),
        ("2026-Q4", "quarter", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026", "year", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_periods_are_those_of_the_calendar(period, form, first, after):
    assert (form_of(period), first_day(period), day_after(period)) == (form, first, after)
    assert period_of(first, form=form) == period


@pytest.mark.parametrize("text", ["2025-W53", "2026-13", "2026-Q5", "last week", "", "2026-W5", "٢٠٢٦"])
def test_what_no_calendar_has_is_no_period(text):
    assert form_of(text) is None
    with pytest.raises(ValueError, match="is no period"):
        first_day(text)
