"""Outputs that were shown without leave: counts of a site and a day; whom they were about stays in the data plane."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant
from primum.ledger.tables import Record, new_id, of


class Deviation(Record, table=True):
    """
    Outputs of one site and day that were shown without an ``lmm`` answer: a protocol deviation and a safety event.

    ``digest`` is keyed, so that the list of units in the data plane can be told to be this one and by nobody guessed.
    """

    __tablename__ = "deviation"
    __table_args__ = (UniqueConstraint("rollout", "digest"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    site: str
    day: str
    kind: str
    outputs: int
    digest: str
    person: str
    at: datetime = Field(sa_type=Instant)
    salt: str = Field(default_factory=new_id)
    reviewed_by: str | None = None
    reviewed_at: datetime | None = Field(default=None, sa_type=Instant)
    reason: str | None = None
