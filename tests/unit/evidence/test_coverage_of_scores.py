"""Seeded simulations: how often intervals on scores hold the truth. Bounds are four standard errors wide."""

import math
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pytest

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.scores import decision_curves, roc
from primum.evidence.scores.area_intervals import guarded_interval
from primum.evidence.scores.calibration_error import calibration_error
from primum.evidence.scores.decision_curves import Flagged

DRAWS = 300
# 5 % misses are meant; 300 draws of them vary by 1.3 points.
MOST_MISSES = DRAWS * (0.05 + 4 * math.sqrt(0.05 * 0.95 / DRAWS))


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(("truth", "positives", "negatives"), [(0.75, 15, 35), (0.9, 100, 100), (0.97, 20, 180)])
def test_the_guarded_interval_of_an_area_holds_it(truth, positives, negatives, spread):
    rng = np.random.default_rng(12)
    middle = NormalDist().inv_cdf(truth) * math.sqrt(1 + spread**2)
    positive = np.arange(positives + negatives) < positives
    misses = 0

    for _ in range(DRAWS):
        scores = rng.normal(size=len(positive)) * np.where(positive, spread, 1.0) + positive * middle
        found = roc.area(ScoreHistogram.from_scores(scores=scores, positive=positive))
        ends = guarded_interval(found, confidence=0.95)
        misses += not ends.lower <= truth <= ends.upper

    assert misses <= MOST_MISSES


@pytest.mark.parametrize("n", [50, 200, 1000])
@pytest.mark.parametrize(("found", "alarmed"), [(0.1, 0.3), (0.02, 0.05), (0.0, 0.1), (0.4, 0.6)])
def test_the_interval_of_a_net_benefit_holds_it(n, found, alarmed):
    rng, threshold = np.random.default_rng(13), Fraction(1, 5)
    truth = found - alarmed / 4
    misses = 0

    for tp, fp, _ in rng.multinomial(n, [found, alarmed, 1 - found - alarmed], size=DRAWS).tolist():
        cases = Flagged(true_positives=tp, false_positives=fp, positives=tp, negatives=n - tp)
        ends = decision_curves.net_benefit(cases, threshold=threshold, confidence=0.95).interval
        misses += not ends.lower - 1e-12 <= truth <= ends.upper + 1e-12

    assert misses <= MOST_MISSES


@pytest.mark.parametrize("n", [50, 200, 1000])
@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_the_interval_of_a_calibration_error_holds_it(n, factor):
    rng, misses = np.random.default_rng(14), 0
    scores = (np.arange(n) + 0.5) / n
    risks = scores * factor
    truth = float(np.mean(scores - risks))

    for _ in range(DRAWS):
        histogram = ScoreHistogram.from_scores(scores=scores, positive=rng.random(n) < risks)
        ends = calibration_error(histogram, confidence=0.95).interval
        misses += not ends.lower - 1e-12 <= truth <= ends.upper

    assert misses <= MOST_MISSES
