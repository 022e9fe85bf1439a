"""Boundaries by their own integration: the alpha that each design spends, or the shape that its bounds have."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from primum.evidence.explanations.working import figure
from primum.evidence.intervals import bisect, normal_quantile, normal_tail
from primum.evidence.trials.sequential import bounds_of
from primum.roadmap.protocol import Protocol

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


@dataclass(frozen=True, kw_only=True)
class Derivation:
    """How a design shares its error: its rule in symbols, its name for R, and the names of its numbers there."""

    rule: str
    in_r: str


DERIVATIONS: Mapping[str, Derivation] = MappingProxyType(
    {
        "lan-demets-obrien-fleming": Derivation(
            rule="alpha spent at fraction t:  A(t) = 2 (1 - Phi(q / sqrt(t))),  q = normal quantile of 1 - alpha / 2",
            in_r='"asOF"',
        ),
        "lan-demets-pocock": Derivation(
            rule="alpha spent at fraction t:  A(t) = alpha log(1 + (e - 1) t)", in_r='"asP"'
        ),
        "kim-demets": Derivation(
            rule="alpha spent at fraction t:  A(t) = alpha t^g", in_r='"asKD", gammaA = {parameter}'
        ),
        "hwang-shih-decani": Derivation(
            rule="alpha spent at fraction t:  A(t) = alpha (1 - exp(-g t)) / (1 - exp(-g))",
            in_r='"asHSD", gammaA = {parameter}',
        ),
        "obrien-fleming": Derivation(rule="b(k) = c / sqrt(t(k)), with c such that alpha is spent", in_r='"OF"'),
        "pocock": Derivation(rule="b(k) = c, with c such that alpha is spent", in_r='"P"'),
        "wang-tsiatis": Derivation(
            rule="b(k) = c t(k)^(g - 1/2), with c such that alpha is spent", in_r='"WT", deltaWT = {parameter}'
        ),
        "haybittle-peto": Derivation(
            rule="b(k) = g before the last look, and there what leaves alpha in all",
            in_r='"HP", constantBoundsHP = {parameter}',
        ),
        "no-early-efficacy": Derivation(rule="all of alpha is spent at the last look", in_r='"noEarlyEfficacy"'),
        "user-defined": Derivation(
            rule="A(t) as the protocol says, on straight lines between planned looks",
            in_r='"asUser", userAlphaSpending = c({spent})',
        ),
    }
)
SHAPES: Mapping[str, Callable[[float, float], float]] = MappingProxyType(
    {
        "obrien-fleming": lambda time, _: 1 / math.sqrt(time),
        "pocock": lambda _time, _g: 1.0,
        "wang-tsiatis": lambda time, g: time ** (g - 0.5),
    }
)


@dataclass(frozen=True, kw_only=True)
class AtLooks:
    """Boundary, first crossing without effect and alpha spent so far, at each look held and still planned."""

    bounds: tuple[float, ...]
    crossings: tuple[float, ...]
    spent: tuple[float, ...]


def at_looks(*, protocol: Protocol, information: Sequence[int], alpha: float | None = None) -> AtLooks:
    """Return the boundaries of a protocol at these looks, computed anew; another ``alpha`` scales what is spent."""
    whole = float(Fraction(protocol.alpha_one_sided))
    alpha = whole if alpha is None else alpha
    times = [amount / protocol.planned_units for amount in information]
    floors = _floors(protocol, information)
    if protocol.spending in SHAPES:
        bounds = _shaped(protocol, times, floors, alpha)
    elif protocol.spending == "haybittle-peto":
        bounds = _last_left(times, floors, alpha, interim=parameter_of(protocol))
    else:
        spent = [spent_at(protocol, time, alpha=alpha) for time in times]
        bounds, crossings = boundaries(times, spent, floors=floors)
        return AtLooks(bounds=bounds, crossings=crossings, spent=tuple(spent))
    crossings = first_crossings(times, bounds, floors=floors)
    return AtLooks(
        bounds=bounds, crossings=crossings, spent=tuple(sum(crossings[: n + 1]) for n in range(len(crossings)))
    )


def parameter_of(protocol: Protocol) -> float:
    """Return g of a protocol's design; the interim bound of Haybittle and Peto is 3 unless it says otherwise."""
    given = float(Fraction(protocol.spending_parameter or 0))
    return given or (3.0 if protocol.spending == "haybittle-peto" else 0.0)


