"""Conditions on an approval: at which sites and units, for which share, until when; the strictest of all bind."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

A_SHARE = re.compile(r"[0-9]{1,9}(/[1-9][0-9]{0,8})?")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What an approval is limited to; ``None`` leaves it open. ``share`` is written as whole numbers, ``1/4``."""

    sites: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    share: str | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """True if nothing is limited."""
        return self == Conditions()

    def plain(self) -> dict[str, Any]:
        """Return what is limited as JSON-ready values."""
        said: dict[str, Any] = {
            "sites": None if self.sites is None else list(self.sites),
            "units": None if self.units is None else list(self.units),
            "share": self.share,
            "until": None if self.until is None else self.until.isoformat(),
        }
        return {name: value for name, value in said.items() if value is not None}

    @classmethod
    def read(cls, plain: Mapping[str, Any] | None) -> "Conditions":
        """Return what ``plain`` wrote; keys that are no condition are left out."""
        said = plain or {}
        until = said.get("until")
        return cls(
            sites=tuple(said["sites"]) if "sites" in said else None,
            units=tuple(said["units"]) if "units" in said else None,
            share=said.get("share"),
            until=datetime.fromisoformat(until) if until else None,
        )

    def words(self) -> str:
        """Return them in one line for a reader; empty when nothing is limited."""
        said = (
            self.sites is not None and f"sites {', '.join(self.sites)}",
            self.units is not None and f"units {', '.join(self.units)}",
            self.share is not None and f"share {self.share}",
            self.until is not None and f"until {self.until:%Y-%m-%d %H:%M %Z}",
        )
        return "; ".join(one for one in said if one)


def merged(several: Iterable[Conditions]) -> Conditions:
    """Return the strictest of several: sites and units in all of them, the smallest share, the earliest end."""
    together = Conditions()
    for one in several:
        together = Conditions(
            sites=_both(together.sites, one.sites),
            units=_both(together.units, one.units),
            share=_smaller(together.share, one.share),
            until=_earlier(together.until, one.until),
        )
    return together


def _both(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    said = [set(names) for names in (one, other) if names is not None]
    return tuple(sorted(set.intersection(*said))) if said else None


def _smaller(one: str | None, other: str | None) -> str | None:
    return min((share for share in (one, other) if share is not None), key=Fraction, default=None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((until for until in (one, other) if until is not None), default=None)


def why_not_limit(*, asked: Conditions, sites: Sequence[str], at: datetime) -> str | None:
    """Return the one reason an approval cannot be limited so, if there is one."""
    if asked.sites is not None and not asked.sites:
        return "A condition on sites names at least one."
    unknown = sorted(set(asked.sites or ()) - set(sites))
    if unknown:
        return f"There is no site '{unknown[0]}' in sites.yaml; a condition names sites that are there."
    if asked.units is not None and not all(unit.strip() for unit in asked.units or ("",)):
        return "A condition on units names at least one, in words."
    if asked.share is not None and not _is_part(asked.share):
        return f"'{asked.share}' is no share of patients; write whole numbers such as 1/4, above 0 and at most 1."
    if asked.until is not None and asked.until <= at:
        return "A condition ends in the future; give a later date."
    return None


def _is_part(share: str) -> bool:
    return bool(A_SHARE.fullmatch(share)) and 0 < Fraction(share) <= 1


def why_nothing_left(*, together: Conditions, at: datetime) -> str | None:
    """Return why an approval under these conditions would expose nobody, if it would."""
    if together.sites == ():
        return "The conditions of the signatures name no site in common; the gate is asked again."
    if together.units == ():
        return "The conditions of the signatures name no unit in common; the gate is asked again."
    if together.until is not None and at >= together.until:
        return f"The signatures count until {together.until:%Y-%m-%d %H:%M %Z}, which is over; the gate is asked again."
    return None


def exposed(*, state: str, conditions: Mapping[str, Any] | None, at: datetime) -> str:
    """Return the exposure in force at a moment: ``off`` once the end that its conditions name is past."""
    until = Conditions.read(conditions).until
    return "off" if until is not None and at >= until else state
