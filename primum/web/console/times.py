"""Moments as a reader sees them: in their own zone, with UTC beside."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from primum.web.marks import MONTHS

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class When:
    """One moment in words: in the reader's zone, in UTC (empty when that is the reader's), and for machines."""

    local: str
    utc: str
    iso: str

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.local} ({self.utc})" if self.utc else self.local


def when(at: datetime, *, zone: str) -> When:
    """Return a moment in a zone of the IANA database, with UTC beside unless it is the same."""
    universal = at.astimezone(UTC)
    local = at.astimezone(ZoneInfo(zone))
    iso = universal.isoformat(timespec="seconds")
    if not local.utcoffset():
        return When(local=f"{_day(universal)}, {universal:%H:%M} UTC", utc="", iso=iso)
    beside = "" if local.date() == universal.date() else f"{_day(universal)}, "
    return When(local=f"{_day(local)}, {local:%H:%M} {_zone(local)}", utc=f"{beside}{universal:%H:%M} UTC", iso=iso)


def _day(at: datetime) -> str:
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def _zone(local: datetime) -> str:
    """Return the zone's own letters; where it has only digits, the distance from UTC."""
    name = local.tzname() or ""
    return name if name.isalpha() else f"UTC{local.isoformat()[-6:]}"


def left_until(end: datetime, *, at: datetime) -> str:
    """Return how long is left, in the unit a person would say it in: ``3 days``, ``5 hours``, ``over``."""
    left = end - at
    if left <= timedelta(0):
        return "over"
    number, word = (left // DAY, "day") if left >= DAY else (left // timedelta(hours=1), "hour")
    if left < timedelta(hours=1):
        return "less than an hour"
    return f"{number} {word}{'' if number == 1 else 's'}"
