"""The ROC curve itself: its corners, the sensitivity at a specificity, and the area under a part."""

from dataclasses import dataclass

import numpy as np

from primum.evidence.counts.histograms import Integers, ScoreHistogram
from primum.evidence.counts.score_bins import Floats
from primum.evidence.scores.roc import NoArea


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """The corners of a ROC curve from (1, 1) to (0, 0) of false-positive rate and sensitivity."""

    false_positive_rates: Floats
    sensitivities: Floats


def curve(histogram: ScoreHistogram) -> Curve:
    """
    Return the ROC curve: a corner for each distinct score taken as the lowest that counts as positive.

    :raises NoArea: without positives or negatives
    """
    if not (histogram.n_positives and histogram.n_negatives):
        raise NoArea("A ROC curve needs positives and negatives with a score; one is absent.")

    def above(counts: Integers) -> Floats:
        cumulated = np.concatenate([np.cumsum(counts[::-1])[::-1], [0]])
        return np.asarray(cumulated / counts.sum(), dtype=np.float64)

    return Curve(false_positive_rates=above(histogram.negatives), sensitivities=above(histogram.positives))


def sensitivity_at(histogram: ScoreHistogram, *, specificity: float) -> float:
    """
    Return the sensitivity at a specificity, linear between corners, the highest of a step (as pROC's ``coords``).

    :raises NoArea: without positives or negatives
    """
    found = curve(histogram)
    rates, sensitivities = found.false_positive_rates[::-1], found.sensitivities[::-1]
    at = 1 - specificity
    beyond = int(np.searchsorted(rates, at + 1e-12, side="right"))
    if beyond == len(rates):
        return 1.0
    low, high = rates[beyond - 1], rates[beyond]
    share = (at - low) / (high - low) if at > low else 0.0
    return float(sensitivities[beyond - 1] + share * (sensitivities[beyond] - sensitivities[beyond - 1]))


def partial_area(histogram: ScoreHistogram, *, least_specificity: float) -> float:
    """
    Return the area under the part of the curve with at least this specificity, not standardised (as pROC's ``auc``).

    :raises NoArea: without positives or negatives
    """
    found = curve(histogram)
    rates, sensitivities = found.false_positive_rates[::-1], found.sensitivities[::-1]
    limit = 1 - least_specificity
    kept = rates < limit
    x = np.concatenate([rates[kept], [limit]])
    y = np.concatenate([sensitivities[kept], [np.interp(limit, rates, sensitivities)]])
    touching = rates == limit
    if touching.any():
        y[-1] = sensitivities[touching].min()
    return float(np.trapezoid(y, x))
