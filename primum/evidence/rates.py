"""Exact Poisson rates: events per unit of exposure, and observed against expected."""

from primum.evidence.intervals import ImpossibleCounts, Interval


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

    _possible(events, exposure)
    return float(gammaincinv(events, 1 - confidence)) / exposure if events else 0.0


def exact_rate_upper(*, events: int, exposure: float, confidence: float) -> float:
    """Return the exact one-sided upper bound of a Poisson rate."""
    from scipy.special import gammaincinv

    _possible(events, exposure)
    return float(gammaincinv(events + 1, confidence)) / exposure


def _possible(events: int, exposure: float) -> None:
    if events < 0 or not exposure > 0:
        raise ImpossibleCounts(
            f"{events} events in an exposure of {exposure} are impossible; exposure is above 0, events are not below."
        )
