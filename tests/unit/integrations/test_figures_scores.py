import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.evidence.counts.histograms import ScoreHistogram
from primum.integrations.figures_scores import calibrations, flags_of, roc_curves
from tests.evidence_factories import cells, diagnostic


def histogram(n: int = 400, *, seed: int = 1) -> ScoreHistogram:
    draw = np.random.default_rng(seed)
    scores = np.round(draw.uniform(size=n), 3)
    return ScoreHistogram.from_scores(scores=scores, positive=draw.uniform(size=n) < scores)


def curve(one: ScoreHistogram, smallest: int = 10):
    return roc_curves({"All": one}, flags={}, smallest_cell=smallest)[0]


def test_the_area_is_that_of_all_rows_and_the_curve_ends_in_its_corners():
    found = curve(histogram())

    assert found.points[0] == (0.0, 0.0)
    assert found.points[-1] == (1.0, 1.0)
    assert found.lower < found.auroc < found.upper


@given(smallest=st.integers(1, 60), n=st.integers(50, 300), seed=st.integers(0, 50))
def test_no_step_of_a_curve_holds_fewer_people_than_may_be_shown(smallest, n, seed):
    one = histogram(n, seed=seed)
    found = curve(one, smallest)
    if not found.drawn:
        return

    steps = np.diff(np.array(found.points) * [one.n_negatives, one.n_positives], axis=0).sum(axis=1)

    assert steps.min() >= smallest - 1e-6


@given(smallest=st.integers(1, 60), n=st.integers(1, 300), seed=st.integers(0, 50))
def test_no_point_and_no_bar_of_a_calibration_holds_fewer_people_than_may_be_shown(smallest, n, seed):
    (found,) = calibrations({"All": histogram(n, seed=seed)}, smallest_cell=smallest)

    assert all(point.n >= smallest for point in found.points)
    assert sum(point.n for point in found.points) in (0, n)
    assert all(bar.n == 0 or bar.n >= smallest for bar in found.bars)


def test_points_hold_about_equally_many_people():
    (found,) = calibrations({"All": histogram(1000)}, smallest_cell=10)

    assert len(found.points) == 10
    assert {90 < point.n < 110 for point in found.points} == {True}


def test_one_score_for_everybody_is_one_point():
    same = ScoreHistogram.from_scores(scores=np.full(100, 0.3), positive=np.arange(100) < 30)

    (found,) = calibrations({"All": same}, smallest_cell=10)

    assert [(point.predicted, point.observed) for point in found.points] == [(pytest.approx(0.3), 0.3)]


def test_one_class_alone_has_no_curve_and_says_why():
    found = curve(ScoreHistogram.from_scores(scores=np.full(100, 0.3), positive=np.ones(100, bool)))

    assert not found.drawn
    assert found.reason == "fewer than 10 with or without the condition"


def test_where_one_group_is_hidden_no_other_shows_how_many_it_has():
    few = ScoreHistogram.from_scores(scores=np.linspace(0, 1, 30), positive=np.arange(30) < 4)

    shown, hidden = roc_curves({"North": histogram(), "South": few}, flags={}, smallest_cell=10)

    assert not hidden.drawn
    assert (shown.with_event, shown.without_event) == (None, None)


def test_the_models_own_flag_lies_where_its_predictions_put_it():
    rows = {("1", "1"): 90, ("1", "0"): 10, ("0", "1"): 40, ("0", "0"): 60}

    flag = flags_of(diagnostic(rows), smallest_cell=10)["All"]

    assert (flag.found, flag.false_alarms) == (0.9, 0.4)


def test_a_table_without_predictions_has_no_flag():
    assert flags_of(cells("diagnostic", ("reference",), {("1",): 90}), smallest_cell=10) == {}
