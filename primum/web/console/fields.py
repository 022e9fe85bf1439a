"""What a form offers and what comes back from it: choices, days, words in a list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

Choice = TypeVar("Choice", bound=StrEnum)


class FormRefused(Exception):
    """A form is not complete or holds what it cannot; the message is shown to the person above the form."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing that can be chosen."""

    value: str
    label: str
    hint: str = ""


def plain(word: str) -> str:
    """Return an id of ours as words: ``clinical-lead`` as ``clinical lead``."""
    return word.replace("-", " ")


def options_of(kind: Iterable[StrEnum]) -> tuple[Option, ...]:
    """Return the members of an enumeration to choose from."""
    return tuple(Option(value=str(one), label=plain(one).capitalize()) for one in kind)


def chosen(kind: type[Choice], value: str, *, what: str) -> Choice:
    """
    Return what was chosen.

    :raises FormRefused: if nothing was, or nothing that is offered
    """
    try:
        return kind(value)
    except ValueError:
        raise FormRefused(f"Choose {what}.") from None


def end_of_day(written: str, *, zone: str, what: str) -> datetime:
    """
    Return the last minute of a day in the reader's zone.

    :raises FormRefused: if it is no day
    """
    try:
        day = date.fromisoformat(written.strip())
    except ValueError:
        raise FormRefused(f"Give {what} as a day, such as 2027-03-31.") from None
    return datetime.combine(day, time(23, 59), tzinfo=ZoneInfo(zone))


def moment_of(written: str, *, zone: str, what: str) -> datetime:
    """
    Return a moment that was written without a zone, in the reader's.

    :raises FormRefused: if it is none
    """
    try:
        at = datetime.fromisoformat(written.strip())
    except ValueError:
        raise FormRefused(f"Give {what} as a day and a time, such as 2027-03-31 14:30.") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
