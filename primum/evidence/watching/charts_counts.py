"""
Control charts of performance: CUSUMs of events in patients or in exposure, on a lattice of whole numbers.

Run lengths are exact (Brook & Evans 1972; Reynolds & Stoumbos 1999 for single patients). A chart is
built for an acceptable rate and a worse one: its reference value lies between them, where both are equally
likely (Moustakides 1986).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from primum.evidence.watching.charts import ChartRefused

Array = NDArray[np.float64]

LARGEST_LATTICE = 20_000
FINEST_REFERENCE = 10


@dataclass(frozen=True, kw_only=True)
class LatticeCusum:
    """
    The CUSUM max(0, S + up * events - down) in whole numbers, which signals at ``limit`` or above.

    ``down / up`` is the number of events in one point at which it stands still on average.
    """

    up: int
    down: int
    limit: int

    def path(self, events: Sequence[int]) -> tuple[int, ...]:
        """Return the chart after each point of so many events."""
        levels, level = [], 0
        for count in events:
            level = max(0, level + self.up * count - self.down)
            levels.append(level)
        return tuple(levels)

    def run_length(self, chances: Sequence[float], *, start: int = 0) -> float:
        """
        Return the mean number of points to the signal, exactly.

        :param chances: probability of 0, 1, 2 ... events in one point; what is missing to 1 signals
        :raises ChartRefused: if the start is not below the limit, or the lattice has more than 20,000 levels
        """
        from scipy.linalg import solve_banded

        if not 0 <= start < self.limit <= LARGEST_LATTICE:
            raise ChartRefused(
                f"A chart from {start} to a limit of {self.limit} cannot be computed; "
                f"the start lies below the limit, and that at {LARGEST_LATTICE:,} at most."
            )
        below = min(self.limit - 1, self.down)
        above = max(0, min(self.limit - 1, self.up * (len(chances) - 1) - self.down))
        banded = np.zeros((above + below + 1, self.limit))
        banded[above] = 1.0
        levels = np.arange(self.limit)
        for count, chance in enumerate(chances):
            landed = np.maximum(0, levels + self.up * count - self.down)
            inside = landed < self.limit
            np.subtract.at(banded, (above + levels[inside] - landed[inside], landed[inside]), chance)
        return float(solve_banded((below, above), banded, np.ones(self.limit))[start])


def bernoulli_chances(*, rate: float) -> tuple[float, ...]:
    """Return the probabilities of no event and of one event in one patient."""
    return 1 - rate, rate


def binomial_chances(*, n: int, rate: float) -> tuple[float, ...]:
    """Return the probabilities of 0 to n events among n patients."""
    from scipy.special import gammaln, xlog1py, xlogy

    k = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return tuple(np.exp(ways + xlogy(k, rate) + xlog1py(n - k, -rate)).tolist())


def poisson_chances(*, mean: float) -> tuple[float, ...]:
    """Return the probabilities of 0, 1, 2 ... events where so many are expected, until nothing is left."""
    from scipy.special import gammaln, xlogy

    k = np.arange(30 + math.ceil(mean + 12 * math.sqrt(mean)))
    return tuple(np.exp(xlogy(k, mean) - mean - gammaln(k + 1)).tolist())


def bernoulli_cusum(*, acceptable: float, worse: float, run_length: float) -> LatticeCusum:
    """
    Return the chart of single patients that runs at least so many patients at the acceptable rate.

    :raises ChartRefused: unless 0 < acceptable < worse < 1, or if the lattice grows too large
    """
    return binomial_cusum(n=1, acceptable=acceptable, worse=worse, run_length=run_length)


def binomial_cusum(*, n: int, acceptable: float, worse: float, run_length: float) -> LatticeCusum:
    """
    Return the chart of groups of n patients that runs at least so many groups at the acceptable rate.

    :raises ChartRefused: unless 0 < acceptable < worse < 1, or if the lattice grows too large
    """
    if not 0 < acceptable < worse < 1:
        raise ChartRefused(f"Rates {acceptable:g} and {worse:g} cannot be charted; they lie between 0 and 1 and rise.")
    for_none = -math.log((1 - worse) / (1 - acceptable))
    for_event = math.log(worse * (1 - acceptable) / (acceptable * (1 - worse)))
    return _designed(n * for_none / for_event, binomial_chances(n=n, rate=acceptable), run_length)


def poisson_cusum(*, acceptable: float, worse: float, run_length: float) -> LatticeCusum:
    """
    Return the chart of Poisson counts that runs at least so many points at the acceptable mean of a point.

    :raises ChartRefused: unless 0 < acceptable < worse, or if the lattice grows too large
    """
    if not 0 < acceptable < worse:
        raise ChartRefused(f"Means {acceptable:g} and {worse:g} cannot be charted; they are above 0 and rise.")
    reference = (worse - acceptable) / math.log(worse / acceptable)
    return _designed(reference, poisson_chances(mean=acceptable), run_length)


def _designed(reference: float, chances: tuple[float, ...], run_length: float) -> LatticeCusum:
    if not run_length > 1:
        raise ChartRefused(f"A mean run length of {run_length:g} cannot be; it is above 1.")
    # One event in m points of none: a rate below a half is rounded to 1/m, so that the chart goes down by 1.
    exact = Fraction(1, round(1 / reference)) if reference < 1 / 2 else _rounded(reference)
    chart = LatticeCusum(up=exact.denominator, down=exact.numerator, limit=1)

    def runs(limit: int) -> bool:
        return replace(chart, limit=limit).run_length(chances) >= run_length

    return replace(chart, limit=_smallest(runs))


def _rounded(reference: float) -> Fraction:
    return Fraction(reference).limit_denominator(FINEST_REFERENCE)


def _smallest(enough: Callable[[int], bool]) -> int:
    high = 1
    while not enough(high):
        high *= 2
        if high > LARGEST_LATTICE:
            raise ChartRefused(f"No limit up to {LARGEST_LATTICE:,} runs that long; ask for a shorter run.")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
