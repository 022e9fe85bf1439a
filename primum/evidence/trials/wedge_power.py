"""Power of a stepped-wedge trial: Hussey and Hughes' formula, and by simulation of the analysis itself."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import nct

from primum.evidence.intervals import Group, normal_cdf, normal_quantile
from primum.evidence.models.effects import NoEstimate, quantile
from primum.evidence.models.grouped import Floats
from primum.evidence.trials.wedge import ClusterPeriod, period_adjusted

FIXED = "clusters and periods fixed, CR2, Satterthwaite's t"
# With more clusters than this the degrees of freedom no longer matter, and fitting them would take long.
MOST_FITTED = 60


@dataclass(frozen=True, kw_only=True)
class WedgePower:
    """The standard error of the effect and the power, by the method that is named."""

    error: float
    power: float
    method: str


def schedule(*, clusters: int, periods: int) -> Floats:
    """
    Return a balanced wedge, clusters x periods of 0 and 1: all start as controls, equal steps after.

    :raises NoEstimate: unless clusters are a multiple of the steps, periods - 1
    """
    steps = periods - 1
    if steps < 1 or clusters < 1 or clusters % steps:
        raise NoEstimate(
            f"{clusters} clusters cannot be spread over {steps} steps evenly; give the schedule itself instead."
        )
    start = 1 + np.arange(clusters) // (clusters // steps)
    return (np.arange(periods)[None, :] >= start[:, None]).astype(np.float64)


def hussey_hughes(
    *,
    treated: Floats,
    size: float,
    control: float,
    intervention: float,
    between_variance: float,
    alpha: float = 0.05,
) -> WedgePower:
    """
    Return error and power of the period-adjusted risk difference (Hussey & Hughes 2007).

    :param treated: clusters x periods of 0 and 1
    :param size: units of a cluster in a period
    :param between_variance: variance of cluster proportions
    :param alpha: two-sided; rejection in the wrong direction is not counted
    :raises NoEstimate: if treatment cannot be told from period
    """
    clusters, periods = treated.shape
    within = (control * (1 - control) + intervention * (1 - intervention)) / 2 / size
    u = float(treated.sum())
    w = float((treated.sum(axis=0) ** 2).sum())
    v = float((treated.sum(axis=1) ** 2).sum())
    below = (clusters * u - w) * within + (
        u**2 + clusters * periods * u - periods * w - clusters * v
    ) * between_variance
    if below <= 0 or within <= 0:
        raise NoEstimate("Treatment cannot be told from period in this schedule, or the outcome has no spread.")
    error = math.sqrt(clusters * within * (within + periods * between_variance) / below)
    z = abs(intervention - control) / error - normal_quantile(1 - alpha / 2)
    return WedgePower(error=error, power=normal_cdf(z), method="Hussey-Hughes, normal approximation")


def fixed_clusters_power(
    *, treated: Floats, size: float, control: float, intervention: float, icc: float, alpha: float = 0.05
) -> WedgePower:
    """
    Return error and power of the analysis a gate rests on: periods and clusters fixed, CR2, Satterthwaite's t.

    Only what changes within clusters counts, so that it has less power than Hussey and Hughes' model
    with random clusters promises, and the few sequences leave few degrees of freedom.

    :param treated: clusters x periods of 0 and 1
    :param alpha: two-sided; rejection in the wrong direction is not counted
    :raises NoEstimate: if treatment cannot be told from period
    """
    own = treated - treated.mean(axis=1, keepdims=True) - treated.mean(axis=0, keepdims=True) + treated.mean()
    spread = float((own**2).sum())
    within = (1 - icc) * (control * (1 - control) + intervention * (1 - intervention)) / 2 / size
    if spread <= 0 or within <= 0:
        raise NoEstimate("Treatment cannot be told from period in this schedule, or the outcome has no spread.")
    error = math.sqrt(within / spread)
    critical = quantile(confidence=1 - alpha, degrees=(degrees := _degrees(treated)))
    power = float(1 - nct.cdf(critical, degrees, abs(intervention - control) / error))
    return WedgePower(error=error, power=power, method=FIXED)


@lru_cache(maxsize=4_096)
def _degrees_of(clusters: int, periods: int, crossed: bytes) -> float:
    """Degrees of freedom follow from the schedule alone; the outcomes here are only there to be fitted."""
    treated = np.frombuffer(crossed, dtype=np.float64).reshape(clusters, periods)
    rows = [
        ClusterPeriod(
            cluster=f"{cluster:04d}",
            period=f"{period:04d}",
            treated=bool(treated[cluster, period]),
            group=Group(events=10 + (cluster * 7 + period * 3) % 5, n=100),
        )
        for cluster, period in np.ndindex(clusters, periods)
    ]
    found = period_adjusted(rows=rows, confidence=0.95).degrees
    return float("inf") if found is None else found


def _degrees(treated: Floats) -> float:
    clusters, periods = treated.shape
    if clusters > MOST_FITTED:
        return float(clusters - periods)
    return _degrees_of(clusters, periods, np.ascontiguousarray(treated, dtype=np.float64).tobytes())


def simulated_power(
    *,
    treated: Floats,
    size: int,
    control: float,
    intervention: float,
    between_sd: float,
    seed: int,
    draws: int = 500,
    alpha: float = 0.05,
    drift: Sequence[float] = (),
) -> WedgePower:
    """
    Return the power of the cluster-robust analysis by simulation; ``error`` is the spread of its effects.

    :param between_sd: spread of clusters' proportions, normal and cut at 0 and 1
    :param drift: change of the proportion in each period, none if left out
    """
    generator = np.random.default_rng(seed)
    clusters, periods = treated.shape
    time = np.asarray(drift, dtype=np.float64) if len(drift) else np.zeros(periods)
    values: list[float] = []
    rejected = 0
    for _ in range(draws):
        base = np.asarray(control + between_sd * generator.standard_normal(clusters), dtype=np.float64)
        rates = np.clip(base[:, None] + time[None, :] + (intervention - control) * treated, 0.0, 1.0)
        rows = _rows(generator.binomial(size, rates), treated, size)
        try:
            found = period_adjusted(rows=rows, confidence=1 - alpha)
        except NoEstimate:
            # Nothing can be said of such data, so nothing is shown by them.
            continue
        values.append(found.value)
        rejected += found.p < alpha
    if not values:
        raise NoEstimate("No simulated trial had an answer; the outcome is too rare for these clusters.")
    return WedgePower(
        error=float(np.std(values)), power=rejected / draws, method=f"simulation of {draws:,} trials, CR2"
    )


def _rows(events: np.ndarray[tuple[int, ...], np.dtype[np.int64]], treated: Floats, size: int) -> list[ClusterPeriod]:
    clusters, periods = treated.shape
    return [
        ClusterPeriod(
            cluster=f"{cluster:04d}",
            period=f"{period:04d}",
            treated=bool(treated[cluster, period]),
            group=Group(events=int(events[cluster, period]), n=size),
        )
        for cluster in range(clusters)
        for period in range(periods)
    ]
