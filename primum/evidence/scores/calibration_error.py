"""
Expected calibration error over bins of equal mass, and the points of a reliability diagram.

The plain error is too large by chance even where a model is calibrated. Two corrections are given: the
squared error of Kumar, Liang & Ma 2019, and the absolute one less its expected excess, a folded
normal in each bin (Roelofs et al. 2022 compare both).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.counts.score_bins import Floats
from primum.evidence.intervals import Group, Interval, two_sided_z
from primum.evidence.scores.calibration import NotCalibratable

USUAL_BINS = 10


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """One bin of a reliability diagram: the mean score and the positives observed."""

    mean_score: float
    observed: Group


@dataclass(frozen=True, kw_only=True)
class CalibrationError:
    """
    The expected calibration error.

    ``debiased`` is never negative. ``interval`` holds for the error over the same bins, conservatively. ``squared``
    and ``squared_debiased`` are root mean squares. ``binning`` is the most that score bins can have changed.
    """

    plain: float
    debiased: float
    squared: float
    squared_debiased: float
    interval: Interval
    bins: int
    binning: float


def equal_mass(histogram: ScoreHistogram, *, bins: int) -> NDArray[np.intp]:
    """Return the bin of each point such that bins hold about the same number of cases; no score is split."""
    n = (histogram.negatives + histogram.positives).astype(np.float64)
    middle = np.cumsum(n) - n / 2
    return np.asarray(np.minimum(middle * bins / max(n.sum(), 1.0), bins - 1), dtype=np.intp)


def reliability(histogram: ScoreHistogram, *, bins: int = USUAL_BINS) -> tuple[Reliability, ...]:
    """
    Return the bins of a reliability diagram, by rising score; empty ones are left out.

    :raises NotCalibratable: without cases that have a score and a reference
    """
    means, positives, n = _binned(histogram, bins)
    return tuple(
        Reliability(mean_score=float(mean), observed=Group(events=int(events), n=int(units)))
        for mean, events, units in zip(means, positives, n, strict=True)
    )


def calibration_error(histogram: ScoreHistogram, *, confidence: float, bins: int = USUAL_BINS) -> CalibrationError:
    """
    Return the expected calibration error over bins of equal mass.

    The upper end uses that the plain error is at least a normal variable around the true one; the
    lower end takes off what chance alone adds. Neither needs the bins to be calibrated.

    :raises NotCalibratable: without cases that have a score and a reference
    """
    means, positives, n = _binned(histogram, bins)
    shares, rates = n / n.sum(), positives / n
    away = np.abs(means - rates)
    plain = float((shares * away).sum())
    chance = shares * _folded_mean(away, np.sqrt(rates * (1 - rates) / n))
    squared = float((shares * away**2).sum())
    # A bin with one case has no spread to see; Laplace's rule gives one, as for bins without any positive.
    spread = np.where(n > 1, rates * (1 - rates) / np.maximum(n - 1, 1), _laplace(positives, n))
    slack = histogram.half_widths * (histogram.negatives + histogram.positives)
    return CalibrationError(
        plain=plain,
        debiased=max(0.0, 2 * plain - float(chance.sum())),
        squared=math.sqrt(squared),
        squared_debiased=math.sqrt(max(0.0, squared - float((shares * spread).sum()))),
        interval=_interval(plain, shares, _laplace(positives, n), confidence),
        bins=len(n),
        binning=float(slack.sum() / n.sum()),
    )


def _binned(histogram: ScoreHistogram, bins: int) -> tuple[Floats, Floats, Floats]:
    if not histogram.n:
        raise NotCalibratable("There are no cases with a score and a reference.")
    if bins < 1:
        raise NotCalibratable(f"{bins} bins were asked for; a calibration error needs at least 1.")
    places = equal_mass(histogram, bins=bins)
    counts = (histogram.negatives + histogram.positives).astype(np.float64)
    n, positives = _sums(places, counts), _sums(places, histogram.positives.astype(np.float64))
    kept = n > 0
    means = _sums(places, counts * histogram.points)[kept] / n[kept]
    return means, positives[kept], n[kept]


def _sums(places: NDArray[np.intp], amounts: Floats) -> Floats:
    return np.asarray(np.bincount(places, weights=amounts), dtype=np.float64)


def _folded_mean(mean: Floats, deviation: Floats) -> Floats:
    """Return the mean of the absolute value of a normal variable."""
    from scipy.special import ndtr

    safe = np.where(deviation > 0, deviation, 1.0)
    ratio = mean / safe
    folded = safe * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) + mean * (1 - 2 * ndtr(-ratio))
    return np.where(deviation > 0, folded, mean)


def _laplace(positives: Floats, n: Floats) -> Floats:
    rates = (positives + 1) / (n + 2)
    return np.asarray(rates * (1 - rates) / n, dtype=np.float64)


def _interval(plain: float, shares: Floats, variances: Floats, confidence: float) -> Interval:
    z, squares = two_sided_z(confidence), shares**2 * variances
    excess = math.sqrt(2 / math.pi) * float(np.sqrt(squares).sum())
    wobble = math.sqrt((1 - 2 / math.pi) * float(squares.sum()))
    return Interval(
        lower=max(0.0, plain - excess - z * wobble), upper=min(1.0, plain + z * math.sqrt(float(squares.sum())))
    )
