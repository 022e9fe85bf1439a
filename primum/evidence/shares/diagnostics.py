"""The usual measures of one diagnostic 2x2 table, with exact and log intervals."""

import math
from dataclasses import dataclass

from primum.evidence.intervals import Group, Interval, two_sided_z
from primum.evidence.shares.proportions import clopper_pearson
from primum.evidence.shares.ratios import woolf


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One measure; ``None`` where the table does not define it."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """What a 2x2 table of test against reference says (intervals: Clopper-Pearson, log for ratios)."""

    sensitivity: Measured
    specificity: Measured
    positive_predictive_value: Measured
    negative_predictive_value: Measured
    accuracy: Measured
    positive_likelihood_ratio: Measured
    negative_likelihood_ratio: Measured
    diagnostic_odds_ratio: Measured
    youden: float | None


def diagnostic_accuracy(*, tp: int, fp: int, fn: int, tn: int, confidence: float) -> Accuracy:
    """Return all measures of a diagnostic 2x2 table (as epiR's ``epi.tests`` with exact intervals)."""
    diseased, healthy = Group(events=tp, n=tp + fn), Group(events=tn, n=tn + fp)
    odds = woolf(first=diseased, second=healthy.others, confidence=confidence)
    both = diseased.n and healthy.n
    return Accuracy(
        sensitivity=_share(diseased, confidence),
        specificity=_share(healthy, confidence),
        positive_predictive_value=_share(Group(events=tp, n=tp + fp), confidence),
        negative_predictive_value=_share(Group(events=tn, n=tn + fn), confidence),
        accuracy=_share(Group(events=tp + tn, n=tp + fp + fn + tn), confidence),
        positive_likelihood_ratio=_likelihood(diseased, healthy.others, confidence),
        negative_likelihood_ratio=_likelihood(diseased.others, healthy, confidence),
        diagnostic_odds_ratio=Measured(value=odds.value, interval=odds.interval),
        youden=float(diseased.rate + healthy.rate - 1) if both else None,
    )


def _share(group: Group, confidence: float) -> Measured:
    if not group.n:
        return Measured(value=None, interval=None)
    return Measured(value=group.p, interval=clopper_pearson(group=group, confidence=confidence))


def _likelihood(diseased: Group, healthy: Group, confidence: float) -> Measured:
    """Return the ratio of two rates with the log interval of Simel, Samsa & Matchar 1991."""
    if not (diseased.n and healthy.n and healthy.events):
        return Measured(value=None, interval=None)
    value = float(diseased.rate / healthy.rate)
    if not diseased.events:
        return Measured(value=value, interval=None)
    error = math.sqrt((1 - diseased.p) / diseased.events + (1 - healthy.p) / healthy.events)
    factor = math.exp(two_sided_z(confidence) * error)
    return Measured(value=value, interval=Interval(lower=value / factor, upper=value * factor))
