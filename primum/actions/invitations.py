"""Links and codes that work once: only the digest of the secret is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlmodel import col, delete

from primum.actions.workplace import Workplace
from primum.ledger import people_reading
from primum.ledger.people_tables import Invitation
from primum.ledger.transactions import Transaction


class InvitationRefused(Exception):
    """The link or code does not work any more, or never did; the message is shown to the person."""


def digest_of_secret(secret: str) -> str:
    """Return the digest under which a secret of ours is kept; the secret is long and random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(
    *,
    person: str,
    purpose: str,
    made_by: str,
    lasts: timedelta,
    at: datetime,
    workplace: Workplace,
    claim: str | None = None,
    secret: str = "",
) -> str:
    """Return a new secret that works once for this purpose and person; it is shown now and kept nowhere."""
    with workplace.ledger.transaction() as tx:
        return enter(
            person=person, purpose=purpose, made_by=made_by, lasts=lasts, at=at, tx=tx, claim=claim, secret=secret
        )


def enter(
    *,
    person: str,
    purpose: str,
    made_by: str,
    lasts: timedelta,
    at: datetime,
    tx: Transaction,
    administrator: bool = False,
    claim: str | None = None,
    secret: str = "",
) -> str:
    """Return a new secret as ``issue`` does, within the transaction that says why."""
    secret = secret or secrets.token_urlsafe(32)
    tx.session.add(
        Invitation(
            digest=digest_of_secret(f"{purpose}:{secret}"),
            person=person,
            purpose=purpose,
            administrator=administrator,
            claim=claim,
            made_by=made_by,
            made_at=at,
            expires_at=at + lasts,
        )
    )
    return secret


def forget(*, purpose: str, before: datetime, tx: Transaction) -> None:
    """Remove what was over before a moment, for purposes of which nobody asks later."""
    over = delete(Invitation).where(col(Invitation.purpose) == purpose, col(Invitation.expires_at) < before)
    tx.session.exec(over)


def look(*, secret: str, purpose: str, at: datetime, workplace: Workplace) -> Invitation:
    """
    Return an invitation without using it.

    :raises InvitationRefused: if it is unknown, used, or over
    """
    with workplace.ledger.reading() as session:
        row = people_reading.invitation(session, digest=digest_of_secret(f"{purpose}:{secret}"))
    return _usable(row, at)


def redeem(*, secret: str, purpose: str, at: datetime, tx: Transaction) -> Invitation:
    """
    Use an invitation, within the transaction that does what it is for.

    :raises InvitationRefused: if it is unknown, used, or over
    """
    digest = digest_of_secret(f"{purpose}:{secret}")
    # Locked, so that of two who use it at once only one does.
    row = tx.session.get(Invitation, digest, with_for_update=True, populate_existing=True)
    usable = _usable(row, at)
    usable.used_at = at
    tx.session.add(usable)
    return usable


def _usable(row: Invitation | None, at: datetime) -> Invitation:
    if row is None or row.used_at is not None or at >= row.expires_at:
        raise InvitationRefused("This link was used before, is over, or was never ours; ask for a new one.")
    return row
