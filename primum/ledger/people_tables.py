"""How people are known: pinned outside identities, local accounts, sessions, tokens."""

from datetime import datetime

from sqlmodel import Field

from primum.ledger.columns import Instant, plain_json
from primum.ledger.tables import Record, new_id


class OutsideIdentity(Record, table=True):
    """
    An identity elsewhere that stands for one person here: (team, user) in Slack, (issuer, subject) in OIDC.

    ``active_key`` holds it while it counts, so that it stands for one person at a time; it is empty once ended.
    """

    __tablename__ = "outside_identity"

    id: str = Field(default_factory=new_id, primary_key=True)
    person: str = Field(index=True)
    kind: str
    realm: str
    subject: str
    active_key: str | None = Field(default=None, unique=True)
    pinned_at: datetime = Field(sa_type=Instant)
    pinned_by: str
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = None


class Account(Record, table=True):
    """A person's way in; without a password they come in through a provider alone."""

    __tablename__ = "account"

    person: str = Field(primary_key=True)
    password: str | None = None
    administrator: bool = False
    made_at: datetime = Field(sa_type=Instant)
    password_changed_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    locked_until: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Invitation(Record, table=True):
    """A link or code that works once; ``digest`` is of the secret, which is nowhere kept."""

    __tablename__ = "invitation"

    digest: str = Field(primary_key=True)
    person: str = Field(index=True)
    purpose: str
    administrator: bool = False
    claim: str | None = None
    made_by: str
    made_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class WebSession(Record, table=True):
    """Somebody signed in at a browser; ``digest`` is of the cookie, which is nowhere kept."""

    __tablename__ = "web_session"

    digest: str = Field(primary_key=True)
    person: str = Field(index=True)
    method: str
    csrf: str
    authenticated_at: datetime = Field(sa_type=Instant)
    made_at: datetime = Field(sa_type=Instant)
    seen_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    outside: str | None = None
    zone: str = "UTC"


class ApiToken(Record, table=True):
    """A program's key, with what it may do; shown once, kept as a digest."""

    __tablename__ = "api_token"

    id: str = Field(default_factory=new_id, primary_key=True)
    digest: str = Field(index=True, unique=True)
    person: str = Field(index=True)
    name: str
    scopes: list[str] = Field(sa_type=plain_json())
    made_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)