def design_in_r(protocol: Protocol) -> str:
    """Return the design as rpact names it."""
    spent = ", ".join(figure(Fraction(one)) for one in protocol.spent)
    return DERIVATIONS[protocol.spending].in_r.format(parameter=figure(parameter_of(protocol)), spent=spent)


def spent_at(protocol: Protocol, time: float, *, alpha: float) -> float:
    """Return the one-sided alpha that a protocol has spent at an information fraction."""
    t, g, name = min(time, 1.0), parameter_of(protocol), protocol.spending
    if name == "lan-demets-pocock":
        return alpha * math.log(1 + (math.e - 1) * t)
    if name == "kim-demets":
        return float(alpha * t**g)
    if name == "hwang-shih-decani":
        return alpha * ((1 - math.exp(-g * t)) / (1 - math.exp(-g)) if g else t)
    if name == "no-early-efficacy":
        return alpha if t >= 1 else 0.0
    if name == "user-defined":
        whole = float(Fraction(protocol.alpha_one_sided))
        known = [0.0, *(at / protocol.planned_units for at in protocol.planned_looks)]
        return alpha / whole * float(np.interp(t, known, [0.0, *(float(Fraction(one)) for one in protocol.spent)]))
    return 2 * normal_tail(normal_quantile(1 - alpha / 2) / math.sqrt(t))


def boundaries(
    times: Sequence[float], spent: Sequence[float], *, floors: Sequence[float] = ()
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the boundary of each look, and the probability that it is the first one crossed."""
    paths, bounds, crossings = START, [], []
    for number, time in enumerate(times):
        toward = (spent[number] - spent[number - 1]) if number else spent[0]
        if toward <= 0:
            bound = math.inf
        else:
            bound = bisect(lambda b: _crosses(b, paths, time) - toward, low=-FARTHEST, high=40.0)  # noqa: B023 -- called at once, before the variable moves on
        bounds.append(bound)
        crossings.append(_crosses(bound, paths, time))
        paths = _beyond(bound, paths, time, _floor(floors, number)) if number + 1 < len(times) else paths
    return tuple(bounds), tuple(crossings)


def first_crossings(
    times: Sequence[float], bounds: Sequence[float], *, floors: Sequence[float] = ()
) -> tuple[float, ...]:
    """Return the probability of each bound to be the first one crossed, without effect."""
    paths, crossings = START, []
    for number, (time, bound) in enumerate(zip(times, bounds, strict=True)):
        crossings.append(_crosses(bound, paths, time))
        paths = _beyond(bound, paths, time, _floor(floors, number))
    return tuple(crossings)


def _floors(protocol: Protocol, information: Sequence[int]) -> tuple[float, ...]:
    """Return the futility bounds that bind; they are taken as the design gives them."""
    binding = protocol.futility is not None and protocol.futility.binding
    return bounds_of(protocol=protocol, information=information).futility if binding else ()


def _floor(floors: Sequence[float], number: int) -> float:
    return floors[number] if number < len(floors) else -math.inf


def _shaped(protocol: Protocol, times: Sequence[float], floors: Sequence[float], alpha: float) -> tuple[float, ...]:
    shape = [SHAPES[protocol.spending](time, parameter_of(protocol)) for time in times]

    def left(constant: float) -> float:
        return sum(first_crossings(times, [constant * one for one in shape], floors=floors)) - alpha

    constant = bisect(left, low=0.1, high=40.0 / max(shape))
    return tuple(constant * one for one in shape)


def _last_left(times: Sequence[float], floors: Sequence[float], alpha: float, *, interim: float) -> tuple[float, ...]:
    before = [interim] * (len(times) - 1)

    def left(last: float) -> float:
        return sum(first_crossings(times, [*before, last], floors=floors)) - alpha

    return (*before, bisect(left, low=0.0, high=40.0))


def _crosses(bound: float, paths: Paths, time: float) -> float:
    from scipy.special import ndtr

    step = math.sqrt(time - paths.time)
    return float(paths.mass @ ndtr((paths.places - bound * math.sqrt(time)) / step))


def _beyond(bound: float, paths: Paths, time: float, floor: float) -> Paths:
    """Return the paths that are between two bounds at a look."""
    step, root = math.sqrt(time - paths.time), math.sqrt(time)
    low, high = max(floor, -FARTHEST) * root, min(bound, FARTHEST) * root
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
