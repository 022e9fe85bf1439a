"""Ratios of two proportions and odds ratios; an end the data cannot limit is infinite or 0, never NaN."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from primum.evidence.intervals import Group, Interval, bisect, two_sided_z

# Far outside any ratio that counts of people can have.
WIDEST_LOG_RATIO = 60.0


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """A ratio with its interval and the standard error of its logarithm; ``None`` where undefined."""

    value: float | None
    interval: Interval | None
    log_error: float | None


def katz(*, first: Group, second: Group, confidence: float) -> Ratio:
    """Return the risk ratio ``first / second`` with the log interval of Katz 1978; none without events in both."""
    value = risk_ratio(first=first, second=second)
    if not (first.events and second.events):
        return Ratio(value=value, interval=None, log_error=None)
    error = math.sqrt(max(0.0, 1 / first.events - 1 / first.n + 1 / second.events - 1 / second.n))
    return _around(value, error, confidence)


def katz_plus_half(*, first: Group, second: Group, confidence: float) -> Interval:
    """Return the log interval of the risk ratio with 1/2 added to events and to n of both groups (Walter 1975)."""
    x1, n1, x2, n2 = first.events + 0.5, first.n + 0.5, second.events + 0.5, second.n + 0.5
    middle = math.log((x1 / n1) / (x2 / n2))
    half = two_sided_z(confidence) * math.sqrt(max(0.0, 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2))
    return Interval(lower=math.exp(middle - half), upper=math.exp(middle + half))


def score_ratio(*, first: Group, second: Group, confidence: float) -> Interval:
    """Return the score interval of the risk ratio (Miettinen & Nurminen 1985), with N/(N-1); fine with no events."""
    z = two_sided_z(confidence)
    if not (first.n and second.n) or first.events == second.events == 0:
        return Interval(lower=0.0, upper=math.inf)

    def statistic(log_ratio: float) -> float:
        return _ratio_z(first, second, math.exp(log_ratio))

    middle = _log(first.p) - _log(second.p)
    low, high = max(middle, -WIDEST_LOG_RATIO), min(middle, WIDEST_LOG_RATIO)
    lower = 0.0 if first.events == 0 else _exp_root(lambda at: statistic(at) - z, -WIDEST_LOG_RATIO, high)
    upper = math.inf if second.events == 0 else _exp_root(lambda at: statistic(at) + z, low, WIDEST_LOG_RATIO)
    return Interval(lower=lower, upper=upper)


def woolf(*, first: Group, second: Group, confidence: float) -> Ratio:
    """Return the odds ratio ``first / second`` with the log interval (Woolf 1955); no interval with an empty cell."""
    a, b, c, d = first.events, first.others.events, second.events, second.others.events
    value = a * d / (b * c) if b * c else None
    if not (a and b and c and d):
        return Ratio(value=value, interval=None, log_error=None)
    return _around(value, math.sqrt(1 / a + 1 / b + 1 / c + 1 / d), confidence)


def risk_ratio(*, first: Group, second: Group) -> float | None:
    """Return the ratio of two proportions; ``None`` without events in the second or without units."""
    return float(first.rate / second.rate) if first.n and second.events else None


def _around(value: float | None, error: float, confidence: float) -> Ratio:
    if value is None:
        return Ratio(value=None, interval=None, log_error=None)
    factor = math.exp(two_sided_z(confidence) * error)
    return Ratio(value=value, interval=Interval(lower=value / factor, upper=value * factor), log_error=error)


def _ratio_z(first: Group, second: Group, ratio: float) -> float:
    total = first.n + second.n
    a = total * ratio
    b = first.n * ratio + first.events + second.n + second.events * ratio
    c = first.events + second.events
    p2 = (b - math.sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a)
    p1 = min(1.0, p2 * ratio)
    variance = p1 * (1 - p1) / first.n + ratio * ratio * p2 * (1 - p2) / second.n
    beyond = first.p - ratio * second.p
    if variance <= 0:
        return 0.0 if beyond == 0 else math.copysign(math.inf, beyond)
    return beyond / math.sqrt(variance * total / (total - 1))


def _log(p: float) -> float:
    return math.log(p) if p > 0 else -math.inf


def _exp_root(function: Callable[[float], float], low: float, high: float) -> float:
    return math.exp(bisect(function, low=low, high=high))
