"""Keys for programs: shown once, kept as a digest, with a short list of what they may do and an end."""

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from primum.actions.invitations import digest_of_secret
from primum.actions.workplace import Workplace
from primum.ledger import people_reading
from primum.ledger.people_tables import ApiToken
from primum.ledger.tables import new_id

LONGEST_DAYS = 365
PREFIX = "primum_"
SHAPE = re.compile(r"primum_[0-9a-f]{32}_[A-Za-z0-9_-]{43}", re.ASCII)
USED_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a token of the API may do; a session of the console may do all its person may."""

    READ = "read"
    SIGN = "sign"
    SUSPEND = "suspend"
    REPORT = "report"
    PUBLISH = "publish"


class TokenRefused(Exception):
    """No token was made or ended; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """A token in force, and whether its person manages accounts."""

    token: ApiToken
    administrator: bool


@dataclass(frozen=True, kw_only=True)
class Made:
    """A token that has just been made; ``secret`` is shown now and kept nowhere."""

    secret: str
    token: ApiToken


def create(*, person: str, name: str, scopes: Collection[Scope], days: int, at: datetime, workplace: Workplace) -> Made:
    """
    Make a token that does what its scopes say, in its person's name, for at most a year.

    :raises TokenRefused: if it has no name, no scope, too long a life, or its person no account
    """
    if problem := _why_not(name=name, scopes=scopes, days=days):
        raise TokenRefused(problem)
    key = new_id()
    secret = f"{PREFIX}{key}_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        id=key,
        digest=digest_of_secret(secret),
        person=person,
        name=name.strip(),
        scopes=sorted(str(scope) for scope in scopes),
        made_at=at,
        expires_at=at + timedelta(days=days),
    )
    with workplace.ledger.transaction() as tx:
        account = people_reading.account(tx.session, person=person)
        if account is None or account.ended_at is not None:
            raise TokenRefused(f"{person} has no account; `primum people invite` makes one.")
        tx.session.add(row)
    return Made(secret=secret, token=row)


def _why_not(*, name: str, scopes: Collection[Scope], days: int) -> str | None:
    if not name.strip() or len(name) > 80:  # noqa: PLR2004 -- a name of a line
        return "A token has a name of at most 80 characters, so that you know it again when you end it."
    if not scopes:
        return f"A token needs at least one scope: {', '.join(Scope)}."
    if not 1 <= days <= LONGEST_DAYS:
        return f"A token lasts from 1 to {LONGEST_DAYS} days; {days} were asked for."
    return None


def present(*, secret: str, at: datetime, workplace: Workplace) -> Bearer | None:
    """Return the token a secret stands for, if it is in force and its person has an account."""
    if not SHAPE.fullmatch(secret):
        return None
    with workplace.ledger.reading() as session:
        row = people_reading.token_of_digest(session, digest=digest_of_secret(secret))
        if row is None or row.ended_at is not None or at >= row.expires_at:
            return None
        account = people_reading.account(session, person=row.person)
    if account is None or account.ended_at is not None:
        return None
    if row.used_at is None or at - row.used_at >= USED_EVERY:
        _used(row.id, at, workplace)
    return Bearer(token=row, administrator=account.administrator)


def _used(token: str, at: datetime, workplace: Workplace) -> None:
    with workplace.ledger.transaction() as tx:
        row = people_reading.token(tx.session, token=token)
        if row is not None:
            row.used_at = at


def revoke(*, token: str, at: datetime, workplace: Workplace, person: str | None = None) -> None:
    """
    End a token; its own person, an administrator, and (without a person) the machine's operator may.

    :raises TokenRefused: if there is no such token, or it is another person's
    """
    with workplace.ledger.transaction() as tx:
        row = people_reading.token(tx.session, token=token)
        if row is None or not (person is None or _may_end(tx.session, row, person)):
            raise TokenRefused("There is no token of yours with this id; `primum token list` shows those there are.")
        row.ended_at = row.ended_at or at


def _may_end(session: Session, row: ApiToken, person: str) -> bool:
    account = people_reading.account(session, person=person)
    return row.person == person or (account is not None and account.ended_at is None and account.administrator)


def of(*, person: str | None, at: datetime, workplace: Workplace) -> Sequence[ApiToken]:
    """Return the tokens in force, of one person or of all."""
    with workplace.ledger.reading() as session:
        rows = people_reading.tokens(session, person=person)
    return [row for row in rows if row.ended_at is None and at < row.expires_at]
