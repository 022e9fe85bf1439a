"""What was registered, evaluated, asked, signed and promoted; and the log that witnesses it."""

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import BigInteger, ForeignKey, MetaData, Table, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from primum.ledger.columns import Instant, plain_json

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Record(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMES))):
    """Base of the ledger's tables, with a metadata of their own."""

    if TYPE_CHECKING:
        # Every class with `table=True` has one; SQLModel does not declare it.
        __table__: ClassVar[Table]


def new_id() -> str:
    """Return an id nobody can guess."""
    return secrets.token_hex(16)


def of(table: str) -> Any:  # noqa: ANN401 -- as the library declares its own Field
    """Return a required reference to a row of another table, checked when the transaction commits."""
    return Field(index=True, sa_column_args=[ForeignKey(f"{table}.id", deferrable=True, initially="DEFERRED")])


class RolloutRecord(Record, table=True):
    """One rollout and where it is on the roadmap now."""

    __tablename__ = "rollout"

    id: str = Field(primary_key=True)
    title: str
    institution: str
    kind: str
    stage: str
    stage_since: datetime = Field(sa_type=Instant)
    tier: str
    policy_id: str
    policy_digest: str
    bundle_digest: str
    bundle: str
    spec: str
    spec_path: str
    registered_by: str
    registered_at: datetime = Field(sa_type=Instant)
    revision: int = 1


class EvidenceRecord(Record, table=True):
    """One registered table of evidence; replaced by a newer row, never edited in place."""

    __tablename__ = "evidence"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    name: str
    kind: str
    stages: list[str] = Field(sa_type=plain_json())
    location: str
    digest: str
    rows: int = Field(sa_type=BigInteger)
    columns: list[str] = Field(sa_type=plain_json())
    author: str
    measured_on: datetime = Field(sa_type=Instant)
    registered_at: datetime = Field(sa_type=Instant)
    registered_by: str
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)


class DocumentRecord(Record, table=True):
    """One registered document and how long it is in force."""

    __tablename__ = "document"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    kind: str
    title: str
    location: str
    digest: str
    author: str
    issued_on: datetime = Field(sa_type=Instant)
    expires_on: datetime | None = Field(default=None, sa_type=Instant)
    registered_at: datetime = Field(sa_type=Instant)
    superseded_at: datetime | None = Field(default=None, sa_type=Instant)


class EvaluationRecord(Record, table=True):
    """One evaluation of a gate, with the snapshot the decision rests on."""

    __tablename__ = "evaluation"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    gate_id: str = of("gate")
    stage: str
    snapshot: str
    digest: str
    outcome: str
    tracking_run: str | None = None
    tracking_manifest: str | None = None
    at: datetime = Field(sa_type=Instant)


class Gate(Record, table=True):
    """One opening of the gate at the end of a stage; a new revision when it is asked again."""

    __tablename__ = "gate"
    __table_args__ = (UniqueConstraint("rollout", "name", "revision"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    name: str
    stage: str
    revision: int = 1
    state: str
    subject_digest: str | None = None
    evaluation_id: str | None = None
    requested_by: str | None = None
    opened_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    state_since: datetime = Field(sa_type=Instant)


class GateTransition(Record, table=True):
    """One change of a gate's state; never changed itself."""

    __tablename__ = "gate_transition"

    id: str = Field(default_factory=new_id, primary_key=True)
    gate_id: str = of("gate")
    state_from: str | None = None
    state_to: str
    person: str
    at: datetime = Field(sa_type=Instant)
    reason: str = ""
    salt: str = Field(default_factory=new_id)
    subject_digest: str | None = None


class Vote(Record, table=True):
    """One person's signed answer on one seat, and exactly what they were shown."""

    __tablename__ = "vote"
    __table_args__ = (UniqueConstraint("gate_id", "person"), UniqueConstraint("gate_id", "seat", "person"))

    id: str = Field(default_factory=new_id, primary_key=True)
    gate_id: str = of("gate")
    seat: str
    person: str
    organisation: str
    printed_name: str
    answer: str
    meaning: str
    reason: str
    salt: str = Field(default_factory=new_id)
    contingency: Any | None = Field(default=None, sa_type=plain_json())
    conditions: Any | None = Field(default=None, sa_type=plain_json())
    shown_digest: str
    policy_digest: str
    channel: str
    authentication: str
    at: datetime = Field(sa_type=Instant)
    zone: str = "UTC"
    on_behalf_of: str | None = None
    intent_id: str | None = None
    authenticated_at: datetime | None = Field(default=None, sa_type=Instant)


class Promotion(Record, table=True):
    """A rollout went from one stage to the next on one evidence digest: at most once (P1)."""

    __tablename__ = "promotion"
    __table_args__ = (UniqueConstraint("rollout", "stage_from", "subject_digest"), UniqueConstraint("gate_id"))

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    stage_from: str
    stage_to: str
    subject_digest: str
    gate_id: str = of("gate")
    person: str
    at: datetime = Field(sa_type=Instant)


class Exposure(Record, table=True):
    """Who may receive LMM output from a moment on, and because of what."""

    __tablename__ = "exposure"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    at: datetime = Field(sa_type=Instant)
    state: str
    conditions: Any | None = Field(default=None, sa_type=plain_json())
    cause: str


class Suspension(Record, table=True):
    """Back to standard care at once, by one person; lifted later, with its own reason."""

    __tablename__ = "suspension"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    person: str
    at: datetime = Field(sa_type=Instant)
    reason: str
    salt: str = Field(default_factory=new_id)
    lifted_by: str | None = None
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)
    lifted_reason: str | None = None
    for_harm: bool | None = None


class Waiver(Record, table=True):
    """An overridable criterion set aside by two people, for a reason, for a time."""

    __tablename__ = "waiver"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    criterion: str
    reason: str
    salt: str = Field(default_factory=new_id)
    approvers: list[str] = Field(sa_type=plain_json())
    granted_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)


class Entry(Record, table=True):
    """One line of the log; ``leaf`` is its RFC 9162 leaf hash in hex."""

    __tablename__ = "entry"

    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str
    rollout: str = Field(index=True)
    person: str
    at: datetime = Field(sa_type=Instant)
    body: str
    leaf: str = ""


class LogState(Record, table=True):
    """The single row that serialises appends: how long the log is, and its frontier."""

    __tablename__ = "log_state"
    ONLY: ClassVar[int] = 1

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    origin: str
    size: int = 0
    frontier: list[str] = Field(default_factory=list, sa_type=plain_json())


class Checkpoint(Record, table=True):
    """The root of the log at one size, signed."""

    __tablename__ = "checkpoint"

    size: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    root: str
    at: datetime = Field(sa_type=Instant)
    key_id: str
    signature: str


class OutboxMessage(Record, table=True):
    """One message to be delivered at least once, with an id that never changes (P6)."""

    __tablename__ = "outbox_message"

    id: str = Field(primary_key=True)
    kind: str
    rollout: str
    gate: str | None = None
    body: Any = Field(sa_type=plain_json())
    cause: int = Field(index=True, sa_column_args=[ForeignKey("entry.position", deferrable=True, initially="DEFERRED")])
    created_at: datetime = Field(sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    last_error: str | None = None
    next_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    parked_at: datetime | None = Field(default=None, sa_type=Instant)
