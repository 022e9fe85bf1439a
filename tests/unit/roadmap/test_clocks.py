"""When a report to a regulator is due: days counted where it is owed, over weekends, holidays and changes of time."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from primum.integrations.jurisdictions import holidays_of, packs
from primum.roadmap.clocks import ClockState, countdown, due_at, last_day
from primum.roadmap.jurisdictions import Counted, Holiday

NOWHERE = Path("/nowhere")
SPRING_MOON = (date(2027, 2, 6), date(2027, 2, 8), date(2027, 2, 9))


def shipped(id_):
    return next(one.jurisdiction for one in packs(own=NOWHERE) if one.jurisdiction.id == id_)


def rest_of(id_, year):
    """The days of rest of a pack; of Hong Kong as an institution would fill them in."""
    pack = shipped(id_)
    if id_ == "hk":
        pack = pack.model_copy(
            update={"holidays": (Holiday(name="Lunar New Year", dates=tuple(day.isoformat() for day in SPRING_MOON)),)}
        )
    return holidays_of(pack, since=date(year, 1, 1), until=date(year + 1, 12, 31))


@pytest.mark.parametrize(
    ("place", "aware", "last"),
    [
        # Monday before Thanksgiving 2026: the holiday and two weekends do not count.
        ("us", date(2026, 11, 23), date(2026, 12, 8)),
        # 4 July 2026 is a Saturday and kept on Friday the 3rd.
        ("us", date(2026, 6, 30), date(2026, 7, 15)),
        # Good Friday and Easter Monday 2027.
        ("eu", date(2027, 3, 22), date(2027, 4, 7)),
        # Lunar New Year 2027: Saturday the 6th is a weekend anyway, Monday and Tuesday are free.
        ("hk", date(2027, 2, 3), date(2027, 2, 19)),
    ],
)
def test_ten_working_days_leave_out_weekends_and_holidays_of_the_place(place, aware, last):
    rest = rest_of(place, aware.year)

    assert last_day(aware=aware, days=10, counted=Counted.WORKING, holidays=rest) == last


def test_calendar_days_run_through_weekends_and_holidays():
    rest = rest_of("eu", 2026)

    assert last_day(aware=date(2026, 12, 18), days=15, counted=Counted.CALENDAR, holidays=rest) == date(2027, 1, 2)


@pytest.mark.parametrize(("year", "last"), [(2028, date(2028, 2, 29)), (2027, date(2027, 3, 1))])
def test_a_leap_day_counts_as_the_day_it_is(year, last):
    found = last_day(aware=date(year, 2, 14), days=15, counted=Counted.CALENDAR, holidays=())

    assert found == last


@pytest.mark.parametrize(
    ("zone", "aware", "hours"),
    [
        ("America/New_York", datetime(2026, 3, 6, 17, tzinfo=UTC), 239),
        ("Europe/Berlin", datetime(2026, 10, 20, tzinfo=UTC), 241),
    ],
)
def test_a_change_of_the_clock_moves_no_day(zone, aware, hours):
    due = due_at(aware_at=aware, zone=zone, days=10, counted=Counted.CALENDAR, holidays=())

    first_midnight = datetime.combine(aware.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), datetime.min.time())
    begun = first_midnight.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert due.astimezone(ZoneInfo(zone)).time() == datetime.min.time()
    assert due - begun == timedelta(hours=hours)


def test_the_day_is_the_one_where_the_report_is_owed_and_not_where_the_reporter_was():
    """Past midnight in Hong Kong it is still the day before in New York."""
    aware = datetime(2026, 3, 3, 0, 30, tzinfo=ZoneInfo("Asia/Hong_Kong"))

    due = due_at(aware_at=aware, zone="America/New_York", days=2, counted=Counted.CALENDAR, holidays=())

    assert due.astimezone(ZoneInfo("America/New_York")).isoformat() == "2026-03-05T00:00:00-05:00"


@pytest.mark.parametrize(
    ("gone", "state", "words"),
    [
        (1, ClockState.RUNNING, "9 days left"),
        (5, ClockState.HALF_GONE, "5 days left"),
        (9, ClockState.NEARLY_OVER, "1 day left"),
        (10, ClockState.OVERDUE, "overdue by less than an hour"),
        (12, ClockState.OVERDUE, "overdue by 2 days"),
    ],
)
def test_the_countdown_says_how_much_is_left(gone, state, words):
    begun = datetime(2026, 3, 2, tzinfo=UTC)

    found = countdown(started_at=begun, due=begun + timedelta(days=10), at=begun + timedelta(days=gone))

    assert (found.state, found.words) == (state, words)


def test_what_was_submitted_late_says_so_and_an_end_nobody_knows_is_no_pass():
    begun = datetime(2026, 3, 2, tzinfo=UTC)
    due = begun + timedelta(days=2)

    late = countdown(started_at=begun, due=due, at=due, submitted_at=due)
    unknown = countdown(started_at=begun, due=None, at=due)

    assert late.words == "submitted late"
    assert unknown.state is ClockState.NOT_TOLD
