"""Which reminder of a waiting gate is due, and at which hours nobody is disturbed."""

from datetime import datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from primum.roadmap.signing_rules import ReminderRule, ReminderStep

MICROSECOND = timedelta(microseconds=1)
SATURDAY = 5


def moment_of(*, step: ReminderStep, opened_at: datetime, expires_at: datetime) -> datetime:
    """Return when a reminder of a gate is due."""
    whole, part = (expires_at - opened_at) // MICROSECOND, Fraction(step.after)
    return opened_at + whole * part.numerator // part.denominator * MICROSECOND


def steps_due(
    *, rule: ReminderRule, opened_at: datetime, expires_at: datetime, at: datetime
) -> tuple[ReminderStep, ...]:
    """Return the reminders whose moment has come, the latest first; none once the time is over."""
    if at >= expires_at:
        return ()
    due = [one for one in rule.steps if at >= moment_of(step=one, opened_at=opened_at, expires_at=expires_at)]
    return tuple(reversed(due))


def is_quiet(*, rule: ReminderRule, zone: str, at: datetime) -> bool:
    """Return whether it is an hour of rest where somebody is; hours may run over midnight."""
    return _within(at.astimezone(ZoneInfo(zone)).time(), rule.quiet_from, rule.quiet_until)


def digest_day(*, rule: ReminderRule, zone: str, at: datetime) -> str | None:
    """Return the day, such as ``2026-03-02``, whose digest is due where somebody is: a weekday, in waking hours."""
    here = at.astimezone(ZoneInfo(zone))
    is_time = here.time() >= rule.digest_at and not _within(here.time(), rule.quiet_from, rule.quiet_until)
    return here.date().isoformat() if is_time and here.weekday() < SATURDAY else None


def _within(now: time, begins: time, ends: time) -> bool:
    if begins <= ends:
        return begins <= now < ends
    return now >= begins or now < ends
