"""The model card as a living record: every version that was ever in force, and why it was written."""

from datetime import datetime

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from primum.ledger.columns import Instant, plain_json
from primum.ledger.tables import Record, new_id, of


class ModelCardVersion(Record, table=True):
    """
    One version of a rollout's model card; never changed itself (P3.12, P6.13).

    ``content`` is the whole card as canonical JSON, small cells emptied, and ``digest`` its SHA-256;
    ``previous`` is the digest of the version before. ``subject`` is the gate, incident, alarm or
    guideline change that made it necessary: one version for each.
    """

    __tablename__ = "model_card_version"
    __table_args__ = (UniqueConstraint("rollout", "number"), UniqueConstraint("rollout", "cause", "subject"))

    id: str = Field(default_factory=new_id, primary_key=True)
    rollout: str = of("rollout")
    number: int = Field(sa_type=BigInteger)
    model_version: str
    bundle_digest: str
    evaluation_id: str | None = None
    content: str
    digest: str
    previous: str | None = None
    changes: list[str] = Field(sa_type=plain_json())
    guidelines: list[str] = Field(sa_type=plain_json())
    approvers: list[str] = Field(sa_type=plain_json())
    cause: str
    subject: str
    person: str
    at: datetime = Field(sa_type=Instant)
