"""The pages that are written from policies, requirements and expectations."""

import json
from pathlib import Path
from typing import Any

from primum.integrations.configuration import load_policy
from primum.integrations.coverage import coverage_of
from primum.roadmap.policy import Policy, Source, Threshold
from tools.layout import document, plain, table

MAIN_POLICY = "who-lmm-2025"


def policies(root: Path) -> str:
    """Return the page of the policies: each threshold with the line it comes from, each ambiguity resolved."""
    loaded = [load_policy(path.stem, base=root) for path in sorted((root / "config" / "policies").glob("*.yaml"))]
    parts = [part for policy in loaded for part in _policy(policy)]
    return document("Policies", *parts, source="config/policies/")


def requirements(root: Path) -> str:
    """Return the page of the requirements: what each asks, and what enforces it now."""
    rows = coverage_of(policy=MAIN_POLICY, base=root)
    enforced = sum(1 for row in rows if row.enforced_by)
    return document(
        "Requirements",
        f"{enforced} of {len(rows)} rows are enforced under `{MAIN_POLICY}`; the others say *not yet*. The claims are "
        "read off policies, expectations and code, never typed; `primum requirements` prints the same.",
        table(
            ("Requirement", "What is asked", "Enforced by", "Proved by"),
            [
                (
                    row.id,
                    row.criterion,
                    row.words if row.enforced_by else "*not yet*",
                    "; ".join(f"`{test.removeprefix('tests/')}`" for test in row.tests),
                )
                for row in rows
            ],
        ),
        source="config/requirements.yaml",
    )


def expectations(root: Path) -> str:
    """Return the page of the expectation suites: each expectation with its reason and its requirements."""
    paths = sorted((root / "expectations").glob("*.json"))
    return document(
        "Expectations",
        "Each suite is data that a data steward can review and extend without writing Python.",
        *(part for path in paths for part in _suite(path)),
        source="expectations/",
    )


def _policy(policy: Policy) -> list[str]:
    return [
        f"## {policy.title} (`{policy.id}`, version {policy.version})",
        plain(policy.provenance),
        *_criteria(policy),
        *_seats_and_documents(policy),
        *_ambiguities(policy),
    ]


def _criteria(policy: Policy) -> list[str]:
    rows = [
        (
            f"`{one.id}`",
            one.title,
            _threshold(one.threshold),
            one.level,
            ", ".join(one.gates),
            ", ".join((*one.requirements, *one.ambiguities)),
            _source(one.source),
        )
        for one in policy.criteria
    ]
    head = ("Criterion", "Title", "Threshold", "Level", "Gates", "Requirements", "Source")
    return ["### Criteria", table(head, rows)]


def _seats_and_documents(policy: Policy) -> list[str]:
    seats = [
        (one.role, one.people, ", ".join(one.gates), ", ".join(one.requirements), _source(one.source))
        for one in policy.seats
    ]
    documents = [
        (f"`{one.kind}`", one.title, one.level, ", ".join(one.gates), ", ".join(one.requirements), _source(one.source))
        for one in policy.documents
    ]
    return [
        "### Seats",
        table(("Role", "People", "Gates", "Requirements", "Source"), seats),
        "### Documents",
        table(("Document", "Title", "Level", "Gates", "Requirements", "Source"), documents),
    ]


def _ambiguities(policy: Policy) -> list[str]:
    rows = [(one.id, one.question, one.resolution, ", ".join(one.holds_in)) for one in policy.ambiguities]
    return [
        "### Ambiguities of the sources, and how this policy resolves them",
        table(("Ambiguity", "Question", "Resolution", "Holds in"), rows),
    ]


def _threshold(threshold: Threshold | None) -> str:
    if threshold is None:
        return "shown, not decided"
    return f"{threshold.bound} {threshold.operator.replace('_', ' ')} {threshold.value} ({threshold.method})"


def _source(source: Source) -> str:
    return source.words if source.file == "local" else f"{source.file}:{source.line}"


def _suite(path: Path) -> list[str]:
    suite = json.loads(path.read_text(encoding="utf-8"))
    rows = [_expectation(one) for one in suite.get("expectations", [])]
    return [f"## {path.stem}", table(("Expectation", "Type", "Column", "Why", "Requirements"), rows)]


def _expectation(one: dict[str, Any]) -> tuple[str, str, str, str, str]:
    arguments = one.get("kwargs", {})
    columns = [str(arguments[key]) for key in ("column", "column_A", "column_B", "column_list") if key in arguments]
    notes, meta = one.get("notes", ""), one.get("meta", {})
    return (
        f"`{meta.get('id', '')}`",
        f"`{one['type']}`",
        ", ".join(f"`{column}`" for column in columns),
        " ".join(notes) if isinstance(notes, list) else str(notes),
        ", ".join(meta.get("requirements", [])),
    )
