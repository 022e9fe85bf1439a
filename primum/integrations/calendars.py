"""Recurring windows (RFC 5545), kept in local time so that a change of the clock moves them with the people."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from primum.roadmap.waves import Window

# A day's clock may jump; the windows that began this much earlier than their length are looked at, too.
SLACK = timedelta(hours=3)
TOO_OFTEN = ("SECONDLY", "MINUTELY")


class WindowRefused(Exception):
    """A window cannot be read; the message says which part of it."""


def why_closed(*, windows: Sequence[Window], at: datetime) -> str | None:
    """
    Return why nothing may begin at a moment, if it may not: a deny window is open, or no allow window is.

    :raises WindowRefused: if a zone or a recurrence cannot be read
    """
    for window in windows:
        if window.kind == "deny" and is_open(window=window, at=at):
            return f"Nothing may begin now: {window.words}"
    allowing = [window for window in windows if window.kind == "allow"]
    if allowing and not any(is_open(window=window, at=at) for window in allowing):
        return f"Nothing may begin now; it may when: {'; or '.join(window.words for window in allowing)}"
    return None


def is_open(*, window: Window, at: datetime) -> bool:
    """
    Return whether a moment lies in a window; its end does not.

    :raises WindowRefused: if its zone or recurrence cannot be read
    """
    zone = _zone(window)
    lasts = timedelta(hours=window.hours)
    local = at.astimezone(zone).replace(tzinfo=None)
    begins = _begins(window, after=local - lasts - SLACK, before=local + SLACK)
    # Each begin is a time on the wall; how long a window lasts is counted in real hours.
    return any(begin <= at < begin + lasts for begin in (_moment(one, zone) for one in begins))


def _moment(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def _zone(window: Window) -> ZoneInfo:
    try:
        return ZoneInfo(window.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise WindowRefused(f"'{window.timezone}' is no time zone; write a name such as Europe/Zurich.") from None


def _begins(window: Window, *, after: datetime, before: datetime) -> Iterable[datetime]:
    first = datetime.fromisoformat(window.begins)
    if not window.recurrence:
        return [first]
    from dateutil.rrule import rrulestr

    refused = WindowRefused(
        f"'{window.recurrence}' is no recurrence; write it as in calendars, such as FREQ=WEEKLY;BYDAY=MO,TU."
    )
    if any(often in window.recurrence.upper() for often in TOO_OFTEN):
        raise refused
    try:
        return rrulestr(window.recurrence, dtstart=first, ignoretz=True).between(after, before, inc=True)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise refused from None
