import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primum.evidence.scores.guideline_labels import LabelMove
from primum.evidence.scores.label_counts import UNNAMED, TooManyGroups, shown_groups, shown_parts, shown_total

SMALLEST = 5
LABELS = ("at-target", "above", "open")
PAIRS = [LabelMove(label_from=one, label_to=other) for one, other in itertools.product(LABELS, LABELS)]
UP = LabelMove(label_from="at-target", label_to="above")
LOST = LabelMove(label_from="at-target", label_to="open")
STAYS = LabelMove(label_from="above", label_to="above")
FINE = LabelMove(label_from="at-target", label_to="at-target")
SIZES = st.dictionaries(st.sampled_from(PAIRS), st.sampled_from([1, 2, 4, 5, 6, 9, 30]), min_size=1, max_size=6)


def is_given_away(cell, *, cells, told) -> bool:
    """Whether a count follows by adding and subtracting what is told."""
    rows = np.array([[float(one in line) for one in cells] for line in told])
    target = np.array([[float(one == cell) for one in cells]])
    return bool(np.linalg.matrix_rank(np.vstack([rows, target])) == np.linalg.matrix_rank(rows))


def test_counts_that_are_large_are_all_shown():
    shown = shown_total({UP: 12, STAYS: 40, FINE: 60}, smallest_cell=SMALLEST)

    assert (shown.n, shown.changed) == (112, 12)


def test_a_small_count_is_hidden_with_what_would_give_it_away():
    shown = shown_total({UP: 3, STAYS: 40, FINE: 60}, smallest_cell=SMALLEST)

    assert dict(shown.moves) == {UP: None, STAYS: None, FINE: 60}
    assert shown.changed is None


def test_a_sum_that_is_told_as_well_does_not_give_one_of_its_parts_away():
    shown = shown_total({UP: 30, LOST: 2, STAYS: 40, FINE: 60}, smallest_cell=SMALLEST, counted_apart=(UP, LOST))

    assert dict(shown.moves) == {UP: None, LOST: None, STAYS: 40, FINE: 60}


def test_nobody_is_shown_as_nobody():
    assert shown_parts({"done": 0, "left": 7}, smallest_cell=SMALLEST) == {"done": 0, "left": 7}
    assert shown_parts({"done": 4, "left": 7}, smallest_cell=SMALLEST) == {"done": None, "left": None}


def test_a_small_group_is_hidden_whole_with_another():
    groups = {"north": {UP: 10, FINE: 20}, "south": {UP: 8, FINE: 30}, "west": {FINE: 2}}

    shown = {one.group: one for one in shown_groups(groups, smallest_cell=SMALLEST)}

    assert (shown[UNNAMED].n, shown["north"].n, shown["south"].n) == (None, None, 38)
    assert dict(shown[UNNAMED].moves) == {UP: None, FINE: None}


def test_groups_that_are_small_are_not_even_named():
    groups = {f"P-{number}": {UP: 1} for number in range(40)}

    (shown,) = shown_groups(groups, smallest_cell=SMALLEST)

    assert (shown.group, shown.n, shown.changed) == (UNNAMED, 40, 40)


def test_more_groups_than_can_be_looked_through_are_refused():
    with pytest.raises(TooManyGroups, match="101 groups; 100 are the most"):
        shown_groups({f"site {number}": {UP: 9} for number in range(101)}, smallest_cell=SMALLEST)


@given(SIZES)
@settings(max_examples=100, deadline=None)
def test_no_small_count_of_a_total_can_be_worked_out(total):
    shown = shown_total(total, smallest_cell=SMALLEST)

    told = [{move} for move, n in shown.moves if n is not None] + [set(total)]
    for move, n in total.items():
        alone = len(total) == 1 or sum(total.values()) < SMALLEST
        assert n >= SMALLEST or alone or not is_given_away(move, cells=list(total), told=told)


@given(st.dictionaries(st.sampled_from(["north", "south", "west"]), SIZES, min_size=2, max_size=3))
@settings(max_examples=100, deadline=None)
def test_no_small_count_of_a_group_can_be_worked_out_from_groups_and_total(groups):
    moves = {move for found in groups.values() for move in found}
    total = {move: sum(found.get(move, 0) for found in groups.values()) for move in moves}
    small = {group for group, found in groups.items() if sum(found.values()) < SMALLEST}
    names = {group: UNNAMED if group in small else group for group in groups}
    cells = [(group, move) for group, found in groups.items() for move in found]

    told = [
        {cell for cell in cells if cell[1] == move}
        for move, n in shown_total(total, smallest_cell=SMALLEST).moves
        if n is not None
    ]
    told.append(set(cells))
    for one in shown_groups(groups, smallest_cell=SMALLEST):
        mine = {cell for cell in cells if names[cell[0]] == one.group}
        told += [{cell for cell in mine if cell[1] == move} for move, n in one.moves if n]
        told += [mine] if one.n is not None else []

    for cell in cells:
        if groups[cell[0]][cell[1]] < SMALLEST and len(cells) > 1:
            assert not is_given_away(cell, cells=cells, told=told)


@pytest.mark.parametrize("n", [1, 4])
def test_a_table_of_a_few_rows_tells_nothing_but_its_limit(n):
    shown = shown_total({UP: n}, smallest_cell=SMALLEST)

    assert (shown.n, shown.changed, dict(shown.moves)) == (None, None, {UP: None})


def test_a_small_group_takes_one_other_with_it_and_no_more():
    groups = {
        "unknown": {FINE: 4, UP: 1, STAYS: 3},
        "short": {FINE: 189, UP: 92, STAYS: 128},
        "middle": {FINE: 281, UP: 116, STAYS: 166},
        "long": {FINE: 703, UP: 254, STAYS: 246},
    }

    shown = {one.group: one for one in shown_groups(groups, smallest_cell=10)}

    assert (shown["short"].n, shown["middle"].n, shown["long"].changed) == (None, 563, 254)
    assert dict(shown["middle"].moves) == {UP: 116, STAYS: 166, FINE: 281}
