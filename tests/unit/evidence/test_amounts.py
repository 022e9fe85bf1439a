import statistics
from fractions import Fraction

import numpy as np
import pytest

from primum.evidence.counts.amounts import Amount, AmountRefused, weights_of
from primum.evidence.counts.cells import CellsDoNotMatch, merged
from primum.evidence.counts.counting import Batch, BatchRefused, Counting
from primum.evidence.counts.moments import moments

MINUTES = Amount(name="minutes", decimals=3)


def counted(values, *, arms=None, source="a", amount=MINUTES):
    arms = arms if arms is not None else ["control"] * len(values)
    levels = tuple(sorted(set(arms)))
    codes = np.array([levels.index(arm) for arm in arms], np.int32)
    counting = Counting(kind="trial", keys=("arm",), amounts=(amount,))
    batch = Batch(labels={"arm": (codes, levels)}, numbers={amount.name: np.array(values, float)})
    counting.add(batch.labels, batch.numbers)
    return counting.cells(sources=(source,))


def test_mean_and_variance_come_out_of_whole_numbers():
    values = [12.5, 3.25, 0.125, 7.0, 3.25]

    found = moments(counted(values), "minutes")

    assert found.n == 5
    assert found.total == pytest.approx(26.125, abs=0)
    assert found.mean == statistics.fmean(values)
    assert found.variance == pytest.approx(statistics.variance(values), rel=1e-15)


def test_a_missing_amount_counts_the_row_and_not_the_value():
    cells = counted([1.0, float("nan"), 3.0])

    found = moments(cells, "minutes")

    assert cells.total() == 3
    assert (found.n, found.mean) == (2, 2.0)


def test_nobody_has_a_mean_and_one_person_no_variance():
    assert moments(counted([float("nan")]), "minutes").mean is None
    assert moments(counted([4.0]), "minutes").variance is None


def test_sums_of_tenths_are_exact_where_floats_are_not():
    found = moments(counted([0.1] * 10), "minutes")

    assert found.total == 1.0
    assert found.variance == 0.0


def test_the_same_amounts_in_two_tables_add_up_to_the_same_bits_in_any_order():
    parts = [counted([0.1 * number, 7.3], source=str(number)) for number in range(12)]

    forth, back = merged(parts), merged(parts[::-1])

    assert forth.digest == back.digest
    assert Fraction(moments(forth, "minutes").total) == Fraction(moments(back, "minutes").total)


def test_large_amounts_square_without_overflow():
    values = [4_000_000.0, -4_000_000.0] * 1_000

    found = moments(counted(values), "minutes")

    assert found.mean == 0.0
    assert found.variance == pytest.approx(statistics.variance(values), rel=1e-14)


def test_an_amount_too_large_for_its_decimals_is_counted_and_not_shown():
    with pytest.raises(AmountRefused, match="1 value") as refusal:
        weights_of(np.array([1.0, 98_765_432.1]), amount=MINUTES)

    assert "98" not in str(refusal.value)


def test_an_infinite_amount_is_refused():
    with pytest.raises(AmountRefused):
        weights_of(np.array([float("inf")]), amount=MINUTES)


def test_other_decimals_are_not_added():
    with pytest.raises(CellsDoNotMatch, match="decimals"):
        merged([counted([1.0]), counted([1.0], source="b", amount=Amount(name="minutes", decimals=1))])


def test_a_batch_without_its_amount_is_refused():
    counting = Counting(kind="trial", keys=("arm",), amounts=(MINUTES,))

    with pytest.raises(BatchRefused, match="minutes"):
        counting.add({"arm": (np.array([0], np.int32), ("control",))})


def test_amounts_are_kept_apart_by_arm():
    cells = counted([1.0, 2.0, 5.0], arms=["control", "control", "intervention"])

    assert moments(cells.where(arm="control"), "minutes").mean == 1.5
    assert moments(cells.where(arm="intervention"), "minutes").mean == 5.0
    assert moments(cells.marginal(), "minutes").total == 8.0
