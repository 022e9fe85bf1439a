"""How much exposure, or how many units, a question about events needs: rates, rare harm, observed against expected."""

import math

from primum.evidence.intervals import ImpossibleCounts, normal_quantile
from primum.evidence.shares.rates import exact_rate_lower, exact_rate_upper

USUAL_POWER = 0.8
LARGEST_COUNT = 100_000


def exposure_two_rates(
    *, first: float, second: float, alpha: float, power: float = USUAL_POWER, sides: int = 2, ratio: float = 1.0
) -> float:
    """
    Return the exposure of the second group to tell two Poisson rates apart; the first has ``ratio`` times it.

    Normal approximation, unpooled variances (Lehr 1992). Infinite without a difference.
    """
    if first == second:
        return math.inf
    z = normal_quantile(1 - alpha / sides) + normal_quantile(power)
    return (z / (first - second)) ** 2 * (first / ratio + second)


def power_of_excess(*, expected: float, ratio: float, confidence: float) -> float:
    """
    Return the chance that O/E is flagged as high when the true ratio is this, exactly.

    ``confidence`` is that of the two-sided interval whose lower end must exceed 1.

    :raises ImpossibleCounts: unless more than 0 are expected
    """
    from scipy.special import pdtrc

    fewest = fewest_for_excess(expected=expected, confidence=confidence)
    return float(pdtrc(fewest - 1, ratio * expected))


def fewest_for_excess(*, expected: float, confidence: float) -> int:
    """
    Return the fewest observed events whose exact interval lies above the expected number.

    :raises ImpossibleCounts: unless more than 0 are expected
    """
    side, low, high = 0.5 + confidence / 2, math.floor(expected), math.ceil(expected) + 1
    while exact_rate_lower(events=high, exposure=expected, confidence=side) <= 1:
        low, high = high, 2 * high + 1
    while high - low > 1:
        middle = (low + high) // 2
        above = exact_rate_lower(events=middle, exposure=expected, confidence=side) > 1
        low, high = (low, middle) if above else (middle, high)
    return high


def exposure_to_stay_below(*, limit: float, truth: float, confidence: float, power: float = USUAL_POWER) -> float:
    """
    Return the exposure whose exact one-sided upper bound lies below a limit with this power.

    The least exposure at which some number of events both still keeps the bound below the limit and
    is not exceeded with the wanted probability. Infinite if the truth is no better than the limit.
    """
    from scipy.special import pdtr

    if truth >= limit:
        return math.inf
    for events in range(LARGEST_COUNT):
        # So much exposure keeps the bound of that many events at the limit.
        exposure = exact_rate_upper(events=events, exposure=1.0, confidence=confidence) / limit
        if pdtr(events, truth * exposure) >= power:
            return exposure
    return math.inf


def units_without_event(*, limit: float, confidence: float) -> int:
    """
    Return how many units without any event show a share below a limit (the rule of three, exactly).

    :raises ImpossibleCounts: unless the limit lies between 0 and 1
    """
    if not 0 < limit < 1:
        raise ImpossibleCounts(f"A share of {limit:g} cannot be ruled out; it lies between 0 and 1.")
    return math.floor(math.log1p(-confidence) / math.log1p(-limit)) + 1
