"""
Group-sequential boundaries: how alpha is shared between looks, and the critical values that follow.

A design is a row in a table: a spending function (alpha spent at each information fraction) or a
shape (boundaries in fixed proportion), or alpha spent as the user says. Boundaries are on the z
scale, upper side; a two-sided design is symmetric and spends half of alpha a side. Futility
boundaries are non-binding unless they are given as ``lower`` (``futility`` finds them).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from primum.evidence.designs.paths import BOTH, LooksRefused, Paths, crossed
from primum.evidence.intervals import normal_quantile, normal_tail
from primum.evidence.roots import crossing_point

__all__ = (
    "HAYBITTLE_PETO",
    "OTHERS",
    "SHAPES",
    "SPENDING",
    "Boundaries",
    "Design",
    "LooksRefused",
    "boundaries",
    "haybittle_peto",
    "spending_at",
    "spent_by",
)

HAYBITTLE_PETO = 3.0


@dataclass(frozen=True, kw_only=True)
class Design:
    """
    A way to share alpha between looks: a name of ``SPENDING``, ``SHAPES`` or ``OTHERS``.

    ``parameter`` is rho, gamma, delta or the interim bound of Haybittle and Peto (0 means 3);
    ``spent`` is the cumulative alpha, all sides together, at each look of a ``user-defined`` design.
    """

    name: str
    alpha: float
    sides: int = 1
    parameter: float = 0.0
    spent: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """Critical values and cumulative alpha at each look; an infinite value means "cannot be crossed here"."""

    critical: tuple[float, ...]
    spent: tuple[float, ...]


def boundaries(
    *,
    design: Design,
    information: Sequence[float],
    planned: float,
    lower: Sequence[float] = (),
    closing: bool = False,
) -> Boundaries:
    """
    Return the critical values at looks with this much information (Lan & DeMets 1983).

    :param information: increasing amounts, in any unit; the last may fall short of or exceed the plan
    :param planned: information at which all of alpha is spent
    :param lower: binding futility bounds of all looks but the last, on the z scale
    :param closing: the last look is the final one and spends all that is left, even short of the plan
    :raises LooksRefused: if the amounts do not increase, lie too close, or the design is unknown
    """
    _check(design, information, planned, lower)
    fractions = tuple(amount / planned for amount in information)
    floor = (*lower, -math.inf) if lower else tuple(-math.inf for _ in fractions)
    if design.name in SHAPES:
        return _by_shape(design, fractions, floor)
    if design.name == "haybittle-peto":
        return _with_interim(design, fractions, floor)
    return _by_spending(design, fractions, floor, spending_at(design=design, fractions=fractions, closing=closing))


def _check(design: Design, information: Sequence[float], planned: float, lower: Sequence[float]) -> None:
    if design.name not in (*SPENDING, *SHAPES, *OTHERS):
        known = ", ".join(sorted((*SPENDING, *SHAPES, *OTHERS)))
        raise LooksRefused(f"'{design.name}' is no known design; known are {known}.")
    if not 0 < design.alpha < 1 or design.sides not in (1, 2):
        raise LooksRefused(f"Alpha is {design.alpha:g} on {design.sides} sides; it lies between 0 and 1 on 1 or 2.")
    if not information or planned <= 0 or information[0] <= 0:
        raise LooksRefused("A sequential design needs at least one look, with information above 0.")
    for before, after in pairwise(information):
        if not after > before:
            raise LooksRefused(f"A look at {after:g} follows one at {before:g}; information must grow.")
    if lower and (design.sides != 1 or len(lower) != len(information) - 1):
        raise LooksRefused(
            f"{len(lower)} futility bounds came with {len(information)} looks on {design.sides} side(s); "
            "a one-sided design takes one for every look but the last."
        )
    if design.name == "user-defined":
        _check_spent(design, looks=len(information))


def _check_spent(design: Design, *, looks: int) -> None:
    spent = (0.0, *design.spent)
    if len(design.spent) < looks or any(after < before for before, after in pairwise(spent)):
        raise LooksRefused(
            f"Alpha spent is given for {len(design.spent)} of {looks} looks; it is given for each and never falls."
        )
    if spent[-1] > design.alpha * (1 + 1e-12):
        raise LooksRefused(f"Alpha spent comes to {spent[-1]:g}, more than the design's {design.alpha:g}.")


# -- designs ---------------------------------------------------------------------------------


def _obrien_fleming_type(alpha: float, t: float, _parameter: float) -> float:
    return 2 * normal_tail(normal_quantile(1 - alpha / 2) / math.sqrt(t))


def _pocock_type(alpha: float, t: float, _parameter: float) -> float:
    return alpha * math.log(1 + (math.e - 1) * t)


def _kim_demets(alpha: float, t: float, power: float) -> float:
    return float(alpha * t**power)


def _hwang_shih_decani(alpha: float, t: float, gamma: float) -> float:
    return alpha * (math.expm1(-gamma * t) / math.expm1(-gamma) if gamma else t)


SPENDING: MappingProxyType[str, Callable[[float, float, float], float]] = MappingProxyType(
    {
        "lan-demets-obrien-fleming": _obrien_fleming_type,
        "lan-demets-pocock": _pocock_type,
        "kim-demets": _kim_demets,
        "hwang-shih-decani": _hwang_shih_decani,
    }
)
"""Name -> alpha spent on one side by information fraction t (Lan & DeMets 1983 and successors)."""

SHAPES: MappingProxyType[str, Callable[[float, float], float]] = MappingProxyType(
    {
        "obrien-fleming": lambda t, _parameter: t**-0.5,
        "pocock": lambda _t, _parameter: 1.0,
        "wang-tsiatis": lambda t, delta: t ** (delta - 0.5),
    }
)
"""Name -> boundary relative to the last one; the constant is solved for."""

OTHERS = ("haybittle-peto", "no-early-efficacy", "user-defined")
"""Designs that are neither: a fixed interim bound, all alpha at the end, alpha spent as the user says."""


def haybittle_peto(
    *, alpha: float, information: Sequence[float], sides: int = 1, interim: float = HAYBITTLE_PETO
) -> Boundaries:
    """
    Return one bound at every interim look, 3 by custom, and the last value that leaves alpha.

    Haybittle 1971, Peto 1976.

    :raises LooksRefused: if the interim looks alone spend more than alpha
    """
    design = Design(name="haybittle-peto", alpha=alpha, sides=sides, parameter=interim)
    return boundaries(design=design, information=information, planned=information[-1])


def spent_by(*, design: Design, fraction: float) -> float:
    """Return the cumulative alpha, all sides together, that a spending function allows at a fraction."""
    share = SPENDING[design.name](design.alpha / design.sides, min(fraction, 1.0), design.parameter)
    return design.sides * share


def spending_at(*, design: Design, fractions: Sequence[float], closing: bool = False) -> tuple[float, ...]:
    """Return the cumulative alpha at each look of a design that spends it; ``closing`` spends the rest at the last."""
    if design.name == "user-defined":
        spent = design.spent[: len(fractions)]
    elif design.name == "no-early-efficacy":
        spent = tuple(design.alpha if fraction >= 1 else 0.0 for fraction in fractions)
    else:
        spent = tuple(spent_by(design=design, fraction=fraction) for fraction in fractions)
    return (*spent[:-1], design.alpha) if closing else spent


def _by_spending(
    design: Design, fractions: tuple[float, ...], floor: Sequence[float], spent: tuple[float, ...]
) -> Boundaries:
    paths, critical = Paths(times=fractions), []
    for look, (now, before) in enumerate(zip(spent, (0.0, *spent), strict=False)):
        bound = paths.critical(now - before, design.sides)
        critical.append(bound)
        if look + 1 < len(fractions):
            paths = paths.beyond(-bound if design.sides == BOTH else floor[look], bound)
    return Boundaries(critical=tuple(critical), spent=spent)


def _by_shape(design: Design, fractions: tuple[float, ...], floor: Sequence[float]) -> Boundaries:
    shape = [SHAPES[design.name](fraction, design.parameter) for fraction in fractions]

    def left(constant: float) -> float:
        spent = _spent(design, fractions, [constant * one for one in shape], floor)
        return math.log(spent[-1] / design.alpha)

    # Each look alone crosses less often than all together, and these at most as often as their sum.
    side, looks = design.alpha / design.sides, len(fractions)
    low = 0.0 if any(bound > -math.inf for bound in floor) else normal_quantile(1 - side) / max(shape)
    constant = crossing_point(
        left, low=0.999 * low, high=1.001 * normal_quantile(1 - side / looks) / min(shape), tolerance=1e-11
    )
    critical = tuple(constant * one for one in shape)
    return Boundaries(critical=critical, spent=_spent(design, fractions, critical, floor))


def _with_interim(design: Design, fractions: tuple[float, ...], floor: Sequence[float]) -> Boundaries:
    interim = tuple((design.parameter or HAYBITTLE_PETO) for _ in fractions[:-1])
    spent = _spent(design, fractions[:-1], interim, floor[:-1]) if interim else ()
    if spent and spent[-1] >= design.alpha:
        raise LooksRefused(
            f"The interim looks alone spend {spent[-1]:.4g} of an alpha of {design.alpha:g}; the last needs some of it."
        )
    paths = Paths(times=fractions)
    for bound, low in zip(interim, floor, strict=False):
        paths = paths.beyond(-bound if design.sides == BOTH else low, bound)
    last = paths.critical(design.alpha - (spent[-1] if spent else 0.0), design.sides)
    return Boundaries(critical=(*interim, last), spent=(*spent, design.alpha))


def _spent(
    design: Design, fractions: Sequence[float], critical: Sequence[float], floor: Sequence[float]
) -> tuple[float, ...]:
    lower = () if design.sides == BOTH else floor
    above, below = crossed(times=fractions, upper=critical, lower=lower, sides=design.sides)
    at_each = [high + (low if design.sides == BOTH else 0.0) for high, low in zip(above, below, strict=True)]
    return tuple(sum(at_each[: look + 1]) for look in range(len(at_each)))
