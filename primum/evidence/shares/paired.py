"""Two answers on the same cases: McNemar's tests and intervals of the paired difference and ratio."""

import math
from dataclasses import dataclass

from primum.evidence.intervals import Group, ImpossibleCounts, Interval, bisect, two_sided_z
from primum.evidence.shares.contingency import ChiSquare, chi_square_tail
from primum.evidence.shares.proportions import wilson


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """How two readings A and B of the same cases fell. :raises ImpossibleCounts: for a negative count."""

    both: int
    only_a: int
    only_b: int
    neither: int

    def __post_init__(self) -> None:
        if min(self.both, self.only_a, self.only_b, self.neither) < 0:
            raise ImpossibleCounts("A paired table has a negative count; counts start at 0.")

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def a(self) -> Group:
        """The cases as reading A has them."""
        return Group(events=self.both + self.only_a, n=self.n)

    @property
    def b(self) -> Group:
        """The cases as reading B has them."""
        return Group(events=self.both + self.only_b, n=self.n)


@dataclass(frozen=True, kw_only=True)
class PairedRatio:
    """The ratio of two paired proportions; ``None`` where a reading has no event."""

    value: float | None
    interval: Interval | None


def mcnemar_exact(pairs: Pairs) -> float:
    """Return the exact two-sided p value from the discordant pairs; 1 without any."""
    return min(1.0, 2 * _smaller_tail(pairs))


def mcnemar_mid_p(pairs: Pairs) -> float:
    """Return the mid-p value (Fagerland, Lydersen & Laake 2013); 1 without discordant pairs."""
    return min(1.0, 2 * _smaller_tail(pairs) - _likely(pairs))


def mcnemar(pairs: Pairs, *, continuity: bool) -> ChiSquare:
    """Return the chi-square test of the discordant pairs, with Edwards' correction if asked."""
    discordant, distance = pairs.only_a + pairs.only_b, abs(pairs.only_a - pairs.only_b)
    if not discordant:
        return ChiSquare(statistic=None, degrees=1, p=None)
    distance -= 1 if continuity and distance else 0
    statistic = distance**2 / discordant
    return ChiSquare(statistic=statistic, degrees=1, p=chi_square_tail(statistic, degrees=1))


def paired_difference(pairs: Pairs) -> float:
    """Return the difference A - B; 0 without cases."""
    return (pairs.only_a - pairs.only_b) / pairs.n if pairs.n else 0.0


def wald_difference(pairs: Pairs, *, confidence: float) -> Interval:
    """Return the simple interval of A - B, for comparison only."""
    if not pairs.n:
        return Interval(lower=-1.0, upper=1.0)
    swap, net = pairs.only_a + pairs.only_b, pairs.only_a - pairs.only_b
    half = two_sided_z(confidence) * math.sqrt(swap - net * net / pairs.n) / pairs.n
    return Interval(lower=paired_difference(pairs) - half, upper=paired_difference(pairs) + half)


def tango(pairs: Pairs, *, confidence: float) -> Interval:
    """Return the score interval of A - B (Tango 1998); -1 to 1 without cases."""
    if not pairs.n:
        return Interval(lower=-1.0, upper=1.0)
    z, middle = two_sided_z(confidence), paired_difference(pairs)
    return Interval(
        lower=bisect(lambda at: _tango_z(pairs, at) - z, low=-1.0, high=middle) if middle > -1 else -1.0,
        upper=bisect(lambda at: _tango_z(pairs, at) + z, low=middle, high=1.0) if middle < 1 else 1.0,
    )


def newcombe_paired(pairs: Pairs, *, confidence: float) -> Interval:
    """Return the square-and-add interval of A - B with corrected phi (Newcombe 1998, paired method 10)."""
    a, b = wilson(group=pairs.a, confidence=confidence), wilson(group=pairs.b, confidence=confidence)
    phi, middle = _phi(pairs), paired_difference(pairs)
    below = _joined(pairs.a.p - a.lower, b.upper - pairs.b.p, phi)
    above = _joined(a.upper - pairs.a.p, pairs.b.p - b.lower, phi)
    return Interval(lower=middle - below, upper=middle + above)


def paired_ratio(pairs: Pairs, *, confidence: float) -> PairedRatio:
    """Return the ratio A / B with its log interval."""
    a, b = pairs.a.events, pairs.b.events
    if not (a and b):
        return PairedRatio(value=a / b if b else None, interval=None)
    factor = math.exp(two_sided_z(confidence) * math.sqrt((pairs.only_a + pairs.only_b) / (a * b)))
    return PairedRatio(value=a / b, interval=Interval(lower=a / b / factor, upper=a / b * factor))


def _smaller_tail(pairs: Pairs) -> float:
    from scipy.special import bdtr

    return float(bdtr(min(pairs.only_a, pairs.only_b), pairs.only_a + pairs.only_b, 0.5))


def _likely(pairs: Pairs) -> float:
    smaller, discordant = min(pairs.only_a, pairs.only_b), pairs.only_a + pairs.only_b
    log_ways = math.lgamma(discordant + 1) - math.lgamma(smaller + 1) - math.lgamma(discordant - smaller + 1)
    return math.exp(log_ways - discordant * math.log(2))


def _tango_z(pairs: Pairs, null: float) -> float:
    n, b, c = pairs.n, pairs.only_a, pairs.only_b
    middle = -b - c + (2 * n - b + c) * null
    swap = (math.sqrt(max(0.0, middle**2 + 8 * n * c * null * (1 - null))) - middle) / (4 * n)
    variance = n * (2 * swap + null * (1 - null))
    beyond = b - c - n * null
    if variance <= 1e-15:  # noqa: PLR2004 -- of rounding size: the null fixes every pair
        return 0.0 if abs(beyond) < 1e-12 * n else math.copysign(math.inf, beyond)
    return beyond / math.sqrt(variance)


def _phi(pairs: Pairs) -> float:
    margins = pairs.a.events * pairs.a.others.events * pairs.b.events * pairs.b.others.events
    if not margins:
        return 0.0
    agreement = float(pairs.both * pairs.neither - pairs.only_a * pairs.only_b)
    if agreement > 0:
        agreement = max(0.0, agreement - pairs.n / 2)
    return agreement / math.sqrt(margins)


def _joined(one: float, two: float, phi: float) -> float:
    return math.sqrt(max(0.0, one * one - 2 * phi * one * two + two * two))
