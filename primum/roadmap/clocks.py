"""When a report to a regulator is due, and how far its time has gone; days of rest are passed in (P4.5)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

from primum.roadmap.jurisdictions import Counted

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SATURDAY = 5
MICROSECOND = timedelta(microseconds=1)
HALF, NEARLY = Fraction(1, 2), Fraction(9, 10)


class ClockState(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    HALF_GONE = "half gone"
    NEARLY_OVER = "nearly over"
    OVERDUE = "overdue"
    SUBMITTED = "submitted"
    NOT_TOLD = "not told"
    ENDED = "ended"


def last_day(*, aware: date, days: int, counted: Counted, holidays: Collection[date]) -> date:
    """
    Return the last day on which a report is in time; the day of becoming aware does not count.

    Calendar days run through weekends and holidays and are not prolonged by one at their end.

    :param holidays: days that are no working days, besides Saturdays and Sundays
    """
    if counted is Counted.CALENDAR:
        return aware + days * DAY
    day, left = aware, days
    while left:
        day += DAY
        left -= is_working_day(day, holidays=holidays)
    return day


def is_working_day(day: date, *, holidays: Collection[date]) -> bool:
    """Return whether people work on a day: from Monday to Friday, no holiday."""
    return day.weekday() < SATURDAY and day not in holidays


def due_at(*, aware_at: datetime, zone: str, days: int, counted: Counted, holidays: Collection[date]) -> datetime:
    """
    Return the moment at which a clock is over, in UTC: the end of its last day where the report is owed.

    The day of becoming aware is the one in that zone, wherever the reporter was; a change between summer and
    winter time moves no day.
    """
    there = ZoneInfo(zone)
    aware = aware_at.astimezone(there).date()
    last = last_day(aware=aware, days=days, counted=counted, holidays=holidays)
    return datetime.combine(last + DAY, time(0), tzinfo=there).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Countdown:
    """How a clock stands at a moment, in a state and in words."""

    state: ClockState
    words: str


def countdown(
    *,
    started_at: datetime,
    due: datetime | None,
    at: datetime,
    submitted_at: datetime | None = None,
    ended_at: datetime | None = None,
) -> Countdown:
    """Return how far the time of a report has gone; what was submitted late says so."""
    if ended_at is not None:
        return Countdown(state=ClockState.ENDED, words="no longer owed")
    if submitted_at is not None:
        late = due is not None and submitted_at >= due
        return Countdown(state=ClockState.SUBMITTED, words="submitted late" if late else "submitted in time")
    if due is None:
        return Countdown(state=ClockState.NOT_TOLD, words="its end is not known here")
    if at >= due:
        return Countdown(state=ClockState.OVERDUE, words=f"overdue by {_span(at - due)}")
    gone = Fraction((at - started_at) // MICROSECOND, max(1, (due - started_at) // MICROSECOND))
    state = ClockState.NEARLY_OVER if gone >= NEARLY else ClockState.HALF_GONE if gone >= HALF else ClockState.RUNNING
    return Countdown(state=state, words=f"{_span(due - at)} left")


def _span(length: timedelta) -> str:
    number, word = (length // DAY, "day") if length >= DAY else (length // HOUR, "hour")
    if length < HOUR:
        return "less than an hour"
    return f"{number} {word}{'' if number == 1 else 's'}"
