import math

import numpy as np
import pytest

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.intervals import Interval
from primum.evidence.scores import roc, roc_curve
from primum.evidence.scores.area_intervals import INTERVALS, guarded_interval, newcombe_interval, widened
from primum.evidence.scores.roc import NoArea
from tests.oracles import datasets


def histogram(*, negatives: list[float], positives: list[float]) -> ScoreHistogram:
    scores = np.array([*negatives, *positives], dtype=np.float64)
    return ScoreHistogram.from_scores(scores=scores, positive=np.arange(len(scores)) >= len(negatives))


def asah(marker: str) -> ScoreHistogram:
    table = datasets.read("data/asah.csv")
    return ScoreHistogram.from_scores(
        scores=table[marker].to_numpy(dtype=np.float64), positive=(table["outcome"] == "Poor").to_numpy()
    )


def test_a_tie_counts_one_half():
    found = roc.area(histogram(negatives=[0.1, 0.5], positives=[0.5, 0.9]))

    assert found.value == 0.875


@pytest.mark.parametrize(("negatives", "positives"), [([], [0.5]), ([0.5], []), ([], [])])
def test_one_class_has_no_area(negatives, positives):
    with pytest.raises(NoArea, match="needs both"):
        roc.area(histogram(negatives=negatives, positives=positives))


def test_perfect_separation_is_no_certainty():
    found = roc.area(histogram(negatives=[0.1] * 10, positives=[0.9] * 12))

    ends = {name: interval(found, confidence=0.95) for name, interval in INTERVALS.items()}

    assert found.value == 1.0
    assert all(end.lower == pytest.approx(0.025 ** (1 / 10), abs=1e-12) and end.upper == 1.0 for end in ends.values())


@pytest.mark.parametrize("interval", INTERVALS.values())
@pytest.mark.parametrize(
    ("negatives", "positives"), [([0.5], [0.5]), ([0.1], [0.9]), ([0.9], [0.1]), ([0.5] * 9, [0.5] * 3)]
)
def test_few_or_equal_scores_have_an_interval(interval, negatives, positives):
    found = roc.area(histogram(negatives=negatives, positives=positives))

    ends = interval(found, confidence=0.95)

    assert 0 <= ends.lower <= found.value <= ends.upper <= 1
    assert ends.upper - ends.lower > 0.2


def test_the_guarded_interval_is_the_wider_of_two_at_each_end():
    found = roc.area(asah("s100b"))

    guarded, score = guarded_interval(found, confidence=0.95), newcombe_interval(found, confidence=0.95)

    assert guarded.lower == min(score.lower, INTERVALS["delong logit"](found, confidence=0.95).lower)
    assert guarded.upper >= score.upper


def test_the_binning_error_widens_an_interval_within_0_and_1():
    assert widened(Interval(lower=0.005, upper=0.5), by=0.01) == Interval(lower=0.0, upper=0.51)


def test_scores_that_bins_cannot_tell_apart_are_refused():
    scores = np.concatenate([np.full(50, 1e-12), np.full(50, 2e-12)])
    binned = ScoreHistogram.from_scores(scores=scores, positive=np.arange(100) >= 50, exact=False)

    with pytest.raises(NoArea, match="Count the exact scores"):
        roc.area(binned, largest_error=0.005)


def test_missing_scores_are_taken_at_their_worst():
    scores = np.array([0.1, 0.9, np.nan, np.nan])
    positive = np.array([False, True, True, False])

    found = roc.area(roc.worst_case(ScoreHistogram.from_scores(scores=scores, positive=positive)))

    assert found.value == 0.25
    assert (found.positives, found.negatives) == (2, 2)


def test_a_score_against_itself_has_no_test():
    table = datasets.read("data/asah.csv")
    score, positive = table["s100b"].to_numpy(dtype=np.float64), (table["outcome"] == "Poor").to_numpy(np.int64)

    test = roc.paired_test(roc.ScoredTwice(first=score, second=score, positives=positive, negatives=1 - positive))

    assert test == roc.AreaTest(difference=0.0, statistic=None, p=None, interval=None)


@pytest.mark.parametrize(
    ("marker", "partial", "at_90", "at_87"),
    [
        ("s100b", 0.0327574525745257, 0.390243902439024, 0.439024390243902),
        ("ndka", 0.0107046070460705, 0.195121951219512, 0.219512195121951),
        ("age", 0.0143292682926829, 0.219512195121951, 0.219512195121951),
        ("wfns", 0.0334417344173442, 0.517073170731707, 0.560975609756098),
    ],
)
def test_parts_of_the_curve_are_those_of_proc(marker, partial, at_90, at_87):
    scores = asah(marker)

    assert roc_curve.partial_area(scores, least_specificity=0.9) == pytest.approx(partial, abs=1e-12)
    assert roc_curve.sensitivity_at(scores, specificity=0.9) == pytest.approx(at_90, abs=1e-12)
    assert roc_curve.sensitivity_at(scores, specificity=0.875) == pytest.approx(at_87, abs=1e-12)


def test_the_area_under_the_whole_curve_is_the_area():
    scores = asah("ndka")

    assert roc_curve.partial_area(scores, least_specificity=0.0) == pytest.approx(roc.area(scores).value, abs=1e-12)
    assert roc_curve.sensitivity_at(scores, specificity=0.0) == 1.0


def test_one_sided_tests_of_two_areas_are_those_of_proc():
    table = datasets.read("data/asah.csv")
    positive = (table["outcome"] == "Poor").to_numpy(np.int64)
    markers = [table[name].to_numpy(dtype=np.float64) for name in ("s100b", "ndka")]
    scored = roc.ScoredTwice(first=markers[0], second=markers[1], positives=positive, negatives=1 - positive)

    test = roc.paired_test(scored, confidence=0.9, alternative="greater")

    assert test.p == pytest.approx(0.0821475876115272, abs=1e-10)
    assert (test.interval.lower, test.interval.upper) == pytest.approx((-0.0218154453, 0.2606365835), abs=1e-9)
    assert math.isclose(roc.paired_test(scored, alternative="less").p + test.p, 1.0)
