"""What follows an incident and a suspension: findings, redress, regulators' clocks, notices, lists, publications."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant, plain_json
from primum.ledger.tables import Record, new_id, of


class IncidentFinding(Record, table=True):
    """What a person found about an incident; the newest of a kind is in force; never changed itself."""

    __tablename__ = "incident_finding"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    incident_id: str = of("incident")
    kind: str
    value: str
    basis: Any | None = Field(default=None, sa_type=plain_json())
    person: str
    note: str = ""
    salt: str = Field(default_factory=new_id)
    at: datetime = Field(sa_type=Instant)


class Redress(Record, table=True):
    """What a patient who was harmed was offered, and how it ended (V32)."""

    __tablename__ = "redress"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    incident_id: str = of("incident")
    way: str
    what: str
    salt: str = Field(default_factory=new_id)
    offered_by: str
    offered_at: datetime = Field(sa_type=Instant)
    closed_by: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: str | None = None
    note: str | None = None


class RegulatorClock(Record, table=True):
    """One report that is owed after an incident: to whom, until when, and what was submitted (P4.5)."""

    __tablename__ = "regulator_clock"
    __table_args__ = (UniqueConstraint("incident_id", "jurisdiction", "rule"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    incident_id: str = of("incident")
    jurisdiction: str
    pack: str
    rule: str
    title: str
    duty: str
    recipients: list[str] = Field(sa_type=plain_json())
    source: str
    zone: str
    aware_at: datetime = Field(sa_type=Instant)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    unknown: str | None = None
    submitted_by: str | None = None
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    recorded_at: datetime | None = Field(default=None, sa_type=Instant)
    reference: str | None = None
    ended_by: str | None = None
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class CareReminder(Record, table=True):
    """Somebody was told that a report, a confirmation or an acknowledgement is owed, once for each step."""

    __tablename__ = "care_reminder"
    __table_args__ = (UniqueConstraint("subject", "step"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    subject: str
    step: str
    people: list[str] = Field(sa_type=plain_json())
    at: datetime = Field(sa_type=Instant)


class SuspensionNotice(Record, table=True):
    """A site was told of a suspension and acknowledges it by a moment; never changed itself."""

    __tablename__ = "suspension_notice"
    __table_args__ = (UniqueConstraint("suspension_id", "site"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    suspension_id: str = of("suspension")
    site: str
    due_at: datetime = Field(sa_type=Instant)
    at: datetime = Field(sa_type=Instant)


class ExposedList(Record, table=True):
    """That the units exposed before a suspension were listed in the data plane, and what may be said of them."""

    __tablename__ = "exposed_list"
    __table_args__ = (UniqueConstraint("suspension_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    suspension_id: str = of("suspension")
    since: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    bundle: str
    file: str
    digest: str
    counts: Any = Field(sa_type=plain_json())
    person: str
    at: datetime = Field(sa_type=Instant)


class ResumptionGate(Record, table=True):
    """A gate that was opened again so that a suspended rollout may go on; it promotes nothing."""

    __tablename__ = "resumption_gate"
    __table_args__ = (UniqueConstraint("gate_id"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    suspension_id: str = of("suspension")
    gate_id: str = of("gate")
    person: str
    at: datetime = Field(sa_type=Instant)


class IncidentPublication(Record, table=True):
    """A report on incidents that names nobody, as a person let it out (N6); never changed itself."""

    __tablename__ = "incident_publication"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    begins: str
    ends: str
    content: Any = Field(sa_type=plain_json())
    digest: str
    person: str
    printed_name: str
    role: str
    reason: str
    salt: str = Field(default_factory=new_id)
    at: datetime = Field(sa_type=Instant)


class PackSignature(Record, table=True):
    """Somebody of the institution signed the numbers of a jurisdiction's pack; never changed itself."""

    __tablename__ = "pack_signature"
    __table_args__ = (UniqueConstraint("digest"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    jurisdiction: str
    digest: str
    content: Any = Field(sa_type=plain_json())
    person: str
    printed_name: str
    role: str
    reason: str
    salt: str = Field(default_factory=new_id)
    at: datetime = Field(sa_type=Instant)
