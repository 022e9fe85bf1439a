"""The log of interactions: what the sources ask of every output (P1.1 to P1.9, P3, U5 to U7, V8, I4, N9)."""

from collections import Counter

import pytest

from primum.integrations.expectations import suites_for
from primum.roadmap.uses import Mode
from primum.roadmap.verdicts import Outcome
from tests import table_factories as tables
from tests.table_breaches import CONSENT, LOG_BREACHES, SECOND, rows_of_a_log
from tests.table_factories import by_id


def check(folder, *, more=None, declares=(), **first):
    """Check a log whose first row is changed; ``more`` columns are mapped besides the required ones."""
    rows = [row | (more or {}) for row in tables.interaction_rows(3)]
    rows[0] |= first
    tables.write(folder, rows)
    columns = {name: name for name in rows[0]}
    return tables.check(tables.evidence("interactions", columns=columns), folder, declares=declares)


def broken(said) -> set[str]:
    return {result.id for result in said.results if result.outcome is not Outcome.PASS}


def test_a_log_that_keeps_every_rule_passes(tmp_path):
    assert check(tmp_path, more=CONSENT | SECOND, topic="treatment").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("suggestion", "order_placed_by", "outcome"),
    [
        ("LMM autonomously orders MRI", "lmm", Outcome.FAIL),
        ("Consider MRI for further evaluation", "clinician", Outcome.PASS),
        ("Consider MRI for further evaluation", "none", Outcome.PASS),
    ],
)
def test_the_model_may_suggest_an_mri_and_never_order_it(tmp_path, suggestion, order_placed_by, outcome):
    said = check(tmp_path, suggestion=suggestion, order_placed_by=order_placed_by)

    result = by_id(said)["interactions.order-by-a-person"]
    assert said.outcome is outcome
    assert (result.outcome, result.unexpected) == (outcome, int(outcome is Outcome.FAIL))
    assert result.requirements == ("P1.9",)
    assert result.safety_event == (outcome is Outcome.FAIL)


EXPECTED = Counter(f"interactions.{name}" for _, names in LOG_BREACHES for name in names.split())
SAFETY = {"P1.1", "P1.4", "P1.8", "P1.9", "U5", "U6", "U7"}
EVERY = [one.id for suite in suites_for("interactions") for one in suite.expectations]


@pytest.fixture(scope="module")
def log_of_breaches(tmp_path_factory):
    """What is said of a log in which every row breaks another rule."""
    folder = tmp_path_factory.mktemp("log")
    rows = rows_of_a_log(LOG_BREACHES)
    tables.write(folder, rows)
    return tables.check(tables.evidence("interactions", columns={name: name for name in rows[0]}), folder)


@pytest.mark.parametrize("name", EVERY)
def test_every_breach_is_counted_by_the_expectations_it_breaks_and_by_no_other(log_of_breaches, name):
    result = by_id(log_of_breaches)[name]

    wrong = EXPECTED[name]
    assert result.unexpected == wrong
    assert result.outcome is (Outcome.FAIL if wrong else Outcome.PASS)
    assert result.safety_event == bool(wrong and SAFETY & set(result.requirements))


def test_only_what_cannot_be_missing_is_never_breached_here():
    assert set(EVERY) - set(EXPECTED) == {"interactions.suggestion-recorded", "interactions.resulting-action-recorded"}


def test_rules_on_optional_columns_do_not_bind_while_these_are_not_mapped(tmp_path):
    said = check(tmp_path)

    assert said.outcome is Outcome.PASS
    assert "interactions.consent-given" not in by_id(said)


@pytest.mark.parametrize(
    ("declares", "columns"),
    [
        ({"treatment-planning"}, {"consent_id", "consent_status", "consent_withdrawn_ts"}),
        ({Mode.SECOND_READER}, {"human_read_ts", "reviewer_specialty"}),
    ],
)
def test_a_rollout_that_needs_them_cannot_leave_optional_columns_out(tmp_path, declares, columns):
    said = check(tmp_path, declares=declares)

    assert said.outcome is Outcome.ERROR
    assert broken(said) == {f"guard.{name}.mapped" for name in columns}


def test_a_log_without_any_action_does_not_prove_that_actions_are_reviewed(tmp_path):
    quiet = {
        "action_taken": "0",
        "resulting_action": "none",
        "action_ts": "",
        "approval_id": "",
        "order_placed_by": "none",
    }
    rows = [row | quiet for row in tables.interaction_rows(3)]
    tables.write(tmp_path, rows)

    said = tables.check(tables.evidence("interactions"), tmp_path)

    assert said.outcome is not Outcome.PASS
    assert by_id(said)["interactions.action-reviewed"].outcome is Outcome.INSUFFICIENT
    assert by_id(said)["interactions.diagnosis-reviewed"].outcome is Outcome.PASS
