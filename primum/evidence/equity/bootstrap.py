"""
Bootstrap from cells: whole clusters drawn again, or patients within their cells, or both.

**When it decides.** Gaps between subgroups are decided by simultaneous Miettinen-Nurminen intervals
(``subgroups``), which take patients as independent. Where patients of one site share errors (one
scanner, one lab, one team), these are too narrow; a policy then names ``cluster bootstrap``. It needs
``FEWEST_CLUSTERS`` clusters, and a metric never reports it narrower than the independent interval.

**How.** Clusters are drawn with replacement and kept whole (Davison & Hinkley 1997, section 3.8; Field
& Welsh 2007); drawing patients again inside them as well (``both``) adds their variance a second time
and is for clusters of a few patients. Each draw is studentised by the variance between its clusters
(Taylor linearisation of a ratio), so that the quantiles are of a pivot and hold with unequal sizes.
The largest pivot over the pairs concerned gives simultaneous intervals, as ``subgroups`` explains.

A draw in which a level has no unit or no spread counts as infinitely far: few clusters widen, never narrow.
"""

import math
from collections.abc import Callable

import numpy as np

from primum.evidence.equity import cluster_draws
from primum.evidence.equity.cluster_draws import (
    Array,
    ClusterTable,
    Resample,
    cluster_table,
    covariance_of,
    diagonal,
    draws,
    rates_of,
    small_sample,
)
from primum.evidence.equity.subgroups import Gap, Gaps, TooFewLevels
from primum.evidence.intervals import Interval

__all__ = [
    "FEWEST_CLUSTERS",
    "ROUNDING",
    "USUAL_REPLICATES",
    "ClusterTable",
    "Resample",
    "TooFewClusters",
    "bca",
    "bca_interval",
    "cluster_table",
    "design_effect",
    "difference_error",
    "simultaneous_gaps",
]

FEWEST_CLUSTERS = 10
USUAL_REPLICATES = 10_000
# Differences of rates below this are of rounding size.
ROUNDING = 1e-12


class TooFewClusters(ValueError):
    """A cluster bootstrap was asked of so few clusters that its quantiles mean nothing."""


def simultaneous_gaps(
    *,
    table: ClusterTable,
    confidence: float,
    seed: int,
    replicates: int = USUAL_REPLICATES,
    resample: Resample = "clusters",
) -> Gaps:
    """
    Return the gap of each level to the best, and largest minus smallest, with simultaneous intervals.

    Upper ends hold together at one-sided (1 + confidence) / 2 whichever level is best; lower ends at
    two-sided ``confidence`` over all pairs (Hsu 1984; Romano & Wolf 2005 for the studentised maximum).

    :raises TooFewLevels: with fewer than two levels
    :raises TooFewClusters: with fewer than ``FEWEST_CLUSTERS`` clusters, where clusters are drawn
    """
    _check(table, resample)
    rates, spread = _estimate(table, resample)
    best, widest = _largest_pivots(table, rates, seed=seed, replicates=replicates, resample=resample)
    tail = (1 - confidence) / 2
    reach = np.array([_high_quantile(column, 1 - tail) for column in best.T])
    return _gaps(table, rates, np.sqrt(spread), reach, _high_quantile(widest, confidence))


def design_effect(table: ClusterTable) -> float:
    """Return the variance of the rates with clusters over that without, summed over columns; 1 without variance."""
    rates, units = rates_of(table.events.sum(axis=0), table.n.sum(axis=0))
    alone = np.nansum(rates * (1 - rates) / units)
    whole = np.nansum(
        np.diagonal(covariance_of(events=table.events, n=table.n, rates=rates, units=units))
    ) * small_sample(table.clusters)
    return float(whole / alone) if alone > 0 else 1.0


def difference_error(table: ClusterTable, *, first: int, second: int) -> float:
    """Return the standard error of the difference of two levels, by linearisation over clusters (R's ``svyratio``)."""
    _, apart = _estimate(table, "clusters")
    return math.sqrt(float(apart[first, second]) * small_sample(table.clusters))


