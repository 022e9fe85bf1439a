"""Derivation of a repeated interval: alpha spent, boundaries by their own integration, z and the interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from primum.evidence.explanations.differences import score
from primum.evidence.explanations.working import Derived, Formula, Step, figure, steps
from primum.evidence.intervals import Group, bisect, normal_cdf, normal_quantile, normal_tail
from primum.evidence.trials.trial_arms import units
from primum.roadmap.rollout import Protocol

REPEATED = Formula(
    text=(
        "d = x1 / n1 - x2 / n2,  z = d / s,  with everybody together at P = (x1 + x2) / (n1 + n2):\n"
        "s = sqrt(P (1 - P) (1 / n1 + 1 / n2))\n"
        "alpha spent at fraction t:  A(t) = 2 (1 - Phi(q / sqrt(t))),  q = normal quantile of 1 - alpha / 2\n"
        "boundary b(k) solves  P(first z above its boundary at look k, if there is no effect) = A(t(k)) - A(t(k - 1))\n"
        "where z(k) sqrt(t(k)) is a sum of independent normal steps of variance t(k) - t(k - 1)\n"
        "ends  d - b s  and  d + b s"
    ),
    reference=(
        "Jennison & Turnbull 1989, Journal of the Royal Statistical Society B 51:305-361; "
        "Lan & DeMets 1983, Biometrika 70:659-663"
    ),
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"repeated interval": REPEATED})

# Data within a twentieth of the plan around a planned look are that look.
NEAR = Fraction(1, 20)
NODES = 400
FARTHEST = 9.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Paths:
    """The places of sums that have crossed no boundary so far, with their mass."""

    places: Floats
    mass: Floats
    time: float


START = Paths(places=np.zeros(1), mass=np.ones(1), time=0.0)


def repeated(*, protocol: Protocol, first: Group, second: Group) -> Derived:
    """Derive the repeated interval of the look reached; ``first - second`` is positive when the intervention wins."""
    information, reached = looks(protocol, now=first.n + second.n)
    times = [amount / protocol.planned_units for amount in information]
    spent = [spent_at(time, alpha=float(Fraction(protocol.alpha_one_sided))) for time in times[:reached]]
    bounds, crossings = boundaries(times[:reached], spent)
    d, s, b = float(first.rate - second.rate), pooled_error(first, second), bounds[-1]
    flat = s == 0
    instead = score(first, second, confidence=2 * normal_cdf(b) - 1) if flat else None
    lower = max(-1.0, d - b * s) if instead is None else instead.lower
    upper = min(1.0, d + b * s) if instead is None else instead.upper
    return Derived(
        value=d,
        lower=lower,
        upper=upper,
        formula=REPEATED,
        steps=(
            *_design_steps(protocol, information, times),
            *_look_steps(spent, bounds, crossings),
            *steps(
                ("d", "difference", d),
                ("s", "standard error of d without effect", s),
                *([] if flat else [("z", "d / s, above b if the boundary is crossed", d / s)]),
                ("b", f"boundary at look {reached}", b),
                ("L", "lower end" + (", by Miettinen-Nurminen at 2 Phi(b) - 1, as s is 0" if flat else ""), lower),
                ("U", "upper end", upper),
            ),
        ),
        check_in=_check(protocol, times, reached, d=d, s=s),
    )


def looks(protocol: Protocol, *, now: int) -> tuple[tuple[int, ...], int]:
    """Return the information at the looks held and still planned, and the number of the look held now."""
    last = protocol.planned_units
    planned = [*sorted({look.at for look in protocol.looks if look.at < last}), last]
    far = [at for at in planned if abs(at - now) > NEAR * last and not (at == last and now > last)]
    before = [at for at in far if at < now]
    return (*before, now, *(at for at in far if at > now)), len(before) + 1


def spent_at(time: float, *, alpha: float) -> float:
    """Return the one-sided alpha that the O'Brien-Fleming-type function has spent at an information fraction."""
    return 2 * normal_tail(normal_quantile(1 - alpha / 2) / math.sqrt(min(time, 1.0)))


