"""What belongs to interim looks: each as it was taken, for good; its statistics are for the monitoring board."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant
from primum.ledger.tables import Record, new_id, of


class Look(Record, table=True):
    """
    One look; never changed itself. ``number`` is ``None`` for one that nobody planned.

    ``outcome`` and ``statistics`` are the board's; ``told`` and ``sentence`` are what the team reads. The log
    has the statistics under a salted hash. ``data`` is the digest of what was looked at: twice is once.
    """

    __tablename__ = "look"
    __table_args__ = (UniqueConstraint("rollout", "data"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    protocol: str
    version: int = Field(sa_type=BigInteger)
    number: int | None = Field(default=None, sa_type=BigInteger)
    information: int = Field(sa_type=BigInteger)
    planned: int = Field(sa_type=BigInteger)
    data: str
    sample_ratio: str
    outcome: str
    told: str
    sentence: str
    statistics: str
    afterwards: bool = False
    suspension: str | None = None
    person: str
    reason: str
    salt: str = Field(default_factory=new_id)
    at: datetime = Field(sa_type=Instant)
