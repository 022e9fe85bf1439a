import numpy as np
import pytest

from primum.evidence.counts.cells import Cells, CellsDoNotMatch, UnknownKey
from primum.evidence.counts.counting import BatchRefused, count
from tests import evidence_factories as make

KEYS = ("site", "sex")
ROWS = {("north", "F"): 3, ("north", "M"): 2, ("south", "F"): 4, ("south", ""): 1}


def table(cells: Cells) -> dict[tuple[str, ...], int]:
    return {
        tuple(levels[code] for levels, code in zip(cells.levels, codes, strict=True)): int(number)
        for codes, number in zip(cells.codes, cells.counts, strict=True)
    }


def test_rows_are_counted_by_their_levels():
    cells = make.cells("diagnostic", KEYS, ROWS)

    assert table(cells) == ROWS
    assert cells.levels == (("north", "south"), ("", "F", "M"))
    assert cells.total() == 10


def test_levels_may_come_in_another_order_in_every_batch():
    first = make.batch(KEYS, {("south", "M"): 2, ("north", "F"): 1})
    second = make.batch(KEYS, {("north", "F"): 4, ("east", "M"): 1, ("south", "M"): 3})

    cells = count([first, second], kind="diagnostic", keys=KEYS, sources=("a",))

    assert table(cells) == {("east", "M"): 1, ("north", "F"): 5, ("south", "M"): 5}


def test_a_level_without_rows_is_no_level():
    cells = count(
        [{"site": (np.array([0, 0], np.int32), ("north", "never"))}], kind="inputs", keys=("site",), sources=()
    )

    assert cells.levels == (("north",),)


def test_more_combinations_than_a_histogram_holds_are_sorted_instead():
    rng = np.random.default_rng(7)
    keys = tuple("abcd")
    levels = tuple(str(number) for number in range(90))
    batch = {key: (rng.integers(0, 90, 5_000, dtype=np.int32), levels) for key in keys}

    cells = count([batch, batch], kind="inputs", keys=keys, sources=())

    assert cells.total() == 10_000
    assert set(np.unique(cells.counts) % 2) == {0}


def test_more_combinations_than_a_number_holds_are_counted_too():
    keys = tuple(f"key{number}" for number in range(12))
    levels = tuple(str(number) for number in range(64))
    batch = {key: (np.array([5, 5, 63], np.int32), levels) for key in keys}

    cells = count([batch], kind="inputs", keys=keys, sources=())

    assert table(cells) == {("5",) * 12: 2, ("63",) * 12: 1}


@pytest.mark.parametrize("batches", [[], [make.batch(KEYS, {("north", "F"): 0})]])
def test_no_rows_are_no_cells(batches):
    cells = count(batches, kind="diagnostic", keys=KEYS, sources=("a",))

    assert cells.total() == 0
    assert cells.levels == ((), ())


def test_without_keys_only_the_rows_are_counted():
    cells = count([make.batch(KEYS, ROWS)], kind="diagnostic", keys=(), sources=())

    assert cells.total() == 10


@pytest.mark.parametrize(
    ("batch", "sentence"),
    [
        ({"sex": (np.zeros(2, np.int32), ("F",))}, "lacks the column 'site'"),
        (
            {"site": (np.zeros(2, np.int32), ("north",)), "sex": (np.zeros(3, np.int32), ("F",))},
            r"\[2, 3\] rows",
        ),
        (
            {"site": (np.array([-1], np.int32), ("north",)), "sex": (np.zeros(1, np.int32), ("F",))},
            "codes from -1 to -1 for 1 levels",
        ),
        (
            {"site": (np.zeros(1, np.int32), ("north", "north")), "sex": (np.zeros(1, np.int32), ("F",))},
            "names a level twice",
        ),
    ],
)
def test_a_batch_that_does_not_say_what_it_must_is_refused(batch, sentence):
    with pytest.raises(BatchRefused, match=sentence):
        count([batch], kind="diagnostic", keys=KEYS, sources=())


def test_cells_can_be_looked_at_from_every_side():
    cells = make.cells("diagnostic", KEYS, ROWS)

    assert cells.where(site="north").total() == 5
    assert cells.where(site="north", sex="M").total() == 2
    assert cells.where(site="west").total() == 0
    assert {level: one.total() for level, one in cells.by("sex").items()} == {"": 1, "F": 7, "M": 2}
    assert table(cells.marginal("sex")) == {("",): 1, ("F",): 7, ("M",): 2}
    assert table(cells.marginal("sex", "site"))[("F", "south")] == 4


def test_a_level_that_is_filtered_away_still_counts_zero():
    south = make.cells("diagnostic", KEYS, ROWS).where(site="south")

    assert south.by("sex")["M"].total() == 0


def test_a_column_that_was_not_counted_is_named():
    cells = make.cells("diagnostic", KEYS, ROWS)

    with pytest.raises(UnknownKey, match="The column 'age' was not counted; counted are site, sex"):
        cells.where(age="old")


def test_sites_merge_into_what_one_pass_over_all_rows_gives():
    north = make.cells("diagnostic", KEYS, {("north", "F"): 3, ("north", "M"): 2}, source="a")
    south = make.cells("diagnostic", KEYS, {("south", "F"): 4, ("south", ""): 1}, source="b")

    merged = north.merge(south)

    assert table(merged) == ROWS
    assert merged.sources == ("a", "b")
    assert merged.digest == south.merge(north).digest


def test_the_same_rows_are_not_counted_twice():
    cells = make.cells("diagnostic", KEYS, ROWS)

    with pytest.raises(CellsDoNotMatch, match="each row may be counted once"):
        cells.merge(cells)


def test_counts_by_other_columns_are_not_added():
    with pytest.raises(CellsDoNotMatch, match="both need the same kind and columns"):
        make.cells("diagnostic", KEYS, ROWS).merge(make.cells("trial", KEYS, ROWS, source="b"))
