"""Laws of a crossed reader study in counts: parts add up, order and names do not matter, rows say the same."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primum.evidence.counts.cells import merged
from primum.evidence.scores import reader_counts, readers
from primum.evidence.scores.reader_tests import random_readers_random_cases
from tests import reader_studies as study

PAIRS = "readings.pairs"

studies = st.builds(
    study.drawn,
    seed=st.integers(0, 10_000),
    readers=st.integers(2, 5),
    cases=st.integers(8, 60),
    gain=st.floats(-1, 2),
    levels=st.integers(2, 30),
)
modest = settings(max_examples=40, deadline=None)


@modest
@given(rows=studies, cut=st.integers(1, 8))
def test_sites_with_cases_of_their_own_add_up_to_all_readings(rows, cut):
    site = {row["case_id"]: int(row["case_id"][-4:]) * 7 % 8 < cut for row in rows}
    parts = [[row for row in rows if site[row["case_id"]] is here] for here in (True, False)]

    sent = [study.counted(part, by=("sex",), source=str(number)) for number, part in enumerate(parts) if part]
    whole = study.counted(rows, by=("sex",))

    for name in ("readings", PAIRS):
        pooled = merged([one[name] for one in reversed(sent)])
        assert pooled.levels == whole[name].levels
        assert pooled.codes.tolist() == whole[name].codes.tolist()
        assert pooled.weights.tolist() == whole[name].weights.tolist()


@modest
@given(rows=studies, seed=st.integers(0, 100))
def test_the_order_of_rows_and_the_names_of_cases_change_nothing(rows, seed):
    mixed = [row | {"case_id": f"X{row['case_id'][::-1]}"} for row in rows]
    random.Random(seed).shuffle(mixed)

    assert study.counted(mixed, by=("sex",))[PAIRS].digest == study.counted(rows, by=("sex",))[PAIRS].digest


@modest
@given(rows=studies)
def test_counts_say_what_rows_say(rows):
    found = reader_counts.areas(reader_counts.paired_readings(study.counted(rows)[PAIRS]))
    exact = readers.areas(study.row_level(rows))

    assert found.values == pytest.approx(exact.values, abs=1e-12)
    assert found.covariances == pytest.approx(exact.covariances, abs=1e-12)
    only, same = (random_readers_random_cases(one, confidence=0.95) for one in (found, exact))
    assert (only.statistic is None) == (same.statistic is None)
    if same.differences[0].interval is not None:
        assert only.differences[0].interval.lower == pytest.approx(same.differences[0].interval.lower, abs=1e-9)
        assert math.isfinite(only.differences[0].interval.upper)


@modest
@given(rows=studies)
def test_turning_the_arms_round_turns_the_gain_round(rows):
    turned = [row | {"arm": {"control": "intervention", "intervention": "control"}[row["arm"]]} for row in rows]

    gains = [
        random_readers_random_cases(
            reader_counts.areas(reader_counts.paired_readings(study.counted(one)[PAIRS])), confidence=0.95
        )
        .differences[0]
        .value
        for one in (rows, turned)
    ]

    assert gains[0] == pytest.approx(-gains[1], abs=1e-12)
