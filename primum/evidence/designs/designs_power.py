"""What a group-sequential design costs and gains: its power, how much larger it is, and its expected size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from primum.evidence.designs.paths import BOTH, LooksRefused, crossed
from primum.evidence.intervals import normal_quantile, normal_tail
from primum.evidence.roots import crossing_point
from primum.evidence.shares.sample_size import design_effect, noninferiority_farrington_manning


@dataclass(frozen=True, kw_only=True)
class Characteristics:
    """
    A design at the effect it has its power for, beside the fixed design of the same alpha and power.

    ``fixed`` and ``shift`` are squares of the mean z that the fixed design and the full sequential
    one need; ``expected_*`` are mean sizes in fixed-design sizes, without effect, at half of it and at all
    of it; ``rejecting`` and ``futile`` are probabilities at each look under the effect.
    """

    fixed: float
    shift: float
    inflation: float
    expected_h0: float
    expected_h01: float
    expected_h1: float
    rejecting: tuple[float, ...]
    futile: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class SequentialSize:
    """Units of both arms together: of the fixed design, at the end, at each look, and as expected."""

    fixed: float
    largest: float
    at_looks: tuple[float, ...]
    expected_h0: float
    expected_h01: float
    expected_h1: float


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """
    The bounds of a design at information fractions: all that its power depends on.

    ``lower`` are futility bounds of all looks but the last. ``either`` counts a two-sided rejection
    on the wrong side as power too.
    """

    fractions: tuple[float, ...]
    critical: tuple[float, ...]
    alpha: float
    sides: int = 1
    lower: tuple[float, ...] = ()
    either: bool = False

    def rejecting(self, mean: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return the probability to reject and to stop for futility at each look, at a mean z of full information."""
        floor = (*self.lower, -math.inf) if self.lower else ()
        above, below = crossed(times=self.fractions, upper=self.critical, lower=floor, sides=self.sides, drift=mean)
        if self.sides == BOTH:
            reject = tuple(high + low for high, low in zip(above, below, strict=True)) if self.either else above
            return reject, tuple(0.0 for _ in below)
        return above, below

    def expected_information(self, mean: float) -> float:
        """Return the expected information fraction at which the trial stops."""
        floor = (*self.lower, -math.inf) if self.lower else ()
        above, below = crossed(times=self.fractions, upper=self.critical, lower=floor, sides=self.sides, drift=mean)
        last = self.fractions[-1]
        saved = (
            (high + low) * (last - t) for high, low, t in zip(above[:-1], below[:-1], self.fractions[:-1], strict=True)
        )
        return last - sum(saved)


def power_at(*, scheme: Scheme, mean: float) -> float:
    """Return the probability to reject when the mean z at full information is this."""
    return sum(scheme.rejecting(mean)[0])


def characteristics(*, scheme: Scheme, beta: float) -> Characteristics:
    """
    Return what the design costs to have a power of ``1 - beta`` (Jennison & Turnbull 2000, chapter 2).

    :raises LooksRefused: if beta leaves no power above alpha
    """
    if not 0 < beta < 1 - scheme.alpha:
        raise LooksRefused(f"Beta is {beta:g}; it lies between 0 and 1 minus alpha, {1 - scheme.alpha:g}.")
    fixed = _fixed_mean(scheme, beta)
    low, high = 0.0, 3.0 * fixed
    mean = crossing_point(lambda at: power_at(scheme=scheme, mean=at) - (1 - beta), low=low, high=high)
    ratio = mean * mean / (fixed * fixed)
    rejecting, futile = scheme.rejecting(mean)
    return Characteristics(
        fixed=fixed * fixed,
        shift=mean * mean,
        inflation=ratio,
        expected_h0=ratio * scheme.expected_information(0.0),
        expected_h01=ratio * scheme.expected_information(mean / 2),
        expected_h1=ratio * scheme.expected_information(mean),
        rejecting=rejecting,
        futile=futile[:-1],
    )


def _fixed_mean(scheme: Scheme, beta: float) -> float:
    z_alpha = normal_quantile(1 - scheme.alpha / scheme.sides)
    one_way = z_alpha + normal_quantile(1 - beta)
    if scheme.sides == BOTH and scheme.either:
        return crossing_point(
            lambda mean: normal_tail(z_alpha - mean) + normal_tail(z_alpha + mean) - (1 - beta), low=0.0, high=one_way
        )
    return one_way


def size_two_rates(
    *, scheme: Scheme, beta: float, first: float, second: float, null: float = 0.0, ratio: float = 1.0
) -> SequentialSize:
    """
    Return the units needed to tell two rates apart by more than ``null`` = first - second under no effect.

    Farrington & Manning 1990 for the fixed size (no continuity correction), times the inflation factor;
    ``ratio`` is first to second. Infinite where there is nothing to find.
    """
    rising = first - second > null
    treated, control, margin = (first, second, -null) if rising else (1 - first, 1 - second, null)
    alpha = scheme.alpha / scheme.sides
    fixed = noninferiority_farrington_manning(
        treated=treated, control=control, margin=margin, power=1 - beta, alpha=alpha, ratio=ratio
    )
    return sized(fixed=fixed, found=characteristics(scheme=scheme, beta=beta), fractions=scheme.fractions)


def size_one_rate(*, scheme: Scheme, beta: float, rate: float, null: float) -> SequentialSize:
    """Return the units needed to tell one rate from a fixed one, by the normal approximation."""
    z_alpha, z_beta = normal_quantile(1 - scheme.alpha / scheme.sides), normal_quantile(1 - beta)
    spread = z_alpha * math.sqrt(null * (1 - null)) + z_beta * math.sqrt(rate * (1 - rate))
    fixed = (spread / (rate - null)) ** 2 if rate != null else math.inf
    return sized(fixed=fixed, found=characteristics(scheme=scheme, beta=beta), fractions=scheme.fractions)


def sized(*, fixed: float, found: Characteristics, fractions: Sequence[float]) -> SequentialSize:
    """Return the sizes of a sequential design from that of the fixed one, in its units: patients, positives, events."""
    largest = fixed * found.inflation
    return SequentialSize(
        fixed=fixed,
        largest=largest,
        at_looks=tuple(largest * t / fractions[-1] for t in fractions),
        expected_h0=fixed * found.expected_h0,
        expected_h01=fixed * found.expected_h01,
        expected_h1=fixed * found.expected_h1,
    )


def effective_units(*, units: float, cluster_size: float, icc: float, cv: float = 0.0) -> float:
    """Return the information of units in clusters: as many independent units as they are worth (design effect)."""
    return units / design_effect(cluster_size=cluster_size, icc=icc, cv=cv)
