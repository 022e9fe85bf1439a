"""Trials that randomise clusters: whether one does, and its effect at the level of what was randomised."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Group
from primum.evidence.models.clusters import ClusterComparison, Weights, compare_cluster_ratio, compare_clusters
from primum.evidence.models.effects import Effect, NoEstimate
from primum.evidence.models.gee import gee
from primum.evidence.trials.trial_arms import ARMS, CONTROL, EVENT, INTERVENTION, NO_EVENT
from primum.evidence.trials.wedge import TREATED, ClusterPeriod, NotAWedge, cluster_periods, design, period_adjusted
from primum.roadmap.protocol import Protocol
from primum.roadmap.randomised_units import READINGS, as_asked, randomises_clusters, shares_cases

__all__ = (
    "METHODS",
    "READINGS",
    "ROW_LEVEL",
    "SHARED_CASES",
    "ClusteredEffect",
    "as_asked",
    "clustered_difference",
    "clustered_ratio",
    "clusters_by_arm",
    "columns_needed",
    "randomises_clusters",
    "refusal",
    "shares_cases",
    "words_of",
)

METHODS: Mapping[str, tuple[Weights, bool]] = MappingProxyType(
    {
        "cluster-t": ("equal", False),
        "welch": ("equal", True),
        "weighted-by-size": ("size", False),
        "minimum-variance": ("minimum-variance", False),
    }
)
"""Method of a cluster-level test -> how clusters are weighted, and whether the arms' variances stay apart."""

ROW_LEVEL = "a row-level test would be wrong: {units} were randomised"
SHARED_CASES = (
    "a row-level test would be wrong: several readers read the same cases, and counts of a trial do not tell which; "
    "register the readings as a table of kind `readings`; "
    "where readers are randomised (`unit: reader`), they are compared as clusters"
)


@dataclass(frozen=True, kw_only=True)
class ClusteredEffect:
    """
    Intervention minus control (or the log ratio) at the level of clusters.

    ``clusters`` are those of both arms (of a wedge: all), ``words`` what a reader should see beside it.
    """

    effect: Effect
    clusters: int
    method: str
    words: str
    adjusted: str = "raw"


def refusal(protocol: Protocol) -> str:
    """Return the sentence that a row-level test is refused with."""
    return ROW_LEVEL.format(units=f"{protocol.unit}s")


def columns_needed(protocol: Protocol) -> tuple[str, ...]:
    """Return the columns that an analysis at the level of clusters is made from, besides the event."""
    return ("arm", "cluster", "period") if protocol.design == "stepped-wedge-rct" else ("arm", "cluster")


def clusters_by_arm(*, cells: Cells, event: str) -> dict[str, tuple[Group, ...]]:
    """
    Return the clusters of each arm with a known outcome; rows without a cluster are left out.

    :raises NoEstimate: if a cluster is in both arms
    """
    table = cells.marginal("arm", "cluster", event)
    counted: dict[str, dict[str, list[int]]] = {arm: {} for arm in ARMS}
    for codes, count in zip(table.codes.tolist(), table.counts.tolist(), strict=True):
        arm, cluster, outcome = (levels[code] for levels, code in zip(table.levels, codes, strict=True))
        if arm in counted and cluster and outcome in (EVENT, NO_EVENT):
            both = counted[arm].setdefault(cluster, [0, 0])
            both[0] += count if outcome == EVENT else 0
            both[1] += count
    twice = set(counted[INTERVENTION]) & set(counted[CONTROL])
    if twice:
        raise NoEstimate(f"{len(twice)} clusters have units in both arms; each may be in one.")
    return {
        arm: tuple(Group(events=both[0], n=both[1]) for _, both in sorted(clusters.items()))
        for arm, clusters in counted.items()
    }


def clustered_difference(
    *, protocol: Protocol, cells: Cells, event: str, confidence: float, method: str = "cluster-t"
) -> ClusteredEffect:
    """
    Return the risk difference, intervention minus control: a t-test on clusters, or adjusted for period in a wedge.

    :raises NoEstimate: if the clusters do not determine it
    """
    if protocol.design == "stepped-wedge-rct":
        return _wedge(cells=cells, event=event, confidence=confidence)
    arms = clusters_by_arm(cells=cells, event=event)
    weights, welch = METHODS[method]
    found = compare_clusters(
        first=arms[INTERVENTION], second=arms[CONTROL], confidence=confidence, weights=weights, welch=welch
    )
    return ClusteredEffect(
        effect=found.effect,
        clusters=sum(found.clusters),
        method="t-test on clusters" if method == "cluster-t" else f"t-test on clusters, {method}",
        words=words_of(found),
    )


def clustered_ratio(*, protocol: Protocol, cells: Cells, event: str, confidence: float) -> ClusteredEffect:
    """
    Return the log ratio of risks: of the arms' mean proportions, or by a log-linear model with period in a wedge.

    :raises NoEstimate: if the clusters do not determine it
    """
    if protocol.design == "stepped-wedge-rct":
        rows = _wedge_rows(cells, event)
        data = design(rows)
        return ClusteredEffect(
            effect=gee(data, family="poisson", working="independence").term(
                TREATED, confidence=confidence, kind="mancl-derouen"
            ),
            clusters=data.clusters,
            method="log-linear model with period, Mancl-DeRouen",
            words="",
            adjusted="adjusted for period",
        )
    arms = clusters_by_arm(cells=cells, event=event)
    found = compare_cluster_ratio(first=arms[INTERVENTION], second=arms[CONTROL], confidence=confidence)
    return ClusteredEffect(
        effect=found.effect,
        clusters=sum(found.clusters),
        method="ratio of cluster means, delta method",
        words=words_of(found),
    )


def words_of(found: ClusterComparison) -> str:
    """Return clusters, intraclass correlation and design effect in words."""
    first, second = found.clusters
    spread = "ICC unknown" if found.icc.value is None else f"ICC {found.icc.value:.4f}"
    inflation = "" if found.design_effect is None else f", design effect {found.design_effect:.2f}"
    means = f"mean {found.means[0]:.4f} against {found.means[1]:.4f}"
    return f"{first} against {second} clusters, {means}; {spread}{inflation}"


def _wedge(*, cells: Cells, event: str, confidence: float) -> ClusteredEffect:
    rows = _wedge_rows(cells, event)
    found = period_adjusted(rows=rows, confidence=confidence)
    clusters, periods = ({getattr(row, name) for row in rows} for name in ("cluster", "period"))
    return ClusteredEffect(
        effect=found,
        clusters=len(clusters),
        method="least squares with cluster and period, CR2",
        words=f"{len(clusters)} clusters in {len(periods)} periods, {found.degrees or 0:.1f} degrees of freedom",
        adjusted="adjusted for period",
    )


def _wedge_rows(cells: Cells, event: str) -> tuple[ClusterPeriod, ...]:
    try:
        return cluster_periods(cells=cells, event=event)
    except NotAWedge as refused:
        raise NoEstimate(str(refused)) from None
