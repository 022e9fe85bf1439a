import numpy as np
import pytest

from primum.evidence.scores import relabelling
from primum.evidence.scores.relabelling import Condition, RuleRefused, ThresholdRule
from tests import evidence_factories as make


def pressure(systolic: float, diastolic: float) -> ThresholdRule:
    return ThresholdRule(
        any_of=(
            Condition(column="systolic", operator="at_least", value=systolic),
            Condition(column="diastolic", operator="at_least", value=diastolic),
        )
    )


OLD, NEW = pressure(140, 90), pressure(130, 80)
VALUES = {
    "systolic": np.array([120.0, 135.0, 150.0, np.nan, np.nan, 120.0]),
    "diastolic": np.array([70.0, 70.0, 70.0, 95.0, 70.0, 85.0]),
}


def test_a_new_rule_relabels_those_between_both():
    found = relabelling.relabelled(old=OLD, new=NEW, values=VALUES)

    assert (found.n, found.old_positive, found.new_positive) == (5, 2, 4)
    assert (found.became_positive, found.became_negative, found.changed) == (2, 0, 2)
    assert found.new.p == 0.8


def test_a_missing_value_leaves_a_label_open_unless_another_condition_holds():
    positive, known = relabelling.labels(rule=OLD, values=VALUES)

    assert known.tolist() == [True, True, True, True, False, True]
    assert positive[3]
    assert relabelling.relabelled(old=OLD, new=NEW, values=VALUES).unknown == 1


def test_counts_by_value_say_the_same_as_rows():
    rows = {("120", "70"): 1, ("135", "70"): 1, ("150", "70"): 1, ("", "95"): 1, ("", "70"): 1, ("120", "85"): 1}
    cells = make.cells("outcomes", ("systolic", "diastolic"), rows)

    found = relabelling.relabelled_cells(old=OLD, new=NEW, cells=cells)

    assert found == relabelling.relabelled(old=OLD, new=NEW, values=VALUES)


@pytest.mark.parametrize(
    ("operator", "positive"),
    [("at_least", [0, 1, 1]), ("more_than", [0, 0, 1]), ("at_most", [1, 1, 0]), ("less_than", [1, 0, 0])],
)
def test_a_threshold_has_a_side_and_an_edge(operator, positive):
    rule = ThresholdRule(any_of=(Condition(column="x", operator=operator, value=7.0),))

    found, known = relabelling.labels(rule=rule, values={"x": np.array([6.9, 7.0, 7.1])})

    assert found.tolist() == [bool(one) for one in positive]
    assert known.all()


def test_a_rule_names_what_it_lacks():
    with pytest.raises(RuleRefused, match="'diastolic', which was not counted"):
        relabelling.relabelled_cells(old=OLD, new=NEW, cells=make.cells("outcomes", ("systolic",), {("120",): 1}))
    with pytest.raises(RuleRefused, match="'diastolic', which the table"):
        relabelling.relabelled(old=OLD, new=NEW, values={"systolic": VALUES["systolic"]})
    with pytest.raises(RuleRefused, match="no number"):
        relabelling.relabelled_cells(
            old=OLD, new=NEW, cells=make.cells("outcomes", ("systolic", "diastolic"), {("high", "70"): 1})
        )
    with pytest.raises(RuleRefused, match="at least one threshold"):
        ThresholdRule(any_of=())
