"""Who is signed in at a browser: kept here, revocable at once, and known by a cookie of which only a digest is kept."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from primum.actions.invitations import digest_of_secret
from primum.actions.workplace import Workplace
from primum.ledger import people_reading
from primum.ledger.people_tables import WebSession

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# A page with ten requests writes once, not ten times.
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A session that has just begun; ``cookie`` is handed to the browser and kept nowhere."""

    cookie: str
    session: WebSession


@dataclass(frozen=True, kw_only=True)
class Present:
    """A session in force, and whether its person manages accounts."""

    session: WebSession
    administrator: bool


def begin(
    *,
    person: str,
    method: str,
    at: datetime,
    workplace: Workplace,
    authenticated_at: datetime | None = None,
    outside: str | None = None,
    zone: str = "UTC",
    instead_of: str = "",
) -> Opened:
    """
    Begin a session under a new id; the one it comes ``instead_of`` (its digest) ends, so that no id outlives a login.

    :param authenticated_at: when the person last showed who they are; now, unless a provider says otherwise
    :param outside: the identity at the provider it came from, for logout from there
    """
    cookie = secrets.token_urlsafe(32)
    row = WebSession(
        digest=digest_of_secret(cookie),
        person=person,
        method=method,
        csrf=secrets.token_urlsafe(32),
        authenticated_at=authenticated_at or at,
        made_at=at,
        seen_at=at,
        ends_at=at + LONGEST,
        outside=outside,
        zone=zone,
    )
    with workplace.ledger.transaction() as tx:
        before = tx.session.get(WebSession, instead_of) if instead_of else None
        if before is not None and before.ended_at is None:
            before.ended_at = at
            # Showing again who one is does not make a working day longer.
            row.ends_at = min(row.ends_at, before.ends_at) if before.person == person else row.ends_at
        tx.session.add(row)
    return Opened(cookie=cookie, session=row)


def present(*, cookie: str, at: datetime, workplace: Workplace) -> Present | None:
    """Return the session a cookie stands for, if it is in force; being seen keeps it from falling idle."""
    digest = digest_of_secret(cookie)
    with workplace.ledger.reading() as reading:
        row = people_reading.web_session(reading, digest=digest)
        if row is None or not _in_force(row, at):
            return None
        account = people_reading.account(reading, person=row.person)
    if account is None or account.ended_at is not None:
        return None
    if at - row.seen_at >= SEEN_EVERY:
        _seen(digest, at, workplace)
    return Present(session=row, administrator=account.administrator)


def _in_force(row: WebSession, at: datetime) -> bool:
    return row.ended_at is None and at < row.ends_at and at - row.seen_at < IDLE


def _seen(digest: str, at: datetime, workplace: Workplace) -> None:
    with workplace.ledger.transaction() as tx:
        row = tx.session.get(WebSession, digest)
        if row is not None and row.ended_at is None:
            row.seen_at = max(at, row.seen_at)


def of(*, person: str, at: datetime, workplace: Workplace) -> Sequence[WebSession]:
    """Return a person's sessions in force, the one seen last first."""
    with workplace.ledger.reading() as session:
        rows = people_reading.sessions_open(session, person=person, at=at)
    return [row for row in rows if _in_force(row, at)]


def end(*, digest: str, at: datetime, workplace: Workplace) -> None:
    """End one session, known by its digest; ending twice changes nothing."""
    with workplace.ledger.transaction() as tx:
        row = tx.session.get(WebSession, digest)
        if row is not None and row.ended_at is None:
            row.ended_at = at


def end_all(*, person: str, at: datetime, workplace: Workplace, but: str = "") -> int:
    """End every session of a person, except the one whose digest is ``but``; return how many ended."""
    with workplace.ledger.transaction() as tx:
        rows = [row for row in people_reading.sessions_open(tx.session, person=person, at=at) if row.digest != but]
        for row in rows:
            row.ended_at = at
    return len(rows)


def end_from_outside(*, at: datetime, workplace: Workplace, identity: str = "", session: str = "") -> int:
    """End every session that began with this identity or this session at the provider, because the provider says so."""
    if not identity and not session:
        return 0
    with workplace.ledger.transaction() as tx:
        rows = people_reading.sessions_from_outside(tx.session, begins=identity, ends=session)
        for row in rows:
            row.ended_at = at
    return len(rows)


def set_zone(*, digest: str, zone: str, workplace: Workplace) -> None:
    """Show times in another zone for the rest of a session."""
    with workplace.ledger.transaction() as tx:
        row = tx.session.get(WebSession, digest)
        if row is not None:
            row.zone = zone
