"""Whether a number of units can be had in the months there are, and what would make it so."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from primum.roadmap.protocol_parts import SiteVolume

LONGEST_MONTHS = 1_200


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How long a number of units takes at the sites' volumes; ``months`` is ``None`` if it never comes together."""

    needed: int
    months: int | None
    within: int | None
    remedy: str

    @property
    def reachable(self) -> bool:
        """True if it comes together in the months there are; without a limit, if it does at all."""
        return self.months is not None and (self.within is None or self.months <= self.within)


def enrolled_by(*, month: int, sites: Sequence[SiteVolume]) -> int:
    """Return the units enrolled by the end of a month, the first month being 1."""
    return sum(site.per_month * max(0, month - site.from_month + 1) for site in sites)


def months_for(*, units: int, sites: Sequence[SiteVolume]) -> int | None:
    """Return the month by the end of which so many units are enrolled; ``None`` if they never are."""
    return next((month for month in range(LONGEST_MONTHS + 1) if enrolled_by(month=month, sites=sites) >= units), None)


def reach_of(*, units: int, sites: Sequence[SiteVolume], within: int | None) -> Reach:
    """Return how long so many units take, and what would bring them into the months there are."""
    months = months_for(units=units, sites=sites)
    late = months is None or (within is not None and months > within)
    return Reach(needed=units, months=months, within=within, remedy=_remedy(units, sites, within) if late else "")


def _remedy(units: int, sites: Sequence[SiteVolume], within: int | None) -> str:
    volume = sum(site.per_month for site in sites)
    if not volume or within is None:
        return "declare `sites` with the units that each enrols in a month"
    by_then = enrolled_by(month=within, sites=sites)
    wanted = math.ceil(units / within)
    mean = volume / len(sites)
    more = math.ceil((units - by_then) / (mean * within))
    return (
        f"{by_then:,} are enrolled in {within} months at {volume:,} a month; it would take {wanted:,} a month, "
        f"{more} more {'site' if more == 1 else 'sites'} of {mean:,.0f} a month, or {units - by_then:,} fewer units"
    )
