"""
One-sided averages that forget (EWMA) with limits that spend false alarms evenly, from the first period on.

A fixed limit alarms less often in the first periods, since an average starts at 0; over many places that makes
the first false alarm come later than designed. Here each period's limit is the one that, of the charts still
quiet, just the share alpha passes (Zhang & Woodall 2015; the density is carried on at Gauss-Legendre nodes).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from primum.evidence.designs.paths import panelled
from primum.evidence.intervals import normal_quantile
from primum.evidence.roots import crossing_point
from primum.evidence.watching.charts import NODES_PER_DEVIATION, PANEL, ChartRefused

Array = NDArray[np.float64]

MOST_PERIODS = 2_000
SETTLED = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class _Charts:
    """Charts still quiet: how many of them are at which level; level 0 is a barrier that holds a mass of its own."""

    levels: Array
    masses: Array

    def beyond(self, limit: float, *, weight: float, shift: float) -> float:
        """Return how many pass a limit with the next score."""
        from scipy.special import ndtr

        return float(self.masses @ ndtr(-((limit - (1 - weight) * self.levels) / weight - shift)))

    def moved(self, limit: float, *, weight: float, shift: float) -> "_Charts":
        """Return those that do not, after the next score."""
        from scipy.special import ndtr

        panels = max(1, math.ceil(NODES_PER_DEVIATION * limit / weight / PANEL))
        nodes, weights = panelled(panels=panels, points=PANEL)
        steps = (limit * nodes[:, None] - (1 - weight) * self.levels[None, :]) / weight - shift
        density = np.exp(-0.5 * steps * steps) / (math.sqrt(2 * math.pi) * weight) @ self.masses
        at_barrier = self.masses @ ndtr(-(1 - weight) * self.levels / weight - shift)
        return _Charts(
            levels=np.concatenate([[0.0], limit * nodes]),
            masses=np.concatenate([[at_barrier], limit * weights * density]),
        )


START = _Charts(levels=np.zeros(1), masses=np.ones(1))


@lru_cache(maxsize=1024)
def average_limits(*, weight: float, alpha: float) -> tuple[float, ...]:
    """
    Return the limits of the first, second ... period read, in the unit of the scores; the last one goes on.

    :param weight: of the newest score
    :param alpha: chance of a false alarm in one period of one chart, where scores are standard normal
    :raises ChartRefused: unless the weight lies above 0 and not above 1, and alpha within 0 and a half
    """
    if not 0 < weight <= 1 or not 0 < alpha < 0.5:  # noqa: PLR2004 -- above a half, an average at 0 would alarm
        raise ChartRefused(f"An average with weight {weight:g} and {alpha:g} false alarms in a period cannot be.")
    quiet, limits = START, [weight * normal_quantile(1 - alpha)]
    highest = 20 * math.sqrt(weight / (2 - weight))
    while len(limits) < MOST_PERIODS:
        quiet = quiet.moved(limits[-1], weight=weight, shift=0.0)
        quiet = _Charts(levels=quiet.levels, masses=quiet.masses / quiet.masses.sum())

        def excess(limit: float, quiet: _Charts = quiet) -> float:
            return quiet.beyond(limit, weight=weight, shift=0.0) - alpha

        limits.append(crossing_point(excess, low=1e-9, high=highest, tolerance=1e-11))
        if abs(limits[-1] - limits[-2]) < SETTLED:
            break
    return tuple(limits)


@lru_cache(maxsize=1024)
def average_run(*, weight: float, alpha: float, shift: float) -> float:
    """
    Return the mean periods to a signal if scores lie so many deviations higher from the start.

    :raises ChartRefused: as for ``average_limits``
    """
    limits = average_limits(weight=weight, alpha=alpha)
    quiet, left = START, [1.0]
    for limit in limits:
        quiet = quiet.moved(limit, weight=weight, shift=shift)
        left.append(float(quiet.masses.sum()))
    while left[-1] > SETTLED and len(left) < MOST_PERIODS:
        quiet = quiet.moved(limits[-1], weight=weight, shift=shift)
        left.append(float(quiet.masses.sum()))
    return sum(left) + left[-1] ** 2 / max(left[-2] - left[-1], 1e-300)


def limits_of(read: NDArray[np.bool_], *, weight: float, alpha: float) -> Array:
    """Return the limits of charts whose periods were read or not; infinite where not."""
    limits = np.asarray(average_limits(weight=weight, alpha=alpha), dtype=np.float64)
    number = np.minimum(np.cumsum(read, axis=1), len(limits)) - 1
    return np.where(read, limits[np.maximum(number, 0)], np.inf)


def averages(scores: Array, *, weight: float) -> Array:
    """Return the average after each period, never below 0; a period that is not read (NaN) leaves it as it is."""
    path, level = np.zeros(scores.shape), np.zeros(len(scores))
    for period in range(scores.shape[1]):
        score = scores[:, period]
        level = np.where(np.isnan(score), level, np.maximum(0.0, (1 - weight) * level + weight * score))
        path[:, period] = level
    return path
