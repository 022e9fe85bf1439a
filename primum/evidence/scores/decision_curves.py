"""
What acting on a score is worth: net benefit against treating all or none, work caused, number needed to treat.

Net benefit at a threshold t is TP/n - FP/n * t/(1 - t) (Vickers & Elkin 2006): t is the risk at which a
person would just accept to be treated, so its odds weigh a false alarm against a case found. A score of t or more
counts as positive.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.intervals import Group, Interval
from primum.evidence.shares.proportions import clopper_pearson, wilson


class NoDecision(ValueError):
    """A decision curve was asked for where it has no value; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Flagged:
    """Cases at or above a threshold, and those whose bin holds the threshold, so that they may be on either side."""

    true_positives: int
    false_positives: int
    positives: int
    negatives: int
    unclear_positives: int = 0
    unclear_negatives: int = 0

    @property
    def n(self) -> int:
        """Number of cases."""
        return self.positives + self.negatives

    @property
    def share(self) -> Group:
        """The workload: cases flagged, of all."""
        return Group(events=self.true_positives + self.false_positives, n=self.n)

    @property
    def confirmed(self) -> Group:
        """Flagged cases that are positive, of those flagged."""
        return Group(events=self.true_positives, n=self.true_positives + self.false_positives)


@dataclass(frozen=True, kw_only=True)
class Benefit:
    """A net benefit, in true positives per case; ``binning`` is the most that score bins can have changed it."""

    threshold: Fraction
    exact: Fraction
    interval: Interval
    n: int
    binning: float = 0.0

    @property
    def value(self) -> float:
        """The net benefit as a float."""
        return float(self.exact)


@dataclass(frozen=True, kw_only=True)
class Needed:
    """
    A number needed to treat with its two ends (Altman 1998).

    ``benefit`` and ``harm`` are the ends as numbers needed to benefit and to harm, ``None`` where the interval
    does not reach there; where both are given, the interval runs through infinity.
    """

    value: float | None
    benefit: tuple[float, float] | None
    harm: tuple[float, float] | None


def flagged(histogram: ScoreHistogram, *, threshold: Fraction) -> Flagged:
    """Return the cases with a score of the threshold or more; one in the threshold's bin goes by the bin's middle."""
    at, points, half = float(threshold), histogram.points, histogram.half_widths
    above = points >= at
    # Below one half a bin holds its lower edge, above one half its upper.
    clear = (points - half >= at) | (points + half < at) | ((points + half <= at) & (points < 0.5))  # noqa: PLR2004 -- a score above a half says yes
    return Flagged(
        true_positives=_sum(histogram.positives, above),
        false_positives=_sum(histogram.negatives, above),
        positives=histogram.n_positives,
        negatives=histogram.n_negatives,
        unclear_positives=_sum(histogram.positives, ~clear),
        unclear_negatives=_sum(histogram.negatives, ~clear),
    )


def net_benefit(cases: Flagged, *, threshold: Fraction, confidence: float) -> Benefit:
    """
    Return the net benefit of acting on the flag.

    :raises NoDecision: without cases, or for a threshold that is not between 0 and 1
    """
    return _benefit(
        cases, gained=cases.true_positives, lost=cases.false_positives, threshold=threshold, confidence=confidence
    )


def treat_all(cases: Flagged, *, threshold: Fraction, confidence: float) -> Benefit:
    """
    Return the net benefit of acting on every case; of acting on none it is 0.

    :raises NoDecision: without cases, or for a threshold that is not between 0 and 1
    """
    everybody = Flagged(
        true_positives=cases.positives,
        false_positives=cases.negatives,
        positives=cases.positives,
        negatives=cases.negatives,
    )
    return net_benefit(everybody, threshold=threshold, confidence=confidence)


def gain_over_all(cases: Flagged, *, threshold: Fraction, confidence: float) -> Benefit:
    """
    Return the net benefit of acting on the flag minus that of acting on every case.

    :raises NoDecision: without cases, or for a threshold that is not between 0 and 1
    """
    missed, cleared = cases.positives - cases.true_positives, cases.negatives - cases.false_positives
    found = _benefit(cases, gained=missed, lost=cleared, threshold=threshold, confidence=confidence)
    return Benefit(
        threshold=threshold,
        exact=-found.exact,
        interval=found.interval.mirrored(),
        n=found.n,
        binning=found.binning,
    )


