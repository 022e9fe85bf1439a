"""
Differences of two proportions: score, hybrid and simple intervals, and tests against any null.

Everywhere the difference is ``first - second``. An empty group gives the interval -1 to 1.
"""

import math
from dataclasses import dataclass
from typing import Literal

from primum.evidence.intervals import (
    Group,
    Interval,
    normal_cdf,
    normal_tail,
    two_sided_z,
)
from primum.evidence.roots import crossing
from primum.evidence.shares.proportions import wilson

Goal = Literal["higher", "lower"]


@dataclass(frozen=True, kw_only=True)
class ScoreTest:
    """A score statistic with the p value of its declared side."""

    z: float
    p: float


@dataclass(frozen=True, kw_only=True)
class Noninferiority:
    """A non-inferiority decision: the interval and the test agree by construction."""

    interval: Interval
    z: float
    p: float
    noninferior: bool
    superior: bool


def risk_difference(*, first: Group, second: Group) -> float:
    """Return the difference of two proportions, rounded once from the exact fraction."""
    return float(first.rate - second.rate)


def wald(*, first: Group, second: Group, confidence: float) -> Interval:
    """Return the simple interval, for comparison only: it has no width at 0/n and n/n; not clipped."""
    if not (first.n and second.n):
        return Interval(lower=-1.0, upper=1.0)
    difference = risk_difference(first=first, second=second)
    half = two_sided_z(confidence) * math.sqrt(_variance(first.p, first.n) + _variance(second.p, second.n))
    return Interval(lower=difference - half, upper=difference + half)


def agresti_caffo(*, first: Group, second: Group, confidence: float) -> Interval:
    """Return the interval with one event and one non-event added to each group (Agresti & Caffo 2000); not clipped."""
    one, two = (Group(events=group.events + 1, n=group.n + 2) for group in (first, second))
    return wald(first=one, second=two, confidence=confidence)


def newcombe(*, first: Group, second: Group, confidence: float) -> Interval:
    """Return the hybrid score interval (Newcombe 1998, method 10)."""
    one, two = wilson(group=first, confidence=confidence), wilson(group=second, confidence=confidence)
    return square_and_add(first=first.p, first_interval=one, second=second.p, second_interval=two)


def square_and_add(*, first: float, first_interval: Interval, second: float, second_interval: Interval) -> Interval:
    """
    Return an interval of ``first - second`` from separate intervals of two independent quantities.

    The method of variance estimates recovery (Zou & Donner 2008); with Wilson's it is Newcombe's.
    """
    below = math.hypot(first - first_interval.lower, second_interval.upper - second)
    above = math.hypot(first_interval.upper - first, second - second_interval.lower)
    return Interval(lower=first - second - below, upper=first - second + above)


def miettinen_nurminen(*, first: Group, second: Group, confidence: float) -> Interval:
    """
    Return the score interval of a difference (Miettinen & Nurminen 1985), with the factor N/(N-1).

    Written here because the usual library's is wrong (statistics.md, trap 1).
    """
    return _score_interval(first, second, confidence, corrected=True)


def mee(*, first: Group, second: Group, confidence: float) -> Interval:
    """Return the score interval of a difference without the factor N/(N-1) (Mee 1984)."""
    return _score_interval(first, second, confidence, corrected=False)


def farrington_manning(
    *, first: Group, second: Group, null: float, alternative: Literal["greater", "less"]
) -> ScoreTest:
    """
    Test ``first - second`` against a null difference (Farrington & Manning 1990), without N/(N-1).

    ``z`` has the sign of the difference beyond the null.
    """
    z = score_z(first=first, second=second, null=null, corrected=False)
    return ScoreTest(z=z, p=normal_tail(z) if alternative == "greater" else normal_cdf(z))


def noninferiority(*, first: Group, second: Group, margin: float, good: Goal, alpha: float) -> Noninferiority:
    """
    Decide non-inferiority of the first group by a positive margin (Miettinen-Nurminen).

    :param good: whether ``higher`` or ``lower`` proportions are better
    :param alpha: one-sided; the interval is two-sided at ``1 - 2 * alpha``
    """
    interval = miettinen_nurminen(first=first, second=second, confidence=1 - 2 * alpha)
    if good == "higher":
        z = score_z(first=first, second=second, null=-margin, corrected=True)
        return Noninferiority(
            interval=interval,
            z=z,
            p=normal_tail(z),
            noninferior=interval.lower > -margin,
            superior=interval.lower > 0,
        )
    z = score_z(first=first, second=second, null=margin, corrected=True)
    return Noninferiority(
        interval=interval, z=z, p=normal_cdf(z), noninferior=interval.upper < margin, superior=interval.upper < 0
    )


