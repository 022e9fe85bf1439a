"""What belongs to scale: the waves that began, who holds them back, which site has seen what."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant, plain_json
from primum.ledger.tables import Record, new_id, of


class WaveStep(Record, table=True):
    """A wave began, or exposure was walked back to it; never changed itself."""

    __tablename__ = "wave_step"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    wave: str
    limits: Any = Field(sa_type=plain_json())
    back: bool = False
    person: str
    reason: str
    salt: str = Field(default_factory=new_id)
    at: datetime = Field(sa_type=Instant)


class Hold(Record, table=True):
    """A person keeps a rollout from widening; what it reaches already goes on."""

    __tablename__ = "hold"

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    person: str
    reason: str
    salt: str = Field(default_factory=new_id)
    at: datetime = Field(sa_type=Instant)
    lifted_by: str | None = None
    lifted_at: datetime | None = Field(default=None, sa_type=Instant)
    lifted_reason: str | None = None


class SiteAcknowledgement(Record, table=True):
    """A site has seen what changed for it: a wave, a suspension; never changed itself."""

    __tablename__ = "site_acknowledgement"
    __table_args__ = (UniqueConstraint("subject", "site"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    subject: str
    site: str
    person: str
    channel: str
    at: datetime = Field(sa_type=Instant)
