"""Tables of evidence on disk, sound until a test says otherwise."""

import csv
import gzip
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from primum.integrations import expectations, sources
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.rollout import Evidence
from primum.roadmap.stages import Stage

PLANTED = "Zebra-Quartz-7731"

TRIAL = {"unit_id": "P001", "arm": "control", "site": "North", "event": "0"}

INTERACTION = {
    "interaction_id": "I1",
    "patient_id": "P1",
    "site": "North",
    "shown_ts": "2026-03-01T09:10:00+01:00",
    "ai_generated": "1",
    "shown_as": "suggestion",
    "suggestion": "Consider MRI for further evaluation",
    "rationale": "Weakness on one side and headache",
    "rationale_inputs": "2",
    "confidence": "0.8",
    "within_limits": "1",
    "patient_notified_ts": "2026-03-01T09:00:00+01:00",
    "topic": "diagnosis",
    "acuity": "routine",
    "response": "accepted",
    "action_taken": "1",
    "resulting_action": "MRI ordered",
    "action_ts": "2026-03-01T09:30:00+01:00",
    "order_placed_by": "clinician",
    "final_diagnosis_source": "clinician",
    "reviewer_id": "C7",
    "reviewer_role": "physician",
    "review_ts": "2026-03-01T09:20:00+01:00",
    "review_due_ts": "",
    "reviewer_competent_until": "2027-01-01T00:00:00+01:00",
    "approval_id": "A1",
}


def evidence(kind: str, *, columns: dict[str, str] | None = None, **changes: Any) -> Evidence:
    """A table whose columns are called as the contract calls them."""
    named = columns or {column.name: column.name for column in CONTRACTS[kind].required}
    values: dict[str, Any] = {
        "name": "table",
        "kind": kind,
        "stages": (Stage.PILOT,),
        "source": "table.csv",
        "columns": named,
        "measured_on": datetime(2026, 3, 1, tzinfo=UTC),
        "author": "noah-kim",
    }
    return Evidence(**(values | changes))


def trial(**changes: Any) -> Evidence:
    """A trial with one event column."""
    return evidence("trial", **({"columns": {name: name for name in TRIAL}} | changes))


def trial_rows(count: int = 6, **first: str) -> list[dict[str, str]]:
    """Units in turn in both arms; the first one may be changed."""
    rows = [
        {
            "unit_id": f"P{at:03d}",
            "arm": ("control", "intervention")[at % 2],
            "site": "North",
            "event": str(at % 3 // 2),
        }
        for at in range(count)
    ]
    return [{**rows[0], **first}, *rows[1:]]


def interaction_rows(count: int = 3, **first: str) -> list[dict[str, str]]:
    """Interactions that keep every rule; the first one may be changed."""
    rows = [{**INTERACTION, "interaction_id": f"I{at}", "patient_id": f"P{at}"} for at in range(count)]
    return [{**rows[0], **first}, *rows[1:]]


def as_csv(rows: list[dict[str, str]]) -> str:
    """The rows as the text of a CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write(folder: Path, rows: list[dict[str, str]], *, name: str = "table.csv") -> Path:
    """Write the rows as CSV, packed if the name says so."""
    content = as_csv(rows).encode()
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return folder / name


def frame_of(declared: Evidence, folder: Path):
    """The table as its contract has it, by the way a gate reads it."""
    facts = sources.inspect(evidence=declared, base=folder)
    return sources.frame(evidence=declared, base=folder, digest=facts.digest)


def check(declared: Evidence, folder: Path, **more: Any):
    """What the expectations say of a table on disk."""
    facts = sources.inspect(evidence=declared, base=folder)
    return expectations.check_table(evidence=declared, base=folder, digest=facts.digest, **more)


def by_id(checked) -> dict:
    """The results of a check by their ids."""
    return {result.id: result for result in checked.results}
