"""Packs of jurisdictions: those that ship, and an institution's own of the same id in their place; and days of rest."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from primum.integrations.configuration import ConfigurationRefused, load_jurisdiction
from primum.roadmap.digests import digest
from primum.roadmap.jurisdictions import Holiday, Jurisdiction
from primum.settings import shipped

FOLDER = "jurisdictions"
SATURDAY, SUNDAY = 5, 6
DAY = timedelta(days=1)


class HolidayRefused(Exception):
    """A holiday's rule cannot be read; the message says which."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """One jurisdiction as a file says it now, with the digest of what it says."""

    jurisdiction: Jurisdiction
    digest: str
    file: Path


def packs(*, own: Path) -> tuple[Pack, ...]:
    """
    Return every pack, by id; one in the institution's folder takes the place of a shipped one of the same id.

    A broken file of the institution's leaves the shipped one in force: reporting harm waits for nobody's comma.
    """
    found: dict[str, Pack] = {}
    for file in (*_files(shipped("config") / FOLDER), *_files(own)):
        try:
            pack = pack_in(file)
        except (ConfigurationRefused, HolidayRefused):
            if file.parent != own:
                raise
            continue
        found[pack.jurisdiction.id] = pack
    return tuple(found[one] for one in sorted(found))


def pack_in(file: Path) -> Pack:
    """
    Read one pack.

    :raises ConfigurationRefused: with every problem of the file
    :raises HolidayRefused: if a holiday has a rule that cannot be read
    """
    jurisdiction = load_jurisdiction(file)
    holidays_of(jurisdiction, since=date(2026, 1, 1), until=date(2026, 12, 31))
    return Pack(jurisdiction=jurisdiction, digest=digest(jurisdiction.model_dump(mode="json")), file=file)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yaml")) if folder.is_dir() else []


@lru_cache(maxsize=64)
def holidays_of(jurisdiction: Jurisdiction, *, since: date, until: date) -> frozenset[date]:
    """
    Return the days of rest of a jurisdiction between two days, those that a weekend moves at their moved place.

    :raises HolidayRefused: if a rule cannot be read
    """
    # A new year's day that is kept on the last of December belongs to the year before.
    years = (since - 7 * DAY, until + 7 * DAY)
    every = {_kept(day, holiday) for holiday in jurisdiction.holidays for day in _days(holiday, *years)}
    return frozenset(day for day in every if since <= day <= until)


def _days(holiday: Holiday, since: date, until: date) -> list[date]:
    if holiday.dates:
        return [date.fromisoformat(one) for one in holiday.dates]
    from dateutil.rrule import rrulestr

    first, last = datetime(since.year, 1, 1), datetime(until.year, 12, 31)  # noqa: DTZ001 -- days, not moments
    refused = HolidayRefused(f"'{holiday.recurrence}' of '{holiday.name}' is no rule of a yearly day.")
    if "FREQ=YEARLY" not in holiday.recurrence.upper():
        raise refused
    try:
        return [
            one.date()
            for one in rrulestr(holiday.recurrence, dtstart=first, ignoretz=True).between(first, last, inc=True)
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise refused from None


def _kept(day: date, holiday: Holiday) -> date:
    if holiday.moved == "nearest-weekday" and day.weekday() == SATURDAY:
        return day - DAY
    if holiday.moved == "never" or day.weekday() < SATURDAY:
        return day
    return day + (7 - day.weekday()) * DAY
