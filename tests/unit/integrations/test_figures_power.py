import math

import pytest

from primum.integrations.figures import NothingToDraw
from primum.integrations.figures_power import PowerCurve, power
from tests.drawings import power_curve


def test_a_power_curve_says_what_is_needed_and_what_the_plan_gives():
    figure = power([power_curve()], title="Power")

    assert "All: 400 needed; the planned 300 give 60.0%." in figure.alt
    assert figure.rows == (("All", "300", "60.0%", "400"),)


def test_an_aim_that_is_never_reached_is_said():
    weak = PowerCurve(label="Women", points=((10.0, 0.05), (100.0, 0.3)))

    figure = power([weak], title="Power", target=0.9)

    assert "Women: never 90% in this range." in figure.alt
    assert figure.rows == (("Women", "", "", "not in this range"),)


def test_a_plan_outside_the_curve_is_not_guessed():
    assert "the planned 5,000 lie outside this range" in power([power_curve(planned=5000.0)], title="Power").alt


def test_power_near_one_is_never_certainty():
    curve = PowerCurve(label="All", points=((10.0, 0.5), (100.0, 0.99995)), planned=100.0)

    assert power([curve], title="Power").rows[0][2] == "over 99.9%"


def test_many_groups_keep_their_rows_and_only_some_are_drawn():
    figure = power([power_curve(f"Group {number}") for number in range(40)], title="Power")

    assert len(figure.rows) == 40
    assert "Group 7" in figure.svg.partition("</desc>")[2]
    assert "Group 8" not in figure.svg.partition("</desc>")[2]


@pytest.mark.parametrize("points", [(), ((10.0, 0.5),), ((10.0, math.nan), (20.0, 0.5))])
def test_no_curve_is_a_sentence_and_no_drawing(points):
    with pytest.raises(NothingToDraw, match="fewer than two sizes"):
        power([PowerCurve(label="All", points=points)], title="Power")
