import math

import pytest

from primum.integrations.figures import NothingToDraw
from primum.integrations.figures_charts import Chart, chart
from tests.drawings import path


def test_a_chart_names_its_limit_and_its_first_alarm():
    figure = chart(path(), title="Missed patients")

    assert "The upper limit is 3." in figure.alt
    assert "It raises its first alarm at case 3 with 3.5." in figure.alt
    assert figure.rows[2] == ("case 3", "3.5", "above the limit")


def test_a_chart_in_control_says_so():
    figure = chart(path((0.0, 1.0)), title="Missed patients")

    assert "It raises no alarm." in figure.alt
    assert "No alarm" in figure.svg


def test_each_excursion_is_one_alarm_even_across_a_gap():
    steps = path((4.0, None, 5.0, 1.0, 4.0))

    assert steps.alarms == (0, 4)


def test_a_value_on_the_limit_is_no_alarm():
    assert path((3.0,)).alarms == ()


def test_a_value_below_the_lower_limit_is_an_alarm():
    figure = chart(path((0.0, -2.5), lower=-2.0), title="EWMA")

    assert "first alarm at case 2 with \u22122.5" in figure.alt
    assert figure.rows[1][2] == "below the limit"


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_an_unknown_step_is_named_and_no_line_spans_it(value):
    figure = chart(path((0.0, value, 1.0)), title="EWMA")

    assert "Steps without a value: 1." in figure.alt
    assert figure.rows[1] == ("case 2", "not known", "")


@pytest.mark.parametrize("values", [(), (None, None)])
def test_a_monitor_that_has_seen_nothing_is_a_sentence_and_no_drawing(values):
    with pytest.raises(NothingToDraw, match="the monitor has not seen any weeks yet"):
        chart(path(values, along="weeks"), title="Missed patients")


def test_a_long_path_is_listed_in_part_with_its_alarm():
    figure = chart(path([number / 1000 for number in range(5000)]), title="Missed patients")

    assert len(figure.rows) <= 24
    assert ("case 3002", "3", "above the limit") in figure.rows
    assert figure.rows[-1][0] == "case 5000"
    assert len(figure.svg) < 60_000


def test_a_chart_without_limits_has_no_alarm():
    assert Chart(points=path().points).alarms == ()
