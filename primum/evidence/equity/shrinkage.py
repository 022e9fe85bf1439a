"""
Partial pooling of the rates of small groups: shown beside a gap, so that noise is not read as one; never deciding.

Each level's rate comes from a common beta distribution whose mean and spread are learnt from all
levels, so that a level with few units is drawn towards the others and a large one hardly moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.intervals import Group, Interval

Array = NDArray[np.float64]

# Nodes of the grid over how much is borrowed, and over the common mean.
BORROWED, MEANS = 64, 48


@dataclass(frozen=True, kw_only=True)
class PooledLevel:
    """A level's rate after partial pooling; ``own`` is the weight of its own data, 0 to 1."""

    level: str
    value: float
    interval: Interval
    own: float


@dataclass(frozen=True, kw_only=True)
class PartialPool:
    """The rates of all levels after partial pooling, and the mean they are drawn towards."""

    centre: float
    levels: tuple[PooledLevel, ...]


class NothingToPool(ValueError):
    """Partial pooling was asked of levels without a single unit."""


def partial_pooling(*, levels: Mapping[str, Group], confidence: float) -> PartialPool:
    """
    Return the partially pooled rates with credible intervals; a level without units gets what the others predict.

    A beta-binomial model: rates ~ Beta(mM, (1 - m)M), m uniform, and the share borrowed n0 / (n0 + M)
    uniform, n0 the harmonic mean of the sizes (the uniform shrinkage prior, Christiansen & Morris 1997;
    Daniels 1999). m and M are summed over on a grid, so that equal levels do not get an interval of no
    width as plain empirical Bayes gives them. Intervals are of the beta with the posterior's mean and
    variance (Morris 1983).

    :raises NothingToPool: if no level has a unit
    """
    events = np.array([group.events for group in levels.values()], dtype=np.float64)
    n = np.array([group.n for group in levels.values()], dtype=np.float64)
    if not n.sum():
        raise NothingToPool("Partial pooling needs at least one unit, and no level has any.")
    mean, size, weight = _grid(events, n)
    a, b = events[:, None] + mean * size, (n - events)[:, None] + (1 - mean) * size
    centre = a / (a + b)
    value = centre @ weight
    variance = (centre * (1 - centre) / (a + b + 1) + (centre - value[:, None]) ** 2) @ weight
    lower, upper = _matched(value, variance, confidence)
    own = (n[:, None] / (n[:, None] + size)) @ weight
    return PartialPool(
        centre=float(mean @ weight),
        levels=tuple(
            PooledLevel(
                level=level,
                value=float(value[at]),
                interval=Interval(lower=float(lower[at]), upper=float(upper[at])),
                own=float(own[at]),
            )
            for at, level in enumerate(levels)
        ),
    )


def _grid(events: Array, n: Array) -> tuple[Array, Array, Array]:
    """Return common means, prior sizes and posterior weights, one entry a node."""
    from scipy.special import betaincinv, betaln

    seen = n[n > 0]
    borrowed = (np.arange(BORROWED) + 0.5) / BORROWED
    sizes = len(seen) / (1 / seen).sum() * (1 - borrowed) / borrowed
    # What the levels know together of the common mean, at each prior size.
    known = (seen[:, None] * sizes / (seen[:, None] + sizes)).sum(axis=0)
    rate = events.sum() / n.sum()
    low, high = (betaincinv(1 + rate * known / 2, 1 + (1 - rate) * known / 2, tail) for tail in (1e-5, 1 - 1e-5))
    mean = low[:, None] + (high - low)[:, None] * (np.arange(MEANS) + 0.5) / MEANS
    size = np.broadcast_to(sizes[:, None], mean.shape)
    a, b = mean * size, (1 - mean) * size
    likely = np.zeros(mean.shape)
    for x, units in zip(events, n, strict=True):
        likely += betaln(a + x, b + units - x) - betaln(a, b)
    weight = np.exp(likely - likely.max()) * (high - low)[:, None]
    return mean.ravel(), size.ravel(), (weight / weight.sum()).ravel()


def _matched(mean: Array, variance: Array, confidence: float) -> tuple[Array, Array]:
    from scipy.special import betaincinv

    size = mean * (1 - mean) / variance - 1
    a, b, tail = mean * size, (1 - mean) * size, (1 - confidence) / 2
    return np.asarray(betaincinv(a, b, tail)), np.asarray(1 - betaincinv(b, a, tail))