def bca_interval(
    *,
    statistic: Callable[[Array], Array],
    clusters: int,
    confidence: float,
    seed: int,
    replicates: int = USUAL_REPLICATES,
) -> Interval | None:
    """
    Return the bias-corrected and accelerated interval of one statistic of clusters (Efron 1987).

    :param statistic: takes weights, draws x clusters (how often each cluster was drawn), and gives one
        number for each draw
    :returns: ``None`` where the correction is not defined: every draw on one side of the estimate
    """
    draw = np.random.default_rng(seed)
    size = max(1, cluster_draws.NUMBERS_AT_ONCE // clusters)
    chunks = (min(size, replicates - start) for start in range(0, replicates, size))
    shares = np.full(clusters, 1 / clusters)
    drawn = [statistic(draw.multinomial(clusters, shares, size=chunk).astype(np.float64)) for chunk in chunks]
    return bca(
        point=float(statistic(np.ones((1, clusters)))[0]),
        replicates=np.concatenate(drawn),
        jackknife=statistic(1.0 - np.eye(clusters)),
        confidence=confidence,
    )


def bca(*, point: float, replicates: Array, jackknife: Array, confidence: float) -> Interval | None:
    """Return the BCa interval from replicates and leave-one-out values; ``None`` where it is not defined."""
    from scipy.special import ndtr, ndtri

    if not (np.isfinite(replicates).all() and np.isfinite(jackknife).all()):
        return None
    below = (np.mean(replicates < point) + np.mean(replicates <= point)) / 2
    if not 0 < below < 1:
        return None
    bias, away = float(ndtri(below)), jackknife.mean() - jackknife
    spread = float(np.sum(away**2)) ** 1.5
    bend = float(np.sum(away**3)) / (6 * spread) if spread else 0.0
    ends = []
    for tail in ((1 - confidence) / 2, (1 + confidence) / 2):
        shifted = bias + float(ndtri(tail))
        ends.append(float(np.quantile(replicates, ndtr(bias + shifted / (1 - bend * shifted)))))
    return Interval(lower=ends[0], upper=ends[1])


# -- pivots ----------------------------------------------------------------------------------


def _check(table: ClusterTable, resample: Resample) -> None:
    if len(table.levels) < 2:  # noqa: PLR2004 -- a gap is between two
        raise TooFewLevels(f"A gap needs at least two levels with data, and there is {len(table.levels)}.")
    if not table.n.sum(axis=0).all():
        raise TooFewLevels("A gap needs units in each of its levels, and one has none; leave it out.")
    if resample != "patients" and table.clusters < FEWEST_CLUSTERS:
        raise TooFewClusters(
            f"A cluster bootstrap needs at least {FEWEST_CLUSTERS} clusters with data, and there are "
            f"{table.clusters}; use an interval for independent patients, and say so."
        )


def _estimate(table: ClusterTable, resample: Resample) -> tuple[Array, Array]:
    """Return the quantity of each level, and the variance of each difference of two."""
    rates, units = rates_of(table.events.sum(axis=0), table.n.sum(axis=0))
    if resample == "patients":
        covariance = diagonal(rates * (1 - rates) / units)
    else:
        covariance = covariance_of(events=table.events, n=table.n, rates=rates, units=units)
    return _contrasted(table, rates, covariance)


def _contrasted(table: ClusterTable, rates: Array, covariance: Array) -> tuple[Array, Array]:
    whole = table.contrasts
    if not np.array_equal(whole, np.eye(len(whole))):
        rates, covariance = rates @ whole.T, whole @ covariance @ whole.T
    own = np.diagonal(covariance, axis1=-2, axis2=-1)
    apart = own[..., :, None] + own[..., None, :]
    apart -= 2 * covariance
    return rates, apart


def _largest_pivots(
    table: ClusterTable, rates: Array, *, seed: int, replicates: int, resample: Resample
) -> tuple[Array, Array]:
    """Return, for each draw, the largest pivot of each level as the best, and the largest of all pairs."""
    best, widest = np.empty((replicates, len(rates))), np.empty(replicates)
    start = 0
    for drawn, covariance in draws(table, seed=seed, replicates=replicates, resample=resample):
        pivots = _pivots(rates, *_contrasted(table, drawn, covariance))
        rows = slice(start, start + len(pivots))
        best[rows] = pivots.max(axis=2)
        widest[rows] = np.maximum(best[rows].max(axis=1), -pivots.min(axis=(1, 2)))
        start = rows.stop
    return best, widest


def _pivots(rates: Array, drawn: Array, apart: Array) -> Array:
    """Return how far each drawn difference (level minus other level) fell short, in its own standard errors."""
    short = rates - drawn
    moved = short[:, :, None] - short[:, None, :]
    moved[np.abs(moved) < ROUNDING] = 0.0
    # Without spread a pivot is 0 where nothing moved, and beyond any quantile elsewhere.
    apart[apart < ROUNDING**2] = 1e-300
    np.sqrt(apart, out=apart)
    moved /= apart
    if np.isnan(moved).any():
        moved[np.isnan(moved)] = np.inf
        place = np.arange(len(rates))
        moved[:, place, place] = 0.0
    return moved


def _high_quantile(values: Array, share: float) -> float:
    """Return the order statistic that no fewer than this share lie below; infinite beyond the last."""
    place = math.ceil(share * (len(values) + 1) - ROUNDING) - 1
    return float(np.partition(values, place)[place]) if place < len(values) else math.inf


def _gaps(table: ClusterTable, rates: Array, errors: Array, reach: Array, wide: float) -> Gaps:
    values, most = table.values, float(np.abs(table.contrasts).sum(axis=1).max())
    found = []
    for here, level in enumerate(table.levels):
        others = [other for other in range(len(rates)) if other != here]
        lower = max(_end(rates[other] - rates[here], -errors[other, here], wide, most) for other in others)
        upper = max(_end(rates[other] - rates[here], errors[other, here], reach[other], most) for other in others)
        gap = max(values) - values[here]
        # A gap with its rounding stays inside its interval.
        ends = Interval(lower=min(max(0.0, lower), float(gap)), upper=min(most, max(upper, float(gap))))
        found.append(Gap(level=level, value=gap, interval=ends))
    ends = Interval(lower=max(one.interval.lower for one in found), upper=max(one.interval.upper for one in found))
    return Gaps(levels=tuple(found), spread=Gap(level="", value=max(values) - min(values), interval=ends))


def _end(middle: float, error: float, reach: float, most: float) -> float:
    # A quantile beyond all draws says nothing, with or without spread.
    if not math.isfinite(middle + error) or reach > 1 / ROUNDING:
        return math.copysign(most, error)
    return float(middle + reach * error)
