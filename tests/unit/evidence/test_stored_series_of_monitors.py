"""Stored counts become the very series that a monitor would get from single tallies, and nothing that is over."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.evidence.watching.series import BASELINE, SeriesRefused, Tally, series_of
from primum.evidence.watching.stored import stored_series

PLACES = st.tuples(
    st.sampled_from(["2026-W01", "2026-W02", "2026-W03", BASELINE]),
    st.sampled_from(["north", "south"]),
    st.sampled_from(["all", "women"]),
)
COUNTS = st.dictionaries(st.sampled_from(["n", "events", "sex=f", "sex=m"]), st.integers(0, 1_000), min_size=1)


@given(stored=st.dictionaries(PLACES, COUNTS, min_size=1, max_size=12))
def test_many_rows_at_once_are_what_single_tallies_are(stored):
    rows = [(*place, json.dumps(counts)) for place, counts in stored.items()]
    tallies = [
        Tally(period=period, site=site, group=group, column=column, value=value)
        for (period, site, group), counts in stored.items()
        for column, value in counts.items()
    ]

    found, expected = stored_series(rows), series_of(tallies)

    assert (found.sites, found.groups, found.periods) == (expected.sites, expected.groups, expected.periods)
    for column, values in expected.counts.items():
        np.testing.assert_array_equal(found.counts[column], values)
    for column, values in expected.baseline.items():
        np.testing.assert_array_equal(found.baseline[column], values)


def test_what_an_alarm_spoke_of_is_left_out_after_it_was_dealt_with():
    rows = [
        (f"2026-W0{week}", site, "all", json.dumps({"n": week})) for week in (1, 2, 3) for site in ("north", "south")
    ]

    one = stored_series(rows, anew={("north", "all"): "2026-W02"})
    every = stored_series(rows, anew={("", "all"): "2026-W01"})

    assert [math.isnan(value) for value in one.counts["n"][0, 0]] == [True, True, False]
    assert list(one.counts["n"][1, 0]) == [1, 2, 3]
    assert np.isnan(every.counts["n"][:, 0, 0]).all()


@pytest.mark.parametrize("text", ["{", "[1]", '{"n": "many"}', '{"n": [1]}'])
def test_stored_counts_that_cannot_be_read_are_refused(text):
    with pytest.raises(SeriesRefused, match="primum audit verify"):
        stored_series([("2026-W01", "north", "all", text)])


def test_nothing_stored_is_a_series_of_nothing():
    assert stored_series([]).periods == ()
