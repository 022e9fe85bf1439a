import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primum.evidence.scores.guideline_labels import (
    OPEN,
    ColumnsRefused,
    LabelMove,
    Levels,
    labelled,
    moves,
    of_levels,
)
from primum.evidence.scores.relabelling import Condition, ThresholdRule, relabelled
from tests.guideline_factories import before_2025, changed_copy, for_everybody, nhanes, of_2025

TWENTY = {"words": "adults", "where": {"field": "age_years", "operator": "at_least", "value": 20}}
OLD, NEW = (changed_copy(one, population=TWENTY) for one in (before_2025(), for_everybody()))
UP = LabelMove(label_from="at-target", label_to="above")
STAYS = LabelMove(label_from="above", label_to="above")
VALUES = [float("nan"), 79.0, 80.0, 80.5, 89.999, 90.0, 129.0, 130.0, 139.999, 140.0]
RISKS = ("", "high", "strange", "usual")


def test_1083_labels_change_in_the_reference_sample():
    columns = nhanes()

    counts = moves(old=labelled(guideline=OLD, columns=columns), new=labelled(guideline=NEW, columns=columns))

    assert counts[UP] == 1083
    assert counts[STAYS] == 1236
    assert sum(n for move, n in counts.items() if OPEN not in (move.label_from, move.label_to)) - 268 == 4996


def test_labels_agree_with_the_threshold_rule_that_the_oracles_check():
    columns = nhanes(grown_up=True)
    rules = [
        ThresholdRule(
            any_of=(
                Condition(column="systolic", operator="at_least", value=systolic),
                Condition(column="diastolic", operator="at_least", value=diastolic),
            )
        )
        for systolic, diastolic in ((140.0, 90.0), (130.0, 80.0))
    ]

    found = relabelled(old=rules[0], new=rules[1], values={name: columns[name] for name in ("systolic", "diastolic")})
    counts = moves(old=labelled(guideline=OLD, columns=columns), new=labelled(guideline=NEW, columns=columns))

    assert (found.changed, found.old_positive, found.n) == (counts[UP], counts[STAYS], 4996)


@given(st.lists(st.tuples(*[st.sampled_from(VALUES)] * 3, st.sampled_from(RISKS)), min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_table_is_labelled_as_each_row_would_be_by_itself(rows):
    ages, systolic, diastolic, risks = (list(column) for column in zip(*rows, strict=True))
    columns = {
        "age_years": np.array(ages),
        "systolic": np.array(systolic),
        "diastolic": np.array(diastolic),
        "risk": Levels(codes=np.array([RISKS.index(one) for one in risks], np.int32), names=RISKS),
    }

    found = labelled(guideline=of_2025(), columns=columns)

    for place, row in enumerate(rows):
        given_ = zip(("age_years", "systolic", "diastolic", "risk"), row, strict=True)
        facts = {name: one if isinstance(one, str) else Fraction(one) for name, one in given_ if one == one}  # noqa: PLR0124 -- not NaN
        assert found.names[found.codes[place]] == (of_2025().label_of(facts) or OPEN)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"age_years": np.zeros(1), "systolic": np.zeros(1)}, "asks for 'diastolic'"),
        (
            {"age_years": np.zeros(1), "systolic": Levels(codes=np.zeros(1, np.int32), names=("low",))},
            "'systolic' as numbers",
        ),
    ],
)
def test_a_column_that_does_not_fit_is_refused_by_name(columns, said):
    with pytest.raises(ColumnsRefused, match=said):
        labelled(guideline=before_2025(), columns=columns)


def test_advice_that_stands_in_the_table_is_read_as_labels():
    advice = Levels(codes=np.array([0, 1, 2], np.int32), names=("", "above", "call again"))

    found = of_levels(advice, guideline=before_2025())

    assert [found.names[code] for code in found.codes] == [OPEN, "above", OPEN]


def test_decimal_limits_are_compared_as_written():
    rules = [{"label": "at-target", "when": {"field": "systolic", "operator": "less_than", "value": "0.3"}}]
    decimal = changed_copy(before_2025(), rules=rules)
    values = [0.1 + 0.2, 0.3, 0.1 * 3, 0.29999999999999993]

    found = labelled(guideline=decimal, columns={"age_years": np.full(4, 50.0), "systolic": np.array(values)})

    assert [found.names[code] for code in found.codes] == ["above", "above", "above", "at-target"]


def test_every_pair_of_labels_is_counted_once():
    columns = nhanes()
    old, new = labelled(guideline=OLD, columns=columns), labelled(guideline=NEW, columns=columns)

    counts = moves(old=old, new=new)

    pairs = itertools.product(old.names, new.names)
    assert sum(counts.get(LabelMove(label_from=one, label_to=other), 0) for one, other in pairs) == len(old.codes)
