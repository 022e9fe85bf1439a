"""Randomisation lists that somebody else drew, kept so that nobody who has the ledger can read the next arm."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant
from primum.ledger.tables import Record, new_id, of


class ConcealedList(Record, table=True):
    """
    One list as it was taken over for a version of a protocol: a ``whole`` one, or ``further`` places of it.

    ``digest`` is keyed by the seed, so that nobody can try lists out against it. ``warn_at``: how few places
    left in a stratum are told of.
    """

    __tablename__ = "concealed_list"
    __table_args__ = (UniqueConstraint("rollout", "number"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    number: int = Field(sa_type=BigInteger)
    protocol: str
    kind: str
    seed: str
    places: int = Field(sa_type=BigInteger)
    warn_at: int = Field(sa_type=BigInteger)
    digest: str
    person: str
    at: datetime = Field(sa_type=Instant)


class ConcealedPlaces(Record, table=True):
    """The arms of one stratum of a list, sealed with a key that follows from the seed; ``first`` is counted from 0."""

    __tablename__ = "concealed_places"
    __table_args__ = (UniqueConstraint("concealed_list", "stratum"),)

    id: str = Field(default_factory=new_id, primary_key=True)
    concealed_list: str = of("concealed_list")
    stratum: str
    first: int = Field(sa_type=BigInteger)
    places: int = Field(sa_type=BigInteger)
    sealed: str
