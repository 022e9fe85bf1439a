"""
Stepped-wedge trials: every analysis is adjusted for period, and none can be asked for without.

The intervention comes to more clusters over time, so that time and treatment are confounded by design.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Group
from primum.evidence.models.cluster_robust import linear_robust
from primum.evidence.models.effects import Effect, NoEstimate
from primum.evidence.models.gee import gee
from primum.evidence.models.grouped import Floats, Grouped, dummies, grouped
from primum.evidence.models.mixed import linear_mixed, logistic_mixed
from primum.evidence.trials.trial_arms import ARMS, EVENT, INTERVENTION, NO_EVENT

Model = Literal["cr2", "reml", "gee", "glmm"]
TREATED = "treated"
MOST_ORDERS = 20_000
# A difference of rounding size is none.
NO_SPREAD = 1e-12


class NotAWedge(ValueError):
    """Clusters and periods do not form a stepped wedge; the sentence says where."""


@dataclass(frozen=True, kw_only=True)
class ClusterPeriod:
    """The outcomes of one cluster in one period, and whether it had the intervention then."""

    cluster: str
    period: str
    treated: bool
    group: Group


@dataclass(frozen=True, kw_only=True)
class Permutation:
    """The p value of a permutation test, how many orders were tried, and whether these were all."""

    statistic: float
    p: float
    orders: int
    exact: bool


def cluster_periods(*, cells: Cells, event: str) -> tuple[ClusterPeriod, ...]:
    """
    Return the cluster-periods of counts by ``cluster``, ``period``, ``arm`` and an event.

    Cells without cluster, period, arm or outcome are left out. Periods are in order of time:
    numbers by size, other texts alphabetically (ISO dates).

    :raises NotAWedge: if a cluster has both arms in one period, or goes back to control
    """
    table = cells.marginal("cluster", "period", "arm", event)
    counted: dict[tuple[str, str, str], list[int]] = {}
    for codes, count in zip(table.codes.tolist(), table.counts.tolist(), strict=True):
        cluster, period, arm, outcome = (levels[code] for levels, code in zip(table.levels, codes, strict=True))
        if cluster and period and arm in ARMS and outcome in (EVENT, NO_EVENT):
            both = counted.setdefault((cluster, period, arm), [0, 0])
            both[0] += count if outcome == EVENT else 0
            both[1] += count
    rows = [
        ClusterPeriod(
            cluster=cluster, period=period, treated=arm == INTERVENTION, group=Group(events=both[0], n=both[1])
        )
        for (cluster, period, arm), both in counted.items()
    ]
    return in_order(rows)


def in_order(rows: Sequence[ClusterPeriod]) -> tuple[ClusterPeriod, ...]:
    """
    Return cluster-periods by cluster and time.

    :raises NotAWedge: if a cluster has both arms in one period, or goes back to control
    """
    numbers = all(row.period.lstrip("-").isdigit() for row in rows)
    ordered = sorted(rows, key=lambda row: (row.cluster, int(row.period) if numbers else row.period, row.treated))
    for before, after in pairwise(ordered):
        if before.cluster != after.cluster:
            continue
        if before.period == after.period:
            raise NotAWedge(f"The cluster {after.cluster} has both arms in period {after.period}; it may have one.")
        if before.treated and not after.treated:
            raise NotAWedge(f"The cluster {after.cluster} goes back to control in period {after.period}.")
    return tuple(ordered)


def design(rows: Sequence[ClusterPeriod], *, clusters: Literal["random", "fixed"] = "random") -> Grouped:
    """
    Return the cells of a regression on treatment and period, and on cluster if those are fixed.

    :raises NoEstimate: if treatment cannot be told from period, as when all clusters start at once
    """
    columns: dict[str, Floats] = {TREATED: np.array([row.treated for row in rows], dtype=np.float64)}
    periods = list(dict.fromkeys(sorted({row.period for row in rows})))
    columns |= dummies(name="period ", values=[row.period for row in rows], reference=periods[0] if periods else "")
    if clusters == "fixed":
        columns |= dummies(name="cluster ", values=[row.cluster for row in rows])
    return grouped(
        columns=columns,
        n=[row.group.n for row in rows],
        total=[row.group.events for row in rows],
        cluster=[row.cluster for row in rows],
    )


def period_adjusted(*, rows: Sequence[ClusterPeriod], confidence: float, model: Model = "cr2") -> Effect:
    """
    Return the effect of the intervention with a fixed effect for each period.

    ``cr2`` (risk difference; clusters fixed, CR2 errors, Satterthwaite), ``reml`` (risk difference;
    clusters random, Hussey & Hughes 2007), ``gee`` (log odds ratio; exchangeable, Mancl & DeRouen),
    ``glmm`` (log odds ratio in a cluster; Laplace).

    :raises NoEstimate: if the data do not determine it
    """
    if model == "cr2":
        return linear_robust(design(rows, clusters="fixed")).term(TREATED, confidence=confidence)
    if model == "reml":
        return linear_mixed(design(rows)).term(TREATED, confidence=confidence)
    if model == "gee":
        return gee(design(rows), family="binomial").term(TREATED, confidence=confidence)
    return logistic_mixed(design(rows), points=1).term(TREATED, confidence=confidence)


def permutation_test(*, rows: Sequence[ClusterPeriod], draws: int, seed: int) -> Permutation:
    """
    Test no effect by giving the clusters' starting times to other clusters (Wang & De Gruttola 2017).

    The statistic is the least-squares effect on cluster-period proportions with period and cluster
    fixed. All orders are tried where they are at most ``draws``; else ``draws`` at random by the seed.

    :raises NotAWedge: unless every cluster is seen in every period
    :raises NoEstimate: if the effect cannot be told from period
    """
    proportions, treated = _table(rows)
    outcome, start = _centred(proportions), _centred(treated)
    spread = float((start**2).sum())
    if spread < NO_SPREAD:
        raise NoEstimate("Treatment cannot be told from cluster and period; clusters must start at different times.")
    orders, exact = _orders(treated, draws=draws, seed=seed)
    # Clusters that swap their starts swap rows of the centred table: each statistic is a sum of one table's cells.
    products = start @ outcome.T / spread
    observed = float(np.trace(products))
    statistics = products[orders, np.arange(len(products))].sum(axis=1)
    # Equal statistics differ by rounding.
    extreme = int((np.abs(statistics) >= abs(observed) - NO_SPREAD).sum())
    p = extreme / len(orders) if exact else (extreme + 1) / (len(orders) + 1)
    return Permutation(statistic=observed, p=p, orders=len(orders), exact=exact)


def _table(rows: Sequence[ClusterPeriod]) -> tuple[Floats, Floats]:
    clusters, periods = (list(dict.fromkeys(getattr(row, name) for row in rows)) for name in ("cluster", "period"))
    seen = {(row.cluster, row.period): row for row in rows if row.group.n}
    if len(seen) != len(clusters) * len(periods):
        raise NotAWedge("A permutation test needs every cluster in every period with a known outcome.")
    grid = [[seen[cluster, period] for period in periods] for cluster in clusters]
    return (
        np.array([[row.group.p for row in line] for line in grid]),
        np.array([[float(row.treated) for row in line] for line in grid]),
    )


def _centred(table: Floats) -> Floats:
    """Return what is left of a table after its row and column means."""
    rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    return np.asarray(table - rows - columns + table.mean(), dtype=np.float64)


def _orders(treated: Floats, *, draws: int, seed: int) -> tuple[NDArray[np.intp], bool]:
    """Return orders of clusters that give each arrangement of starting times once, or random ones."""
    starts = [tuple(line) for line in treated.tolist()]
    kinds = sorted(set(starts))
    places = [[place for place, one in enumerate(starts) if one == kind] for kind in kinds]
    ways = math.factorial(len(starts)) // math.prod(math.factorial(len(place)) for place in places)
    if ways <= min(draws, MOST_ORDERS):
        return np.array(_arrangements([len(place) for place in places], places)), True
    generator = np.random.default_rng(seed)
    return generator.permuted(np.tile(np.arange(len(starts)), (draws, 1)), axis=1), False


def _arrangements(left: list[int], places: Sequence[Sequence[int]]) -> list[list[int]]:
    if not any(left):
        return [[]]
    found: list[list[int]] = []
    for kind, count in enumerate(left):
        if count:
            rest = [*left[:kind], count - 1, *left[kind + 1 :]]
            found += [[places[kind][0], *tail] for tail in _arrangements(rest, places)]
    return found
