"""The two arms of a trial in the counts: events and units, what is missing, and which way is good."""

from dataclasses import dataclass

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Group
from primum.evidence.shares.two_proportions import Goal
from primum.roadmap.protocol import Endpoint, Protocol

INTERVENTION = "intervention"
CONTROL = "control"
ARMS = (INTERVENTION, CONTROL)
EVENT = "1"
NO_EVENT = "0"
MISSING = ""
PRIMARY_ANALYSIS = "in_primary"


@dataclass(frozen=True, kw_only=True)
class Arms:
    """One endpoint in both arms, among units with a known outcome; ``missing`` counts the others."""

    intervention: Group
    control: Group
    missing: int

    @property
    def n(self) -> int:
        """Units with a known outcome in both arms."""
        return self.intervention.n + self.control.n

    @property
    def events(self) -> int:
        """Events in both arms."""
        return self.intervention.events + self.control.events

    @property
    def smallest(self) -> int:
        """Units in the smaller arm."""
        return min(self.intervention.n, self.control.n)

    def benefit(self, good: Goal) -> tuple[Group, Group]:
        """Return (first, second) such that ``first - second`` is positive when the intervention is better."""
        pair = (self.intervention, self.control)
        return pair if good == "higher" else (pair[1], pair[0])

    def harm(self, good: Goal) -> tuple[Group, Group]:
        """Return (first, second) such that ``first - second`` is positive when the intervention is worse."""
        first, second = self.benefit(good)
        return second, first

    @property
    def words(self) -> str:
        """Both arms in words, intervention first: ``27 of 295 against 52 of 307``."""
        one, two = self.intervention, self.control
        return f"{one.events:,} of {one.n:,} against {two.events:,} of {two.n:,}"


def arms_of(*, cells: Cells, event: str) -> Arms:
    """Return one endpoint of all units of both arms, as for safety."""
    groups, missing = [], 0
    for arm in ARMS:
        here = cells.where(arm=arm)
        events, none = here.where(**{event: EVENT}).total(), here.where(**{event: NO_EVENT}).total()
        groups.append(Group(events=events, n=events + none))
        missing += here.total() - events - none
    return Arms(intervention=groups[0], control=groups[1], missing=missing)


def primary_cells(cells: Cells) -> Cells:
    """Return the cells of the units that count in the primary analysis; all, if the table does not say."""
    return cells.where(in_primary=EVENT) if PRIMARY_ANALYSIS in cells.keys else cells


def primary_arms(*, protocol: Protocol, cells: Cells) -> Arms:
    """Return the primary endpoint of the units that count in the primary analysis."""
    return arms_of(cells=primary_cells(cells), event=protocol.primary.event)


def columns_of(protocol: Protocol) -> tuple[str, ...]:
    """Return the event columns that a protocol declares, the primary one first."""
    endpoints: tuple[Endpoint, ...] = (protocol.primary, *protocol.safety)
    return tuple(dict.fromkeys(endpoint.event for endpoint in endpoints))


def units(protocol: Protocol | None) -> str:
    """Return the unit of randomisation in the plural."""
    return f"{protocol.unit}s" if protocol else "patients"
