"""What came from Slack, once each, and where our messages stand there; a view of the ledger, never a record."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from primum.ledger.columns import Instant, plain_json
from primum.ledger.tables import Record


class SlackReceipt(Record, table=True):
    """One click, form, command or event, kept before it is acknowledged; its key makes the second one harmless."""

    __tablename__ = "slack_receipt"

    key: str = Field(primary_key=True)
    kind: str
    team: str
    user: str
    payload: Any = Field(sa_type=plain_json())
    received_at: datetime = Field(sa_type=Instant, index=True)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    attempts: int = 0
    last_error: str | None = None


class SlackSignature(Record, table=True):
    """A signed request was seen; the same one is not accepted again."""

    __tablename__ = "slack_signature"

    fingerprint: str = Field(primary_key=True)
    seen_at: datetime = Field(sa_type=Instant, index=True)


class SlackPost(Record, table=True):
    """Where one of our messages stands; ``state`` is pending, sent, repeated, unknown or ended."""

    __tablename__ = "slack_post"

    id: str = Field(primary_key=True)
    channel: str
    ts: str | None = Field(default=None, index=True)
    thread_ts: str | None = None
    gate: str | None = Field(default=None, index=True)
    person: str | None = None
    state: str
    digest: str | None = None
    figure: str | None = None
    made_at: datetime = Field(sa_type=Instant)
    updated_at: datetime | None = Field(default=None, sa_type=Instant)
