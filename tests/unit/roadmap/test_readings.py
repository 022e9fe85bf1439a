import pytest

from primum.roadmap.readings import other_reading, outcome_read_otherwise
from primum.roadmap.verdicts import Outcome
from tests import factories


@pytest.mark.parametrize(
    ("operator", "other"),
    [("more_than", "at_least"), ("at_least", "more_than"), ("less_than", "at_most"), ("at_most", "less_than")],
)
def test_the_other_reading_differs_in_equality_alone(operator, other):
    threshold = factories.threshold(operator=operator)

    assert other_reading(threshold) == threshold.model_copy(update={"operator": other})


def test_a_value_exactly_at_the_limit_is_read_both_ways():
    threshold = factories.threshold(operator="less_than", value="5/100", bound="value")
    exactly = factories.estimate(value=0.05, exact="1/20")

    assert outcome_read_otherwise(threshold=threshold, estimates=[exactly]) is Outcome.PASS


def test_what_is_not_at_the_limit_stays_as_it_was():
    assert outcome_read_otherwise(threshold=factories.threshold(), estimates=[factories.estimate()]) is Outcome.PASS


def test_nothing_measured_is_no_pass_in_any_reading():
    assert outcome_read_otherwise(threshold=factories.threshold(), estimates=[]) is Outcome.ERROR