def pooled_standard_error(*, first: Group, second: Group) -> float:
    """Return the standard error of a difference under equal proportions; 0 without variation."""
    if not (first.n and second.n):
        return 0.0
    p = (first.events + second.events) / (first.n + second.n)
    return math.sqrt(p * (1 - p) * (1 / first.n + 1 / second.n))


def pooled_z(*, first: Group, second: Group) -> float:
    """Return the pooled z statistic of ``first - second``; 0 when nobody or everybody has the event."""
    error = pooled_standard_error(first=first, second=second)
    return risk_difference(first=first, second=second) / error if error else 0.0


def score_z(*, first: Group, second: Group, null: float, corrected: bool) -> float:
    """Return the score statistic of ``first - second - null`` at the restricted maximum likelihood."""
    return _Score(first, second, corrected=corrected).at(null)


class _Score:
    """The score statistic of one pair of groups as a function of the null difference."""

    def __init__(self, first: Group, second: Group, *, corrected: bool) -> None:
        total = first.n + second.n
        self.sizes = first.n, second.n
        self.difference = float(first.rate - second.rate)
        self.factor = total / (total - 1) if corrected else 1.0
        self.restricted = _Restricted(first=first.p, second=second.p, ratio=first.n / second.n)

    def at(self, null: float) -> float:
        n1, n2 = self.sizes
        p1, p2 = self.restricted.rates(null)
        beyond = self.difference - null
        variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * self.factor
        # A variance of rounding size is none: the null then fixes both proportions at 0 or 1.
        if variance < 1e-18:  # noqa: PLR2004 -- of rounding size
            return 0.0 if abs(beyond) < 1e-12 else math.copysign(math.inf, beyond)  # noqa: PLR2004 -- of rounding size
        return beyond / math.sqrt(variance)


def restricted_rates(*, first: float, second: float, null: float, ratio: float) -> tuple[float, float]:
    """
    Return the most likely proportions whose difference ``first - second`` is the null.

    The closed form of Farrington & Manning 1990, appendix; ``ratio`` is n of the first to n of the second.
    """
    return _Restricted(first=first, second=second, ratio=ratio).rates(null)


class _Restricted:
    """The restricted proportions of one pair of groups, for many nulls; what the null does not change is kept."""

    def __init__(self, *, first: float, second: float, ratio: float) -> None:
        self.first, self.theta = first, 1 / ratio
        self.a = 1 + self.theta
        self.sum = self.a + first + self.theta * second
        self.product = first + self.theta * second

    def rates(self, null: float) -> tuple[float, float]:
        first, theta, a = self.first, self.theta, self.a
        b = -(self.sum + null * (theta + 2))
        c = null * null + null * (2 * first + a) + self.product
        d = -first * null * (1 + null)
        third = b / (3 * a)
        v = third * third * third - b * c / (6 * a * a) + d / (2 * a)
        u = math.copysign(math.sqrt(max(0.0, third * third - c / (3 * a))), v)
        w = (math.pi + math.acos(max(-1.0, min(1.0, v / (u * u * u))))) / 3 if u else 0.0
        p1 = min(max(2 * u * math.cos(w) - third, 0.0, null), 1.0, 1.0 + null)
        return p1, min(max(p1 - null, 0.0), 1.0)


def _score_interval(first: Group, second: Group, confidence: float, *, corrected: bool) -> Interval:
    if not (first.n and second.n):
        return Interval(lower=-1.0, upper=1.0)
    z, score = two_sided_z(confidence), _Score(first, second, corrected=corrected)
    middle, about = score.difference, newcombe(first=first, second=second, confidence=confidence)
    return Interval(
        lower=crossing(lambda null: score.at(null) - z, low=-1.0, high=middle, near=about.lower)
        if middle > -1
        else -1.0,
        upper=crossing(lambda null: score.at(null) + z, low=middle, high=1.0, near=about.upper) if middle < 1 else 1.0,
    )


def _variance(p: float, n: int) -> float:
    return p * (1 - p) / n
