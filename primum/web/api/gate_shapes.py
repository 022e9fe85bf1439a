"""A gate as the API tells it: findings, estimates, seats, promises; and a vote as it is handed in."""

from datetime import datetime

from pydantic import ConfigDict, Field

from primum.actions.reporting import GateReport
from primum.roadmap.gates import GateState
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer, Meaning
from primum.roadmap.suppression import publishable
from primum.roadmap.verdicts import Level, Outcome
from primum.web.api.shapes import Asked, Line, Moment, Number, Said, Shape, Words, Zone


class EstimateShape(Shape):
    """One measured quantity; numbers of small groups are left out and `suppressed` is true."""

    metric: str
    scope: str = Field(description="Whom it is about; `all`, or a site or subgroup.")
    value: Number
    lower: Number = Field(description="Lower end of the interval.")
    upper: Number = Field(description="Upper end of the interval.")
    confidence: float
    method: str
    n: int = Field(description="How many it rests on; 0 when suppressed.")
    events: int | None
    unit: str
    adjusted: str
    needed: int | None = Field(description="How many more would be needed for a decision, if known.")
    note: str
    suppressed: bool


class FindingShape(Shape):
    """What one check found."""

    check: str = Field(description="Id of the check in the policy.")
    kind: str
    outcome: Outcome
    level: Level
    sentence: str
    requirements: list[str] = Field(description="Rows of the catalogue it serves.")
    waived: bool
    estimates: list[EstimateShape]


class SeatShape(Shape):
    """One seat and what was said on it; `hidden` while reviews are independent and others have not answered."""

    role: str
    person: str = Field(description="Printed name of who signed; empty while nobody has.")
    answer: str
    meaning: str
    reason: Said
    at: datetime | None
    on_behalf_of: str
    conditions: list[str]
    stepped_up: bool
    hidden: bool


class PromiseShape(Shape):
    """What an approval leaves to be done."""

    id: str
    what: Said
    owner: str
    owner_name: str
    due_at: datetime
    closed_at: datetime | None
    note: Said


class GateShape(Shape):
    """A gate with all that a person needs before signing; `digest` is what a vote is bound to."""

    gate: str
    name: str
    rollout: str
    stage: str
    revision: int
    state: GateState
    digest: str
    opened_at: datetime
    expires_at: datetime | None
    next_step: str
    blinded: bool = Field(description="Whether answers are hidden until all are in.")
    step_up: bool = Field(description="Whether a vote here needs a signature on the page, which no token can give.")
    requested_by: str
    evaluation_digest: str
    tracking_run: str
    outcome: Outcome
    reasons: list[str]
    findings: list[FindingShape]
    seats: list[SeatShape]
    promises: list[PromiseShape]


def gate_shape(report: GateReport, *, smallest_cell: int) -> GateShape:
    """Return a gate as it may be told outside the data plane: small groups without their numbers (P9)."""
    verdict = publishable(report.evaluation, smallest_cell=smallest_cell).verdict
    told = {name: getattr(report, name) for name in GateShape.model_fields if hasattr(report, name)}
    return GateShape.model_validate(
        told | {"outcome": verdict.outcome, "reasons": list(verdict.reasons), "findings": verdict.findings}
    )


class GateLineShape(Shape):
    """One gate in short."""

    gate: str
    rollout: str
    name: str
    state: GateState
    opened_at: datetime
    state_since: datetime
    expires_at: datetime | None


class ConditionShape(Shape):
    """One thing that must hold before a gate is applied, and how it stands."""

    name: str
    holds: bool
    sentence: str


class Explanation(Shape):
    """The list that a promotion asks, before anybody tries."""

    holds: bool = Field(description="Whether everything holds now.")
    conditions: list[ConditionShape]


class ContingencyAskedShape(Asked):
    """Approve, but this is to be done."""

    what: Words = Field(description="What is to be done.")
    owner: Line = Field(description="Id of the person who owes it.")
    due_at: Moment = Field(description="Until when; later the gate closes again.")


class ConditionsShape(Asked):
    """What an approval is limited to; what is left out is open."""

    sites: tuple[Line, ...] | None = Field(default=None, max_length=200)
    units: tuple[Line, ...] | None = Field(default=None, max_length=200)
    share: Line | None = Field(default=None, description="Whole numbers, such as 1/4.")
    until: Moment | None = Field(default=None)


class VoteAsked(Asked):
    """One person's answer on one seat, in their own words, on exactly the evidence they were shown."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "seat": "clinical-lead",
                "answer": "approve",
                "meaning": "approval",
                "reason": "I read the tables and the figures of every site myself.",
                "digest": "sha256:6f1e...",
            }
        }
    )

    seat: Role = Field(description="The role you sign in.")
    answer: Answer
    meaning: Meaning = Field(description="What the signature stands for (21 CFR 11.50).")
    reason: Words = Field(description="Why, in your own words; 20 characters or more.")
    digest: Line = Field(description="The whole `digest` of the gate as it was shown to you.")
    contingency: ContingencyAskedShape | None = None
    conditions: ConditionsShape | None = None
    on_behalf_of: Line | None = Field(default=None, description="Id of the person you stand in for, if you do.")
    zone: Zone | None = Field(default=None, description="Your time zone, for the record; that of the session if empty.")


class Voted(Shape):
    """A vote was recorded."""

    gate: str
    seat: Role
    answer: Answer
    state: GateState = Field(description="The state of the gate afterwards.")


class Applied(Shape):
    """A gate was applied: the rollout moved on."""

    gate: str
    promotion: str = Field(description="Id of the promotion; the same when it is applied again.")
    stage: str = Field(description="The stage the rollout is in now.")
    in_mlflow: bool = Field(description="Whether MLflow shows it already; it is repaired at the next run if not.")
