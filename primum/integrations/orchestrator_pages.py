"""What Prefect's own page shows of a gate: a table of sentences, links, and events to build automations on."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from primum.roadmap.verdicts import BADNESS, Finding

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

EVENT_IDS = uuid5(NAMESPACE_URL, "urn:primum:gate-events")


def show_verdict(*, gate: str, rollout: str, state: str, findings: Sequence[Finding]) -> None:
    """Show what was found as an artifact of the run: outcomes, levels and sentences, never a patient's value (P9)."""
    from prefect.artifacts import create_markdown_artifact

    create_markdown_artifact(
        key=_key("verdict", rollout),
        markdown=verdict_table(gate=gate, state=state, findings=findings),
        description=f"Gate {gate} is {state}.",
    )


def show_tracked_run(*, gate: str, rollout: str, pages: str, run: str) -> None:
    """Show a link to the MLflow run that a gate rests on; ``pages`` is where people open MLflow."""
    from prefect.artifacts import create_link_artifact

    create_link_artifact(
        key=_key("evaluation", rollout),
        link=f"{pages.rstrip('/')}/#/runs/{run}",
        link_text=f"The evaluation behind {gate} in MLflow",
        description=f"Figures, metrics, model card and digests of gate {gate}.",
    )


def ended(*, name: str, message: str, result: str) -> "State[str]":
    """Return the final state of a run, named after what came of it, such as ``Held``; none of these is a failure."""
    from prefect.states import Completed

    return Completed(name=name.replace("-", " ").capitalize(), message=message, data=result)


def announce(*, gate: str, rollout: str, state: str, digest: str) -> None:
    """
    Emit ``primum.gate.<state>``; a gate is in each state once, and so has its event one id, however often it is said.

    The payload holds ids and digests only.
    """
    from prefect.events import emit_event

    emit_event(
        event=f"primum.gate.{state}",
        resource={"prefect.resource.id": f"primum.gate.{gate}", "prefect.resource.name": gate},
        related=[{"prefect.resource.id": f"primum.rollout.{rollout}", "prefect.resource.role": "rollout"}],
        payload={"gate": gate, "rollout": rollout, "state": state, "digest": digest},
        id=uuid5(EVENT_IDS, f"{gate} {state}"),
    )


def verdict_table(*, gate: str, state: str, findings: Sequence[Finding]) -> str:
    """Return the findings as a Markdown table, the binding and bad ones first."""
    ordered = sorted(findings, key=lambda finding: (not finding.binds, -BADNESS[finding.outcome]))
    rows = (_row(finding) for finding in ordered)
    head = ("| outcome | level | finding | requirements |", "| --- | --- | --- | --- |")
    return "\n".join((f"## Gate {gate} is {state}", "", *head, *rows))


def _row(finding: Finding) -> str:
    level = f"{finding.level}, waived" if finding.waived else str(finding.level)
    sentence = finding.sentence.replace("|", "\\|").replace("\n", " ")
    return f"| {finding.outcome} | {level} | {sentence} | {', '.join(finding.requirements)} |"


def _key(*parts: str) -> str:
    return re.sub(r"[^a-z0-9-]+", "-", "-".join(parts).lower())
