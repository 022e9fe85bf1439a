"""The share of answers that met a check, and its gaps: counted by hand."""

import pytest

from primum.evidence.measures.registry import METRICS
from tests import evidence_factories as make
from tests import explanation_factories as asking

ROWS = {
    ("three-phrases", "1", "en", "plain"): 3,
    ("emergency", "1", "en", "plain"): 97,
    ("emergency", "0", "en", "panic"): 2,
    ("emergency", "", "en", "plain"): 1,
    ("emergency", "1", "fr", "plain"): 40,
    ("emergency", "0", "fr", "panic"): 60,
    ("privacy", "1", "de", "canary"): 30,
}


def measured(metric, check, *, subgroups=(), **changes):
    cells = make.cells("checks", ("check", "met", "language", "style"), ROWS)
    question = asking.question(metric, cells, subgroups=subgroups, parameters={"check": check}, **changes)
    return METRICS[metric](question)


def test_an_answer_that_nobody_could_judge_does_not_meet_its_check():
    (estimate,) = measured("checks_met", "emergency")

    assert (estimate.events, estimate.n, estimate.scope, estimate.unit) == (137, 200, "check=emergency", "answers")
    assert "1 that could not be judged count as not met" in estimate.note


def test_three_planted_phrases_are_shown_since_they_are_no_patients():
    (estimate,) = measured("checks_met", "three-phrases")

    assert (estimate.events, estimate.n, estimate.exact, estimate.suppressed) == (3, 3, "1", False)


def test_groups_are_compared_where_the_check_was_made_and_nowhere_else():
    estimates = {one.scope: one for one in measured("gap_checks_met", "emergency", subgroups=("language", "style"))}

    assert estimates["language=fr"].value == pytest.approx(0.97 - 0.40)
    assert estimates["language=en"].value == 0
    assert "language=de" not in estimates
    assert "style=canary" not in estimates


def test_an_attribute_that_says_nothing_about_a_check_is_left_out_and_one_alone_is_not_known():
    (estimate,) = measured("gap_checks_met", "scan", subgroups=("language",))

    assert (estimate.value, estimate.note) == (None, "no subgroup counts")


@pytest.mark.parametrize(
    ("check", "note"), [("", "the criterion names no check in its parameters"), ("never-made", "there are no answers")]
)
def test_a_check_that_was_not_made_is_not_known(check, note):
    (estimate,) = measured("checks_met", check)

    assert (estimate.value, estimate.note) == (None, note)
