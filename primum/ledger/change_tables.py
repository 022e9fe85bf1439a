"""What belongs to a guideline change: which rollout it concerns, and each step that was taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant, plain_json
from primum.ledger.tables import Record, new_id, of


class GuidelineChange(Record, table=True):
    """A rollout follows an older version of a guideline than the one that was published; never changed itself."""

    __tablename__ = "guideline_change"
    __table_args__ = (UniqueConstraint("rollout", "guideline"),)

    id: str = Field(primary_key=True)
    rollout: str = of("rollout")
    guideline: str = Field(index=True)
    guideline_before: str
    bundle_before: str
    stage: str
    person: str
    at: datetime = Field(sa_type=Instant)


class ChangeStep(Record, table=True):
    """A step of a guideline change was taken, or taken again; never changed itself."""

    __tablename__ = "change_step"

    id: str = Field(default_factory=new_id, primary_key=True)
    change_id: str = of("guideline_change")
    step: str
    said: Any = Field(sa_type=plain_json())
    person: str
    reason: str = ""
    salt: str = Field(default_factory=new_id)
    at: datetime = Field(sa_type=Instant)
