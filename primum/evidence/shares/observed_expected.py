"""Observed against expected events, as for a hospital against its case mix: exact limits and the outlier flag."""

from dataclasses import dataclass
from typing import Literal

from primum.evidence.intervals import Interval
from primum.evidence.shares.rates import exact_rate, exact_rate_test

Flag = Literal["high", "low", "not different"]


@dataclass(frozen=True, kw_only=True)
class ObservedExpected:
    """
    Observed over expected with its exact interval, and whether that excludes 1.

    ``p`` is the exact two-sided test against the expected number.
    """

    value: float
    interval: Interval
    flag: Flag
    p: float


def observed_expected(*, observed: int, expected: float, confidence: float) -> ObservedExpected:
    """
    Return O/E; the flag is ``high`` where the whole interval lies above 1 and ``low`` where it lies below.

    The expected number is taken as known (Breslow & Day 1987, section 2.3).

    :raises ImpossibleCounts: unless more than 0 are expected and the observed are not negative
    """
    interval = exact_rate(events=observed, exposure=expected, confidence=confidence)
    flag: Flag = "high" if interval.lower > 1 else "low" if interval.upper < 1 else "not different"
    p = exact_rate_test(events=observed, exposure=expected, null=1.0)
    return ObservedExpected(value=observed / expected, interval=interval, flag=flag, p=p)
