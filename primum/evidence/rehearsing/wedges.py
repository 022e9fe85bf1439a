"""Counts of a stepped wedge that never was: every cluster first without and later with the model."""

from fractions import Fraction

import numpy as np

from primum.evidence.planning.assumed import NoPlan
from primum.evidence.rehearsing.chances import Whole, events_of, joint, ordered, varying
from primum.evidence.rehearsing.truths import World
from primum.roadmap.protocol import Protocol


def why_not_drawn(protocol: Protocol) -> str | None:
    """Return why a wedge cannot be rehearsed, if so."""
    if protocol.wedge is None:
        return "A stepped wedge needs its `wedge`: how many periods there are, and how long each lasts."
    if len(protocol.planned_looks) > 1:
        return "A stepped wedge is rehearsed with one look, at its end; its protocol plans several."
    return None


def periods_of(protocol: Protocol) -> tuple[str, ...]:
    """
    Return the names of the periods, which sort as they follow each other.

    :raises NoPlan: if the protocol has no ``wedge``, or more than one look at it
    """
    if why := why_not_drawn(protocol):
        raise NoPlan(why)
    assert protocol.wedge is not None
    width = len(str(protocol.wedge.periods))
    return tuple(f"{number:0{width}d}" for number in range(1, protocol.wedge.periods + 1))


def stepped(*, protocol: Protocol, world: World, runs: int, generator: np.random.Generator) -> Whole:
    """
    Draw counts, runs x one look x arms x clusters x periods x levels x outcomes.

    A cluster keeps its own rate, beta-distributed by the ICC, moved by the effect once it has crossed over;
    which clusters cross when is drawn in each run. No trend over time is assumed; the analysis adjusts for one.
    """
    assert protocol.wedge is not None
    assert protocol.planning is not None
    clusters, periods = protocol.planned_units, protocol.wedge.periods
    size = max(1, round(float(Fraction(protocol.planning.cluster_size))))
    shares, rates = ordered(world)
    counts = np.zeros(
        (runs, 1, 2, clusters, periods, len(shares), 3 ** len(events_of(protocol, world))), dtype=np.int64
    )
    crossing = _crossings(protocol, clusters, runs, generator)
    for run in range(runs):
        own = varying(mean=world.control, icc=world.icc, clusters=clusters, generator=generator)
        after = np.arange(1, periods + 1)[None, :] >= crossing[run][:, None]
        for arm, there in enumerate((~after, after)):
            for level, (share, rate) in enumerate(zip(shares, rates, strict=True)):
                moved = np.clip(own + (rate - world.control if arm else 0.0), 0.0, 1.0).tolist()
                chances = np.stack([joint(world, protocol, rate=one, treated=bool(arm)) for one in moved])
                units = generator.binomial(size, share, there.shape) * there
                counts[run, 0, arm, :, :, level] = generator.multinomial(units, chances[:, None, :])
    return counts


def _crossings(protocol: Protocol, clusters: int, runs: int, generator: np.random.Generator) -> Whole:
    """Return the period in which each cluster crosses over, runs x clusters: sequences as even as can be."""
    assert protocol.wedge is not None
    crossings = protocol.wedge.crossings
    start = np.array([crossings[place * len(crossings) // clusters] for place in range(clusters)], dtype=np.int64)
    return generator.permuted(np.broadcast_to(start, (runs, clusters)), axis=1)