def interventions_avoided(cases: Flagged, *, threshold: Fraction, confidence: float) -> Benefit:
    """
    Return the interventions avoided per case against acting on every case, at no case found less.

    :raises NoDecision: without cases, or for a threshold that is not between 0 and 1
    """
    gain, odds = gain_over_all(cases, threshold=threshold, confidence=confidence), threshold / (1 - threshold)
    scaled = Interval(lower=gain.interval.lower / float(odds), upper=gain.interval.upper / float(odds))
    return Benefit(
        threshold=threshold,
        exact=gain.exact / odds,
        interval=scaled,
        n=gain.n,
        binning=gain.binning / float(odds),
    )


def decision_curve(
    histogram: ScoreHistogram, *, thresholds: Sequence[Fraction], confidence: float
) -> tuple[tuple[Benefit, Benefit], ...]:
    """
    Return net benefit and that of treating all at each threshold, for a figure.

    :raises NoDecision: without cases, or for a threshold that is not between 0 and 1
    """
    cases = [(threshold, flagged(histogram, threshold=threshold)) for threshold in thresholds]
    return tuple(
        (
            net_benefit(one, threshold=threshold, confidence=confidence),
            treat_all(one, threshold=threshold, confidence=confidence),
        )
        for threshold, one in cases
    )


def flags_per_case_found(cases: Flagged, *, confidence: float) -> tuple[float, Interval] | None:
    """Return how many flagged cases are looked at for one true one, with the exact interval; ``None`` without flags."""
    found = cases.confirmed
    if not found.n:
        return None
    ends = clopper_pearson(group=found, confidence=confidence)
    return (
        found.n / found.events if found.events else math.inf,
        Interval(lower=1 / ends.upper, upper=1 / ends.lower if ends.lower else math.inf),
    )


def number_needed(*, difference: float, interval: Interval) -> Needed:
    """Return the number needed to treat from a difference of risks, positive where treatment helps."""
    return Needed(
        value=1 / difference if difference else None,
        benefit=_reciprocal(max(interval.lower, 0.0), interval.upper),
        harm=_reciprocal(max(-interval.upper, 0.0), -interval.lower),
    )


def _reciprocal(low: float, high: float) -> tuple[float, float] | None:
    if high <= 0:
        return None
    return 1 / high, 1 / low if low else math.inf


def _benefit(cases: Flagged, *, gained: int, lost: int, threshold: Fraction, confidence: float) -> Benefit:
    if not 0 < threshold < 1:
        raise NoDecision(f"A threshold of {threshold} weighs nothing; it is a risk between 0 and 1.")
    if not cases.n:
        raise NoDecision("There are no cases with a score and a reference.")
    odds, n = threshold / (1 - threshold), cases.n
    unclear = cases.unclear_positives + float(odds) * cases.unclear_negatives
    return Benefit(
        threshold=threshold,
        exact=Fraction(gained, n) - odds * Fraction(lost, n),
        interval=_correlated(
            Group(events=gained, n=n), Group(events=lost, n=n), weight=float(odds), confidence=confidence
        ),
        n=n,
        binning=unclear / n,
    )


def _correlated(first: Group, second: Group, *, weight: float, confidence: float) -> Interval:
    """
    Return the interval of first - weight * second, two shares of the same cases that exclude each other.

    Wilson's intervals squared and added with their correlation (Zou & Donner 2008): never without width.
    """
    one, two = wilson(group=first, confidence=confidence), wilson(group=second, confidence=confidence)
    together = 0.0
    if first.events and second.events:
        rest = max(first.others.p * second.others.p, first.p * second.p)
        together = math.sqrt(first.p * second.p / rest)
    middle = first.p - weight * second.p
    below = _added(first.p - one.lower, weight * (two.upper - second.p), together)
    above = _added(one.upper - first.p, weight * (second.p - two.lower), together)
    return Interval(lower=middle - below, upper=middle + above)


def _added(one: float, two: float, correlation: float) -> float:
    return math.sqrt(one * one + two * two + 2 * correlation * one * two)


def _sum(counts: NDArray[np.int64], kept: NDArray[np.bool_]) -> int:
    return int(counts[kept].sum())
