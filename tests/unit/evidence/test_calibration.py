import numpy as np
import pytest

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.scores import calibration, calibration_error
from primum.evidence.scores.calibration import NotCalibratable
from tests.oracles import datasets


def histogram(scores: list[float], positive: list[bool], *, exact: bool = True) -> ScoreHistogram:
    return ScoreHistogram.from_scores(
        scores=np.array(scores, dtype=np.float64), positive=np.array(positive, dtype=bool), exact=exact
    )


def heart(*, exact: bool) -> ScoreHistogram:
    table = datasets.read("heart_model_predictions")
    return histogram(table["p_model"].tolist(), (table["disease"] == 1).tolist(), exact=exact)


def mirrored() -> ScoreHistogram:
    return histogram([0.2] * 10 + [0.8] * 10, [True] * 2 + [False] * 8 + [True] * 8 + [False] * 2)


def test_a_calibrated_score_has_slope_one_and_no_intercept():
    line = calibration.line(mirrored(), confidence=0.95)

    assert line.slope.value == pytest.approx(1.0, abs=1e-9)
    assert line.intercept.value == pytest.approx(0.0, abs=1e-9)
    assert calibration.in_the_large(mirrored(), confidence=0.95).value == pytest.approx(0.0, abs=1e-9)
    assert calibration.observed_over_expected(mirrored(), confidence=0.95).value == pytest.approx(1.0)


def test_binning_moves_each_figure_by_less_than_it_states():
    exact, binned = heart(exact=True), heart(exact=False)

    pairs = [
        (figure(exact, confidence=0.95), figure(binned, confidence=0.95))
        for figure in (calibration.in_the_large, calibration.observed_over_expected, calibration.brier)
    ]
    lines = [calibration.line(one, confidence=0.95) for one in (exact, binned)]
    pairs += [(lines[0].slope, lines[1].slope), (lines[0].intercept, lines[1].intercept)]

    assert all(abs(one.value - other.value) <= other.binning < 0.01 for one, other in pairs)
    assert all(one.binning == 0 for one, _ in pairs)


def test_the_parts_of_the_brier_score_add_up_to_it():
    scores = heart(exact=True)

    whole = calibration.brier(scores, confidence=0.95).value
    alone = calibration.murphy(scores)
    grouped = calibration.murphy(scores, groups=calibration_error.equal_mass(scores, bins=10))

    assert alone.brier == pytest.approx(whole, abs=1e-12)
    assert alone.within == pytest.approx(0.0, abs=1e-12)
    assert grouped.brier == pytest.approx(whole, abs=1e-12)
    assert grouped.reliability < alone.reliability


@pytest.mark.parametrize(
    ("scores", "positive", "sentence"),
    [
        ([], [], "no cases"),
        ([0.2, 0.8], [True, True], "needs both"),
        ([0.2, 1.0, 0.9, 0.1], [True, True, False, False], "exactly 0 or 1"),
        ([0.2, 3.0], [True, False], "outside 0 to 1"),
        ([0.2, 0.8], [False, True], "separate"),
        ([0.5, 0.5], [False, True], "separate"),
    ],
)
def test_what_has_no_slope_is_refused_with_a_sentence(scores, positive, sentence):
    with pytest.raises(NotCalibratable, match=sentence):
        calibration.line(histogram(scores, positive), confidence=0.95)


def test_scores_of_exactly_0_and_1_can_be_taken_as_near_it():
    scores = histogram([0.0, 1.0, 0.4, 0.6, 0.5], [False, True, True, False, True])

    line = calibration.line(scores, confidence=0.95, clip=1e-6)

    assert 0 < line.slope.value < 1


def test_clipping_that_undoes_the_overlap_is_refused():
    scores = histogram([0.0001, 0.00005, 0.9], [False, True, True])

    with pytest.raises(NotCalibratable, match="separate"):
        calibration.line(scores, confidence=0.95, clip=0.001)


@pytest.mark.parametrize(("score", "positive"), [(0.0, False), (1.0, True), (0.3, True)])
def test_one_case_has_a_brier_score_with_a_wide_interval(score, positive):
    found = calibration.brier(histogram([score], [positive]), confidence=0.95)

    assert found.value == pytest.approx((score - positive) ** 2)
    assert found.interval.upper - found.interval.lower > 0.9


def test_observed_over_expected_needs_an_expected_case():
    with pytest.raises(NotCalibratable, match="expect no positive"):
        calibration.observed_over_expected(histogram([0.0, 0.0], [True, False]), confidence=0.95)


def test_bins_of_equal_mass_are_those_of_a_sorted_list():
    rng = np.random.default_rng(4)
    scores = np.unique(rng.beta(1.2, 2.0, size=60))[:50]
    positive = rng.random(50) < scores
    parts = list(zip(np.array_split(scores, 5), np.array_split(positive, 5), strict=True))

    found = calibration_error.calibration_error(histogram(scores.tolist(), positive.tolist()), confidence=0.95, bins=5)

    assert found.plain == pytest.approx(np.mean([abs(p.mean() - y.mean()) for p, y in parts]))
    assert found.interval.lower <= found.debiased <= found.plain <= found.interval.upper


def test_equal_scores_share_a_bin():
    points = calibration_error.reliability(histogram([0.3] * 30 + [0.9], [True] * 9 + [False] * 21 + [True]), bins=10)

    assert [(round(one.mean_score, 9), one.observed.events, one.observed.n) for one in points] == [
        (0.3, 9, 30),
        (0.9, 1, 1),
    ]


def test_no_cases_have_no_calibration_error():
    with pytest.raises(NotCalibratable, match="no cases"):
        calibration_error.calibration_error(histogram([], []), confidence=0.95)
    with pytest.raises(NotCalibratable, match="0 bins"):
        calibration_error.calibration_error(mirrored(), confidence=0.95, bins=0)
