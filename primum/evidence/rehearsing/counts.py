"""Counts of a trial that never was: drawn for many runs at once, never row by row, and marked as simulated."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from primum.evidence.counts.cells import Cells, Codes
from primum.evidence.planning.assumed import NoPlan
from primum.evidence.rehearsing.chances import Whole, events_of, joint, ordered, varying
from primum.evidence.rehearsing.truths import World
from primum.evidence.rehearsing.wedges import periods_of, stepped
from primum.evidence.trials.trial_arms import CONTROL, EVENT, INTERVENTION, MISSING, NO_EVENT
from primum.roadmap.protocol import Protocol

SIMULATED = "simulated"
ARMS = (CONTROL, INTERVENTION)
OUTCOMES = (MISSING, NO_EVENT, EVENT)
OF_CLUSTERS = ("cluster-rct", "stepped-wedge-rct")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a simulated table tells apart: sites or clusters with their share of the units, arms, levels, events."""

    protocol: Protocol
    world: World
    places: tuple[str, ...]
    weights: tuple[float, ...]

    @property
    def events(self) -> tuple[str, ...]:
        """The event columns, the primary one first."""
        return events_of(self.protocol, self.world)

    @property
    def looks(self) -> tuple[int, ...]:
        """Units with a known outcome at each planned look."""
        return self.protocol.planned_looks


def shape_of(*, protocol: Protocol, world: World) -> Shape:
    """
    Return what is told apart in a rehearsal of a protocol; units are spread over its sites by volume.

    :raises NoPlan: for a design that a rehearsal cannot draw
    """
    if protocol.design == "randomised-mrmc":
        raise NoPlan(
            "A randomised-mrmc is rehearsed where its readers read the same cases (`unit: case`); one that randomises "
            "its readers is not. `primum plan power` sizes it from `reading` in its `planning`."
        )
    if protocol.design not in ("parallel-rct", *OF_CLUSTERS):
        raise NoPlan(f"A {protocol.design} is not rehearsed; a parallel-rct, a cluster-rct and a stepped wedge are.")
    if protocol.design in OF_CLUSTERS:
        if protocol.design == "stepped-wedge-rct":
            periods_of(protocol)
        clusters = tuple(f"cluster-{number:04d}" for number in range(protocol.planned_units))
        return Shape(protocol=protocol, world=world, places=clusters, weights=(1.0,) * len(clusters))
    sites = protocol.sites
    if not sites:
        return Shape(protocol=protocol, world=world, places=("all",), weights=(1.0,))
    ordered = sorted(sites, key=lambda site: site.site)
    return Shape(
        protocol=protocol,
        world=world,
        places=tuple(site.site for site in ordered),
        weights=tuple(float(site.per_month) for site in ordered),
    )


def drawn(*, shape: Shape, runs: int, generator: np.random.Generator) -> Iterator[tuple[Cells, ...]]:
    """Yield the counts of each run at each of its looks, cumulative; ``runs`` are drawn at once."""
    counts = DRAWS[shape.protocol.design](shape, runs, generator)
    keys, levels, codes = _frame(shape)
    for run in range(runs):
        so_far = counts[run].cumsum(axis=0)
        yield tuple(_cells(keys, levels, codes, so_far[look].ravel()) for look in range(len(shape.looks)))


def _has_clusters(shape: Shape) -> bool:
    return shape.protocol.design in OF_CLUSTERS


def _frame(shape: Shape) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...], Codes]:
    """Return keys, levels and codes of every cell there can be, in the canonical order of the draws."""
    place = "cluster" if _has_clusters(shape) else "site"
    keys, levels = ["arm", place], [ARMS, shape.places]
    if shape.protocol.wedge:
        keys.append("period")
        levels.append(periods_of(shape.protocol))
    if shape.world.attribute:
        keys.append(shape.world.attribute)
        levels.append(tuple(sorted(level.name for level in shape.world.levels)))
    for event in shape.events:
        keys.append(event)
        levels.append(OUTCOMES)
    every = list(itertools.product(*(range(len(names)) for names in levels)))
    return tuple(keys), tuple(levels), np.array(every, dtype=np.int32)


