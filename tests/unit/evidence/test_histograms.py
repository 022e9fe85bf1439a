import numpy as np
import pytest

from primum.evidence.counts import histograms
from primum.evidence.counts.histograms import ScoreHistogram, ScoreRefused
from tests import evidence_factories as make

KEYS = ("reference", "score")


def scores(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


def test_bins_rise_with_the_score_and_mirror_around_one_half():
    spread = np.sort(np.concatenate([np.linspace(0, 1, 4001), np.geomspace(1e-12, 0.5, 999)]))

    bins = histograms.coded(spread)

    assert (np.diff(bins) >= 0).all()
    assert (histograms.coded(1 - spread[spread >= 0.5]) == len(histograms.labels()) - 1 - bins[spread >= 0.5]).all()


def test_every_score_is_within_half_a_width_of_its_point():
    spread = np.concatenate([np.linspace(0, 1, 4001), np.geomspace(1e-12, 0.5, 999), 1 - np.geomspace(1e-9, 0.5, 99)])
    middles, half = histograms.points()

    bins = histograms.coded(spread)

    assert (np.abs(middles[bins] - spread) <= half[bins] + 1e-16).all()
    assert (histograms.coded(middles) == np.arange(len(middles))).all()


def test_scores_of_three_decimals_each_have_their_own_bin():
    decimals = np.arange(1001) / 1000

    assert len(np.unique(histograms.coded(decimals))) == 1001


@pytest.mark.parametrize(("low", "high"), [(1e-6, 1.1e-6), (1 - 1.1e-6, 1 - 1e-6), (0.0, 1e-300), (2e-8, 3e-8)])
def test_scores_crowded_at_an_end_do_not_collapse(low, high):
    bins = histograms.coded(scores(low, high))

    assert bins[0] < bins[1]


def test_a_missing_score_has_no_bin_and_minus_zero_is_zero():
    bins = histograms.coded(scores(np.nan, -0.0, 0.0, 1.0))

    assert bins.tolist() == [-1, 0, 0, len(histograms.labels()) - 1]
    assert histograms.label(-1) == ""


@pytest.mark.parametrize("wrong", [1.5, -0.25, np.inf, -np.inf])
def test_what_is_no_probability_is_refused_with_counts_only(wrong):
    with pytest.raises(ScoreRefused) as refusal:
        histograms.coded(scores(0.625, wrong, np.nan))

    assert str(refusal.value).startswith("1 of 3 scores")
    assert not {"0.625", "1.5", "-0.25"} & set(str(refusal.value).split())


def test_a_bin_is_found_by_its_name():
    names = histograms.labels()

    assert [histograms.bin_of(name) for name in names] == list(range(len(names)))
    assert list(names) == sorted(names)
    with pytest.raises(ScoreRefused):
        histograms.bin_of("b9999")


def test_a_histogram_is_read_from_cells():
    rows = {("1", "0.9"): 3, ("0", "0.9"): 1, ("0", "0.25"): 4, ("1", ""): 2, ("0", ""): 1, ("", "0.5"): 5}

    found = ScoreHistogram.from_cells(make.cells("diagnostic", KEYS, rows))

    assert found.exact
    assert found.points.tolist() == [0.25, 0.9]
    assert found.negatives.tolist() == [4, 1]
    assert found.positives.tolist() == [0, 3]
    assert (found.unscored_negatives, found.unscored_positives, found.unreferenced) == (1, 2, 5)
    assert found.auroc_error_bound == 0.0


def test_exact_and_binned_counts_together_are_binned():
    name = histograms.label(int(histograms.coded(scores(0.9))[0]))
    rows = {("1", "0.9"): 3, ("0", name): 2}

    found = ScoreHistogram.from_cells(make.cells("diagnostic", KEYS, rows))

    assert not found.exact
    assert found.positives.tolist() == [3]
    assert found.negatives.tolist() == [2]
    assert found.auroc_error_bound == 0.5


@pytest.mark.parametrize("level", ["high", "nan", "inf", "b9999"])
def test_a_level_that_is_no_score_is_refused(level):
    cells = make.cells("diagnostic", KEYS, {("1", level): 3})

    with pytest.raises(ScoreRefused):
        ScoreHistogram.from_cells(cells)


def test_no_rows_make_an_empty_histogram():
    found = ScoreHistogram.from_cells(make.cells("diagnostic", KEYS, {}))

    assert found.n == 0
    assert found.auroc_error_bound == 0.0
