"""Chances that a rehearsal draws from: of each outcome of a unit, and of a cluster's own rate."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from primum.evidence.rehearsing.truths import World
from primum.roadmap.protocol import Protocol

Whole = NDArray[np.int64]
Shares = NDArray[np.float64]


def events_of(protocol: Protocol, world: World) -> tuple[str, ...]:
    """Return the event columns, the primary one first."""
    return tuple(dict.fromkeys((protocol.primary.event, *world.harm)))


def ordered(world: World) -> tuple[Sequence[float], Sequence[float]]:
    """Return share and rate with the intervention of each level, in the order of their names."""
    levels = sorted(world.levels, key=lambda level: level.name)
    return [level.share for level in levels], [level.intervention for level in levels]


def joint(world: World, protocol: Protocol, *, rate: float, treated: bool) -> Shares:
    """Return the chances of missing, none and event for each endpoint, together; endpoints are independent."""
    chances = np.ones(1)
    for event in events_of(protocol, world):
        harm = world.harm.get(event, (0.0, 0.0))[1 if treated else 0]
        p = rate if event == protocol.primary.event else harm
        lost = world.loss if event == protocol.primary.event else 0.0
        each = np.array([lost, (1 - lost) * (1 - p), (1 - lost) * p])
        chances = (chances[:, None] * each[None, :]).ravel()
    return np.asarray(chances / chances.sum(), dtype=np.float64)


def varying(*, mean: float, icc: float, clusters: int, generator: np.random.Generator) -> Shares:
    """Return a rate for each cluster, beta-distributed so that outcomes within one correlate by the ICC."""
    if not 0 < icc < 1 or not 0 < mean < 1:
        return np.full(clusters, mean)
    together = (1 - icc) / icc
    return np.asarray(generator.beta(mean * together, (1 - mean) * together, clusters))
