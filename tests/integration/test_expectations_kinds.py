"""Every other kind of evidence: a sound table passes, and each breach is counted by its expectations and no other."""

from collections import Counter

import pytest

from primum.integrations.expectations import suites_for
from primum.roadmap.verdicts import Outcome
from tests import table_factories as tables
from tests.table_breaches import BREACHES, SOUND, rows_of
from tests.table_factories import by_id


def check(kind, folder, rows):
    tables.write(folder, rows)
    return tables.check(tables.evidence(kind, columns={name: name for name in rows[0]}), folder)


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_table_passes_every_expectation_of_its_suite(tmp_path, kind):
    said = check(kind, tmp_path, rows_of(kind, []))

    assert said.outcome is Outcome.PASS
    assert {one.id for suite in suites_for(kind) for one in suite.expectations} <= set(by_id(said))


@pytest.mark.parametrize("kind", BREACHES)
def test_every_breach_is_counted_by_the_expectations_it_breaks_and_by_no_other(tmp_path, kind):
    wanted = Counter(f"{kind}.{name}" for _, names in BREACHES[kind] for name in names.split())

    said = check(kind, tmp_path, rows_of(kind, BREACHES[kind]))

    found = {result.id: result.unexpected for result in said.results if result.outcome is not Outcome.PASS}
    assert found == wanted


@pytest.mark.parametrize(
    ("kind", "column", "value", "broken"),
    [
        ("trial", "arm", "intervention", "trial.both-arms"),
        ("trial", "in_primary", "0", "trial.primary-analysis-not-empty"),
        ("diagnostic", "reference", "0", "diagnostic.both-truths"),
        ("incidents", "is_drill", "0", "incidents.drill-recorded"),
        ("survey", "respondent", "clinician", "survey.comprehension-of-both"),
        ("energy", "phase", "training", "energy.training-and-use"),
        ("conversations", "emergency", "0", "conversations.emergency-escalated"),
    ],
)
def test_a_table_that_lacks_half_of_what_it_must_show_does_not_pass(tmp_path, kind, column, value, broken):
    said = check(kind, tmp_path, [row | {column: value} for row in rows_of(kind, [])])

    assert said.outcome is not Outcome.PASS
    assert by_id(said)[broken].outcome is not Outcome.PASS


@pytest.mark.parametrize("column", ["age", "sex", "race", "ethnicity", "geography", "language"])
def test_a_group_that_is_not_recorded_in_one_of_ten_cases_fails(tmp_path, column):
    rows = [row | {"unit_id": f"N{at}"} for at, row in enumerate(rows_of("inputs", []) * 5)]
    rows[0][column] = rows[7][column] = ""

    said = check("inputs", tmp_path, rows)

    result = by_id(said)[f"inputs.{column}-known"]
    assert (result.outcome, result.evaluated, result.unexpected) == (Outcome.FAIL, 20, 2)
