"""
The area under the ROC curve from counts: DeLong's variance, and tests of two areas.

Everything is made of placements (DeLong, DeLong & Clarke-Pearson 1988): of a positive, the share of
negatives below it (ties count one half); of a negative, the share of positives above it.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from primum.evidence.counts.histograms import Integers, ScoreHistogram
from primum.evidence.counts.score_bins import Floats
from primum.evidence.intervals import Interval, normal_tail, two_sided_z

Alternative = Literal["two-sided", "greater", "less"]


class NoArea(ValueError):
    """An area under the curve was asked for where it cannot be known; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """
    The area under one ROC curve.

    ``variance`` is DeLong's; ``None`` where a class has one case only. ``error_bound`` is the most that
    binning can have moved ``value``; 0 where the scores were counted exactly.
    """

    value: float
    variance: float | None
    positives: int
    negatives: int
    error_bound: float = 0.0

    @property
    def disjoint_pairs(self) -> int:
        """How many pairs of a positive and a negative share no case."""
        return min(self.positives, self.negatives)


@dataclass(frozen=True, kw_only=True)
class AreaTest:
    """A test of two equal areas; ``degrees`` is ``None`` where the reference is the normal distribution."""

    difference: float
    statistic: float | None
    p: float | None
    interval: Interval | None
    degrees: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredTwice:
    """Cases with two scores each: the scores of a row, and how many negatives and positives have them."""

    first: Floats
    second: Floats
    negatives: Integers
    positives: Integers


def area(histogram: ScoreHistogram, *, largest_error: float = math.inf) -> Area:
    """
    Return the area under the ROC curve with DeLong's variance.

    :param largest_error: the largest bound of the binning error that is accepted
    :raises NoArea: without positives or negatives, or if binning may have moved the area by more
    """
    if not (histogram.n_positives and histogram.n_negatives):
        raise NoArea(
            f"There are {histogram.n_positives:,} positives and {histogram.n_negatives:,} negatives with a score; "
            "an area under the curve needs both."
        )
    bound = histogram.auroc_error_bound
    if bound > largest_error:
        raise NoArea(
            f"The scores lie so close together that binning may have moved the area by {bound:.2g}; at most "
            f"{largest_error:.2g} is accepted. Count the exact scores instead."
        )
    placed = _placed(histogram.points, histogram.negatives, histogram.positives)
    return replace(_area(placed, placed), error_bound=bound)


def worst_case(histogram: ScoreHistogram) -> ScoreHistogram:
    """Return the histogram with every missing score at its worst: positives below all, negatives above all."""
    if not histogram.unscored:
        return histogram
    return ScoreHistogram(
        points=np.concatenate([[-math.inf], histogram.points, [math.inf]]),
        half_widths=np.concatenate([[0.0], histogram.half_widths, [0.0]]),
        negatives=np.concatenate([[0], histogram.negatives, [histogram.unscored_negatives]]),
        positives=np.concatenate([[histogram.unscored_positives], histogram.positives, [0]]),
        exact=histogram.exact,
        unreferenced=histogram.unreferenced,
    )


def unpaired_test(
    *,
    first: Area,
    second: Area,
    confidence: float = 0.95,
    alternative: Alternative = "two-sided",
    reference: Literal["t", "normal"] = "t",
) -> AreaTest:
    """
    Return the test that two areas of different cases are equal (DeLong; the t reference as pROC's ``roc.test``).

    The degrees of freedom of the t reference are Welch's, with the cases of each curve less one.
    """
    difference = first.value - second.value
    if first.variance is None or second.variance is None or first.variance + second.variance == 0:
        return AreaTest(difference=difference, statistic=None, p=None, interval=None)
    variance = first.variance + second.variance
    cases = (first.positives + first.negatives - 1, second.positives + second.negatives - 1)
    degrees = variance**2 / (first.variance**2 / cases[0] + second.variance**2 / cases[1])
    return _tested(difference, variance, confidence, alternative, None if reference == "normal" else degrees)


def paired_areas(scored: ScoredTwice) -> tuple[Area, Area, float | None]:
    """
    Return the areas of two scores of the same cases, and DeLong's covariance of them.

    :raises NoArea: without positives or negatives
    """
    if not (scored.positives.sum() and scored.negatives.sum()):
        raise NoArea("Two areas under the curve on the same cases need positives and negatives; one is absent.")
    one = _placed(scored.first, scored.negatives, scored.positives)
    two = _placed(scored.second, scored.negatives, scored.positives)
    return _area(one, one), _area(two, two), _area(one, two).variance


def paired_test(scored: ScoredTwice, *, confidence: float = 0.95, alternative: Alternative = "two-sided") -> AreaTest:
    """
    Return DeLong's test that two scores of the same cases have equal areas (as pROC's ``roc.test``).

    :raises NoArea: without positives or negatives
    """
    first, second, covariance = paired_areas(scored)
    difference = first.value - second.value
    if first.variance is None or second.variance is None or covariance is None:
        return AreaTest(difference=difference, statistic=None, p=None, interval=None)
    variance = first.variance + second.variance - 2 * covariance
    if variance <= 1e-15 * (first.variance + second.variance):
        return AreaTest(difference=difference, statistic=None, p=None, interval=None)
    return _tested(difference, variance, confidence, alternative, None)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Placed:
    """Placements by row, how many cases have them, and the area."""

    of_positives: Floats
    of_negatives: Floats
    positives: Integers
    negatives: Integers
    value: float


def _placed(scores: Floats, negatives: Integers, positives: Integers) -> _Placed:
    distinct, place = np.unique(scores, return_inverse=True)
    below = np.bincount(place, weights=negatives, minlength=len(distinct))
    above = np.bincount(place, weights=positives, minlength=len(distinct))
    n0, n1 = below.sum(), above.sum()
    of_positives = ((np.cumsum(below) - below / 2) / n0)[place]
    of_negatives = (1 - (np.cumsum(above) - above / 2) / n1)[place]
    return _Placed(
        of_positives=of_positives,
        of_negatives=of_negatives,
        positives=positives,
        negatives=negatives,
        value=float((of_positives * positives).sum() / n1),
    )


def _area(one: _Placed, two: _Placed) -> Area:
    """Return the area of the first with the covariance of both areas as its variance."""
    n1, n0 = int(one.positives.sum()), int(one.negatives.sum())
    variance: float | None = None
    if min(n1, n0) > 1:
        over_positives = one.positives * (one.of_positives - one.value) * (two.of_positives - two.value)
        over_negatives = one.negatives * (one.of_negatives - one.value) * (two.of_negatives - two.value)
        variance = float(over_positives.sum() / (n1 - 1) / n1 + over_negatives.sum() / (n0 - 1) / n0)
    return Area(value=min(1.0, one.value), variance=variance, positives=n1, negatives=n0)


def _tested(
    difference: float, variance: float, confidence: float, alternative: Alternative, degrees: float | None
) -> AreaTest:
    from scipy.special import stdtr, stdtrit

    error = math.sqrt(variance)
    statistic = difference / error
    toward = {"two-sided": abs(statistic), "greater": statistic, "less": -statistic}[alternative]
    tail = normal_tail(toward) if degrees is None else float(stdtr(degrees, -toward))
    quantile = two_sided_z(confidence) if degrees is None else float(stdtrit(degrees, 0.5 + confidence / 2))
    return AreaTest(
        difference=difference,
        statistic=statistic,
        degrees=degrees,
        p=min(1.0, 2 * tail) if alternative == "two-sided" else tail,
        interval=Interval(lower=difference - quantile * error, upper=difference + quantile * error),
    )
