"""The looks of a trial at the information they really had, and the boundary each had to cross."""

from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.counts.cells import Cells
from primum.evidence.designs.boundaries import Design, boundaries
from primum.evidence.shares.two_proportions import pooled_z
from primum.evidence.trials.trial_arms import Arms, primary_arms
from primum.roadmap.rollout import Protocol

# Data within a twentieth of the plan around a planned look belong to that look (602 for 600 of 948).
NEAR = Fraction(1, 20)


@dataclass(frozen=True, kw_only=True)
class LookResult:
    """
    One look: information in units with a known outcome, and the boundary on the z scale.

    ``z`` is positive when the intervention is better, and ``None`` when the data of that look were
    not kept or are not there yet. An unplanned look is charged: it spends alpha like any other.
    """

    number: int
    information: int
    fraction: float
    boundary: float
    z: float | None
    reached: bool = True
    planned: bool = True


def looks_so_far(*, protocol: Protocol, cells: Cells) -> tuple[LookResult, ...]:
    """Return the looks up to now, the last one with its z; none without a spending function or data."""
    return tuple(look for look in all_looks(protocol=protocol, cells=cells) if look.reached)


def all_looks(*, protocol: Protocol, cells: Cells) -> tuple[LookResult, ...]:
    """Return the looks up to now and those still planned, at the boundaries that follow from the information so far."""
    arms = primary_arms(protocol=protocol, cells=cells)
    if protocol.spending == "none" or not arms.n:
        return ()
    past, ahead = looks_around(protocol=protocol, now=arms.n)
    information = (*past, arms.n, *ahead)
    alpha = float(Fraction(protocol.alpha_one_sided))
    found = boundaries(
        design=Design(name=protocol.spending, alpha=alpha), information=information, planned=protocol.planned_units
    )
    return tuple(
        LookResult(
            number=place + 1,
            information=amount,
            fraction=amount / protocol.planned_units,
            boundary=bound,
            z=_z(protocol, arms) if place == len(past) else None,
            reached=place <= len(past),
            planned=place != len(past) or _near_a_planned_look(protocol, arms.n),
        )
        for place, (amount, bound) in enumerate(zip(information, found.critical, strict=True))
    )


def looks_around(*, protocol: Protocol, now: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """
    Return the planned looks before and after this amount of information.

    The look that is held now takes the place of the planned one it is near, and beyond the plan of
    the last; near none it is an unplanned look between them.
    """
    far = [at for at in _planned(protocol) if not _same_look(protocol, at, now)]
    return tuple(at for at in far if at < now), tuple(at for at in far if at > now)


def _planned(protocol: Protocol) -> list[int]:
    last = protocol.planned_units
    return [*sorted({look.at for look in protocol.looks if look.at < last}), last]


def _near_a_planned_look(protocol: Protocol, now: int) -> bool:
    return any(_same_look(protocol, at, now) for at in _planned(protocol))


def _same_look(protocol: Protocol, planned: int, now: int) -> bool:
    overrun = planned == protocol.planned_units and now > planned
    return overrun or abs(planned - now) <= NEAR * protocol.planned_units


def _z(protocol: Protocol, arms: Arms) -> float:
    first, second = arms.benefit(protocol.primary.good)
    return pooled_z(first=first, second=second)
