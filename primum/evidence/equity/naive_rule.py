"""
The naive rule of the sources, ``largest - smallest > margin`` on points, and how often it fires without any gap.

It decides nothing (statistics.md, trap 9): it is reported beside the decision, so that nobody wonders
why the two differ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from primum.evidence.equity.subgroups import largest_difference
from primum.evidence.intervals import Group, ImpossibleCounts

Whole = NDArray[np.int64]

# Beyond 9 standard deviations a count has a probability below 1e-18.
FARTHEST = 9.0
EXACT_UP_TO, STEPS, LARGEST = 20_000, 2_000, 10_000_000
SOURCES_MARGIN = Fraction(5, 100)


@dataclass(frozen=True, kw_only=True)
class NaiveRule:
    """What the naive rule says of some groups, and its false-alarm rate at their sizes if all had the pooled rate."""

    spread: Fraction
    margin: Fraction
    breach: bool
    false_alarm: float

    @property
    def words(self) -> str:
        """The rule beside a decision, in one clause."""
        said = "breach" if self.breach else "no breach"
        return (
            f"the naive rule of the sources (points more than {float(100 * self.margin):g} points apart) would say "
            f"{said}; without any true gap it fires {_per_cent(self.false_alarm)} of the time at these sizes"
        )


def naive_rule(*, groups: Sequence[Group], margin: Fraction = SOURCES_MARGIN) -> NaiveRule:
    """Return what the naive rule says of these groups; groups without units are left out."""
    seen = [group for group in groups if group.n]
    spread, total = largest_difference(seen), sum(group.n for group in seen)
    rate = Fraction(sum(group.events for group in seen), total) if total else Fraction(0)
    sizes = [group.n for group in seen]
    return NaiveRule(
        spread=spread,
        margin=margin,
        breach=spread > margin,
        false_alarm=false_alarm(sizes=sizes, rate=float(rate), margin=margin),
    )


def false_alarm(*, sizes: Sequence[int], rate: float, margin: Fraction) -> float:
    """
    Return P(largest - smallest > margin) of independent binomial proportions that all have one rate.

    Exact: a sum over the smallest proportion, with thresholds on whole numbers; the values of a group
    of more than 20,000 are taken in 2,000 steps, and one above 10 million counts as 10 million. 0.637
    for 6 groups of 100 at 0.93 and 5 points (the 0.643 of statistics.md 2.4 was simulated). 0 with
    fewer than two groups.

    :raises ImpossibleCounts: for a group without units
    """
    if any(n < 1 for n in sizes):
        raise ImpossibleCounts("A group without units has no proportion; leave it out.")
    if len(sizes) < 2 or not 0 < rate < 1:  # noqa: PLR2004 -- a gap is between two
        return 0.0
    if 2 * FARTHEST * math.sqrt(rate * (1 - rate) / min(sizes)) < margin:
        return 0.0
    sizes = [min(n, LARGEST) for n in sizes]
    top, bottom = _smallest_values(sizes, rate)
    inside, above = np.ones(len(top)), np.ones(len(top))
    for n in sizes:
        at_least = -_floor(-top, bottom, n)
        at_most = _floor(top * margin.denominator + bottom * margin.numerator, bottom * margin.denominator, n)
        # Above one value is at least the next; above the last there is nothing.
        inside *= _between(at_least, at_most, n, rate)
        above *= _between(np.append(at_least[1:], n + 1), at_most, n, rate)
    return float(min(1.0, max(0.0, 1.0 - (inside - above).sum())))


def _smallest_values(sizes: Sequence[int], rate: float) -> tuple[Whole, Whole]:
    """Return, as reduced and growing fractions, the values that a proportion may have, the unlikeliest left out."""
    found = []
    for n in sorted(set(sizes)):
        middle, reach = n * rate, FARTHEST * (n * rate * (1 - rate)) ** 0.5 + FARTHEST
        low, high = max(0, int(middle - reach)), min(n, int(middle + reach))
        step = 1 if n <= EXACT_UP_TO else max(1, (high - low) // STEPS)
        counts = np.arange(low, high + 1, step, dtype=np.int64)
        shared = np.gcd(counts, n)
        found.append(np.stack([counts // shared, n // shared], axis=1))
    values = np.unique(np.concatenate(found), axis=0)
    values = values[np.argsort(values[:, 0] / values[:, 1], kind="stable")]
    return values[:, 0], values[:, 1]


def _floor(top: Whole, bottom: Whole, n: int) -> Whole:
    """Return the whole part of n * top / bottom; in Python's own integers where 64 bits could overflow."""
    if int(np.abs(top).max()) < (1 << 62) // n:
        return top * n // bottom
    return (top.astype(object) * n // bottom).astype(np.int64)


def _between(low: Whole, high: Whole, n: int, rate: float) -> NDArray[np.float64]:
    """Return P(low <= X <= high) of a binomial."""
    up_to = _cumulative(np.concatenate([low - 1, np.minimum(high, n)]), n, rate)
    return np.asarray(np.maximum(0.0, up_to[len(low) :] - up_to[: len(low)]))


def _cumulative(counts: Whole, n: int, rate: float) -> NDArray[np.float64]:
    """Return P(X <= count); each count that comes often is computed once."""
    from scipy.special import bdtr

    low, high = int(counts.min()), int(counts.max())
    if high - low > len(counts):
        return np.where(counts < 0, 0.0, bdtr(np.clip(counts, 0, n), n, rate))
    every = np.arange(low, high + 1)
    return np.where(every < 0, 0.0, bdtr(np.clip(every, 0, n), n, rate))[counts - low]


def _per_cent(share: float) -> str:
    if share < 0.001:  # noqa: PLR2004 -- smaller than it can be said in tenths
        return "less than 0.1%"
    return f"{100 * share:.1f}%" if share < 0.1 else f"{100 * share:.0f}%"  # noqa: PLR2004 -- small shares get a decimal
