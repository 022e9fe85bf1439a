"""Every other kind of evidence: a sound table passes, and each breach is counted by its expectations and no other."""

from collections import Counter

import pytest

from primum.integrations.expectations import suites_for
from primum.roadmap.verdicts import Outcome
from tests import table_factories as tables
from tests.table_factories import by_id

NINE, TEN, NOON = (f"2026-03-01T{hour:02d}:00:00Z" for hour in (9, 10, 12))

SOUND = {
    "inputs": {
        "unit_id": "#",
        "site": "North",
        "age": "40",
        "sex": "F",
        "race": "A",
        "ethnicity": "B",
        "geography": "rural",
        "language": "fr",
        "is_synthetic": "0",
    },
    "diagnostic": {
        "case_id": "#",
        "patient_id": "#",
        "site": "North",
        "reference": "%",
        "prediction": "1",
        "reader": "R1",
        "score": "0.5",
        "confidence": "0.5",
        "is_synthetic": "0",
    },
    "trial": {"unit_id": "#", "arm": "%", "site": "North", "in_primary": "1", "is_synthetic": "0"},
    "incidents": {
        "incident_id": "#",
        "site": "North",
        "is_drill": "%",
        "occurred_ts": NINE,
        "reported_ts": TEN,
        "severity": "serious",
        "causality": "possible",
        "limitation": "disclosed",
        "clinician_id": "C7",
        "regulator_due_ts": NOON,
        "regulator_told_ts": TEN,
    },
    "conversations": {
        "conversation_id": "#",
        "turn": "1",
        "site": "North",
        "language": "fr",
        "disclaimer_shown": "1",
        "emergency": "1",
        "escalated": "1",
        "escalation_wording": "1",
        "advice_after_escalation": "0",
        "personal_data": "0",
        "dosing_advice": "0",
        "diagnosis_given": "0",
        "treatment_plan": "0",
        "emergency_flow_first": "1",
    },
    "survey": {
        "response_id": "#",
        "site": "North",
        "respondent": "%",
        "instrument": "comprehension",
        "score": "80",
    },
    "outcomes": {
        "record_id": "#",
        "site": "North",
        "period": "2026-Q1",
        "cases": "10",
        "events": "2",
        "expected": "1.5",
    },
    "energy": {
        "record_id": "#",
        "phase": "%",
        "kwh": "1.5",
        "kg_co2e": "0.5",
        "method": "measured",
        "requests": "9",
    },
    "documents": {
        "document_id": "#",
        "document_kind": "insurance",
        "title": "Insurance",
        "author": "Legal",
        "version": "1",
        "issued_ts": NINE,
        "expires_ts": NOON,
        "sha256": "ab" * 32,
    },
}
TURNS = {
    "diagnostic": ("0", "1"),
    "trial": ("control", "intervention"),
    "incidents": ("0", "1"),
    "survey": ("clinician", "patient"),
    "energy": ("training", "inference"),
}
BREACHES = {
    "inputs": [({"age": "400"}, "age-possible"), ({"is_synthetic": "1"}, "no-synthetic-rows")],
    "diagnostic": [
        ({"is_synthetic": "1"}, "no-synthetic-rows"),
        ({"score": "1.5"}, "score-range"),
        ({"confidence": "-0.1"}, "confidence-range"),
        ({"confidence": ""}, "confidence-shown"),
    ],
    "trial": [({"is_synthetic": "1"}, "no-synthetic-rows")],
    "incidents": [
        ({"reported_ts": "2026-02-01T00:00:00Z"}, "reported-after-it-happened"),
        ({"regulator_due_ts": "", "is_drill": "0"}, "serious-has-a-deadline"),
        ({"regulator_due_ts": "", "is_drill": "1"}, ""),
        ({"regulator_told_ts": "2026-03-02T00:00:00Z"}, "regulator-told-in-time"),
        ({"regulator_told_ts": ""}, ""),
    ],
    "conversations": [
        ({"disclaimer_shown": "0"}, "disclaimer-shown"),
        ({"escalated": "0", "escalation_wording": "0"}, "emergency-escalated"),
        ({"emergency": "0", "escalated": "0", "escalation_wording": "0", "advice_after_escalation": "1"}, ""),
        ({"escalation_wording": "0"}, "emergency-wording"),
        ({"advice_after_escalation": "1"}, "silent-after-escalation"),
        ({"personal_data": "2"}, "no-personal-data"),
        ({"dosing_advice": "1"}, "no-dosing"),
        ({"diagnosis_given": "1"}, "no-diagnosis"),
        ({"treatment_plan": "1"}, "no-treatment-plan"),
        ({"emergency_flow_first": "0"}, "emergency-flow-first"),
    ],
    "survey": [({"score": "101"}, "score-range")],
    "outcomes": [
        ({"cases": "0", "events": "0"}, "some-cases"),
        ({"events": "11"}, "events-among-cases"),
        ({"events": "-1"}, "events-not-negative"),
        ({"expected": "0"}, "expected-positive"),
    ],
    "energy": [
        ({"kwh": "-1"}, "energy-not-negative"),
        ({"kg_co2e": "-1"}, "emissions-not-negative"),
        ({"phase": "inference", "requests": "0"}, "use-has-requests"),
        ({"phase": "training", "requests": "0"}, ""),
    ],
    "documents": [
        ({"sha256": "ab" * 31}, "digest-written"),
        ({"sha256": "ab" * 32 + "\n"}, "digest-written"),
        ({"sha256": "AB" * 32}, "digest-written"),
        ({"expires_ts": "2026-02-01T00:00:00Z"}, "ends-after-it-begins"),
        ({"expires_ts": ""}, ""),
    ],
}


def rows_of(kind, breaches):
    """As many sound rows as breaches and some more, each breach in a row of its own."""
    rows = []
    for at in range(len(breaches) + 4):
        turn = TURNS.get(kind, ("",))[at % len(TURNS.get(kind, ("",)))]
        row = {name: value.replace("#", f"N{at}").replace("%", turn) for name, value in SOUND[kind].items()}
        rows.append(row | (breaches[at][0] if at < len(breaches) else {}))
    return rows


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
