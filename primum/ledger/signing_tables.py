"""What belongs to signing: who stands in for whom, what was meant to be signed, what an approval leaves to do."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant, plain_json
from primum.ledger.tables import Record, new_id, of


class Delegation(Record, table=True):
    """One person stands in for another on one role, for a time; never handed on."""

    __tablename__ = "delegation"

    id: str = Field(default_factory=new_id, primary_key=True)
    role: str
    rollouts: list[str] = Field(sa_type=plain_json())
    person: str = Field(index=True)
    deputy: str = Field(index=True)
    starts_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    reason: str
    salt: str = Field(default_factory=new_id)
    channel: str
    made_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_by: str | None = None


class ConflictOfInterest(Record, table=True):
    """A person declared an interest in a rollout and cannot sign on it until it is withdrawn."""

    __tablename__ = "conflict_of_interest"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    person: str = Field(index=True)
    reason: str
    salt: str = Field(default_factory=new_id)
    channel: str
    declared_at: datetime = Field(sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)


class Intent(Record, table=True):
    """What a person means to sign, until they have shown again who they are (21 CFR 11.200)."""

    __tablename__ = "intent"

    id: str = Field(default_factory=new_id, primary_key=True)
    gate_id: str = of("gate")
    person: str = Field(index=True)
    seat: str
    answer: str
    meaning: str
    reason: str
    salt: str = Field(default_factory=new_id)
    contingency: Any | None = Field(default=None, sa_type=plain_json())
    conditions: Any | None = Field(default=None, sa_type=plain_json())
    on_behalf_of: str | None = None
    shown_digest: str
    channel: str
    zone: str = "UTC"
    at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    code_digest: str = Field(index=True, unique=True)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0


class Contingency(Record, table=True):
    """What an approval leaves to be done, by whom and until when; overdue, it closes the gate again."""

    __tablename__ = "contingency"

    id: str = Field(default_factory=new_id, primary_key=True)
    gate_id: str = of("gate")
    rollout: str = of("rollout")
    person: str
    what: str
    salt: str = Field(default_factory=new_id)
    owner: str
    due_at: datetime = Field(sa_type=Instant)
    at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_by: str | None = None
    note: str | None = None
    overdue_at: datetime | None = Field(default=None, sa_type=Instant)


class Reminder(Record, table=True):
    """One person was reminded of one gate, once for each step; never changed itself."""

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("gate_id", "person", "step"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    gate_id: str = of("gate")
    person: str
    seat: str
    step: str
    at: datetime = Field(sa_type=Instant)


class ResumptionVote(Record, table=True):
    """One person's signed wish that a suspended rollout goes on; never changed itself."""

    __tablename__ = "resumption_vote"
    __table_args__ = (UniqueConstraint("suspension_id", "person"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    suspension_id: str = of("suspension")
    person: str
    printed_name: str
    role: str
    reason: str
    salt: str = Field(default_factory=new_id)
    channel: str
    authentication: str
    at: datetime = Field(sa_type=Instant)


class Incident(Record, table=True):
    """Something happened, or nearly did; what it was stays in words that name nobody."""

    __tablename__ = "incident"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    site: str
    severity: str
    category: str
    what: str
    salt: str = Field(default_factory=new_id)
    reporter: str
    channel: str
    occurred_at: datetime = Field(sa_type=Instant)
    reported_at: datetime = Field(sa_type=Instant)
    confirmed_by: str | None = None
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    suspension_id: str | None = None
    closed_by: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    note: str | None = None
    harm: str | None = None
    used_by: str | None = None
    encounter: str | None = None
    basis: Any | None = Field(default=None, sa_type=plain_json())
