"""What approvals left to be done: closed by somebody other than its owner; overdue, it stops every promotion."""

from datetime import datetime

from sqlmodel import Session

from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading, signing_reading
from primum.ledger.signing_tables import Contingency
from primum.roadmap.contingencies import why_not_close
from primum.roadmap.people import Role


class CannotClose(Exception):
    """The contingency stays open; the message is shown to the person."""


def close(
    *, contingency: str, submission: Submission, person: str, note: str, at: datetime, workplace: Workplace
) -> None:
    """
    Say that a contingency is done: somebody who holds the role it was asked in, and does not own it.

    :raises CannotClose: with the one reason
    :raises UnknownPerson: if people.yaml does not have the person
    """
    who, rollout = submission.person(person), submission.rollout.rollout
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        row = signing_reading.contingency(tx.session, contingency=contingency)
        if row is None or row.rollout != rollout:
            raise CannotClose(f"There is no contingency '{contingency}' at {rollout}.")
        problem = why_not_close(
            person=who,
            owner=row.owner,
            role=_role_of(tx.session, row),
            rollout=rollout,
            is_closed=row.closed_at is not None,
            note=note,
            at=at,
        )
        if problem:
            raise CannotClose(problem)
        row.closed_at, row.closed_by, row.note = at, person, note
        tx.session.add(row)
        said = {"contingency": row.id, "gate": row.gate_id}
        tx.record(kind="contingency.closed", rollout=rollout, person=person, at=at, body=said)
        told = {"contingency": row.id, "people": sorted({row.owner, row.person})}
        tx.notify(kind="contingency.closed", rollout=rollout, gate=row.gate_id, body=told, at=at)


def mark_overdue(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """Say of every open contingency whose day has passed that it is overdue, once each; return their ids."""
    with workplace.ledger.reading() as session:
        rollouts = [record.id for record in reading.rollouts(session)]
        due = [row.id for rollout in rollouts for row in _newly_overdue(session, rollout, at)]
    for id_ in due:
        with workplace.ledger.transaction() as tx:
            row = signing_reading.contingency(tx.session, contingency=id_)
            if row is None:
                continue
            tx.lock_rollout(row.rollout)
            tx.session.refresh(row)
            if row.closed_at is not None or row.overdue_at is not None:
                continue
            row.overdue_at = at
            tx.session.add(row)
            said = {"contingency": row.id, "gate": row.gate_id}
            tx.record(kind="contingency.overdue", rollout=row.rollout, person=person, at=at, body=said)
            told = {"contingency": row.id, "people": sorted({row.owner, row.person})}
            tx.notify(kind="contingency.overdue", rollout=row.rollout, gate=row.gate_id, body=told, at=at)
    return tuple(due)


def why_overdue(*, rollout: str, at: datetime, session: Session) -> str | None:
    """Return why a rollout may not move on for something an approval left to be done, if so."""
    late = [one for one in signing_reading.contingencies(session, rollout=rollout, is_open=True) if at >= one.due_at]
    if not late:
        return None
    first = late[0]
    return (
        f"Gate {first.gate_id} was approved on a contingency that {first.owner} owed by "
        f"{first.due_at:%Y-%m-%d %H:%M %Z}; it is not closed."
    )


def _newly_overdue(session: Session, rollout: str, at: datetime) -> list[Contingency]:
    rows = signing_reading.contingencies(session, rollout=rollout, is_open=True)
    return [row for row in rows if at >= row.due_at and row.overdue_at is None]


def _role_of(session: Session, row: Contingency) -> Role | None:
    """The role in which the contingency was asked for."""
    votes = reading.votes(session, gate=row.gate_id)
    return next((Role(vote.seat) for vote in votes if vote.person == row.person), None)
