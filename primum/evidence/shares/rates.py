"""Exact Poisson rates: events per unit of exposure, and one rate against another."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from primum.evidence.intervals import Group, ImpossibleCounts, Interval
from primum.evidence.shares.proportions import Alternative, clopper_pearson, exact_test


@dataclass(frozen=True, kw_only=True)
class RateRatio:
    """Two rates: their ratio with its exact interval, and the exact p value; no ratio where both have no event."""

    value: float | None
    interval: Interval
    p: float


def exact_rate(*, events: int, exposure: float, confidence: float) -> Interval:
    """
    Return the exact two-sided interval of a Poisson rate (Garwood 1936).

    Each end is an exact one-sided bound at (1 + confidence) / 2. No event has a lower end of 0.

    :raises ImpossibleCounts: unless exposure is positive and events are not negative
    """
    side = 0.5 + confidence / 2
    return Interval(
        lower=exact_rate_lower(events=events, exposure=exposure, confidence=side),
        upper=exact_rate_upper(events=events, exposure=exposure, confidence=side),
    )


def exact_rate_lower(*, events: int, exposure: float, confidence: float) -> float:
    """Return the exact one-sided lower bound of a Poisson rate."""
    from scipy.special import gammaincinv

    possible_events(events, exposure)
    return float(gammaincinv(events, 1 - confidence)) / exposure if events else 0.0


def exact_rate_upper(*, events: int, exposure: float, confidence: float) -> float:
    """Return the exact one-sided upper bound of a Poisson rate."""
    from scipy.special import gammaincinv

    possible_events(events, exposure)
    return float(gammaincinv(events + 1, confidence)) / exposure


def exact_rate_test(*, events: int, exposure: float, null: float, alternative: Alternative = "two-sided") -> float:
    """
    Return the exact p value of a Poisson rate against a null rate.

    Two-sided sums every count that is at most as likely as the observed one (R's ``poisson.test``).

    :raises ImpossibleCounts: unless exposure is positive and events are not negative
    """
    from scipy.special import pdtr, pdtrc

    possible_events(events, exposure)
    mean = null * exposure
    if alternative == "greater":
        return 1.0 if events == 0 else float(pdtrc(events - 1, mean))
    if alternative == "less":
        return float(pdtr(events, mean))
    return _two_sided(events, mean)


def compare_rates(
    *, events: tuple[int, int], exposures: tuple[float, float], confidence: float, ratio: float = 1.0
) -> RateRatio:
    """
    Return the ratio of two Poisson rates, first to second, exact given the total of events.

    Of all events the first group's share is binomial (Przyborowski & Wilenski 1940); the interval is
    Clopper-Pearson's of that share, and the p value that of R's ``poisson.test`` against ``ratio``.

    :raises ImpossibleCounts: unless exposures are positive and events are not negative
    """
    for one, exposure in zip(events, exposures, strict=True):
        possible_events(one, exposure)
    group, scale = Group(events=events[0], n=sum(events)), exposures[1] / exposures[0]
    ends = clopper_pearson(group=group, confidence=confidence)
    expected = ratio * exposures[0] / (ratio * exposures[0] + exposures[1])
    return RateRatio(
        value=_odds(group.p) * scale if group.n else None,
        interval=Interval(lower=_odds(ends.lower) * scale, upper=_odds(ends.upper) * scale),
        p=exact_test(group=group, null=expected, alternative="two-sided"),
    )


def possible_events(events: int, exposure: float) -> None:
    """
    Refuse counts that no exposure can have.

    :raises ImpossibleCounts: unless exposure is positive and finite and events are not negative
    """
    if events < 0 or not 0 < exposure < math.inf:
        raise ImpossibleCounts(
            f"{events} events in an exposure of {exposure} are impossible; exposure is above 0, events are not below."
        )


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf


def _two_sided(events: int, mean: float) -> float:
    from scipy.special import pdtr, pdtrc

    if mean == 0:
        return 1.0 if events == 0 else 0.0
    if events == mean:
        return 1.0
    limit = _log_likelihood(events, mean) + 1e-7
    if events < mean:
        # The far tail starts at the first count above the mean that is no more likely than the observed one.
        other = _first(lambda count: _log_likelihood(count, mean) <= limit, start=math.ceil(mean))
        return min(1.0, float(pdtr(events, mean)) + float(pdtrc(other - 1, mean)))
    below = _first(lambda back: _log_likelihood(math.floor(mean) - back, mean) <= limit, start=0)
    near = math.floor(mean) - below
    return min(1.0, float(pdtrc(events - 1, mean)) + (float(pdtr(near, mean)) if near >= 0 else 0.0))


def _log_likelihood(count: int, mean: float) -> float:
    return -math.inf if count < 0 else count * math.log(mean) - math.lgamma(count + 1)


def _first(holds: Callable[[int], bool], *, start: int) -> int:
    """Return the first whole number from ``start`` for which something holds that goes on to hold."""
    step = 1
    while not holds(start + step):
        step *= 2
    low, high = start - 1, start + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