def boundaries(times: Sequence[float], spent: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the boundary of each look, and the probability that it is the first one crossed."""
    paths, bounds, crossings = START, [], []
    for number, time in enumerate(times):
        toward = (spent[number] - spent[number - 1]) if number else spent[0]
        bound = bisect(lambda b: _crosses(b, paths, time) - toward, low=-FARTHEST, high=40.0)  # noqa: B023
        bounds.append(bound)
        crossings.append(_crosses(bound, paths, time))
        paths = _beyond(bound, paths, time) if number + 1 < len(times) else paths
    return tuple(bounds), tuple(crossings)


def first_crossings(times: Sequence[float], bounds: Sequence[float]) -> tuple[float, ...]:
    """Return the probability of each bound to be the first one crossed, without effect."""
    paths, crossings = START, []
    for time, bound in zip(times, bounds, strict=True):
        crossings.append(_crosses(bound, paths, time))
        paths = _beyond(bound, paths, time)
    return tuple(crossings)


def pooled_error(first: Group, second: Group) -> float:
    """Return the standard error of a difference if both groups have one proportion."""
    p = (first.events + second.events) / (first.n + second.n)
    return math.sqrt(p * (1 - p) * (1 / first.n + 1 / second.n))


def _crosses(bound: float, paths: Paths, time: float) -> float:
    from scipy.special import ndtr

    step = math.sqrt(time - paths.time)
    return float(paths.mass @ ndtr((paths.places - bound * math.sqrt(time)) / step))


def _beyond(bound: float, paths: Paths, time: float) -> Paths:
    """Return the paths that are below a bound at a look."""
    step, root = math.sqrt(time - paths.time), math.sqrt(time)
    low, high = -FARTHEST * root, min(bound, FARTHEST) * root
    if high <= low:
        return Paths(places=np.zeros(1), mass=np.zeros(1), time=time)
    nodes, weights = _nodes()
    ahead = low + (high - low) * (nodes + 1) / 2
    density = np.exp(-0.5 * ((ahead[:, None] - paths.places[None, :]) / step) ** 2) @ paths.mass
    return Paths(places=ahead, mass=density * weights * (high - low) / 2 / step / math.sqrt(2 * math.pi), time=time)


@cache
def _nodes() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights


def _design_steps(protocol: Protocol, information: Sequence[int], times: Sequence[float]) -> tuple[Step, ...]:
    whole = f"{units(protocol)} with an outcome at each look, held or still planned"
    return steps(
        ("alpha", "one-sided error over all looks", Fraction(protocol.alpha_one_sided)),
        ("i", whole, ", ".join(map(str, information))),
        ("I", f"{units(protocol)} planned", protocol.planned_units),
        ("t", "information fractions i / I", ", ".join(map(figure, times))),
    )


def _look_steps(spent: Sequence[float], bounds: Sequence[float], crossings: Sequence[float]) -> tuple[Step, ...]:
    every = enumerate(zip(spent, bounds, crossings, strict=True), start=1)
    return tuple(
        step
        for number, (alpha, bound, crossing) in every
        for step in steps(
            (f"A(t({number}))", f"alpha spent by look {number}", alpha),
            (f"b({number})", "boundary on the z scale", bound),
            (f"P({number})", "P(first crossing at this look), the alpha it may spend", crossing),
        )
    )


def _check(protocol: Protocol, times: Sequence[float], reached: int, *, d: float, s: float) -> str:
    if times[-1] > 1:
        return ""
    rates = ", ".join(map(figure, times))
    return (
        f'b <- rpact::getDesignGroupSequential(typeOfDesign = "asOF", '
        f"alpha = {figure(Fraction(protocol.alpha_one_sided))}, "
        f"informationRates = c({rates}))$criticalValues[{reached}]; {figure(d)} + c(-1, 1) * b * {figure(s)}"
    )
