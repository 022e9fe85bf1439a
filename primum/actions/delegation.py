"""Handing a seat to a deputy for a time: the same role, logged, never handed on (design.md section 8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from primum.actions.sittings import stand_in_of
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import signing_reading
from primum.ledger.signing_tables import Delegation
from primum.ledger.transactions import Transaction
from primum.roadmap.delegations import StandIn, why_not_delegate
from primum.roadmap.people import Person, Role
from primum.roadmap.rollout import Rollout
from primum.roadmap.seats import is_conflicted


class CannotDelegate(Exception):
    """The seat was not handed over, or the delegation not ended; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class InForce:
    """Who stands in for whom at a rollout, on which role, until when."""

    id: str
    role: Role
    person: str
    person_name: str
    deputy: str
    deputy_name: str
    starts_at: datetime
    ends_at: datetime


def delegate(
    *,
    submission: Submission,
    person: str,
    deputy: str,
    role: Role,
    ends_at: datetime,
    reason: str,
    channel: str,
    at: datetime,
    workplace: Workplace,
    starts_at: datetime | None = None,
) -> str:
    """
    Hand the seats of a role at one rollout to a deputy who holds the same role; return the delegation's id.

    :raises CannotDelegate: with the one reason
    :raises UnknownPerson: if people.yaml does not have one of the two
    """
    giver, taker, rollout = submission.person(person), submission.person(deputy), submission.rollout
    with workplace.ledger.transaction() as tx:
        _lock(tx, rollout.rollout)
        _refuse_in_conflict(giver, rollout, tx.session)
        problem = why_not_delegate(
            person=giver,
            deputy=taker,
            role=role,
            rollout=rollout.rollout,
            starts_at=starts_at or at,
            ends_at=ends_at,
            reason=reason,
            longest_days=submission.policy.delegation.longest_days,
            standing=[stand_in_of(row) for row in signing_reading.delegations(tx.session, at=at)],
            at=at,
        )
        if problem:
            raise CannotDelegate(problem)
        row = Delegation(
            role=role,
            rollouts=[rollout.rollout],
            person=person,
            deputy=deputy,
            starts_at=starts_at or at,
            ends_at=ends_at,
            reason=reason,
            channel=channel,
            made_at=at,
        )
        _write(tx, row, kind="seat.delegated", person=person, at=at)
        return row.id


def _refuse_in_conflict(giver: Person, rollout: Rollout, session: Session) -> None:
    declared = frozenset(row.person for row in signing_reading.conflicts(session, rollout=rollout.rollout))
    if is_conflicted(person=giver, rollout=rollout, declared=declared):
        raise CannotDelegate(f"{giver.name} has declared a conflict of interest and does not choose who signs.")


def revoke(*, delegation: str, submission: Submission, person: str, at: datetime, workplace: Workplace) -> None:
    """
    End a delegation before its time: the person who made it, or the deputy who cannot carry it.

    :raises CannotDelegate: if there is none, it is over, or it is somebody else's
    """
    who = submission.person(person)
    with workplace.ledger.transaction() as tx:
        _lock(tx, submission.rollout.rollout)
        row = signing_reading.delegation(tx.session, delegation=delegation)
        if row is None or submission.rollout.rollout not in row.rollouts:
            raise CannotDelegate(f"There is no delegation '{delegation}' at {submission.rollout.rollout}.")
        if row.revoked_at is not None or at >= row.ends_at:
            raise CannotDelegate("This delegation is over already.")
        if person not in (row.person, row.deputy):
            raise CannotDelegate(f"{who.name} neither made this delegation nor stands in under it.")
        row.revoked_at, row.revoked_by = at, person
        _write(tx, row, kind="seat.delegation-revoked", person=person, at=at)


def in_force(*, submission: Submission, at: datetime, session: Session) -> tuple[InForce, ...]:
    """Return the delegations that count at a rollout at a moment, the earliest first."""
    names = {person.id: person.name for person in submission.people}
    rows = [stand_in_of(row) for row in signing_reading.delegations(session, at=at)]
    return tuple(named(one, names=names) for one in rows if one.covers(submission.rollout.rollout) and one.in_force(at))


def named(one: StandIn, *, names: Mapping[str, str]) -> InForce:
    """Return a delegation with the printed names of its people, by their ids."""
    return InForce(
        id=one.id,
        role=one.role,
        person=one.person,
        person_name=names.get(one.person, one.person),
        deputy=one.deputy,
        deputy_name=names.get(one.deputy, one.deputy),
        starts_at=one.starts_at,
        ends_at=one.ends_at,
    )


def _lock(tx: Transaction, rollout: str) -> None:
    if tx.lock_rollout(rollout) is None:
        raise CannotDelegate(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")


def _write(tx: Transaction, row: Delegation, *, kind: str, person: str, at: datetime) -> None:
    tx.session.add(row)
    rollout = row.rollouts[0]
    said = {"delegation": row.id, "role": row.role, "person": row.person, "deputy": row.deputy}
    tx.record(kind=kind, rollout=rollout, person=person, at=at, body=said)
    told = {"delegation": row.id, "role": row.role, "people": [row.person, row.deputy]}
    tx.notify(kind=kind, rollout=rollout, gate=None, body=told, at=at)
