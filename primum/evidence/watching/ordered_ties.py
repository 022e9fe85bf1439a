"""
How often chance alone moves ordered levels so far apart, exactly, where rows are so few that one of them counts.

Given all rows of both samples together, which of them are in which sample is a draw without replacement: the count of
the one sample up to each level is a walk that ends where it must, and the ways to walk within a distance are added up
level by level (Hodges 1958; with ties Schroer & Trenkler 1995). The distances that are possible lie far apart, 1 / 60
with sixty rows on each side. So moves of the same size are told apart by where they are reached first, the rarer ones
being the more extreme, and a move counts half of the chance of its own kind (Lancaster 1961).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.watching.series import Array

Whole = NDArray[np.int64]
DIGITS = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Walk:
    """
    The pooled rows of two samples, level by level, and how far the one has got at each.

    Distances are whole: the distance of the two distribution functions, times the rows of the one and of the other.
    """

    levels: Whole
    one: Whole

    @property
    def rows(self) -> int:
        """The rows of both."""
        return int(self.levels.sum())

    @property
    def size(self) -> int:
        """The rows of the one."""
        return int(self.one.sum())

    @property
    def distances(self) -> Whole:
        """How far apart the two are at each level, with a sign."""
        return np.asarray(np.cumsum(self.one) * self.rows - self.size * np.cumsum(self.levels), dtype=np.int64)

    def within(self, level: int, farthest: int) -> Whole:
        """Return the counts of the one up to a level that lie no farther away."""
        upto = int(self.levels[: level + 1].sum())
        least = max(0, upto - (self.rows - self.size), -((farthest - self.size * upto) // self.rows))
        most = min(self.size, upto, (self.size * upto + farthest) // self.rows)
        return np.arange(least, most + 1, dtype=np.int64)

    def apart(self, level: int, counts: Whole) -> Whole:
        """Return how far away these counts up to a level are."""
        upto = int(self.levels[: level + 1].sum())
        return np.asarray(np.abs(counts * self.rows - self.size * upto), dtype=np.int64)

    def ahead(self, level: int, count: int) -> bool:
        """Return whether with so many up to a level the one is ahead of the other."""
        return count * self.rows > self.size * int(self.levels[: level + 1].sum())


def exact_chance(*, one: Array, other: Array) -> float:
    """
    Return how often two samples from one distribution are so far apart at a level, given all rows of both.

    :param one: counts by level, in their order; some rows
    :param other: the same of the other sample
    """
    first, second = (np.rint(counts).astype(np.int64) for counts in (one, other))
    some = (first + second) > 0
    walk = Walk(levels=(first + second)[some], one=first[some])
    farthest = int(np.abs(walk.distances).max())
    if farthest == 0:
        return 1.0
    return _chance(walk, farthest)


def _chance(walk: Walk, farthest: int) -> float:
    ways = [walk.within(level, farthest) for level in range(len(walk.levels))]
    steps = _steps(walk, ways)
    onward = _onward(steps)
    share = walk.size / walk.rows
    whole = _binomial(walk.rows, np.array([walk.size]), share)[0]
    before: Array = np.ones(1)
    kinds: dict[tuple[int, bool], float] = {}
    inside = np.ones(1, dtype=bool)
    for level, counts in enumerate(ways):
        reached = steps[level] @ np.where(inside, before, 0.0)
        met = walk.apart(level, counts) == farthest
        for place in np.flatnonzero(met):
            kinds[level, walk.ahead(level, int(counts[place]))] = reached[place] * onward[level][place] / whole
        before, inside = reached, ~met
    kept = (steps[0][:, 0] * onward[0]).sum() / whole
    first = int(np.flatnonzero(np.abs(walk.distances) == farthest)[0])
    own = (first, bool(walk.distances[first] > 0))
    return float(min(1.0, max(0.0, 1 - kept) + _rarer(kinds, own)))


def _rarer(kinds: dict[tuple[int, bool], float], own: tuple[int, bool]) -> float:
    """Return the chance of moves of the same size that are rarer, and half of those of the same kind."""

    def order(kind: tuple[int, bool]) -> tuple[float, int, bool]:
        return (float(f"{kinds[kind]:.{DIGITS}g}"), *kind)

    return sum(chance for kind, chance in kinds.items() if order(kind) < order(own)) + kinds[own] / 2


def _steps(walk: Walk, ways: list[Whole]) -> list[Array]:
    """Return, for each level, the chance to come from each count up to the one before to each up to this one."""
    share = walk.size / walk.rows
    before, found = np.zeros(1, dtype=np.int64), []
    for rows, counts in zip(walk.levels, ways, strict=True):
        found.append(_binomial(int(rows), counts[:, None] - before[None, :], share))
        before = counts
    return found


def _onward(steps: list[Array]) -> list[Array]:
    """Return, for each level and count up to it, the chance to stay within the distance to the end."""
    found = [np.ones(steps[-1].shape[0])]
    for step in reversed(steps[1:]):
        found.append(found[-1] @ step)
    return found[::-1]


def _binomial(rows: int, counts: Whole, share: float) -> Array:
    from scipy.special import gammaln, xlog1py, xlogy

    inside = (counts >= 0) & (counts <= rows)
    k = np.where(inside, counts, 0)
    logarithm = gammaln(rows + 1) - gammaln(k + 1) - gammaln(rows - k + 1)
    return np.asarray(np.where(inside, np.exp(logarithm + xlogy(k, share) + xlog1py(rows - k, -share)), 0.0))
