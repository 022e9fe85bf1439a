"""Coverage of intervals by adding up the outcomes that they cover, each with its exact probability."""

from collections.abc import Callable

import numpy as np
from scipy.stats import binom, multinomial

from primum.evidence.intervals import Interval

# Beyond 5 standard deviations lie fewer than 6 outcomes in ten million.
FARTHEST = 5.0
Covers = Callable[[int, int], bool]


def likely(n: int, p: float) -> range:
    """The counts of a binomial that matter."""
    spread = FARTHEST * (n * p * (1 - p)) ** 0.5 + 2
    return range(max(0, int(n * p - spread)), min(n, int(n * p + spread)) + 1)


def contains(interval: Interval | None, truth: float) -> bool:
    """An interval that is not given claims nothing and is not wrong."""
    return interval is None or interval.lower - 1e-12 <= truth <= interval.upper + 1e-12


def of_one(n: int, p: float, interval: Callable[[int], Interval]) -> float:
    """Coverage of an interval of one count."""
    return float(sum(binom.pmf(x, n, p) for x in likely(n, p) if contains(interval(x), p)))


def of_two(n: int, rates: tuple[float, float], covers: Covers) -> float:
    """Coverage of an interval of two counts of the same n, every likely pair looked at."""
    first, second = (likely(n, p) for p in rates)
    seen = np.array([[covers(one, other) for other in second] for one in first])
    return float(binom.pmf(first, n, rates[0]) @ seen @ binom.pmf(second, n, rates[1]))


def of_two_by_edges(
    n: int, rates: tuple[float, float], interval: Callable[[int, int], Interval], *, truth: float
) -> float:
    """
    The same for intervals whose ends both grow with the first count and fall with the second.

    For each second count the first counts covered are one stretch, whose edges move with the second.
    """
    first, second = (likely(n, p) for p in rates)
    chances = binom.pmf(first, n, rates[0])
    low, high, covered = 0, 0, 0.0
    for other in second:
        while low < len(first) and interval(first[low], other).upper < truth - 1e-12:
            low += 1
        while high < len(first) and interval(first[high], other).lower <= truth + 1e-12:
            high += 1
        covered += binom.pmf(other, n, rates[1]) * chances[low:high].sum()
    return float(covered)


def discordant(n: int, share: float) -> tuple[range, np.ndarray]:
    """Counts of pairs that only one reading, or only the other, calls positive, and the chance of each two."""
    counts = likely(n, share)
    one, other = np.meshgrid(counts, counts, indexing="ij")
    rest = n - one - other
    table = np.stack([one, other, np.maximum(rest, 0)], axis=-1)
    return counts, np.where(rest < 0, 0.0, multinomial.pmf(table, n, [share, share, 1 - 2 * share]))
