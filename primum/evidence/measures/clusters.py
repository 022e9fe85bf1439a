"""Metrics of trials that randomise clusters: effects at the level of clusters, and wedges adjusted for period."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.cells import Cells
from primum.evidence.designs.boundaries import LooksRefused
from primum.evidence.intervals import normal_cdf
from primum.evidence.measures.question import (
    NO_PROTOCOL,
    Question,
    joined,
    method_of,
    nothing,
    shown_level,
    suppressed,
    unknown,
)
from primum.evidence.models.effects import NoEstimate
from primum.evidence.shares.two_proportions import Goal
from primum.evidence.trials.cluster_trials import (
    METHODS,
    ClusteredEffect,
    clustered_difference,
    clustered_ratio,
    columns_needed,
    randomises_clusters,
    refusal,
)
from primum.evidence.trials.sequential import bounds_of, looks_around
from primum.evidence.trials.trial_arms import arms_of, primary_cells, units
from primum.evidence.trials.wedge import ClusterPeriod, NotAWedge, cluster_periods, period_adjusted, permutation_test
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol

WEDGE_METHODS: Mapping[str, str] = MappingProxyType(
    {"cr2": "least squares with cluster and period, CR2", "reml": "mixed model with period, REML"}
)
PERMUTATIONS = 5_000
SEED = 20_260_101


def cluster_difference(question: Question) -> tuple[Estimate, ...]:
    """Measure the primary benefit by a t-test on clusters, with ICC and design effect in the note (statistics.md 3)."""
    protocol = question.protocol
    if protocol is None:
        return (nothing(question, NO_PROTOCOL),)
    method = method_of(question, METHODS)
    return (clustered(question, protocol, event=protocol.primary.event, good=protocol.primary.good, method=method),)


def wedge_effect(question: Question) -> tuple[Estimate, ...]:
    """Measure the primary benefit of a stepped wedge adjusted for period, with a permutation p in the note."""
    protocol = question.protocol
    if protocol is None:
        return (nothing(question, NO_PROTOCOL),)
    event = protocol.primary.event
    if reason := question.lacks("arm", "cluster", "period", event):
        return (nothing(question, reason),)
    method = method_of(question, WEDGE_METHODS)
    try:
        rows = cluster_periods(cells=primary_cells(question.cells), event=event)
        found = period_adjusted(
            rows=rows, confidence=_strictest(question, protocol), model="cr2" if method == "cr2" else "reml"
        )
    except (NoEstimate, NotAWedge) as refused:
        return (nothing(question, str(refused)),)
    clusters = len({row.cluster for row in rows})
    effect = ClusteredEffect(
        effect=found,
        clusters=clusters,
        method=WEDGE_METHODS[method],
        words=joined(f"{clusters} clusters in {len({row.period for row in rows})} periods", _permuted(question, rows)),
        adjusted="adjusted for period",
    )
    return (_estimate(question, protocol, effect, good=protocol.primary.good),)


def clustered(
    question: Question, protocol: Protocol, *, event: str, good: Goal, method: str = "cluster-t", scope: str = "all"
) -> Estimate:
    """Return the benefit in one endpoint at the level of clusters, or why it cannot be known there."""
    if reason := question.lacks(*columns_needed(protocol), event):
        note = joined(reason, refusal(protocol) if randomises_clusters(protocol) else "")
        return unknown(question, note=note, scope=scope, unit=units(protocol))
    try:
        found = clustered_difference(
            protocol=protocol,
            cells=primary_cells(question.cells) if scope == "all" else question.cells,
            event=event,
            confidence=_strictest(question, protocol) if scope == "all" else question.confidence,
            method=method,
        )
    except NoEstimate as refused:
        return unknown(question, note=str(refused), scope=scope, unit=units(protocol))
    return _estimate(question, protocol, found, good=good, scope=scope)


def clustered_primary(question: Question, protocol: Protocol, *, margin: Fraction | None = None) -> Estimate:
    """Return the primary benefit (plus the margin) at the level of clusters, adjusted for looks where planned."""
    event, good = protocol.primary.event, protocol.primary.good
    if reason := question.lacks(*columns_needed(protocol), event):
        return nothing(question, joined(reason, refusal(protocol)))
    cells = primary_cells(question.cells)
    try:
        level, look = _level(question, protocol, cells, event)
        found = clustered_difference(protocol=protocol, cells=cells, event=event, confidence=level)
    except (NoEstimate, LooksRefused) as refused:
        return nothing(question, str(refused))
    return _estimate(question, protocol, found, good=good, margin=margin, look=look)


def clustered_by_site(question: Question, protocol: Protocol) -> tuple[Estimate, ...]:
    """Return the primary benefit over all clusters; within a site it is known only from clusters of both arms there."""
    event, good = protocol.primary.event, protocol.primary.good
    if reason := question.lacks(*columns_needed(protocol), event):
        return (nothing(question, joined(reason, refusal(protocol))),)
    rows = []
    for site, cells in primary_cells(question.cells).by("site").items():
        scope = f"site={shown_level(site)}"
        arms = arms_of(cells=cells, event=event)
        if question.too_small(arms.smallest):
            rows.append(suppressed(question, scope=scope, unit=units(protocol)))
            continue
        try:
            found = clustered_difference(protocol=protocol, cells=cells, event=event, confidence=question.confidence)
        except NoEstimate as refused:
            rows.append(unknown(question, note=str(refused), scope=scope, unit=units(protocol)))
        else:
            rows.append(_estimate(question, protocol, found, good=good, scope=scope))
    return (*rows, clustered(question, protocol, event=event, good=good))


def clustered_primary_ratio(question: Question, protocol: Protocol) -> Estimate:
    """Return the ratio of primary risks at the level of clusters, intervention to control."""
    event = protocol.primary.event
    if reason := question.lacks(*columns_needed(protocol), event):
        return nothing(question, joined(reason, refusal(protocol)))
    try:
        found = clustered_ratio(
            protocol=protocol, cells=primary_cells(question.cells), event=event, confidence=question.confidence
        )
    except NoEstimate as refused:
        return nothing(question, str(refused))
    ends = found.effect.interval
    return Estimate(
        metric=question.criterion.metric,
        value=_exp(found.effect.value),
        lower=_exp(ends.lower),
        upper=_exp(ends.upper),
        confidence=question.confidence,
        method=found.method,
        n=found.clusters,
        unit=units(protocol),
        adjusted=found.adjusted,
        note=found.words,
    )


def _estimate(
    question: Question,
    protocol: Protocol,
    found: ClusteredEffect,
    *,
    good: Goal,
    margin: Fraction | None = None,
    look: str = "",
    scope: str = "all",
) -> Estimate:
    turned = good == "lower"
    ends = found.effect.interval.mirrored() if turned else found.effect.interval
    shift = float(margin or 0)
    lower = max(-1.0, ends.lower) + shift
    return Estimate(
        metric=question.criterion.metric,
        value=(-found.effect.value if turned else found.effect.value) + shift,
        lower=lower,
        upper=min(1.0, ends.upper) + shift,
        confidence=question.confidence,
        method=f"repeated interval, {found.method}" if look else found.method,
        n=found.clusters,
        scope=scope,
        unit=units(protocol),
        needed=_still_planned(protocol, found.clusters, lower),
        adjusted=joined(found.adjusted if found.adjusted != "raw" else "", "adjusted for looks" if look else "")
        or "raw",
        note=joined(found.words, "" if margin is None else f"margin {float(100 * margin):g} points", look),
    )


def _level(question: Question, protocol: Protocol, cells: Cells, event: str) -> tuple[float, str]:
    """Return the confidence at which the interval is drawn, that of the boundary where looks are planned and say so."""
    if protocol.spending == "none":
        return _strictest(question, protocol), ""
    known = cells.marginal("arm", "cluster", event)
    clusters = sum(1 for cluster, here in known.by("cluster").items() if cluster and here.total())
    if not clusters:
        raise NoEstimate("No cluster has a known outcome.")
    past, ahead = looks_around(protocol=protocol, now=clusters)
    bound = bounds_of(protocol=protocol, information=(*past, clusters, *ahead)).critical[len(past)]
    words = f"boundary {bound:.6f} at {clusters} of {protocol.planned_units:,} {units(protocol)}"
    return max(question.confidence, 2 * normal_cdf(bound) - 1), words


def _strictest(question: Question, protocol: Protocol) -> float:
    return max(question.confidence, float(1 - 2 * Fraction(protocol.alpha_one_sided)))


def _still_planned(protocol: Protocol, clusters: int, lower: float) -> int | None:
    if lower > 0:
        return 0
    return protocol.planned_units - clusters if protocol.planned_units > clusters else None


def _permuted(question: Question, rows: Sequence[ClusterPeriod]) -> str:
    try:
        test = permutation_test(
            rows=rows,
            draws=int(question.parameter("permutations", default=str(PERMUTATIONS))),
            seed=int(question.parameter("seed", default=str(SEED))),
        )
    except (NoEstimate, NotAWedge):
        return ""
    return f"permutation p {test.p:.4f} over {test.orders:,} orders of start"


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))
