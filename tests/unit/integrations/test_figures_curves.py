import pytest

from primum.integrations.figures import NothingToDraw
from primum.integrations.figures_curves import Calibration, ReliabilityPoint, RocCurve, calibration, roc
from primum.integrations.figures_roc import thinned
from tests.drawings import curve, reliability


def test_a_roc_curve_says_its_area_and_the_threshold_in_use():
    figure = roc([curve()], title="Ranking", event="disease")

    assert "the area under the curve is 0.884 (95% interval 0.861 to 0.906)" in figure.alt
    assert "at the threshold 0.26 it finds 92.3% at 38.8% false alarms" in figure.alt
    assert "AUROC 0.884" in figure.svg
    assert figure.rows == (("All", "0.884 (0.861 to 0.906)", "468", "389", "threshold 0.26", "92.3%", "38.8%"),)


def test_each_group_has_a_panel_of_its_own_and_a_row():
    figure = roc([curve(f"Site {number}") for number in range(40)], title="Ranking")

    assert len(figure.rows) == 40
    assert all(f"Site {number}" in figure.svg for number in range(40))


def test_a_group_too_small_to_show_is_named_without_a_curve():
    figure = roc([curve(), RocCurve(label="Ward 7")], title="Ranking")

    assert "Ward 7 is not drawn (too few to show)." in figure.alt
    assert figure.rows[1] == ("Ward 7", "too few to show", "", "", "", "", "")


def test_an_unknown_area_is_said_and_not_made_up():
    figure = roc([curve(auroc=None, lower=None, upper=None)], title="Ranking")

    assert "the area under the curve is not known" in figure.alt
    assert figure.rows[0][1] == "not known"


@pytest.mark.parametrize("groups", [(), (RocCurve(label="All"),)])
def test_no_curve_at_all_is_a_sentence_and_no_drawing(groups):
    with pytest.raises(NothingToDraw, match="'Ranking' has no curve that may be drawn"):
        roc(groups, title="Ranking")


def test_steps_too_fine_to_see_are_left_out_and_the_ends_kept():
    fine = tuple((number / 100_000, number / 100_000) for number in range(100_001))

    kept = thinned(fine)

    assert kept[0], kept[-1] == ((0.0, 0.0), (1.0, 1.0))
    assert 300 < len(kept) < 500


def test_calibration_says_where_it_is_off_and_in_how_many_points():
    figure = calibration([reliability()], title="Predicted and seen", event="disease")

    assert "All: 2 points; where 5.0% were predicted, 6.0% were seen" in figure.alt
    assert "The interval lies above what was predicted in 1 of them and below it in 0." in figure.alt
    assert figure.rows[0] == ("All", "5.0%", "6.0%", "2.0 to 13.0", "5 of 85")


def test_a_point_of_few_people_is_counted_and_not_drawn():
    figure = calibration([reliability()], title="Predicted and seen")

    assert "Points with too few people to show: 1." in figure.alt
    assert figure.rows[2] == ("All", "95.0%", "too few to show", "", "")


def test_the_highest_bar_carries_its_number():
    figure = calibration([reliability()], title="Predicted and seen")

    assert ">92</text>" in figure.svg
    assert ">85</text>" not in figure.svg


@pytest.mark.parametrize("points", [(), (ReliabilityPoint(predicted=0.5, observed=None),)])
def test_nothing_that_may_be_shown_is_a_sentence_and_no_drawing(points):
    with pytest.raises(NothingToDraw, match="large enough to show"):
        calibration([Calibration(label="All", points=points)], title="Predicted and seen")


def test_a_group_without_points_keeps_its_row():
    figure = calibration([reliability(), Calibration(label="Ward 7")], title="Predicted and seen")

    assert figure.rows[-1] == ("Ward 7", "too few to show", "", "", "")
