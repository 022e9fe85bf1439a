"""
Bounds of a trial from the looks that were held: these keep the bounds they had, the others follow from them.

An unplanned look is charged whatever the design: what it spends is lost to those that follow (Lan & DeMets
1983; Proschan, Follmann & Waclawiw 1992).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from primum.evidence.designs.boundaries import SHAPES, Design
from primum.evidence.designs.paths import LooksRefused, Paths, crossed
from primum.evidence.intervals import normal_quantile
from primum.evidence.roots import NoRoot, crossing_point
from primum.evidence.trials.sequential import Bounds, bounds_of, design_of
from primum.roadmap.protocol import Protocol

FARTHEST_BOUND = 40.0


@dataclass(frozen=True, kw_only=True)
class KeptBound:
    """A look on the z scale: its information, the efficacy bound it had, and the futility bound if any."""

    information: int
    boundary: float
    futility: float | None = None


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a look costs: the alpha it spends, and the last boundary with it and without it."""

    spent: float
    final_without: float
    final_with: float


def bounds_after(*, protocol: Protocol, past: Sequence[KeptBound], information: Sequence[int]) -> Bounds:
    """
    Return the bounds at all looks, those of the past as they were, the others at this information.

    :param information: at the look held now and at those still planned
    :raises LooksRefused: if no bound can be computed for such looks
    """
    amounts = (*(one.information for one in past), *information)
    found = (
        _fixed(protocol, amounts) if protocol.spending == "none" else bounds_of(protocol=protocol, information=amounts)
    )
    if not past or protocol.spending == "none":
        return found
    design = design_of(protocol=protocol, information=amounts)
    if design.name in SHAPES:
        return _shaped(design, protocol.planned_units, past, amounts, found)
    binds = protocol.futility is not None and protocol.futility.binding
    return _bound_on(past, amounts, protocol.planned_units, found) if binds else found


def _fixed(protocol: Protocol, amounts: Sequence[int]) -> Bounds:
    """Without a spending function all of the error is spent when the plan is complete."""
    alpha = float(Fraction(protocol.alpha_one_sided))
    done = [amount >= protocol.planned_units for amount in amounts]
    return Bounds(
        critical=tuple(normal_quantile(1 - alpha) if one else math.inf for one in done),
        spent=tuple(alpha if one else 0.0 for one in done),
    )


def _shaped(design: Design, planned: int, past: Sequence[KeptBound], amounts: Sequence[int], found: Bounds) -> Bounds:
    """Solve the shape's constant for what is left after the bounds that were used."""
    times = [amount / planned for amount in amounts]
    used = [one.boundary for one in past]
    shape = [SHAPES[design.name](time, design.parameter) for time in times[len(past) :]]

    def spent(constant: float) -> list[float]:
        upper = [*used, *(constant * one for one in shape)]
        at_each = crossed(times=times, upper=upper)[0]
        return [sum(at_each[: place + 1]) for place in range(len(at_each))]

    try:
        constant = crossing_point(
            lambda one: spent(one)[-1] - design.alpha, low=0.0, high=FARTHEST_BOUND / min(shape), tolerance=1e-10
        )
    except NoRoot:
        raise LooksRefused("The looks that were held have spent all of the error; none is left for another.") from None
    return Bounds(
        critical=(*used, *(constant * one for one in shape)), spent=tuple(spent(constant)), futility=found.futility
    )


def _bound_on(past: Sequence[KeptBound], amounts: Sequence[int], planned: int, found: Bounds) -> Bounds:
    """Give back what binding futility bounds that were used have saved, and no more."""
    paths = Paths(times=tuple(amount / planned for amount in amounts))
    steps = [after - before for before, after in pairwise((0.0, *found.spent))]
    critical: list[float] = []
    for place, step in enumerate(steps):
        kept = past[place] if place < len(past) else None
        bound = kept.boundary if kept else paths.critical(step)
        low = kept.futility if kept else (found.futility[place] if place < len(found.futility) else None)
        critical.append(bound)
        if place + 1 < len(steps):
            paths = paths.beyond(-math.inf if low is None else low, bound)
    return Bounds(critical=tuple(critical), spent=found.spent, futility=found.futility)


def price_of(*, protocol: Protocol, past: Sequence[KeptBound], now: int, ahead: Sequence[int]) -> Price | None:
    """
    Return what a look now costs, before anybody has looked; ``None`` where nothing follows that could cost more.

    :raises LooksRefused: if no bound can be computed for such looks
    """
    if protocol.spending == "none" or not ahead:
        return None
    without = bounds_after(protocol=protocol, past=past, information=ahead)
    with_it = bounds_after(protocol=protocol, past=past, information=(now, *ahead))
    here = len(past)
    before = with_it.spent[here - 1] if here else 0.0
    return Price(
        spent=with_it.spent[here] - before, final_without=without.critical[-1], final_with=with_it.critical[-1]
    )
