"""Counts of a group, an interval, and the normal distribution: what every method here is made of."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

_STANDARD = NormalDist()


class ImpossibleCounts(ValueError):
    """Counts that no group of people can have; the message says which rule they break."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """So many events among n units. :raises ImpossibleCounts: unless 0 <= events <= n."""

    events: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.events <= self.n:
            raise ImpossibleCounts(f"{self.events} events among {self.n} units are impossible; 0 <= events <= n.")

    @property
    def rate(self) -> Fraction:
        """Events per unit as an exact fraction; 0 of an empty group."""
        return Fraction(self.events, self.n) if self.n else Fraction(0)

    @property
    def p(self) -> float:
        """Events per unit, rounded once; 0 of an empty group."""
        return self.events / self.n if self.n else 0.0

    @property
    def others(self) -> "Group":
        """The same units, counted by the absence of the event."""
        return Group(events=self.n - self.events, n=self.n)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Two ends; an end may be infinite where the data set no limit, and is never NaN."""

    lower: float
    upper: float

    def mirrored(self) -> "Interval":
        """Return the interval of the negated quantity."""
        return Interval(lower=-self.upper, upper=-self.lower)


def normal_quantile(p: float) -> float:
    """Return z with P(Z <= z) = p; infinite at 0 and 1."""
    if p <= 0:
        return -math.inf
    if p >= 1:
        return math.inf
    return _STANDARD.inv_cdf(p)


def normal_cdf(z: float) -> float:
    """Return P(Z <= z), exact in the lower tail."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def normal_tail(z: float) -> float:
    """Return P(Z > z), exact in the upper tail."""
    return 0.5 * math.erfc(z / math.sqrt(2))


def two_sided_z(confidence: float) -> float:
    """Return the z of a two-sided interval, 1.96 for 0.95."""
    return normal_quantile(0.5 + confidence / 2)


def bisect(function: Callable[[float], float], *, low: float, high: float) -> float:
    """
    Return where a decreasing function changes sign between ``low`` and ``high``.

    Infinite values are fine; without a change of sign the nearer end is returned.
    """
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if function(middle) > 0:
            low = middle
        else:
            high = middle
        if high - low < 1e-15 * max(1.0, abs(middle)):
            break
    return 0.5 * (low + high)
