"""Outcomes in clusters: a proportion with an honest error, the intraclass correlation, and cluster-level tests."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from primum.evidence.intervals import Group, Interval
from primum.evidence.models.effects import Effect, NoEstimate, effect, quantile
from primum.evidence.models.grouped import Floats
from primum.evidence.shares.sample_size import design_effect

Weights = Literal["equal", "size", "minimum-variance"]
FEWEST_CLUSTERS = 2
# A spread of rounding size is none.
NO_SPREAD = 1e-12


@dataclass(frozen=True, kw_only=True)
class Icc:
    """
    The intraclass correlation and the typical cluster size of its analysis of variance.

    ``value`` may be below 0; it is ``None`` where the units do not tell it.
    """

    value: float | None
    typical_size: float


@dataclass(frozen=True, kw_only=True)
class ClusteredProportion:
    """
    One proportion over clusters of unequal size.

    ``error`` is linearised (Rao & Scott 1992, Obuchowski 1998), ``naive_error`` as if units were
    independent; what one cluster or no spread cannot tell is ``None``.
    """

    value: float
    error: float | None
    naive_error: float
    design_effect: float | None
    icc: Icc
    interval: Interval | None
    clusters: int
    n: int


@dataclass(frozen=True, kw_only=True)
class ClusterComparison:
    """Two arms compared at the level of clusters; the effect is first minus second, or a log ratio."""

    effect: Effect
    means: tuple[float, float]
    clusters: tuple[int, int]
    icc: Icc
    design_effect: float | None


def clustered_proportion(*, clusters: Sequence[Group], confidence: float) -> ClusteredProportion:
    """
    Return a proportion over clusters with the variance of a ratio.

    The interval is Wilson's at the effective number of units, n over the design effect, with
    Student's t on clusters - 1; without spread between clusters each cluster counts as one unit.

    :raises NoEstimate: without a unit
    """
    known = [one for one in clusters if one.n]
    if not known:
        raise NoEstimate("No cluster has a unit with a known outcome.")
    x, n = _counts(known)
    k, total = len(known), float(n.sum())
    p = float(x.sum()) / total
    variance = _ratio_variance(x, n) if k >= FEWEST_CLUSTERS else None
    naive = p * (1 - p) / total
    effect_of_design = variance / (p * (1 - p) / (total - 1)) if variance and total > 1 else None
    return ClusteredProportion(
        value=p,
        error=None if variance is None else math.sqrt(variance),
        naive_error=math.sqrt(naive),
        design_effect=effect_of_design,
        icc=icc_anova(arms=[known]),
        interval=_effective_wilson(p, total / effect_of_design if effect_of_design else k, k, confidence),
        clusters=k,
        n=int(total),
    )


def icc_anova(*, arms: Sequence[Sequence[Group]]) -> Icc:
    """
    Return the one-way analysis-of-variance intraclass correlation of clusters within arms.

    For unequal sizes (Donner & Klar 2000, chapter 5); one arm is the plain estimate.
    """
    known = [[one for one in clusters if one.n] for clusters in arms]
    known = [clusters for clusters in known if clusters]
    k, total = sum(map(len, known)), sum(one.n for clusters in known for one in clusters)
    between_left, within_left = k - len(known), total - k
    if between_left <= 0:
        return Icc(value=None, typical_size=total / k if k else 0.0)
    between = within = typical = 0.0
    for clusters in known:
        x, n = _counts(clusters)
        p = x / n
        between += float((n * (p - x.sum() / n.sum()) ** 2).sum())
        within += float((x * (1 - p)).sum())
        typical += float((n**2).sum() / n.sum())
    typical = (total - typical) / between_left
    if not within_left:
        return Icc(value=None, typical_size=typical)
    between, within = between / between_left, within / within_left
    spread = between + (typical - 1) * within
    return Icc(value=(between - within) / spread if spread > NO_SPREAD else None, typical_size=typical)


def compare_clusters(
    *,
    first: Sequence[Group],
    second: Sequence[Group],
    confidence: float,
    weights: Weights = "equal",
    welch: bool = False,
) -> ClusterComparison:
    """
    Return the difference of two arms by a t-test on clusters (Donner & Klar 2000; Hayes & Moulton 2017).

    :param weights: every cluster alike, by its units, or by ``n / (1 + (n - 1) ICC)``
    :param welch: variances of the arms apart, with Welch's degrees of freedom; else pooled
    :raises NoEstimate: without two clusters in each arm, or without any spread between clusters
    """
    arms = _both(first, second)
    icc = icc_anova(arms=arms)
    summaries = [_summary(arm, weights, icc) for arm in arms]
    error, degrees = _spread(summaries, welch=welch)
    return ClusterComparison(
        effect=effect(value=summaries[0].mean - summaries[1].mean, error=error, confidence=confidence, degrees=degrees),
        means=(summaries[0].mean, summaries[1].mean),
        clusters=(len(arms[0]), len(arms[1])),
        icc=icc,
        design_effect=_inflation(arms, icc),
    )


def compare_cluster_ratio(*, first: Sequence[Group], second: Sequence[Group], confidence: float) -> ClusterComparison:
    """
    Return the log ratio of the arms' mean proportions, with the delta method and t (Hayes & Moulton 2017).

    :raises NoEstimate: without two clusters in each arm, without events in one, or without spread
    """
    arms = _both(first, second)
    icc = icc_anova(arms=arms)
    summaries = [_summary(arm, "equal", icc) for arm in arms]
    means = (summaries[0].mean, summaries[1].mean)
    if not all(means):
        raise NoEstimate("An arm has no event in any cluster, so the ratio has no interval.")
    spread = [one.variance / (one.mean**2 * one.k) for one in summaries]
    if sum(spread) <= NO_SPREAD**2:
        raise NoEstimate("All clusters of an arm have the same proportion; there is no spread to judge by.")
    return ClusterComparison(
        effect=effect(
            value=math.log(means[0] / means[1]),
            error=math.sqrt(sum(spread)),
            confidence=confidence,
            degrees=summaries[0].k + summaries[1].k - 2,
        ),
        means=means,
        clusters=(len(arms[0]), len(arms[1])),
        icc=icc,
        design_effect=_inflation(arms, icc),
    )


@dataclass(frozen=True, kw_only=True)
class _Summary:
    """The weighted mean of cluster proportions, their variance, and what a cluster counts for."""

    mean: float
    variance: float
    share: float
    k: int


def _summary(arm: Sequence[Group], weights: Weights, icc: Icc) -> _Summary:
    x, n = _counts(arm)
    p, w = x / n, _weights(n, weights, icc)
    w = w / w.sum()
    mean, k = float((w * p).sum()), len(p)
    # With equal weights this is the sample variance, and share is 1 / k.
    share = float((w**2).sum())
    variance = float((w * (p - mean) ** 2).sum()) / (1 - share)
    return _Summary(mean=mean, variance=variance, share=share, k=k)


def _weights(n: Floats, weights: Weights, icc: Icc) -> Floats:
    if weights == "equal":
        return np.ones_like(n)
    return n if weights == "size" else n / (1 + (n - 1) * max(icc.value or 0.0, 0.0))


def _spread(summaries: Sequence[_Summary], *, welch: bool) -> tuple[float, float]:
    one, two = summaries
    left = (one.k - 1, two.k - 1)
    if max(one.variance, two.variance) <= NO_SPREAD**2:
        raise NoEstimate("All clusters of an arm have the same proportion; there is no spread to judge by.")
    if welch:
        parts = [summary.variance * summary.share for summary in summaries]
        return math.sqrt(sum(parts)), sum(parts) ** 2 / sum(
            part**2 / free for part, free in zip(parts, left, strict=True)
        )
    pooled = (left[0] * one.variance + left[1] * two.variance) / sum(left)
    return math.sqrt(pooled * (one.share + two.share)), float(sum(left))


def _both(first: Sequence[Group], second: Sequence[Group]) -> list[list[Group]]:
    arms = [[one for one in arm if one.n] for arm in (first, second)]
    if min(map(len, arms)) < FEWEST_CLUSTERS:
        raise NoEstimate(
            f"The arms have {len(arms[0])} and {len(arms[1])} clusters with a known outcome; "
            "a cluster-level test needs two in each."
        )
    return arms


def _inflation(arms: Sequence[Sequence[Group]], icc: Icc) -> float | None:
    sizes = np.array([one.n for arm in arms for one in arm], dtype=np.float64)
    if icc.value is None:
        return None
    cv = float(sizes.std() / sizes.mean())
    return design_effect(cluster_size=float(sizes.mean()), icc=max(icc.value, 0.0), cv=cv)


def _counts(clusters: Sequence[Group]) -> tuple[Floats, Floats]:
    return (
        np.array([one.events for one in clusters], dtype=np.float64),
        np.array([one.n for one in clusters], dtype=np.float64),
    )


def _ratio_variance(x: Floats, n: Floats) -> float:
    k, total = len(n), n.sum()
    return float(k / (k - 1) * ((x - x.sum() / total * n) ** 2).sum() / total**2)


def _effective_wilson(p: float, n: float, clusters: int, confidence: float) -> Interval | None:
    if clusters < FEWEST_CLUSTERS:
        return None
    z = quantile(confidence=confidence, degrees=clusters - 1)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return Interval(lower=max(0.0, middle - half), upper=min(1.0, middle + half))
