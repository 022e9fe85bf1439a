"""
Group-sequential boundaries by recursive integration (Armitage, McPherson & Rowe 1969).

A design is a row in a table: a spending function (alpha spent at each information fraction) or a
shape (boundaries in fixed proportion). Boundaries are on the z scale, upper side; a two-sided
design is symmetric and spends half of alpha a side. Futility is not modelled (non-binding).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from primum.evidence.intervals import bisect, normal_quantile, normal_tail

Array = NDArray[np.float64]

# Beyond 9 standard errors a path has a probability below 1e-18.
FARTHEST = 9.0
NODES_PER_STEP = 7
MOST_NODES = 4_000


class LooksRefused(ValueError):
    """Looks that no boundary can be computed for; the message says what looks must be."""


@dataclass(frozen=True, kw_only=True)
class Design:
    """A way to share alpha between looks: a name of ``SPENDING`` or ``SHAPES``, and its parameter if it has one."""

    name: str
    alpha: float
    sides: int = 1
    parameter: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """Critical values and cumulative alpha at each look; an infinite value means "cannot be crossed here"."""

    critical: tuple[float, ...]
    spent: tuple[float, ...]


def boundaries(*, design: Design, information: Sequence[float], planned: float) -> Boundaries:
    """
    Return the critical values at looks with this much information.

    :param information: increasing amounts, in any unit; the last may fall short of or exceed the plan
    :param planned: information at which all of alpha is spent
    :raises LooksRefused: if the amounts do not increase, lie too close, or the design is unknown
    """
    _check(design, information, planned)
    fractions = [amount / planned for amount in information]
    if design.name in SPENDING:
        return _by_spending(design, fractions)
    return _by_shape(design, fractions)


def _check(design: Design, information: Sequence[float], planned: float) -> None:
    if design.name not in SPENDING and design.name not in SHAPES:
        known = ", ".join(sorted((*SPENDING, *SHAPES)))
        raise LooksRefused(f"'{design.name}' is no known design; known are {known}.")
    if not information or planned <= 0 or information[0] <= 0:
        raise LooksRefused("A sequential design needs at least one look, with information above 0.")
    for before, after in pairwise(information):
        if not after > before:
            raise LooksRefused(f"A look at {after:g} follows one at {before:g}; information must grow.")


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

HAYBITTLE_PETO = 3.0


def haybittle_peto(*, alpha: float, information: Sequence[float], sides: int = 1) -> Boundaries:
    """Return 3 at every interim look and the last value that leaves alpha (Haybittle 1971, Peto 1976)."""
    paths = _Paths.start(sides)
    spent: list[float] = []
    for amount in information[:-1]:
        spent.append((spent[-1] if spent else 0.0) + paths.crossing(amount, HAYBITTLE_PETO))
        paths = paths.beyond(amount, HAYBITTLE_PETO)
    last = paths.critical(information[-1], alpha - (spent[-1] if spent else 0.0))
    critical = (*(HAYBITTLE_PETO for _ in information[:-1]), last)
    return Boundaries(critical=critical, spent=(*spent, alpha))


def spent_by(*, design: Design, fraction: float) -> float:
    """Return the cumulative alpha, all sides together, that a spending function allows at a fraction."""
    share = SPENDING[design.name](design.alpha / design.sides, min(fraction, 1.0), design.parameter)
    return design.sides * share


def _by_spending(design: Design, fractions: Sequence[float]) -> Boundaries:
    spent = [spent_by(design=design, fraction=fraction) for fraction in fractions]
    paths, critical = _Paths.start(design.sides), []
    for fraction, now, before in zip(fractions, spent, [0.0, *spent], strict=False):
        critical.append(paths.critical(fraction, now - before))
        paths = paths.beyond(fraction, critical[-1])
    return Boundaries(critical=tuple(critical), spent=tuple(spent))


def _by_shape(design: Design, fractions: Sequence[float]) -> Boundaries:
    shape = [SHAPES[design.name](fraction, design.parameter) for fraction in fractions]

    def left(constant: float) -> float:
        return _crossed(fractions, [constant * one for one in shape], design.sides)[-1] - design.alpha

    constant = bisect(left, low=0.5, high=10.0)
    critical = tuple(constant * one for one in shape)
    return Boundaries(critical=critical, spent=tuple(_crossed(fractions, critical, design.sides)))


def _crossed(fractions: Sequence[float], critical: Sequence[float], sides: int) -> list[float]:
    paths, spent = _Paths.start(sides), [0.0]
    for fraction, bound in zip(fractions, critical, strict=True):
        spent.append(spent[-1] + paths.crossing(fraction, bound))
        paths = paths.beyond(fraction, bound)
    return spent[1:]


# -- recursion -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Paths:
    """The paths that have crossed no boundary yet: mass at nodes of the score (z times root of information)."""

    sides: int
    information: float = 0.0
    scores: Array = field(default_factory=lambda: np.zeros(1))
    mass: Array = field(default_factory=lambda: np.ones(1))

    @classmethod
    def start(cls, sides: int) -> "_Paths":
        return cls(sides=sides)

    def crossing(self, information: float, bound: float) -> float:
        """Return the probability that the next look crosses, and none before, if there is no effect."""
        if math.isinf(bound):
            return 0.0
        step, edge = math.sqrt(information - self.information), bound * math.sqrt(information)
        above = _upper_tail((edge - self.scores) / step)
        if self.sides == 1:
            return float(self.mass @ above)
        return float(self.mass @ (above + _upper_tail((edge + self.scores) / step)))

    def critical(self, information: float, alpha: float) -> float:
        """Return the value that the next look crosses with this probability."""
        if alpha <= 0:
            return math.inf
        return bisect(lambda bound: self.crossing(information, bound) - alpha, low=-FARTHEST, high=40.0)

    def beyond(self, information: float, bound: float) -> "_Paths":
        """Return the paths that go on after a look."""
        high = min(bound, FARTHEST)
        low = -high if self.sides == 2 else -FARTHEST  # noqa: PLR2004 -- a two-sided design stops below as well
        step, root = math.sqrt(information - self.information), math.sqrt(information)
        nodes, weights = _nodes(low, high, narrowest=step / root)
        scores = nodes * root
        apart = (scores[:, None] - self.scores[None, :]) / step
        density = np.exp(-0.5 * apart * apart) @ self.mass * (root / step / math.sqrt(2 * math.pi))
        return _Paths(sides=self.sides, information=information, scores=scores, mass=weights * density)


def _upper_tail(z: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(-z), dtype=np.float64)


def _nodes(low: float, high: float, *, narrowest: float) -> tuple[Array, Array]:
    wanted = max(120, math.ceil(NODES_PER_STEP * (high - low) / narrowest))
    if wanted > MOST_NODES:
        raise LooksRefused(
            "Two looks lie too close together for an exact boundary; count data that arrived since as one look."
        )
    points, weights = _legendre(wanted)
    half = (high - low) / 2
    return low + half * (points + 1), half * weights


def _legendre(count: int) -> tuple[Array, Array]:
    # Panels of 40 Gauss-Legendre points: computing one rule of thousands of points takes seconds.
    panels = math.ceil(count / 40)
    points, weights = np.polynomial.legendre.leggauss(40)
    starts = np.linspace(-1, 1, panels, endpoint=False)
    nodes = (starts[:, None] + (points[None, :] + 1) / panels).reshape(-1)
    return nodes, np.tile(weights / panels, panels)
