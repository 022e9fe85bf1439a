"""Guideline versions as published, what each changed in the evidence, and how past advice is looked back at."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant, plain_json
from primum.ledger.tables import Record, new_id, of


class GuidelineVersion(Record, table=True):
    """One version of one guideline, whole; never changed itself. ``content`` is its canonical JSON."""

    __tablename__ = "guideline_version"
    __table_args__ = (UniqueConstraint("guideline", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    guideline: str = Field(index=True)
    version: str
    digest: str
    content: str
    published_on: str
    effective_on: str
    publisher: str
    channel: str
    at: datetime = Field(sa_type=Instant)


class GuidelineRequest(Record, table=True):
    """A signed request of an outside registry was taken; the same one is not taken again."""

    __tablename__ = "guideline_request"

    fingerprint: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=Instant, index=True)


class Relabelling(Record, table=True):
    """A table of evidence labelled by two versions, as counts without small cells; never changed itself."""

    __tablename__ = "relabelling"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    old: str
    old_digest: str
    new: str
    new_digest: str
    evidence: str
    evidence_digest: str
    counts: Any = Field(sa_type=plain_json())
    person: str
    at: datetime = Field(sa_type=Instant)


class LookBack(Record, table=True):
    """A worklist was made in the data plane; here are its counts without small cells and a seal, and no unit."""

    __tablename__ = "look_back"
    __table_args__ = (UniqueConstraint("rollout", "old_digest", "new_digest", "evidence_digest"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    old: str
    old_digest: str
    new: str
    new_digest: str
    evidence: str
    evidence_digest: str
    advice: str
    counts: Any = Field(sa_type=plain_json())
    seal: str
    person: str
    at: datetime = Field(sa_type=Instant)


class LookBackProgress(Record, table=True):
    """How far a worklist was worked off at a moment, as counts without small cells; never changed itself."""

    __tablename__ = "look_back_progress"
    __table_args__ = (UniqueConstraint("look_back", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    look_back: str = of("look_back")
    number: int = Field(sa_type=BigInteger)
    rollout: str = of("rollout")
    counts: Any = Field(sa_type=plain_json())
    complete: bool
    person: str
    at: datetime = Field(sa_type=Instant)
