"""A rollout as the API tells it: where it stands, what happened, what it rests on, who stands in for whom."""

from datetime import datetime

from pydantic import Field

from primum.roadmap.people import Role
from primum.web.api.gate_shapes import GateLineShape
from primum.web.api.shapes import Asked, Line, Moment, Said, Shape, Words


class RolloutLineShape(Shape):
    """One rollout on the board."""

    rollout: str
    title: str
    kind: str
    stage: str
    gate: str = Field(description="Its newest gate; the name of the gate to come while there is none.")
    state: str
    exposure: str = Field(description="Who may receive output now; off, or the stage.")
    reasons: list[str]
    waiting_for: list[str] = Field(description="The empty seats of its gate, and who could sit there.")


class StoppedShape(Shape):
    """A suspension that stands, and how many have agreed that the rollout goes on."""

    id: str
    by: str
    at: datetime
    reason: Said
    needed: int
    agreed: list[str] = Field(description="Printed names of who agreed.")


class OpenContingencyShape(Shape):
    """What an approval left to be done and is not closed."""

    id: str
    gate: str
    what: Said
    owner: str
    owner_name: str
    due_at: datetime
    overdue: bool


class StandInShape(Shape):
    """A delegation in force or to come."""

    id: str
    role: str
    person: str
    person_name: str
    deputy: str
    deputy_name: str
    starts_at: datetime
    ends_at: datetime


class EventShape(Shape):
    """One thing that happened to a rollout."""

    at: datetime
    kind: str
    title: Said
    person: str
    words: Said
    gate: str


class RolloutShape(Shape):
    """One rollout and how it stands now."""

    rollout: str
    title: str
    institution: str
    kind: str
    stage: str
    stage_since: datetime
    tier: str
    policy: str
    bundle: str = Field(description="Digest of the release bundle.")
    exposure: str
    exposed_since: datetime | None
    conditions: list[str]
    stopped: StoppedShape | None
    gates: list[GateLineShape]
    contingencies: list[OpenContingencyShape]
    stand_ins: list[StandInShape]
    open_incidents: list[str]


class EvidenceShape(Shape):
    """One table in force; of a very small one the number of rows is not told."""

    name: str
    kind: str
    stages: list[str]
    digest: str
    rows: int | None
    columns: list[str]
    author: str
    measured_on: datetime
    registered_at: datetime
    registered_by: str


class DocumentShape(Shape):
    """One document in force."""

    kind: str
    title: str
    digest: str
    author: str
    issued_on: datetime
    expires_on: datetime | None
    registered_at: datetime


class GuidelineShape(Shape):
    """A guideline version, and the rollouts that follow it."""

    guideline: str
    rollouts: list[str]


class ReasonAsked(Asked):
    """Why, in your own words."""

    reason: Words = Field(description="Why, in your own words.")


class StopAsked(ReasonAsked):
    """Why it is stopped; with ``harm`` going on takes what the policy asks after harm."""

    harm: bool = Field(default=False, description="Whether a patient was harmed or nearly.")


class NoteAsked(Asked):
    """What was found and done."""

    note: Words = Field(description="What was found and done, in words that name nobody.")


class Agreed(Shape):
    """Somebody agreed that a suspended rollout goes on."""

    suspension: str
    agreed: int = Field(description="How many people have agreed.")
    needed: int
    lifted: bool = Field(description="Whether the rollout goes on now.")


class Reopened(Shape):
    """The gate that was evaluated and asked anew; granted, it lets people agree, and it promotes nothing."""

    gate: str
    state: str


class WaiverAsked(Asked):
    """Set one overridable check aside; two people ask, each known by their own token."""

    check: Line = Field(description="Id of an overridable check of the policy.")
    reason: Words
    days: int = Field(ge=1, le=3660, description="How long; the policy says how long at most.")
    second: Line = Field(description="A token with the scope `sign` of the second person; it is kept nowhere.")


class DelegationAsked(Asked):
    """Hand your seat to somebody of the same role, for a time."""

    role: Role
    deputy: Line = Field(description="Id of the person who stands in.")
    ends_at: Moment
    starts_at: Moment | None = None
    reason: Words
