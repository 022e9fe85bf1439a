"""Taking one step of a guideline change: who may, whether its turn has come, and the row that says it was taken."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from primum.actions.change_standing import standing_of
from primum.actions.submission import Submission
from primum.ledger import change_reading
from primum.ledger.change_tables import ChangeStep, GuidelineChange
from primum.ledger.transactions import Transaction
from primum.roadmap.changes import MAY_CHANGE, Step, why_not_may, why_not_take
from primum.roadmap.people import Person
from primum.roadmap.roles import Role


class CannotChange(Exception):
    """The step was not taken; the message is the one reason."""


class UnknownChange(LookupError):
    """There is no such guideline change; the message says where they are listed."""


def found(session: Session, *, change: str) -> GuidelineChange:
    """
    Return a change by id.

    :raises UnknownChange: if there is none
    """
    row = change_reading.change(session, change=change)
    if row is None:
        raise UnknownChange(f"There is no guideline change '{change}'; `primum change list` shows those there are.")
    return row


def locked(tx: Transaction, *, change: str) -> GuidelineChange:
    """
    Lock the rollout of a change and return the change.

    :raises UnknownChange: if there is none
    """
    row = found(tx.session, change=change)
    tx.lock_rollout(row.rollout)
    return row


def refuse_person(row: GuidelineChange, *, person: Person, at: datetime) -> None:
    """
    Refuse somebody who may not take a step of this change.

    :raises CannotChange: with the reason
    """
    roles = person.roles_at(rollout=row.rollout, at=at)
    if problem := why_not_may(name=person.name, roles=roles, allowed=MAY_CHANGE, what=f"change {row.rollout}"):
        raise CannotChange(problem)


def refuse_step(session: Session, *, row: GuidelineChange, step: Step) -> None:
    """
    Refuse a step whose turn has not come.

    :raises CannotChange: with the step that is missing before it
    """
    if problem := why_not_take(standing=standing_of(session=session, row=row), step=step):
        raise CannotChange(problem)


def write_step(
    tx: Transaction,
    *,
    row: GuidelineChange,
    step: str,
    said: Mapping[str, object],
    person: str,
    at: datetime,
    reason: str = "",
    submission: Submission | None = None,
) -> None:
    """Write a step with its entry and its message, in this transaction."""
    taken = ChangeStep(change_id=row.id, step=str(step), said=dict(said), person=person, reason=reason, at=at)
    tx.session.add(taken)
    body: dict[str, object] = {"change": row.id, "guideline": row.guideline, "step": str(step)}
    tx.record(kind=f"change.{step}", rollout=row.rollout, person=person, at=at, body=body)
    people = people_to_tell(submission, rollout=row.rollout, at=at) if submission else ()
    tx.notify(kind=f"change.{step}", rollout=row.rollout, gate=None, body={**body, "people": list(people)}, at=at)


def people_to_tell(submission: Submission, *, rollout: str, at: datetime) -> tuple[str, ...]:
    """Return who of a rollout is told of its changes: clinical leads, safety officers, guideline stewards."""
    wanted = {Role.CLINICAL_LEAD, Role.SAFETY_OFFICER, Role.GUIDELINE_STEWARD}
    return tuple(one.id for one in submission.people if one.roles_at(rollout=rollout, at=at) & wanted)