def _cells(keys: tuple[str, ...], levels: tuple[tuple[str, ...], ...], codes: Codes, counts: Whole) -> Cells:
    some = counts > 0
    return Cells(
        kind="trial", keys=keys, levels=levels, codes=codes[some], weights=counts[some, None], sources=(SIMULATED,)
    )


def _parallel(shape: Shape, runs: int, generator: np.random.Generator) -> Whole:
    """Draw counts, runs x looks x arms x sites x levels x outcomes, new at each look."""
    shares, rates = ordered(shape.world)
    weights = np.asarray(shape.weights) / sum(shape.weights)
    spread = (weights[:, None] * np.asarray(shares)[None, :]).ravel()
    enrolled = np.diff(np.array([0, *shape.looks])) / (1 - shape.world.loss)
    units = generator.multinomial(
        np.broadcast_to(np.rint(enrolled).astype(np.int64), (runs, len(shape.looks))), spread / spread.sum()
    ).reshape(runs, len(shape.looks), len(weights), len(shares))
    treated = _in_blocks(units, shape.protocol.ratio, generator)
    arms = np.stack([units - treated, treated], axis=2)
    chances = (
        np.stack([joint(shape.world, shape.protocol, rate=shape.world.control, treated=False)] * len(shares)),
        np.stack([joint(shape.world, shape.protocol, rate=rate, treated=True) for rate in rates]),
    )
    return generator.multinomial(arms, np.stack(chances)[None, None, :, None, :, :])


def _in_blocks(units: Whole, ratio: tuple[int, int], generator: np.random.Generator) -> Whole:
    """Return how many of the units at each place are treated: as planned, what is left over by chance."""
    whole, left = np.divmod(units * ratio[0], sum(ratio))
    more: Whole = (generator.random(units.shape) < left / sum(ratio)).astype(np.int64)
    return np.asarray(whole + more, dtype=np.int64)


def _clustered(shape: Shape, runs: int, generator: np.random.Generator) -> Whole:
    """Draw counts of clusters, runs x looks x arms x clusters x levels x outcomes; a cluster comes in whole."""
    plan, looks, clusters = shape.protocol.planning, shape.looks, len(shape.places)
    assert plan is not None
    size = max(1, round(float(Fraction(plan.cluster_size))))
    shares, rates = ordered(shape.world)
    counts = np.zeros((runs, len(looks), len(ARMS), clusters, len(shares), 3 ** len(shape.events)), dtype=np.int64)
    treated = _alternating(clusters, shape.protocol.ratio, runs, generator)
    come_in = np.searchsorted(np.asarray(looks), np.arange(1, clusters + 1))
    for run, arm in itertools.product(range(runs), range(len(ARMS))):
        members = np.flatnonzero(treated[run] == arm)
        for level, (share, rate) in enumerate(zip(shares, rates, strict=True)):
            mean = rate if arm else shape.world.control
            each = varying(mean=mean, icc=shape.world.icc, clusters=len(members), generator=generator)
            chances = np.stack(
                [joint(shape.world, shape.protocol, rate=one, treated=bool(arm)) for one in each.tolist()]
            )
            units = generator.binomial(size, share, len(members)) if share < 1 else np.full(len(members), size)
            counts[run, come_in[members], arm, members, level] = generator.multinomial(units, chances)
    return counts


def _alternating(clusters: int, ratio: tuple[int, int], runs: int, generator: np.random.Generator) -> Whole:
    """Return the arm of each cluster in each run, 1 for treated, in drawn blocks as large as the ratio's sum."""
    block = np.array([1] * ratio[0] + [0] * ratio[1])
    blocks = -(-clusters // len(block))
    order = generator.permuted(np.broadcast_to(block, (runs, blocks, len(block))), axis=2)
    return np.asarray(order.reshape(runs, -1)[:, :clusters], dtype=np.int64)


def _wedged(shape: Shape, runs: int, generator: np.random.Generator) -> Whole:
    return stepped(protocol=shape.protocol, world=shape.world, runs=runs, generator=generator)


DRAWS = {"parallel-rct": _parallel, "cluster-rct": _clustered, "stepped-wedge-rct": _wedged}
