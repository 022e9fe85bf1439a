import pytest

from primum.integrations.figures import NothingToDraw
from primum.integrations.figures_flow import Flow, FlowArm, FlowDoesNotAddUp, Reason, flow
from tests.drawings import arm, people


def drawn(smallest_cell=0, **changes):
    return flow(people(**changes), title="Participants", smallest_cell=smallest_cell)


def test_a_flow_tells_what_became_of_everybody():
    alt = drawn().alt

    assert "Assessed: 3,380 patients. Excluded: 2,554 (2,314 not eligible; 240 declined)." in alt
    assert "LMM: 413 patients. Received it: 400. Lost: 15 (12 withdrew; 3 moved away)." in alt
    assert "Outcome missing: 6. Analysed: 392." in alt


def test_the_table_beside_it_has_a_row_for_each_box():
    assert drawn().rows[:3] == (
        ("All", "Assessed", "3,380 patients", ""),
        ("All", "Excluded", "2,554", "2,314 not eligible; 240 declined"),
        ("All", "Allocated", "826 patients", ""),
    )


def test_people_without_a_reason_are_named_too():
    assert "100 reason not recorded" in drawn(assessed=3480).alt
    assert "4 left out, reason not recorded" in drawn(arms=(arm(analysed=388), arm("control"))).alt


def test_what_nobody_recorded_is_said():
    alt = drawn(arms=(FlowArm(name="LMM", allocated=5),), assessed=None, excluded=()).alt

    assert "Lost: not recorded. Outcome missing: not recorded. Analysed: not recorded." in alt


def test_no_small_count_is_shown_or_can_be_subtracted():
    figure = drawn(smallest_cell=10)

    assert "3 moved away" not in figure.svg + figure.alt
    assert "Outcome missing: fewer than 10. Analysed: more than 388." in figure.alt
    assert ">6<" not in figure.svg


def test_two_small_counts_hide_each_other():
    few = arm(lost=(Reason(words="withdrew", n=8),), missing=6, analysed=399)

    assert "Lost: fewer than 10. Outcome missing: fewer than 10. Analysed: 399." in drawn(10, arms=(few, few)).alt


def test_a_few_excluded_cannot_be_found_by_subtraction():
    assert "Assessed: fewer than 836 patients. Excluded: fewer than 10." in drawn(10, assessed=829, excluded=()).alt


@pytest.mark.parametrize(
    "changes",
    [{"assessed": 100}, {"arms": (arm(analysed=400), arm("control"))}, {"arms": (arm(received=500),)}],
)
def test_counts_that_no_trial_can_have_are_refused(changes):
    with pytest.raises(FlowDoesNotAddUp, match="correct one of"):
        drawn(**changes)


def test_nobody_allocated_is_a_sentence_and_no_drawing():
    with pytest.raises(NothingToDraw, match="nobody who was allocated"):
        flow(Flow(arms=()), title="Participants")


def test_many_arms_stand_one_below_the_other():
    figure = drawn(arms=tuple(arm(f"Sequence {number}") for number in range(40)), assessed=None, excluded=())

    assert all(f"Sequence {number}" in figure.svg for number in range(40))
