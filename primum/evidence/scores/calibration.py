"""
Do the scores mean what they say: slope, intercept, observed over expected, and the Brier score.

Slope and intercepts are logistic regressions of the reference on the logit of the score (Cox 1958;
Van Calster et al. 2016), by Newton's method on counts. Binning moves each score by half a bin at most; every
figure states the most that this can have changed it.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.counts.score_bins import Floats
from primum.evidence.intervals import Group, Interval, two_sided_z
from primum.evidence.shares.proportions import clopper_pearson

MOST_STEPS = 100
CLOSE = 1e-12
UNSETTLED = "The regression of calibration does not settle; the scores say too little."


class NotCalibratable(ValueError):
    """A figure of calibration was asked for where it cannot be known; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure with its standard error, its interval, and the most that binning can have changed it."""

    value: float
    error: float
    interval: Interval
    binning: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """The recalibration line: what a logit must be multiplied with, and what added."""

    slope: Figure
    intercept: Figure


@dataclass(frozen=True, kw_only=True)
class Murphy:
    """The parts of the Brier score: reliability - resolution + uncertainty + within (Murphy 1973; Stephenson 2008)."""

    reliability: float
    resolution: float
    uncertainty: float
    within: float

    @property
    def brier(self) -> float:
        """The Brier score that the parts add up to."""
        return self.reliability - self.resolution + self.uncertainty + self.within


@dataclass(frozen=True, kw_only=True, eq=False)
class _Logits:
    x: Floats
    n: Floats
    y: Floats
    half: Floats


def line(histogram: ScoreHistogram, *, confidence: float, clip: float = 0.0) -> Line:
    """
    Return slope and intercept of the regression on the logit of the score (1 and 0 where calibrated).

    :param clip: scores are moved to between ``clip`` and ``1 - clip`` first; 0 moves none
    :raises NotCalibratable: without both classes, where scores separate them, or for scores without logit
    """
    data = _logits(histogram, clip)
    _refuse_separation(data)
    design = np.column_stack([np.ones(len(data.x)), data.x])
    found, information = _newton(design, data, offset=np.zeros(len(data.x)))
    covariance = _solved(information, np.eye(2))
    moved = _moved_by_binning(data, found, covariance)
    intercept, slope = (
        _figure(float(found[place]), float(covariance[place, place]), confidence, float(moved[place]))
        for place in (0, 1)
    )
    return Line(slope=slope, intercept=intercept)


def in_the_large(histogram: ScoreHistogram, *, confidence: float, clip: float = 0.0) -> Figure:
    """
    Return the intercept with the logit of the score as offset (0 where calibrated in the large).

    :param clip: as for ``line``
    :raises NotCalibratable: without both classes, or for scores without logit
    """
    data = _logits(histogram, clip)
    found, information = _newton(np.ones((len(data.x), 1)), data, offset=data.x)
    rates = _expit(data.x + found[0])
    weights = data.n * rates * (1 - rates)
    moved = float((weights * data.half).sum() / weights.sum())
    return _figure(float(found[0]), 1 / float(information[0, 0]), confidence, moved)


def observed_over_expected(histogram: ScoreHistogram, *, confidence: float) -> Figure:
    """
    Return the positives observed over those the scores expect, with the exact interval of the share observed.

    :raises NotCalibratable: without scores, for scores outside 0 to 1, or where none are expected
    """
    _refuse_other_scores(histogram)
    n = histogram.negatives + histogram.positives
    expected = float((n * histogram.points).sum())
    if expected <= 0:
        raise NotCalibratable("The scores expect no positive at all, so observed over expected has no value.")
    observed = Group(events=histogram.n_positives, n=histogram.n)
    ends = clopper_pearson(group=observed, confidence=confidence)
    ratio, scale = observed.events / expected, observed.n / expected
    error = scale * math.sqrt(observed.p * (1 - observed.p) / observed.n)
    slack = float((n * histogram.half_widths).sum())
    return Figure(
        value=ratio,
        error=error,
        interval=Interval(lower=ends.lower * scale, upper=ends.upper * scale),
        binning=ratio * slack / max(expected - slack, math.ulp(1.0)) if slack else 0.0,
    )


def brier(histogram: ScoreHistogram, *, confidence: float) -> Figure:
    """
    Return the mean squared error of the scores (Brier 1950), with the interval of a mean.

    :raises NotCalibratable: without scores, or for scores outside 0 to 1
    """
    _refuse_other_scores(histogram)
    of_negatives, of_positives = histogram.points**2, (1 - histogram.points) ** 2
    total, n = _sums(histogram, of_negatives, of_positives), histogram.n
    mean = total / n
    squares = _sums(histogram, (of_negatives - mean) ** 2, (of_positives - mean) ** 2)
    away = np.maximum(histogram.points, 1 - histogram.points) * 2 + histogram.half_widths
    moved = float(((histogram.negatives + histogram.positives) * histogram.half_widths * away).sum() / n)
    # One case has no spread to see; its loss lies anywhere between 0 and 1.
    variance = squares / (n - 1) / n if n > 1 and squares else 0.25 / n
    found = _figure(mean, variance, confidence, moved)
    ends = Interval(lower=max(0.0, found.interval.lower), upper=min(1.0, found.interval.upper))
    return replace(found, interval=ends)


def murphy(histogram: ScoreHistogram, *, groups: NDArray[np.intp] | None = None) -> Murphy:
    """
    Return the parts of the Brier score over groups of scores; every distinct score is its own group if none are given.

    :param groups: the group of each point; ``within`` is 0 where a group has one score only
    :raises NotCalibratable: without scores, or for scores outside 0 to 1
    """
    _refuse_other_scores(histogram)
    places = np.arange(len(histogram.points)) if groups is None else groups
    n = np.bincount(places, weights=histogram.negatives + histogram.positives)
    kept = n > 0
    n, positives = n[kept], np.bincount(places, weights=histogram.positives)[kept]
    weights = histogram.points * (histogram.negatives + histogram.positives)
    means, rates = np.bincount(places, weights=weights)[kept] / n, positives / n
    total, rate = n.sum(), positives.sum() / n.sum()
    whole = _sums(histogram, histogram.points**2, (1 - histogram.points) ** 2) / total
    reliability = float((n * (means - rates) ** 2).sum() / total)
    resolution = float((n * (rates - rate) ** 2).sum() / total)
    uncertainty = float(rate * (1 - rate))
    return Murphy(
        reliability=reliability,
        resolution=resolution,
        uncertainty=uncertainty,
        within=float(whole) - reliability + resolution - uncertainty,
    )


def _sums(histogram: ScoreHistogram, of_negatives: Floats, of_positives: Floats) -> float:
    return float((histogram.negatives * of_negatives + histogram.positives * of_positives).sum())


def _figure(value: float, variance: float, confidence: float, binning: float) -> Figure:
    if not 0 < variance < math.inf:
        raise NotCalibratable(UNSETTLED)
    error = math.sqrt(variance)
    half = two_sided_z(confidence) * error
    return Figure(value=value, error=error, interval=Interval(lower=value - half, upper=value + half), binning=binning)


def _logits(histogram: ScoreHistogram, clip: float) -> _Logits:
    _refuse_other_scores(histogram)
    if not (histogram.n_positives and histogram.n_negatives):
        raise NotCalibratable(
            f"There are {histogram.n_positives:,} positives and {histogram.n_negatives:,} negatives with a score; "
            "calibration on the logit scale needs both."
        )
    p = np.clip(histogram.points, clip, 1 - clip)
    n = histogram.negatives + histogram.positives
    certain = int(n[(p <= 0) | (p >= 1)].sum())
    if certain:
        raise NotCalibratable(
            f"{certain:,} of {histogram.n:,} scores are exactly 0 or 1, which have no logit; "
            "have the model give scores between, or say with 'clip' how far from 0 and 1 to take them."
        )
    inside = np.minimum(histogram.half_widths, np.minimum(p, 1 - p) / 2)
    return _Logits(
        x=np.log(p / (1 - p)),
        n=n.astype(np.float64),
        y=histogram.positives.astype(np.float64),
        half=inside / ((p - inside) * (1 - p + inside)) * (histogram.half_widths > 0),
    )


def _refuse_other_scores(histogram: ScoreHistogram) -> None:
    if not histogram.n:
        raise NotCalibratable("There are no cases with a score and a reference.")
    n = histogram.negatives + histogram.positives
    outside = int(n[(histogram.points < 0) | (histogram.points > 1)].sum())
    if outside:
        raise NotCalibratable(
            f"{outside:,} of {histogram.n:,} scores are outside 0 to 1; calibration needs probabilities."
        )


def _refuse_separation(data: _Logits) -> None:
    """Refuse where no finite slope fits best: the classes do not overlap (Albert & Anderson 1984)."""
    below, above = data.x[data.n > data.y], data.x[data.y > 0]
    if below.max() <= above.min() or above.max() <= below.min():
        raise NotCalibratable(
            "The scores separate positives from negatives without overlap, so no finite slope fits best; "
            "more cases are needed."
        )


def _newton(design: Floats, data: _Logits, *, offset: Floats) -> tuple[Floats, Floats]:
    """Return the most likely coefficients and their information; steps are halved until they help."""
    found, best = np.zeros(design.shape[1]), -math.inf
    for _ in range(MOST_STEPS):
        rates = _expit(design @ found + offset)
        information = (design * (data.n * rates * (1 - rates))[:, None]).T @ design
        step = _solved(information, design.T @ (data.y - data.n * rates))
        best = _log_likelihood(design @ found + offset, data)
        while _log_likelihood(design @ (found + step) + offset, data) < best - 1e-9 * abs(best):
            step = step / 2
        found = found + step
        if not np.isfinite(found).all():
            break
        if float(np.abs(step).max()) < CLOSE * (1 + float(np.abs(found).max())):
            return found, information
    raise NotCalibratable(UNSETTLED)


def _solved(information: Floats, gradient: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(information, gradient), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise NotCalibratable(UNSETTLED) from None


def _log_likelihood(logits: Floats, data: _Logits) -> float:
    return float((data.y * logits - data.n * np.logaddexp(0, logits)).sum())


def _moved_by_binning(data: _Logits, found: Floats, covariance: Floats) -> Floats:
    """Return the most that intercept and slope move, to first order, if each logit moves within its bin."""
    rates = _expit(found[0] + found[1] * data.x)
    shared = -found[1] * rates * (1 - rates)
    moved = np.zeros(2)
    for count, residual in ((data.y, 1 - rates), (data.n - data.y, -rates)):
        pull = np.column_stack([shared, shared * data.x + residual]) @ covariance
        moved += (np.abs(pull) * (count * data.half)[:, None]).sum(axis=0)
    return moved


def _expit(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)), dtype=np.float64)
