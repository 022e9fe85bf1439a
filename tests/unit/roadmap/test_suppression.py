from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.roadmap.suppression import masked, publishable, too_small
from tests import web_factories

SHARE = web_factories.share("sensitivity", 7, 9, "site=Ward")


@pytest.mark.parametrize(("n", "small"), [(0, False), (1, True), (9, True), (10, False), (11, False)])
def test_a_cell_is_small_below_the_policys_number_and_nobody_is_not_a_cell(n, small):
    assert too_small(replace(SHARE, n=n), smallest_cell=10) is small


def test_what_was_marked_stays_small_whatever_its_n():
    assert too_small(replace(SHARE, n=500, suppressed=True), smallest_cell=10)


def test_a_count_of_sites_says_nothing_about_a_patient():
    assert not too_small(replace(SHARE, n=4, unit="sites"), smallest_cell=10)


def test_an_emptied_cell_keeps_its_place_and_none_of_its_numbers():
    empty = masked(replace(SHARE, note="7 of 9", needed=63, exact="7/9"), smallest_cell=10)

    assert (empty.metric, empty.scope, empty.suppressed) == ("sensitivity", "site=Ward", True)
    assert (empty.value, empty.lower, empty.upper, empty.events, empty.needed) == (None,) * 5
    assert (empty.n, empty.exact, empty.note) == (0, "", "fewer than 10 patients; not shown")


def test_outcomes_are_untouched_when_numbers_are_taken_out():
    evaluation = web_factories.evaluation(findings=(web_factories.judged("site-sensitivity", SHARE),))

    outside = publishable(evaluation, smallest_cell=10)

    assert [one.outcome for one in outside.verdict.findings] == [one.outcome for one in evaluation.verdict.findings]
    assert outside.verdict.findings[-1].estimates[0].value is None


@given(n=st.integers(0, 40), smallest=st.integers(1, 40))
def test_no_number_of_a_small_cell_is_ever_left(n, smallest):
    estimate = masked(replace(SHARE, n=n), smallest_cell=smallest)

    assert estimate.value is None or n >= smallest or n == 0


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("data/heart.parquet", "data/heart.parquet"),
        ("postgresql://nurse:secret@ward.example/db", "postgresql://ward.example/db"),
        ("postgresql://ward.example/db?password=secret", "postgresql://ward.example/db"),
        ("data/what?.csv", "data/what?.csv"),
    ],
)
def test_a_location_is_shown_without_user_and_password(location, shown):
    evaluation = web_factories.heart()
    table = replace(evaluation.tables[0], location=location)

    outside = publishable(replace(evaluation, tables=(table,)), smallest_cell=10)

    assert outside.tables[0].location == shown
