"""What belongs to a pilot: the versions of its protocol that were locked, and which unit went into which arm."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant
from primum.ledger.tables import Record, new_id, of


class ProtocolVersion(Record, table=True):
    """One version of a protocol as a person locked it; ``change`` says what became of the one before."""

    __tablename__ = "protocol_version"
    __table_args__ = (UniqueConstraint("rollout", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    version: int
    change: str
    digest: str
    criteria_digest: str
    content: str
    person: str
    printed_name: str
    roles: str
    meaning: str
    reason: str
    salt: str = Field(default_factory=new_id)
    channel: str
    authentication: str
    at: datetime = Field(sa_type=Instant)
    zone: str = "UTC"


class AllocationBatch(Record, table=True):
    """Some units that were allocated in one transaction; ``digest`` vouches for each of their rows."""

    __tablename__ = "allocation_batch"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    protocol: str
    method: str
    seed: str
    units: int
    digest: str
    person: str
    at: datetime = Field(sa_type=Instant)


class Allocation(Record, table=True):
    """
    One unit's arm, for good. ``unit`` is the unit's keyed digest: whoever has the ledger alone learns no identifier.

    ``number`` is the order of enrolment in the rollout, ``position`` that within protocol and stratum.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        Index("ix_allocation_stratum", "rollout", "protocol", "stratum", "position", unique=True),
        Index("ix_allocation_number", "rollout", "number", unique=True),
    )

    rollout: str = Field(primary_key=True)
    unit: str = Field(primary_key=True)
    number: int
    protocol: str
    stratum: str
    position: int
    arm: str
    batch: str = Field(index=True)
