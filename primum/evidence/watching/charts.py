"""
Control charts of a mean: how long CUSUM, EWMA and Shewhart charts run, and their limits for a wanted run.

A run length is the number of points up to the signal; its mean (ARL) is wanted long in control
(ARL0) and short after a shift. Observations are standard normal plus a mean ``shift`` in standard
deviations. The integral equations (Page 1954; Crowder 1987) are solved at Gauss-Legendre nodes.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from primum.evidence.designs.paths import panelled
from primum.evidence.intervals import normal_cdf, normal_quantile, normal_tail
from primum.evidence.roots import crossing_point

Array = NDArray[np.float64]
Sides = Literal[1, 2]

# Nodes per standard deviation of the kernel, and per panel; a kernel is never narrower than a panel's reach.
NODES_PER_DEVIATION = 4.0
PANEL = 40
LONGEST_RUN = 1e12


class ChartRefused(ValueError):
    """A chart that cannot be designed; the message says what its parameters must be."""


@dataclass(frozen=True, kw_only=True)
class Delay:
    """How long a chart runs on average after a shift, in standard deviations, that is there from the start."""

    shift: float
    run_length: float


def cusum_run_length(*, slack: float, limit: float, shift: float, sides: Sides = 1, start: float = 0.0) -> float:
    """
    Return the mean run length of the CUSUM max(0, S + x - slack) that signals above the limit.

    :param slack: the reference value k; half the shift that matters is best
    :param start: head start of the statistic, on both sides of a two-sided chart
    :raises ChartRefused: unless slack is not negative, the limit is above 0 and the start within it
    """
    if not (slack >= 0 and limit > 0 and 0 <= start <= limit):
        raise ChartRefused(
            f"A CUSUM with slack {slack:g}, limit {limit:g} and start {start:g} cannot be; "
            "slack is not negative and the start lies between 0 and the limit."
        )
    zero, here = _cusum(slack - shift, limit, start)
    if sides == 1:
        return here
    other_zero, other = _cusum(slack + shift, limit, start)
    # Lucas & Crosier 1982: the two one-sided charts never signal together.
    return (here * other_zero + zero * other - zero * other_zero) / (zero + other_zero)


def cusum_limit(*, slack: float, run_length: float, sides: Sides = 1, start: float = 0.0) -> float:
    """
    Return the limit h that gives a CUSUM this mean run length in control.

    :raises ChartRefused: if no limit gives it
    """
    return _limit(
        lambda limit: cusum_run_length(slack=slack, limit=limit, shift=0.0, sides=sides, start=min(start, limit)),
        run_length,
    )


def ewma_run_length(
    *, weight: float, limit: float, shift: float, sides: Sides = 2, start: float = 0.0, floor: float = 0.0
) -> float:
    """
    Return the mean run length of the EWMA with fixed limits of ``limit`` asymptotic standard deviations.

    :param weight: lambda, the weight of the newest point
    :param start: first value, in asymptotic standard deviations like the limits
    :param floor: reflecting barrier of a one-sided chart, in the same unit
    :raises ChartRefused: unless weight lies in (0, 1] and start and floor within the limits
    """
    spread = math.sqrt(weight / (2 - weight)) if 0 < weight <= 1 else 0.0
    low = -limit if sides == 2 else floor  # noqa: PLR2004 -- a chart has one side or two
    if not spread or not low <= start <= limit or not low < limit:
        raise ChartRefused(
            f"An EWMA with weight {weight:g}, limit {limit:g} and start {start:g} cannot be; "
            "the weight lies above 0 and not above 1, the start within the limits."
        )
    return _ewma(weight, low * spread, limit * spread, shift, start * spread, barrier=sides == 1)


def ewma_limit(*, weight: float, run_length: float, sides: Sides = 2, floor: float = 0.0) -> float:
    """
    Return the limit c that gives an EWMA this mean run length in control.

    :raises ChartRefused: if no limit gives it
    """
    return _limit(
        lambda limit: ewma_run_length(
            weight=weight, limit=floor + limit, shift=0.0, sides=sides, start=max(0.0, floor), floor=floor
        ),
        run_length,
    ) + (floor if sides == 1 else 0.0)


def shewhart_run_length(*, limit: float, shift: float, sides: Sides = 2) -> float:
    """Return the mean run length of single points held against a limit in standard deviations."""
    signal = normal_tail(limit - shift) + (normal_tail(limit + shift) if sides == 2 else 0.0)  # noqa: PLR2004 -- a chart has one side or two
    return 1 / signal if signal else math.inf


def shewhart_limit(*, run_length: float, sides: Sides = 2) -> float:
    """Return the limit that gives a Shewhart chart this mean run length in control: 3 for 370.4 two-sided."""
    if not run_length > 1:
        raise ChartRefused(f"A mean run length of {run_length:g} cannot be; it is above 1.")
    return normal_quantile(1 - 1 / (sides * run_length))


def delays(*, run_length: Callable[[float], float], shifts: Sequence[float]) -> tuple[Delay, ...]:
    """Return the mean run lengths of a chart after several shifts, as a table."""
    return tuple(Delay(shift=shift, run_length=run_length(shift)) for shift in shifts)


def cusum_path(*, values: Sequence[float], slack: float, start: float = 0.0) -> tuple[float, ...]:
    """Return the upper CUSUM after each standardised value."""
    path, level = [], start
    for value in values:
        level = max(0.0, level + value - slack)
        path.append(level)
    return tuple(path)


def ewma_path(*, values: Sequence[float], weight: float, start: float = 0.0) -> tuple[float, ...]:
    """Return the EWMA after each standardised value, in the unit of the values."""
    path, level = [], start
    for value in values:
        level = (1 - weight) * level + weight * value
        path.append(level)
    return tuple(path)


def first_above(*, path: Sequence[float], limit: float) -> int | None:
    """Return the number, from 1, of the first point above a limit."""
    return next((place for place, level in enumerate(path, 1) if level > limit), None)


def _cusum(slack: float, limit: float, start: float) -> tuple[float, float]:
    """Return the mean run length from 0 and from the start, of a chart with this net slack."""
    nodes, weights = _nodes(limit, deviation=1.0)
    levels = np.concatenate([[0.0], nodes])
    matrix = np.empty((len(levels), len(levels)))
    matrix[:, 0] = _lower_tails(slack - levels)
    matrix[:, 1:] = weights * _density(nodes[None, :] + slack - levels[:, None])
    lengths = np.linalg.solve(np.eye(len(levels)) - matrix, np.ones(len(levels)))
    here = 1 + normal_cdf(slack - start) * lengths[0] + (weights * _density(nodes + slack - start)) @ lengths[1:]
    return float(lengths[0]), float(here)


def _ewma(weight: float, low: float, high: float, shift: float, start: float, *, barrier: bool) -> float:
    nodes, weights = _nodes(high - low, deviation=weight)
    nodes = low + nodes
    levels = np.concatenate([[low, start], nodes])
    matrix = np.zeros((len(levels), len(levels)))
    if barrier:
        matrix[:, 0] = _lower_tails((low - (1 - weight) * levels) / weight - shift)
    gaps = (nodes[None, :] - (1 - weight) * levels[:, None]) / weight - shift
    matrix[:, 2:] = weights / weight * _density(gaps)
    lengths = np.linalg.solve(np.eye(len(levels)) - matrix, np.ones(len(levels)))
    return float(lengths[1])


def _limit(run_length: Callable[[float], float], wanted: float) -> float:
    if not 1 < wanted <= LONGEST_RUN:
        raise ChartRefused(f"A mean run length of {wanted:g} cannot be designed for; it is above 1 and below 1e12.")
    low, high = 1e-6, 1.0
    if run_length(low) >= wanted:
        raise ChartRefused(f"This chart runs longer than {wanted:g} points even with a limit of 0; give it less slack.")
    while run_length(high) < wanted:
        high *= 1.5
    return crossing_point(lambda limit: math.log(run_length(limit) / wanted), low=low, high=high, tolerance=1e-11)


def _nodes(width: float, *, deviation: float) -> tuple[Array, Array]:
    panels = max(1, math.ceil(NODES_PER_DEVIATION * width / deviation / PANEL))
    nodes, weights = panelled(panels=panels, points=PANEL)
    return width * nodes, width * weights


def _density(z: Array) -> Array:
    return np.asarray(np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi), dtype=np.float64)


def _lower_tails(z: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(z), dtype=np.float64)
