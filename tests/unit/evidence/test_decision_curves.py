import math
from fractions import Fraction

import numpy as np
import pytest

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.intervals import Interval
from primum.evidence.scores import decision_curves as curves
from primum.evidence.scores.decision_curves import Flagged, NoDecision

TENTH = Fraction(1, 10)


def cases(*, tp: int, fp: int, fn: int, tn: int) -> Flagged:
    return Flagged(true_positives=tp, false_positives=fp, positives=tp + fn, negatives=fp + tn)


def histogram(*, exact: bool = True) -> ScoreHistogram:
    scores = np.array([0.05, 0.1, 0.2, 0.05, 0.1, 0.9])
    return ScoreHistogram.from_scores(scores=scores, positive=np.arange(6) >= 3, exact=exact)


def test_a_score_at_the_threshold_is_flagged():
    found = curves.flagged(histogram(), threshold=TENTH)

    assert (found.true_positives, found.false_positives, found.n) == (2, 2, 6)
    assert (found.unclear_positives, found.unclear_negatives) == (0, 0)


def test_a_threshold_within_a_bin_says_what_is_unclear():
    found = curves.flagged(histogram(exact=False), threshold=TENTH)

    benefit = curves.net_benefit(found, threshold=TENTH, confidence=0.95)

    assert (found.unclear_positives, found.unclear_negatives) == (1, 1)
    assert benefit.binning == pytest.approx((1 + 1 / 9) / 6)


@pytest.mark.parametrize("threshold", [Fraction(1, 2), Fraction(1, 4), Fraction(3, 4)])
def test_a_threshold_on_an_edge_of_bins_is_clear(threshold):
    scores = np.nextafter(float(threshold), [0.0, 1.0])
    binned = ScoreHistogram.from_scores(scores=scores, positive=np.array([False, True]), exact=False)

    found = curves.flagged(binned, threshold=threshold)

    assert (found.true_positives, found.false_positives) == (1, 0)
    assert found.unclear_positives + found.unclear_negatives <= 1


def test_acting_on_all_gains_what_the_model_gains_plus_its_lead():
    found = cases(tp=80, fp=150, fn=20, tn=750)

    model, everybody, lead = (
        one(found, threshold=TENTH, confidence=0.95)
        for one in (curves.net_benefit, curves.treat_all, curves.gain_over_all)
    )

    assert model.exact == Fraction(19, 300)
    assert model.exact - everybody.exact == lead.exact
    assert lead.interval.lower < lead.value < lead.interval.upper


def test_interventions_avoided_are_the_lead_by_the_odds():
    found = cases(tp=80, fp=150, fn=20, tn=750)

    avoided = curves.interventions_avoided(found, threshold=TENTH, confidence=0.95)

    assert avoided.exact == curves.gain_over_all(found, threshold=TENTH, confidence=0.95).exact * 9


@pytest.mark.parametrize(
    "found", [cases(tp=0, fp=0, fn=3, tn=7), cases(tp=10, fp=0, fn=0, tn=0), cases(tp=4, fp=6, fn=0, tn=0)]
)
def test_no_flags_and_all_flags_still_have_an_interval(found):
    benefit = curves.net_benefit(found, threshold=TENTH, confidence=0.95)

    assert benefit.interval.lower < benefit.interval.upper
    assert benefit.interval.lower <= benefit.value <= benefit.interval.upper


@pytest.mark.parametrize(
    ("found", "threshold"),
    [
        (cases(tp=0, fp=0, fn=0, tn=0), TENTH),
        (cases(tp=1, fp=1, fn=1, tn=1), Fraction(0)),
        (cases(tp=1, fp=1, fn=1, tn=1), Fraction(1)),
    ],
)
def test_what_weighs_nothing_is_refused(found, threshold):
    with pytest.raises(NoDecision):
        curves.net_benefit(found, threshold=threshold, confidence=0.95)


def test_a_curve_has_a_pair_of_benefits_at_each_threshold():
    found = curves.decision_curve(histogram(), thresholds=[TENTH, Fraction(1, 2)], confidence=0.95)

    assert [model.threshold for model, _ in found] == [TENTH, Fraction(1, 2)]
    assert [everybody.exact for _, everybody in found] == [Fraction(4, 9), Fraction(0)]


def test_flags_for_one_case_found_are_the_reciprocal_of_the_confirmed_share():
    value, ends = curves.flags_per_case_found(cases(tp=5, fp=15, fn=0, tn=0), confidence=0.95)

    assert value == 4
    assert ends.lower < 4 < ends.upper
    assert curves.flags_per_case_found(cases(tp=0, fp=0, fn=1, tn=1), confidence=0.95) is None
    assert curves.flags_per_case_found(cases(tp=0, fp=3, fn=1, tn=1), confidence=0.95)[1].upper == math.inf


@pytest.mark.parametrize(
    ("ends", "benefit", "harm"),
    [
        ((0.05, 0.2), (5.0, 20.0), None),
        ((-0.05, 0.2), (5.0, math.inf), (20.0, math.inf)),
        ((-0.5, -0.25), None, (2.0, 4.0)),
    ],
)
def test_a_number_needed_to_treat_may_run_through_infinity(ends, benefit, harm):
    found = curves.number_needed(difference=sum(ends) / 2, interval=Interval(lower=ends[0], upper=ends[1]))

    assert (found.benefit, found.harm) == (benefit, harm)
