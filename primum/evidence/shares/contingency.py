"""Tests on tables of counts: Fisher's exact test, chi-square, and the sample-ratio check."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from primum.evidence.intervals import Group, bisect

# The tolerance of R's fisher.test: probabilities this close are equal.
EQUALLY_LIKELY = 1 + 1e-7
MOST_TABLES = 5_000_000


@dataclass(frozen=True, kw_only=True)
class ChiSquare:
    """A chi-square statistic; ``None`` where an expected count is 0."""

    statistic: float | None
    degrees: int
    p: float | None


class TooManyTables(ValueError):
    """An exact test would list more tables than a gate should wait for."""


def fisher_exact(*, first: Group, second: Group) -> float:
    """Return the two-sided exact p value: the sum over tables at most as likely as the observed one (Fisher 1935)."""
    low, likely = _tables(first, second)
    likely = np.exp(likely)
    observed = likely[first.events - low]
    return min(1.0, float(likely[likely <= observed * EQUALLY_LIKELY].sum() / likely.sum()))


def conditional_odds_ratio(*, first: Group, second: Group) -> float | None:
    """
    Return the conditional maximum-likelihood odds ratio; ``None`` if any ratio fits.

    Exact to rounding; R's ``fisher.test`` stops at a tolerance of 1e-4.
    """
    low, likely = _tables(first, second)
    if len(likely) == 1:
        return None
    if first.events == low:
        return 0.0
    if first.events == low + len(likely) - 1:
        return math.inf

    def excess(log_ratio: float) -> float:
        return first.events - conditional_mean(first=first, second=second, odds_ratio=math.exp(log_ratio))

    return math.exp(bisect(excess, low=-100.0, high=100.0))


def conditional_mean(*, first: Group, second: Group, odds_ratio: float) -> float:
    """Return the expected events of the first group at an odds ratio, both margins fixed (Fisher's distribution)."""
    low, likely = _tables(first, second)
    k = np.arange(low, low + len(likely))
    if odds_ratio == 0:
        return float(low)
    weights = likely + k * math.log(odds_ratio)
    weights = np.exp(weights - weights.max())
    return float((k * weights).sum() / weights.sum())


def fisher_exact_groups(groups: Sequence[Group]) -> float:
    """
    Return the exact p value of equal proportions in several groups (Freeman & Halton 1951).

    Tables that agree in some groups are kept together once all, or none, of what may follow is as unlikely as the
    observed table (Mehta & Patel 1983), so few of them are listed.

    :raises TooManyTables: beyond five million tables that must be told apart
    """
    events, ordered = sum(group.events for group in groups), sorted(groups, key=lambda group: group.n)
    ways = [_log_ways(group.n) for group in ordered]
    least, most, every = _paths(ways)
    total = float(every[0][events])
    limit = sum(float(way[group.events]) for way, group in zip(ways, ordered, strict=True)) + math.log(EQUALLY_LIKELY)
    left, sofar, p = np.array([events]), np.zeros(1), 0.0
    for place, way in enumerate(ways):
        if len(left) * len(way) > MOST_TABLES:
            raise TooManyTables(f"{len(groups)} groups with {events} events have too many tables for an exact test.")
        rest = left[:, None] - np.arange(len(way))
        possible = (rest >= 0) & (rest < len(every[place + 1]))
        left, sofar = rest[possible], (sofar[:, None] + way)[possible]
        counted = sofar + most[place + 1][left] <= limit
        p += float(np.exp(sofar[counted] + every[place + 1][left[counted]] - total).sum())
        open_yet = ~counted & (sofar + least[place + 1][left] <= limit)
        left, sofar = left[open_yet], sofar[open_yet]
    return min(1.0, p)


def pearson(*, first: Group, second: Group) -> ChiSquare:
    """Return the 2x2 chi-square test without continuity correction."""
    return _two_by_two(first, second, continuity=False)


def yates(*, first: Group, second: Group) -> ChiSquare:
    """Return the 2x2 chi-square test with Yates' continuity correction."""
    return _two_by_two(first, second, continuity=True)


def sample_ratio(*, observed: Sequence[int], shares: Sequence[Fraction | float]) -> ChiSquare:
    """
    Return the goodness-of-fit test of counted units against their planned shares.

    Count at the unit of randomisation (statistics.md, trap 7). ``p`` is ``None`` without units.
    """
    total, whole = sum(observed), float(sum(shares))
    degrees = len(observed) - 1
    expected = [total * float(share) / whole for share in shares]
    if not all(expected):
        return ChiSquare(statistic=None, degrees=degrees, p=None)
    statistic = math.fsum((seen - hoped) ** 2 / hoped for seen, hoped in zip(observed, expected, strict=True))
    return ChiSquare(statistic=statistic, degrees=degrees, p=chi_square_tail(statistic, degrees=degrees))


def chi_square_tail(statistic: float, *, degrees: int) -> float:
    """Return P(chi-square >= statistic)."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees, statistic))


def _two_by_two(first: Group, second: Group, *, continuity: bool) -> ChiSquare:
    a, b, c, d = first.events, first.others.events, second.events, second.others.events
    margins = first.n * second.n * (a + c) * (b + d)
    if not margins:
        return ChiSquare(statistic=None, degrees=1, p=None)
    total, twice = first.n + second.n, 2 * abs(a * d - b * c)
    if continuity:
        # R moves every cell by at most its own distance from expectation.
        twice = max(0, twice - total)
    statistic = float(Fraction(total * twice**2, 4 * margins))
    return ChiSquare(statistic=statistic, degrees=1, p=chi_square_tail(statistic, degrees=1))


def _paths(ways: Sequence[NDArray[np.float64]]) -> tuple[list[NDArray[np.float64]], ...]:
    """
    Return, for each group and number of events from it on, the logarithms of the ways to place them.

    The fewest that one table has, the most, and those of all tables together.
    """
    from scipy.special import gammaln

    least, most, every = [np.zeros(1)], [np.zeros(1)], [np.zeros(1)]
    for way in reversed(ways):
        reach = len(way) + len(least[0]) - 1
        lowest, highest = np.full(reach, np.inf), np.full(reach, -np.inf)
        for events, one in enumerate(way):
            span = slice(events, events + len(least[0]))
            lowest[span] = np.minimum(lowest[span], one + least[0])
            highest[span] = np.maximum(highest[span], one + most[0])
        k = np.arange(reach)
        least.insert(0, lowest)
        most.insert(0, highest)
        # Vandermonde: all the ways to place k events among everybody from here on.
        every.insert(0, gammaln(reach) - gammaln(k + 1) - gammaln(reach - k))
    return least, most, every


def _log_ways(n: int) -> NDArray[np.float64]:
    from scipy.special import gammaln

    k = np.arange(n + 1)
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1), dtype=np.float64)


def _tables(first: Group, second: Group) -> tuple[int, NDArray[np.float64]]:
    from scipy.special import gammaln

    events = first.events + second.events
    low, high = max(0, events - second.n), min(events, first.n)
    k = np.arange(low, high + 1)
    ways = -(gammaln(k + 1) + gammaln(first.n - k + 1) + gammaln(events - k + 1) + gammaln(second.n - events + k + 1))
    return low, ways - ways.max()
