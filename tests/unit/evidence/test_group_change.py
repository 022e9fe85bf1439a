"""What a challenger learns, keeps and gives each group, on counts small enough to work out by hand."""

import pytest

from primum.evidence.measures.challengers import METRICS
from primum.evidence.measures.registry import measure
from primum.evidence.shares.paired import Pairs, newcombe_paired
from tests import evidence_factories as make
from tests import explanation_factories as factories

# label now, challenger, in use, label before, sex
ROWS = {
    ("1", "1", "0", "0", "F"): 30,
    ("1", "0", "1", "1", "F"): 2,
    ("1", "1", "1", "1", "F"): 40,
    ("0", "0", "0", "0", "F"): 50,
    ("1", "1", "0", "0", "M"): 10,
    ("0", "1", "0", "0", "M"): 20,
    ("0", "0", "0", "0", "M"): 60,
    ("1", "", "1", "1", "M"): 1,
}
KEYS = ("reference", "prediction", "champion", "reference_before", "sex")


def measured(metric, rows=ROWS, **given):
    question = factories.question(metric, make.cells("diagnostic", KEYS, rows), subgroups=("sex",), **given)
    return measure(
        criterion=question.criterion,
        cells={question.cells.kind: question.cells},
        rollout=question.rollout,
        policy=question.policy,
    )


def test_learning_is_what_only_the_challenger_has_right_less_what_only_the_model_in_use_has():
    (estimate,) = measured("learning")

    expected = newcombe_paired(Pairs(both=150, only_a=40, only_b=23, neither=0), confidence=0.95)
    assert estimate.exact == "17/213"
    assert (estimate.lower, estimate.upper) == (expected.lower, expected.upper)
    assert "only the challenger has right 40, only the model in use has right 23" in estimate.note


def test_retention_looks_at_the_cases_whose_label_stays():
    (estimate,) = measured("retention")

    assert (estimate.exact, estimate.n) == ("-23/173", 173)


def test_potential_is_what_the_new_labels_take_from_the_model_in_use():
    (estimate,) = measured("potential")

    assert (estimate.exact, estimate.n) == ("40/213", 213)


def test_a_total_that_gains_does_not_hide_a_group_that_loses():
    found = {one.scope: one for one in measured("group_change")}

    assert found["sex=F"].exact == "14/61"
    assert found["sex=M"].exact == "-1/9" or found["sex=M"].value < 0
    assert {one.adjusted for one in found.values()} == {"simultaneous"}


def test_a_group_too_small_to_show_takes_another_with_it():
    found = measured("group_change", rows=ROWS | {("0", "0", "0", "0", "X"): 3})

    assert sum(one.suppressed for one in found) == 2
    assert all(one.n == 0 for one in found if one.suppressed)


def test_discordant_counts_under_the_smallest_cell_are_not_said():
    (estimate,) = measured("learning", rows=ROWS | {("1", "0", "1", "1", "F"): 0, ("0", "1", "0", "0", "M"): 3})

    assert "only the model in use has right fewer than 5" in estimate.note


@pytest.mark.parametrize("metric", METRICS)
def test_without_the_answers_of_the_model_in_use_nothing_is_known(metric):
    cells = make.cells("diagnostic", ("reference", "prediction", "sex"), {("1", "1", "F"): 10})
    question = factories.question(metric, cells, subgroups=("sex",))

    found = measure(
        criterion=question.criterion, cells={"diagnostic": cells}, rollout=question.rollout, policy=question.policy
    )

    assert [one.value for one in found] == [None]
    assert "not mapped" in found[0].note
