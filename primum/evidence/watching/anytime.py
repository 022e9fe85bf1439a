"""
Figures that hold however often one looks: e-values and confidence sequences for a share and for a rate.

Both mix the likelihood over a prior and compare it with that of one value (Robbins 1970; Ville 1939):
under that value the ratio exceeds 1/alpha, at any time, with probability alpha at most. The prior
costs width where it is wrong, never validity.
"""

import math
from dataclasses import dataclass
from typing import Literal

from primum.evidence.intervals import Group, Interval
from primum.evidence.roots import crossing_point
from primum.evidence.shares.rates import possible_events

UNIFORM = (1.0, 1.0)
Alternative = Literal["two-sided", "greater", "less"]


@dataclass(frozen=True, kw_only=True)
class RatePrior:
    """A gamma prior of a rate, as if so many events had been seen in so much exposure."""

    events: float
    exposure: float


def share_e_value(
    *,
    group: Group,
    null: float,
    prior: tuple[float, float] = UNIFORM,
    alternative: Alternative = "two-sided",
) -> float:
    """
    Return the evidence against a share: the beta-binomial mixture over the likelihood of the null.

    One-sided, the prior is cut at the null and the evidence is against every share on its other side.

    :param prior: parameters of the beta prior
    """
    return _exp(_log_share(group, null, prior, alternative))


def share_sequence(*, group: Group, confidence: float, prior: tuple[float, float] = UNIFORM) -> Interval:
    """Return the shares whose e-value is below 1 / (1 - confidence); it covers at all times together."""
    limit = -math.log1p(-confidence)
    if not group.n:
        return Interval(lower=0.0, upper=1.0)

    def beyond(null: float) -> float:
        return _log_share(group, null, prior, "two-sided") - limit

    # The evidence against the observed share itself is the smallest; at 0 and 1 it is infinite.
    tiny = 5e-324
    lower = 0.0 if group.events == 0 else crossing_point(beyond, low=tiny, high=group.p)
    upper = 1.0 if group.events == group.n else crossing_point(beyond, low=group.p, high=1.0)
    return Interval(lower=lower, upper=upper)


def rate_e_value(
    *,
    events: int,
    exposure: float,
    null: float,
    prior: RatePrior,
    alternative: Alternative = "two-sided",
) -> float:
    """
    Return the evidence against a Poisson rate: the gamma mixture over the likelihood of the null.

    :raises ImpossibleCounts: unless exposure is positive and events are not negative
    """
    possible_events(events, exposure)
    return _exp(_log_rate(events, exposure, null, prior, alternative))


def rate_sequence(*, events: int, exposure: float, confidence: float, prior: RatePrior) -> Interval:
    """
    Return the rates whose e-value is below 1 / (1 - confidence); it covers at all times together.

    :raises ImpossibleCounts: unless exposure is positive and events are not negative
    """
    possible_events(events, exposure)
    limit, seen = -math.log1p(-confidence), events / exposure

    def beyond(null: float) -> float:
        return _log_rate(events, exposure, null, prior, "two-sided") - limit

    high = max(seen, 1 / exposure)
    while beyond(high) <= 0:
        high *= 2
    upper = crossing_point(beyond, low=seen, high=high)
    return Interval(lower=0.0 if events == 0 else crossing_point(beyond, low=5e-324, high=seen), upper=upper)


def anytime_p(e_value: float) -> float:
    """Return the p value that an e-value is worth at any time: one over it, at most 1."""
    return 1.0 if e_value <= 1 else 1 / e_value


def _log_share(group: Group, null: float, prior: tuple[float, float], alternative: Alternative) -> float:
    from scipy.special import betaln, xlog1py, xlogy

    a, b = prior
    after = (a + group.events, b + group.n - group.events)
    likelihood = float(xlogy(group.events, null) + xlog1py(group.n - group.events, -null))
    if math.isinf(likelihood):
        return math.inf
    evidence = float(betaln(*after) - betaln(a, b)) - likelihood
    return evidence + _cut(_share_mass(after, null, alternative), _share_mass(prior, null, alternative))


def _share_mass(shape: tuple[float, float], null: float, alternative: Alternative) -> float:
    from scipy.special import betainc, betaincc

    if alternative == "two-sided":
        return 1.0
    return float((betaincc if alternative == "greater" else betainc)(*shape, null))


def _log_rate(events: int, exposure: float, null: float, prior: RatePrior, alternative: Alternative) -> float:
    from scipy.special import gammaln

    if null <= 0:
        return math.inf if events or alternative == "less" else -math.inf
    a, b = prior.events, prior.exposure
    mixture = a * math.log(b) - (a + events) * math.log(b + exposure) + float(gammaln(a + events) - gammaln(a))
    evidence = mixture - events * math.log(null) + null * exposure
    after = _rate_mass(a + events, null * (b + exposure), alternative)
    return evidence + _cut(after, _rate_mass(a, null * b, alternative))


def _rate_mass(shape: float, scaled: float, alternative: Alternative) -> float:
    from scipy.special import gammainc, gammaincc

    if alternative == "two-sided":
        return 1.0
    return float((gammaincc if alternative == "greater" else gammainc)(shape, scaled))


def _cut(after: float, before: float) -> float:
    """Return the logarithm of the posterior over the prior mass on one side of the null."""
    if not before:
        return -math.inf
    return math.log(after / before) if after else -math.inf


def _exp(exponent: float) -> float:
    return math.inf if exponent > 709 else math.exp(exponent)  # noqa: PLR2004 -- the largest a float holds
