"""
Gaps between subgroups with simultaneous intervals: each level to the best, and largest minus smallest.

The gap of level i is ``max over j of theta_j - theta_i``, never negative. From the pairwise
intervals of ``theta_j - theta_i``:

* **Upper ends** (they decide a pass) use pairs at one-sided error ``1 - (1 - alpha/2) ** (1/(k-1))``.
  Whatever level is truly best, only its k - 1 comparisons matter, and these share that level and so
  are positively correlated: by Slepian's inequality all upper ends hold together at 1 - alpha/2, and
  with them the one of largest minus smallest (multiple comparisons with the best, Hsu 1984).
* **Lower ends** (they decide a failure and name a level) use all k(k-1)/2 pairs at Sidak's two-sided
  level, so that with truly equal levels any lower end is above 0 with probability alpha at most.

With two levels both are the usual two-sided interval, so the sizes of statistics.md 2.4 apply.
Proportions are compared by Miettinen-Nurminen or Newcombe, which hold their level with few units and
at 0/n and n/n, where a bootstrap from the counts has no width. Simultaneity is within one attribute.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.intervals import Group, Interval
from primum.evidence.shares.two_proportions import miettinen_nurminen, square_and_add

Pairwise = Callable[[str, str, float], Interval]
"""(level, other level, two-sided confidence) -> interval of theta(level) - theta(other level)."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How far one level is below the best one."""

    level: str
    value: Fraction
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class Gaps:
    """The gaps of all levels, and largest minus smallest."""

    levels: tuple[Gap, ...]
    spread: Gap

    @property
    def best(self) -> str:
        """The level with the highest observed value; the first of several."""
        return next(gap.level for gap in self.levels if gap.value == 0)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A quantity of one level, with its interval as a function of the confidence."""

    value: Fraction
    interval: Callable[[float], Interval]


class TooFewLevels(ValueError):
    """A gap was asked for with fewer than two levels."""


def gaps_of_proportions(
    *, levels: Mapping[str, Group], confidence: float, compare: Callable[..., Interval] = miettinen_nurminen
) -> Gaps:
    """
    Return the gaps between the proportions of two or more levels, none of them empty.

    :param compare: the interval of a difference, taking ``first``, ``second`` and ``confidence``

    :raises TooFewLevels: with fewer than two levels
    """

    def pairwise(one: str, other: str, level: float) -> Interval:
        return compare(first=levels[one], second=levels[other], confidence=level)

    values = {level: group.rate for level, group in levels.items()}
    return _gaps(values=values, pairwise=pairwise, confidence=confidence)


def gaps_of_effects(*, levels: Mapping[str, Measured], confidence: float) -> Gaps:
    """
    Return the gaps between independent effects, such as risk differences, by square-and-add (Zou & Donner 2008).

    :raises TooFewLevels: with fewer than two levels
    """

    def pairwise(one: str, other: str, level: float) -> Interval:
        first, second = levels[one], levels[other]
        return square_and_add(
            first=float(first.value),
            first_interval=first.interval(level),
            second=float(second.value),
            second_interval=second.interval(level),
        )

    values = {level: measured.value for level, measured in levels.items()}
    return _gaps(values=values, pairwise=pairwise, confidence=confidence)


def gaps_of_pairs(*, values: Mapping[str, Fraction], pairwise: Pairwise, confidence: float) -> Gaps:
    """
    Return the gaps between levels whose pairs have an interval of their own, such as effects on the same readers.

    :raises TooFewLevels: with fewer than two levels
    """
    return _gaps(values=values, pairwise=pairwise, confidence=confidence)


def largest_difference(groups: Sequence[Group]) -> Fraction:
    """Return largest minus smallest proportion as an exact fraction; 0 with fewer than two groups with units."""
    rates = [group.rate for group in groups if group.n]
    return max(rates) - min(rates) if rates else Fraction(0)


def one_sided_error(*, levels: int, confidence: float) -> float:
    """Return the one-sided error of one comparison with the best among so many levels: 0.025 for two at 0.95."""
    return float(-math.expm1(math.log1p(-(1 - confidence) / 2) / (levels - 1)))


def pairwise_confidence(*, levels: int, confidence: float) -> float:
    """Return Sidak's two-sided confidence of one pair among all pairs of so many levels."""
    return float(confidence ** (2 / (levels * (levels - 1))))


def _gaps(*, values: Mapping[str, Fraction], pairwise: Pairwise, confidence: float) -> Gaps:
    if len(values) < 2:  # noqa: PLR2004 -- a gap is between two
        raise TooFewLevels(f"A gap needs at least two levels with data, and there is {len(values)}.")
    wide = pairwise_confidence(levels=len(values), confidence=confidence)
    narrow = 1 - 2 * one_sided_error(levels=len(values), confidence=confidence)
    best = max(values.values())
    once = _each_pair_once(pairwise)
    found = []
    for level, value in values.items():
        others = [other for other in values if other != level]
        lower = max(once(other, level, wide).lower for other in others)
        upper = max(once(other, level, narrow).upper for other in others)
        interval = Interval(lower=max(0.0, lower), upper=max(0.0, upper))
        found.append(Gap(level=level, value=best - value, interval=interval))
    ends = Interval(lower=max(gap.interval.lower for gap in found), upper=max(gap.interval.upper for gap in found))
    spread = Gap(level="", value=best - min(values.values()), interval=ends)
    return Gaps(levels=tuple(found), spread=spread)


def _each_pair_once(pairwise: Pairwise) -> Pairwise:
    """The interval of A - B is that of B - A, mirrored."""
    known: dict[tuple[str, str, float], Interval] = {}

    def interval(one: str, other: str, level: float) -> Interval:
        first, second = sorted((one, other))
        if (first, second, level) not in known:
            known[first, second, level] = pairwise(first, second, level)
        found = known[first, second, level]
        return found if first == one else found.mirrored()

    return interval
