"""
What may be said at an interim look: repeated intervals and p values, and those of a stopped trial.

Repeated figures hold at every look whatever the rule to stop (Jennison & Turnbull 1989). Figures by
stage-wise ordering are for a trial that stopped as its boundary says (Tsiatis, Rosner & Mehta 1984).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from primum.evidence.designs.boundaries import Design, boundaries
from primum.evidence.designs.paths import BOTH, LooksRefused, crossed
from primum.evidence.intervals import Group, Interval, bisect, normal_tail
from primum.evidence.roots import crossing_point
from primum.evidence.shares.two_proportions import score_z

# No p value is looked for above one half, or below what the integration resolves.
LARGEST_P, SMALLEST_P = 0.5, 1e-13


@dataclass(frozen=True, kw_only=True)
class StoppedTrial:
    """A trial that ended at a look: p value, median-unbiased estimate and interval by stage-wise ordering."""

    p: float
    median_unbiased: float
    interval: Interval


def repeated_interval(*, value: float, error: float, critical: float) -> Interval:
    """Return value -/+ critical value x standard error; unbounded where the look cannot stop."""
    if math.isinf(critical):
        return Interval(lower=-math.inf, upper=math.inf)
    return Interval(lower=value - critical * error, upper=value + critical * error)


def repeated_interval_rates(*, first: Group, second: Group, critical: float) -> Interval:
    """
    Return the repeated interval of ``first - second``: the differences that the score test does not reject here.

    Farrington & Manning 1990 at the critical value of the look; counts are cumulative.
    """
    if math.isinf(critical) or not (first.n and second.n):
        return Interval(lower=-1.0, upper=1.0)
    middle = first.p - second.p

    def statistic(null: float) -> float:
        return score_z(first=first, second=second, null=null, corrected=False)

    return Interval(
        lower=bisect(lambda null: statistic(null) - critical, low=-1.0, high=middle) if middle > -1 else -1.0,
        upper=bisect(lambda null: statistic(null) + critical, low=middle, high=1.0) if middle < 1 else 1.0,
    )


def repeated_p(*, design: Design, information: Sequence[float], planned: float, z: float) -> float:
    """
    Return the smallest alpha at which a design of this kind would have rejected at the last look given.

    ``information`` ends with the look at which z was seen; a fixed shape needs the looks still ahead
    as well, so give all of them to ``repeated_ps``. Never above 1/2.

    :raises LooksRefused: as ``boundaries`` does
    """
    return repeated_ps(design=design, information=information, planned=planned, look=len(information), z=z)


def repeated_ps(*, design: Design, information: Sequence[float], planned: float, look: int, z: float) -> float:
    """Return the repeated p value of z at the look numbered from 1, among all these looks."""
    if not 1 <= look <= len(information):
        raise LooksRefused(f"Look {look} is not one of the {len(information)} looks.")

    def beyond(exponent: float) -> float:
        alpha = math.exp(exponent)
        scaled = replace(design, alpha=alpha, spent=tuple(one * alpha / design.alpha for one in design.spent))
        critical = boundaries(design=scaled, information=information, planned=planned).critical[look - 1]
        return min(critical, 1e3) - seen

    seen = abs(z) if design.sides == BOTH else z
    least = _least_alpha(design, information, planned)
    largest = math.log(LARGEST_P)
    if beyond(largest) > 0:
        return LARGEST_P
    if beyond(math.log(least)) <= 0:
        return least
    return math.exp(crossing_point(beyond, low=math.log(least), high=largest, tolerance=1e-11))


def _least_alpha(design: Design, information: Sequence[float], planned: float) -> float:
    """Return the smallest alpha for which the design exists: Haybittle and Peto's interim looks cost theirs."""
    if design.name != "haybittle-peto" or len(information) == 1:
        return SMALLEST_P
    spent = boundaries(design=replace(design, alpha=0.999), information=information, planned=planned).spent
    return spent[-2] * (1 + 1e-9) + SMALLEST_P


def stagewise_p(*, fractions: Sequence[float], critical: Sequence[float], z: float, sides: int = 1) -> float:
    """
    Return the p value by stage-wise ordering of a trial that ended with z at the last of these looks.

    Any earlier crossing is more extreme than a later one. Two-sided: twice the smaller one-sided value.

    :param critical: the boundaries of the looks before; what stands at the last look is not used
    """
    upper = _tail(fractions, critical, z, 0.0)
    return min(1.0, 2 * min(upper, _tail(fractions, critical, -z, 0.0))) if sides == BOTH else upper


def stopped_trial(
    *,
    information: Sequence[float],
    critical: Sequence[float],
    z: float,
    confidence: float,
    sides: int = 1,
) -> StoppedTrial:
    """
    Return p value, median-unbiased estimate and interval of a trial that ended at the last of these looks.

    :param information: 1 / variance of the estimate at each look, so that effects are in its unit
    :param critical: the boundaries of the looks before; one-sided paths have no lower bound
    :param confidence: two-sided confidence of the interval; each end is one-sided at half the rest
    """
    root = math.sqrt(information[-1])
    full = information[-1]
    fractions = tuple(one / full for one in information)
    middle, tail = z, (1 - confidence) / 2

    def drift_at(probability: float) -> float:
        def beyond(drift: float) -> float:
            return _tail(fractions, critical, z, drift) - probability

        return crossing_point(beyond, low=middle - 12.0, high=middle + 12.0, tolerance=1e-11)

    return StoppedTrial(
        p=stagewise_p(fractions=fractions, critical=critical, z=z, sides=sides),
        median_unbiased=drift_at(0.5) / root,
        interval=Interval(lower=drift_at(tail) / root, upper=drift_at(1 - tail) / root),
    )


def _tail(fractions: Sequence[float], critical: Sequence[float], z: float, drift: float) -> float:
    """Return the probability of an earlier crossing above, or of z or more at the last look."""
    if len(fractions) == 1:
        return normal_tail(z - drift * math.sqrt(fractions[0]))
    upper = (*critical[: len(fractions) - 1], z)
    return sum(crossed(times=fractions, upper=upper, drift=drift)[0])
