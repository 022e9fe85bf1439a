"""Declaring an interest in a rollout: from then on one signs nothing there, and what one signed counts no more."""

from datetime import datetime

from sqlmodel import Session

from primum.actions import gates
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading, signing_reading
from primum.ledger.signing_tables import ConflictOfInterest
from primum.ledger.tables import Gate
from primum.ledger.transactions import Transaction
from primum.roadmap.gates import GateState

SHORTEST = 10


class CannotDeclare(Exception):
    """The interest was not declared or not withdrawn; the message is shown to the person."""


def declare(
    *, submission: Submission, person: str, reason: str, channel: str, at: datetime, workplace: Workplace
) -> str:
    """
    Declare a conflict of interest with a rollout; return its id.

    A granted gate that this person signed is void: a signature that decided it counts no more.

    :raises CannotDeclare: with the one reason
    :raises UnknownPerson: if people.yaml does not have the person
    """
    who, rollout = submission.person(person), submission.rollout.rollout
    if len(reason.strip()) < SHORTEST:
        raise CannotDeclare(f"Say in at least {SHORTEST} characters what the interest is.")
    with workplace.ledger.transaction() as tx:
        _lock(tx, rollout)
        if _standing(tx.session, rollout, person) is not None:
            raise CannotDeclare(f"{who.name} has declared a conflict of interest with {rollout} already.")
        signed = _granted_with(tx, rollout, person)
        row = ConflictOfInterest(rollout=rollout, person=person, reason=reason, channel=channel, declared_at=at)
        tx.session.add(row)
        for gate in signed:
            gates.void(tx=tx, gate=gate, person=person, at=at, reason="A person who signed declared an interest.")
        tx.record(kind="conflict.declared", rollout=rollout, person=person, at=at, body={"conflict": row.id})
        tx.notify(kind="conflict.declared", rollout=rollout, gate=None, body={"people": [person]}, at=at)
        return row.id


def withdraw(*, submission: Submission, person: str, at: datetime, workplace: Workplace) -> None:
    """
    Withdraw an interest that is over; it stays in the ledger.

    :raises CannotDeclare: if none was declared here; those of people.yaml are taken out there
    """
    who, rollout = submission.person(person), submission.rollout.rollout
    with workplace.ledger.transaction() as tx:
        _lock(tx, rollout)
        row = _standing(tx.session, rollout, person)
        if row is None:
            raise CannotDeclare(f"{who.name} has declared no conflict of interest with {rollout} that could end.")
        row.withdrawn_at = at
        tx.session.add(row)
        tx.record(kind="conflict.withdrawn", rollout=rollout, person=person, at=at, body={"conflict": row.id})
        tx.notify(kind="conflict.withdrawn", rollout=rollout, gate=None, body={"people": [person]}, at=at)


def _lock(tx: Transaction, rollout: str) -> None:
    if tx.lock_rollout(rollout) is None:
        raise CannotDeclare(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")


def _standing(session: Session, rollout: str, person: str) -> ConflictOfInterest | None:
    return next((row for row in signing_reading.conflicts(session, rollout=rollout) if row.person == person), None)


def _granted_with(tx: Transaction, rollout: str, person: str) -> list[Gate]:
    """Lock and return the granted gates that this person signed; locks come before the first record."""
    signed = [
        gate.id
        for gate in reading.gates(tx.session, rollout=rollout)
        if gate.state == GateState.GRANTED
        and any(vote.person == person for vote in reading.votes(tx.session, gate=gate.id))
    ]
    return [gates.locked(tx=tx, gate=gate) for gate in signed]
