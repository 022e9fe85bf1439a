"""Sound tables of every kind of evidence, in DuckDB and in Parquet, and their suites as one plain query each."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from primum.integrations.expectations_guard import guard_of
from primum.integrations.expectations_suites import Expectation, suites_for
from primum.roadmap.rollout import Evidence

DIGITS = "lpad(CAST(i AS VARCHAR), 9, '0')"
SITE = "'site-' || lpad(CAST(1 + hash(i) % 40 AS VARCHAR), 2, '0')"
DAY = "TIMESTAMPTZ '2026-03-01 09:00:00+01' + to_minutes(CAST(i % 500000 AS INTEGER))"


def _in_turn(*labels: str) -> str:
    listed = ", ".join(f"'{label}'" for label in labels)
    return f"[{listed}][1 + i % {len(labels)}]"


def _after(minutes: int) -> str:
    return f"{DAY} + to_minutes({minutes})"


TABLES: Mapping[str, Mapping[str, str]] = {
    "inputs": {
        "unit_id": f"'U' || {DIGITS}",
        "site": SITE,
        "age": "CAST(i % 90 AS DOUBLE)",
        "sex": _in_turn("female", "male"),
        "race": _in_turn("A", "B", "C"),
        "ethnicity": _in_turn("D", "E"),
        "geography": _in_turn("rural", "urban"),
        "language": _in_turn("fr", "de", "it", "en"),
        "is_synthetic": "'0'",
    },
    "diagnostic": {
        "case_id": f"'C' || {DIGITS}",
        "patient_id": "'P' || lpad(CAST(i // 3 AS VARCHAR), 9, '0')",
        "site": SITE,
        "reference": _in_turn("0", "0", "1"),
        "prediction": _in_turn("0", "1", "1", "0"),
        "reader": _in_turn("R1", "R2", "R3"),
        "score": "(i % 1000) / 1000.0",
        "confidence": "(i % 997) / 1000.0",
        "is_synthetic": "'0'",
    },
    "trial": {
        "unit_id": f"'U' || {DIGITS}",
        "arm": _in_turn("control", "intervention"),
        "site": SITE,
        "in_primary": "'1'",
        "is_synthetic": "'0'",
        "event": "CAST(i % 7 = 0 AS INTEGER)",
    },
    "interactions": {
        "interaction_id": f"'I' || {DIGITS}",
        "patient_id": "'P' || lpad(CAST(i // 3 AS VARCHAR), 9, '0')",
        "site": SITE,
        "shown_ts": _after(10),
        "ai_generated": "'1'",
        "shown_as": "'suggestion'",
        "suggestion": "'Consider MRI ' || (i % 50)",
        "rationale": "'Weakness on one side and headache ' || (i % 1000)",
        "rationale_inputs": "CAST(1 + i % 5 AS BIGINT)",
        "confidence": "(i % 1000) / 1000.0",
        "within_limits": "'1'",
        "patient_notified_ts": DAY,
        "topic": _in_turn("treatment", "triage", "diagnosis"),
        "acuity": _in_turn("emergency", "routine", "routine", "urgent"),
        "response": "'accepted'",
        "action_taken": _in_turn("0", "1", "1"),
        "resulting_action": "'MRI ordered'",
        "action_ts": _after(30),
        "order_placed_by": "'clinician'",
        "final_diagnosis_source": "'clinician'",
        "reviewer_id": "'C' || (i % 2000)",
        "reviewer_role": "'physician'",
        "review_ts": _after(20),
        "review_due_ts": f"CASE WHEN i % 4 = 0 THEN {_after(60)} END",
        "reviewer_competent_until": "TIMESTAMPTZ '2028-03-01 09:00:00+01'",
        "approval_id": f"'A' || {DIGITS}",
        "consent_id": f"'K' || {DIGITS}",
        "consent_status": "'active'",
        "consent_withdrawn_ts": "CAST(NULL AS TIMESTAMPTZ)",
        "human_read_ts": _after(5),
        "reviewer_specialty": _in_turn("radiology", "pathology"),
        "output_text": "'Consider pneumonia in bed ' || (i % 3000)",
    },
    "incidents": {
        "incident_id": f"'N' || {DIGITS}",
        "site": SITE,
        "is_drill": _in_turn("0", "0", "1"),
        "occurred_ts": DAY,
        "reported_ts": _after(60),
        "severity": _in_turn("none", "minor", "moderate", "serious", "death"),
        "causality": "'possible'",
        "limitation": "'disclosed'",
        "clinician_id": "'C' || (i % 2000)",
        "regulator_due_ts": _after(900),
        "regulator_told_ts": _after(90),
    },
    "conversations": {
        "conversation_id": "'V' || lpad(CAST(i // 10 AS VARCHAR), 9, '0')",
        "turn": "CAST(1 + i % 10 AS BIGINT)",
        "site": SITE,
        "language": _in_turn("fr", "de", "it"),
        "disclaimer_shown": "'1'",
        "emergency": _in_turn("0", "1", "0", "0"),
        "escalated": _in_turn("0", "1", "0", "0"),
        "escalation_wording": _in_turn("0", "1", "0", "0"),
        "advice_after_escalation": "'0'",
        "personal_data": "CAST(0 AS BIGINT)",
        "dosing_advice": "'0'",
        "diagnosis_given": "'0'",
        "treatment_plan": "'0'",
        "emergency_flow_first": "'1'",
    },
    "survey": {
        "response_id": f"'S' || {DIGITS}",
        "site": SITE,
        "respondent": _in_turn("clinician", "patient"),
        "instrument": _in_turn("comprehension", "comprehension", "usability"),
        "score": "CAST(i % 101 AS DOUBLE)",
    },
    "outcomes": {
        "record_id": f"'O' || {DIGITS}",
        "site": SITE,
        "period": _in_turn("2026-Q1", "2026-Q2"),
        "cases": "CAST(10 + i % 90 AS BIGINT)",
        "events": "CAST(i % 10 AS BIGINT)",
        "expected": "1.5 + i % 3",
    },
    "energy": {
        "record_id": f"'E' || {DIGITS}",
        "phase": _in_turn("training", "inference"),
        "kwh": "1.5 + i % 3",
        "kg_co2e": "0.5 + i % 3",
        "method": "'measured'",
        "requests": "CAST(1 + i % 9 AS BIGINT)",
    },
    "documents": {
        "document_id": f"'D' || {DIGITS}",
        "document_kind": "'insurance'",
        "title": "'Insurance'",
        "author": "'Legal'",
        "version": "'1'",
        "issued_ts": DAY,
        "expires_ts": _after(900),
        "sha256": "repeat('ab', 32)",
    },
}


def evidence(kind: str) -> Evidence:
    """Return the declaration of such a table; its columns are called as the contract calls them."""
    return Evidence.model_validate(
        {
            "name": kind,
            "kind": kind,
            "stages": ["pilot"],
            "source": "table.parquet",
            "columns": {name: name for name in TABLES[kind]},
            "measured_on": "2026-03-01T00:00:00Z",
            "author": "noah-kim",
        }
    )


def expectations(kind: str) -> tuple[Expectation, ...]:
    """Return the guard and the shipped suite of a kind, as they bind such a table."""
    suites = (guard_of(evidence(kind)), *suites_for(evidence(kind).kind))
    return tuple(one for suite in suites for one in suite.expectations if set(one.columns) <= set(TABLES[kind]))


def write(kind: str, rows: int, folder: Path) -> None:
    """Write such a table, once as a table of DuckDB and once as Parquet."""
    import duckdb

    folder.mkdir(parents=True)
    columns = ", ".join(f'{value} AS "{name}"' for name, value in TABLES[kind].items())
    with duckdb.connect(str(folder / "table.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        made = f"SELECT {columns} FROM range({rows}) AS made(i)"  # noqa: S608 -- our own words
        connection.execute(f"CREATE TABLE evidence AS {made}")
        connection.execute(f"COPY evidence TO '{folder}/table.parquet' (FORMAT parquet)")


def plain_query(kind: str) -> str:
    """Return the checks of a kind as one query: for each, how many rows break it, or whether it holds."""
    return f"SELECT {', '.join(map(_plain, expectations(kind)))} FROM evidence"  # noqa: S608 -- our own words


def _plain(one: Expectation) -> str:
    kwargs: Mapping[str, Any] = one.kwargs
    name, where = str(kwargs.get("column", "")), list(_conditions(kwargs.get("row_condition")))
    match one.type.removeprefix("expect_"):
        case "table_row_count_to_be_between":
            return "count(*)"
        case "column_values_to_be_unique":
            return f"count(*) - count(DISTINCT {name})"
        case "compound_columns_to_be_unique":
            return f"count(*) - count(DISTINCT ({', '.join(kwargs['column_list'])}))"
        case "column_distinct_values_to_contain_set":
            held = [[*where, f"{name} = {_written(value)}"] for value in kwargs["value_set"]]
            return " AND ".join(f"bool_or({' AND '.join(one)})" for one in held)
        case what:
            return f"count(*) FILTER (WHERE {' AND '.join([*where, f'({_broken(what, name, kwargs)})'])})"


def _broken(what: str, name: str, kwargs: Mapping[str, Any]) -> str:
    match what.removeprefix("column_"):
        case "values_to_not_be_null":
            return f"{name} IS NULL"
        case "values_to_be_in_set":
            return f"{name} NOT IN ({', '.join(map(_written, kwargs['value_set']))})"
        case "values_to_be_between":
            return " OR ".join(_ends(name, kwargs))
        case "values_to_match_regex":
            return f"NOT regexp_matches({name}, {_written(kwargs['regex']).replace('Z', 'z')})"
        case "values_to_not_match_regex":
            return f"regexp_matches({name}, {_written(kwargs['regex'])})"
        case "pair_values_a_to_be_greater_than_b":
            return _not_greater(kwargs)
    raise ValueError(what)


def _ends(name: str, kwargs: Mapping[str, Any]) -> Iterator[str]:
    if "min_value" in kwargs:
        yield f"{name} {'<=' if kwargs.get('strict_min') else '<'} {kwargs['min_value']}"
    if "max_value" in kwargs:
        yield f"{name} > {kwargs['max_value']}"


def _not_greater(kwargs: Mapping[str, Any]) -> str:
    first, second = kwargs["column_A"], kwargs["column_B"]
    holds = f"{first} {'>=' if kwargs['or_equal'] else '>'} {second}"
    if kwargs["ignore_row_if"] == "neither":
        return f"NOT coalesce({holds}, false)"
    return f"NOT ({holds})"


def _conditions(written: Any) -> Iterator[str]:  # noqa: ANN401 -- JSON
    if not written:
        return
    if written["type"] == "and":
        for part in written["conditions"]:
            yield from _conditions(part)
    elif written["type"] == "nullity":
        yield f"{written['column']['name']} IS {'' if written['is_null'] else 'NOT '}NULL"
    elif written["operator"] == "IN":
        yield f"{written['column']['name']} IN ({', '.join(map(_written, written['parameter']))})"
    else:
        yield f"{written['column']['name']} = {_written(written['parameter'])}"


def _written(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
