"""
How often counts of the latest few periods together alarm first, when one window has most of its periods from the last.

Windows that end one after the other share all periods but one, so false alarms come in runs, and the first of them
comes later than one over their share. How much later depends on the statistic only through its tail, if it is a sum
of equal periods and nearly normal: the moving average of independent periods, whose windows k apart correlate by
1 - k / w. Its first alarms are counted here once for each window, looking back from an alarm (which always happens, so
that rare ones cost no more than frequent ones): a period alarms first if it alarms and none before it did (Kac 1947,
on the time until a set is met; Alm 1983 and Haiman 1999 for moving sums).
The draws are seeded, so the same design always has the same limits.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from primum.evidence.watching.series import Array

SEED = 20_261_122
# A window of more periods than so many is designed as if it had so many.
LONGEST = 400
MOST_DRAWS, FEWEST_DRAWS = 12_000, 1_500
MOST_NUMBERS = 800_000
# Between these, and with more dimensions, first alarms come hardly otherwise.
DEGREES = (1, 2, 3, 5, 8)
TAILS = np.geomspace(0.4, 1e-7, 10)
MOMENTS = 10
LARGEST_TAIL = 0.4
# Where so few are left without an alarm, what is counted of them is noise.
FEWEST_LEFT = 0.1
CLOSE_ENOUGH = 1e-4
FARTHEST = 1e9
STEPS = 240


@dataclass(frozen=True, kw_only=True, eq=False)
class Runs:
    """
    How alarms of one window come in runs.

    :param firsts: of shape (tails, periods), logarithm of the chance that a period alarms first of all, given that
        none did before it, over the chance that it alarms; the periods are those of two windows, later ones are alike
    """

    firsts: Array

    def hazards(self, tail: Array) -> Array:
        """Return, of shape (tails, periods), the chance of a first alarm in each period if each alarms so often."""
        at = np.log(np.clip(tail, TAILS[-1], TAILS[0]))
        places = np.interp(-at, -np.log(TAILS), np.arange(len(TAILS), dtype=float))
        lower = np.minimum(places.astype(int), len(TAILS) - 2)
        part = (places - lower)[:, None]
        between = (1 - part) * self.firsts[lower] + part * self.firsts[lower + 1]
        return np.asarray(np.clip(tail[:, None] * np.exp(between), 0.0, 1 - 1e-12), dtype=np.float64)


def runs_of(window: int, degrees: int = 0) -> Runs:
    """
    Return how alarms come in runs where windows of so many periods overlap.

    :param degrees: 0 for one tail of a normal statistic, else the degrees of freedom of a chi-square one
    """
    near = min(DEGREES, key=lambda one: abs(math.log(one / degrees))) if degrees else 0
    return _runs(min(window, LONGEST), near)


@lru_cache(maxsize=256)
def _runs(length: int, degrees: int) -> Runs:
    dimensions = max(1, degrees)
    draws = int(np.clip(MOST_NUMBERS / (2 * length * dimensions), FEWEST_DRAWS, MOST_DRAWS))
    chosen = np.random.default_rng(SEED)
    noise = chosen.standard_normal((dimensions, draws, 2 * length))
    # Ranks instead of random numbers: the alarms that are looked back from are spread evenly.
    ranks = chosen.permutation((np.arange(draws) + 0.5) / draws)
    moments = _moments(length)
    firsts = np.zeros((len(TAILS), 2 * length))
    for place, tail in enumerate(TAILS):
        limit, met = _tail(float(tail), ranks, degrees)
        alone = [_quiet_before(noise, met, limit, now=now, window=length, degrees=degrees) for now in moments]
        firsts[place] = _given_none(float(tail), np.interp(np.arange(1, 2 * length + 1), moments, alone))
    return Runs(firsts=firsts)


def _moments(window: int) -> list[int]:
    spread = np.geomspace(1, 2 * window, MOMENTS).round().astype(int)
    return sorted({1, 2, window, min(window + 1, 2 * window), *(int(one) for one in spread)})


def _tail(tail: float, ranks: Array, degrees: int) -> tuple[float, Array]:
    """Return the limit with this chance beyond it, and statistics beyond it."""
    from scipy.special import chdtri, ndtri

    if degrees == 0:
        return float(-ndtri(tail)), np.asarray(-ndtri(tail * ranks), dtype=np.float64)
    return float(chdtri(degrees, tail)), np.asarray(np.sqrt(chdtri(degrees, tail * ranks)), dtype=np.float64)


def _quiet_before(noise: Array, met: Array, limit: float, *, now: int, window: int, degrees: int) -> float:
    """Return how often no period before one alarmed, if it is the so-manieth and alarms."""
    if now == 1:
        return 1.0
    inside = min(now, window)
    back = noise[:, :, :now].copy()
    # By symmetry what was met lies in the first dimension.
    wanted = np.zeros((len(noise), len(met)))
    wanted[0] = met / math.sqrt(inside)
    back[:, :, :inside] += (wanted - back[:, :, :inside].mean(axis=2))[:, :, None]
    upto = np.concatenate([np.zeros((*back.shape[:2], 1)), back.cumsum(axis=2)], axis=2)
    ends = np.arange(1, now)
    begins = np.minimum(ends + window, now)
    sums = (upto[:, :, begins] - upto[:, :, ends]) / np.sqrt(begins - ends)
    statistic = (sums**2).sum(axis=0) if degrees else sums[0]
    return float((statistic <= limit).all(axis=1).mean())


def _given_none(tail: float, alone: Array) -> Array:
    """Return the logarithm of the chance of a first alarm, given none before, over the chance of an alarm."""
    found, left = np.zeros(len(alone)), 1.0
    for place, quiet in enumerate(alone):
        found[place] = min(1.0, quiet / left) if left > FEWEST_LEFT else found[place - 1]
        left *= 1 - tail * found[place]
    return np.log(np.maximum(found, 1e-6))


def mean_first_alarm(*, hazards: Array, weights: Array, charts: int) -> float:
    """
    Return the mean periods to the first alarm of so many charts that are alike and know nothing of each other.

    :param hazards: of shape (cases, periods); each chart is one of the cases for good, and goes on as it ends
    :param weights: the chance of each case
    """
    left = np.cumprod(1 - hazards, axis=1)
    early = 1 + ((weights @ left[:, :-1]) ** charts).sum()
    often = -np.log1p(-hazards[:, -1])
    if len(weights) == 1:
        return float(early + left[0, -1] ** charts / -np.expm1(-charts * often[0]))
    times = np.concatenate([[0.0], np.unique(np.geomspace(1, FARTHEST, STEPS).round())])
    alive = ((weights * left[:, -1]) @ np.exp(-often[:, None] * times)) ** charts
    first, last = alive[:-1], alive[1:]
    falls = first - last > 1e-12 * first
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.where(falls & (last > 0), (first - last) / np.log(first / last), (first + last) / 2)
    # A sum over whole periods is the area below and half of the first.
    return float(early + (middle * np.diff(times) + (first - last) / 2).sum())


def level_for(mean: Callable[[float], float], *, run_length: float, start: float) -> float:
    """
    Return the chance of an alarm in one period with which the first comes after so many periods on average.

    :param mean: mean periods to the first alarm, for this chance
    :param start: a chance that is too small, or just right
    """
    low, high = math.log(start), math.log(LARGEST_TAIL)
    over = math.log(mean(LARGEST_TAIL) / run_length)
    if low >= high or over >= 0:
        return LARGEST_TAIL
    under = math.log(max(mean(start) / run_length, 1e-9))
    # Regula falsi (Illinois): the curve is nearly straight between logarithms.
    for _ in range(40):
        if under <= CLOSE_ENOUGH:
            return math.exp(low)
        middle = low + (high - low) * under / (under - over)
        found = math.log(max(mean(math.exp(middle)) / run_length, 1e-9))
        if abs(found) < CLOSE_ENOUGH:
            return math.exp(middle)
        if found > 0:
            low, under, over = middle, found, over / 2
        else:
            high, over, under = middle, found, under / 2
    return math.exp(low)


@lru_cache(maxsize=4096)
def level_of_windows(*, window: int, run_length: float, charts: int, tests: int = 1) -> float:
    """
    Return with which chance a window may alarm, so that the first alarm comes after so many periods on average.

    :param charts: so many places share the false alarms
    :param tests: of each place so many tails are watched that hardly ever alarm together
    """
    alone = -math.expm1(math.log1p(-1 / run_length) / charts)
    if window == 1:
        return alone
    runs = runs_of(window)

    def mean(tail: float) -> float:
        return mean_first_alarm(hazards=runs.hazards(np.array([tail])), weights=np.ones(1), charts=charts * tests)

    return tests * level_for(mean, run_length=run_length, start=alone / tests)
