"""What is told and asked of what follows an incident and a stop."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from primum.roadmap.clocks import ClockState
from primum.roadmap.incidents import Harm, RedressOutcome, RedressWay, Severity
from primum.web.api.shapes import Asked, Line, Moment, Named, Said, Shape, Words


class ClockShape(Shape):
    """One report that is owed to a regulator, and how much of its time is left."""

    id: str
    jurisdiction: str
    rule: str
    title: str
    duty: str
    recipients: list[str]
    source: str
    zone: str = Field(description="The zone whose days count.")
    aware_at: datetime
    due_at: datetime | None = Field(description="Null while nobody has filled in and signed the numbers of the place.")
    state: ClockState
    words: str
    submitted_at: datetime | None
    reference: str | None


class StatementShape(Shape):
    """One thing the model card in force told of."""

    id: str
    field: str
    words: str


class FindingShape(Shape):
    """What a person found about an incident."""

    kind: str
    value: str
    note: Said
    person: str
    at: datetime
    basis: dict[str, Any] | None


class RedressShape(Shape):
    """What a patient who was harmed was offered, and how it ended."""

    id: str
    way: RedressWay
    what: Said
    offered_at: datetime
    outcome: RedressOutcome | None
    closed_at: datetime | None


class CareShape(Shape):
    """What follows one incident; who used the output and who let it in are told with their names."""

    incident: str
    harm: Harm | None
    used_by: str | None
    has_encounter: bool = Field(description="Whether its encounter is kept in the data plane; it is never told here.")
    basis: dict[str, Any] | None = Field(description="Gate, signers, evidence, policy and release in force then.")
    clocks: list[ClockShape]
    findings: list[FindingShape]
    redress: list[RedressShape]
    statements: list[StatementShape] = Field(description="What the model card in force told of, to compare with.")


class GradingAsked(Asked):
    """How bad it was after all, and why."""

    severity: Severity
    harm: Harm | None = None
    note: Words


class FindingAsked(Asked):
    """What a person found: the cause, the card's statement or ``none``, a remedy, or words that were missing."""

    kind: Literal["causality", "limitation", "remedial-action", "words"]
    value: Line = Field(default="", description="The causality, or the id of the card's statement.")
    note: Words


class SubmissionAsked(Asked):
    """When a report went out, under which reference."""

    submitted_at: Moment
    reference: Line


class RedressAsked(Asked):
    """What was offered, naming nobody."""

    way: RedressWay
    what: Words


class RedressEnded(Asked):
    """How an offer ended, naming nobody."""

    outcome: RedressOutcome
    note: Words


class SiteAsked(Asked):
    """Which site has seen it."""

    site: Line


class SystemAsked(Asked):
    """Which rollout's suspension the system of which site has seen."""

    rollout: Named
    site: Line


class SiteShape(Shape):
    """One site that was told of a suspension."""

    site: str
    due_at: datetime
    by: str
    channel: str
    at: datetime | None
    overdue: bool
    systems: list[str]


class SuspensionShape(Shape):
    """A suspension, the sites that have seen it, and counts of units it had reached, suppressed where small."""

    suspension: str
    rollout: str
    by: str
    at: datetime
    reason: Said
    for_harm: bool
    sites: list[SiteShape]
    lifted_at: datetime | None
    listed: str
    counts: list[tuple[str, str]]
    needs_gate: bool = Field(description="Whether going on takes the gate that let it in, asked anew.")
    gate: str | None = Field(description="The gate that was asked anew, if one was.")
    gate_state: str | None
