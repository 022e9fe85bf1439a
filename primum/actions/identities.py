"""Which identity elsewhere stands for whom: pinned once, with proof, never guessed from a name or an e-mail address."""

from collections.abc import Sequence
from datetime import datetime

from primum.actions.directory import INSTITUTION
from primum.actions.workplace import Workplace
from primum.ledger import people_reading
from primum.ledger.people_tables import OutsideIdentity
from primum.ledger.transactions import Transaction

OPENID = "openid"
SLACK = "slack"


class CannotPin(Exception):
    """The identity was not pinned or ended; the message is shown to the person."""


def key_of(*, kind: str, realm: str, subject: str) -> str:
    """Return the key an identity counts under: (issuer, subject), or (team, user)."""
    return f"{kind}:{realm}:{subject}"


def pin(*, person: str, kind: str, realm: str, subject: str, by: str, at: datetime, tx: Transaction) -> OutsideIdentity:
    """
    Pin an identity to a person, within the transaction that used up their proof; one before it in the realm ends.

    :raises CannotPin: if it stands for somebody else
    """
    key = key_of(kind=kind, realm=realm, subject=subject)
    standing = people_reading.identity(tx.session, active_key=key)
    if standing is not None and standing.person == person:
        return standing
    if standing is not None:
        raise CannotPin("This identity already stands for somebody else here; an administrator can end that first.")
    for before in people_reading.identities(tx.session, person=person, kind=kind):
        if before.realm == realm:
            _end(before, by=by, at=at)
    # The key of the one that ended is free before another takes it.
    tx.session.flush()
    row = OutsideIdentity(
        person=person, kind=kind, realm=realm, subject=subject, active_key=key, pinned_at=at, pinned_by=by
    )
    tx.session.add(row)
    tx.record(
        kind="identity.pinned",
        rollout=INSTITUTION,
        person=by,
        at=at,
        body={"identity": row.id, "of": person, "kind": kind},
    )
    return row


def person_of(*, kind: str, realm: str, subject: str, workplace: Workplace) -> str | None:
    """Return the person an identity stands for, if it stands for somebody."""
    with workplace.ledger.reading() as session:
        row = people_reading.identity(session, active_key=key_of(kind=kind, realm=realm, subject=subject))
    return row.person if row else None


def of(*, person: str, workplace: Workplace, kind: str | None = None) -> Sequence[OutsideIdentity]:
    """Return the identities that stand for a person."""
    with workplace.ledger.reading() as session:
        return people_reading.identities(session, person=person, kind=kind)


def unpin(*, identity: str, by: str, at: datetime, workplace: Workplace) -> None:
    """
    End an identity, so that it stands for nobody; ending twice changes nothing.

    :raises CannotPin: if there is none with this id
    """
    with workplace.ledger.transaction() as tx:
        row = tx.session.get(OutsideIdentity, identity)
        if row is None:
            raise CannotPin(f"No outside identity has the id '{identity}'.")
        if row.active_key is None:
            return
        _end(row, by=by, at=at)
        tx.record(
            kind="identity.ended",
            rollout=INSTITUTION,
            person=by,
            at=at,
            body={"identity": row.id, "of": row.person, "kind": row.kind},
        )


def _end(row: OutsideIdentity, *, by: str, at: datetime) -> None:
    row.active_key, row.ended_at, row.ended_by = None, at, by
