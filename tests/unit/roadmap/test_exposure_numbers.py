import pytest

from primum.roadmap.exclusions import Exclusion, why_excluded

CHILDREN = Exclusion(field="age", comparison="less-than", values=("18",), words="Children were not studied.")
NO_NUMBER = "'age' is no number, and it decides who is excluded: Children were not studied."


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (18, None),
        (17, CHILDREN.words),
        ("17.99", CHILDREN.words),
        (18.0, None),
        ("1e3", None),
        ("53/3", CHILDREN.words),
        ("1e999999999", NO_NUMBER),
        ("9" * 900, NO_NUMBER),
        ("", NO_NUMBER),
        (True, NO_NUMBER),
        (float("inf"), NO_NUMBER),
        ("eighteen", NO_NUMBER),
    ],
)
def test_what_is_told_is_compared_exactly_and_nothing_that_takes_for_ever(told, why):
    assert why_excluded(exclusions=(CHILDREN,), facts={"age": told}) == why
