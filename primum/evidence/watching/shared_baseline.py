"""
When a place first alarms whose periods are all compared with one baseline, which itself was drawn by chance.

A baseline that happens to lie apart from the truth makes every later period look moved; one that lies well makes
alarms rarer than their test says. What the periods of a place have in common is the baseline's part of the variance
of each comparison, a share that the two sizes give: window / (window + baseline). Given the baseline, windows that do
not overlap know nothing of each other, and the statistic is a noncentral chi-square; the mean time to a first alarm is
taken over the baselines there could have been (Jensen et al. 2006 review charts whose limits were estimated).
"""

import math
from functools import lru_cache

import numpy as np

from primum.evidence.watching.overlapping_windows import level_for, mean_first_alarm, runs_of
from primum.evidence.watching.series import Array

# A baseline with fewer rows than a window would need limits so wide that most of its alarms were false; beyond this
# share the limits widen no more, and alarms come later than asked.
LARGEST_SHARE = 0.5
SHARES = np.array([0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5])
BASELINES = 40
# Ordered levels move in many ways, but few of them make the largest distance.
MOST_WAYS_OF_ORDERED = 3
# Ranks of baselines lie more densely where the largest distances are.
DENSER = 3
# A noncentrality of so much for each degree of freedom, and the statistic moves along one direction half of the way.
ONE_WAY = 0.25


def common_share(*, baseline: Array, window: Array) -> Array:
    """Return the share of the variance of a comparison that all comparisons with this baseline have in common."""
    return np.asarray(window / np.maximum(window + baseline, 1.0), dtype=np.float64)


def level_with_baseline(*, share: Array, degrees: int, window: int, run_length: float, charts: int) -> Array:
    """
    Return with which chance a comparison may alarm, so that the first comes after so many periods on average.

    :param share: what all comparisons of a place have in common, of any shape
    :param degrees: how many directions a column can move in
    :param charts: so many comparisons, of places and columns, share the false alarms
    """
    logarithms = np.log(_levels(max(1, degrees), window, float(run_length), charts))
    return np.exp(np.interp(np.minimum(share, LARGEST_SHARE), SHARES, logarithms))


def level_of_column(*, share: Array, ways: int, ordered: bool, window: int, run_length: float, charts: int) -> Array:
    """
    Return the same for one column; of ordered levels the largest distance is what is compared.

    That moves along one direction where one place is watched, and along several where many are, of which the most
    extreme alarms first; the stricter of both is taken.

    :param ways: levels but one
    """
    tried = (1, min(ways, MOST_WAYS_OF_ORDERED)) if ordered else (ways,)
    found = [
        level_with_baseline(share=share, degrees=degrees, window=window, run_length=run_length, charts=charts)
        for degrees in tried
    ]
    return np.asarray(np.min(found, axis=0), dtype=np.float64)


@lru_cache(maxsize=1024)
def _levels(degrees: int, window: int, run_length: float, charts: int) -> Array:
    alone = -math.expm1(math.log1p(-1 / run_length) / charts)
    found: list[float] = []
    for share in SHARES:

        def mean(level: float, share: float = float(share)) -> float:
            hazards, weights = first_alarms(level, share=share, degrees=degrees, window=window)
            return mean_first_alarm(hazards=hazards, weights=weights, charts=charts)

        found.append(level_for(mean, run_length=run_length, start=alone * (1 - 1e-6)))
    return np.array(found)


def first_alarms(level: float, *, share: float, degrees: int, window: int) -> tuple[Array, Array]:
    """
    Return the chance of a first alarm in each period, for baselines that could have been, and how often each is.

    :return: of shape (baselines, periods), and (baselines,)
    """
    from scipy.special import chdtri, chndtr

    limit = float(chdtri(degrees, level))
    if share <= 0:
        return _in_runs(np.array([level]), np.ones(1), degrees, window), np.ones(1)
    places, weights = _ranks()
    distance = share / (1 - share) * np.asarray(chdtri(degrees, places))
    tails = np.maximum(1 - np.asarray(chndtr(limit / (1 - share), degrees, distance)), 1e-13)
    central = 1 / (1 + distance / (ONE_WAY * degrees))
    return _in_runs(tails, central, degrees, window), weights


def _in_runs(tails: Array, central: Array, degrees: int, window: int) -> Array:
    """Far from the middle the statistic moves along one direction only, as one tail of a normal one does."""
    if window == 1:
        return np.minimum(tails, 1 - 1e-12)[:, None]
    both, one = runs_of(window, degrees).hazards(tails), runs_of(window).hazards(tails)
    return np.asarray(central[:, None] * both + (1 - central[:, None]) * one, dtype=np.float64)


@lru_cache(maxsize=1)
def _ranks() -> tuple[Array, Array]:
    """Return upper ranks of the distance of baselines, and how often baselines are near each."""
    nodes, weights = np.polynomial.legendre.leggauss(BASELINES)
    place = (nodes + 1) / 2
    return place**DENSER, weights / 2 * DENSER * place ** (DENSER - 1)
