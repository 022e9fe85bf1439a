"""Setting aside an overridable criterion: two people, a reason, an end; never a mandatory one (Z1)."""

from datetime import datetime, timedelta

from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger.tables import Waiver
from primum.roadmap.people import Person
from primum.roadmap.seats import why_not_reason
from primum.roadmap.verdicts import Level


class CannotWaive(Exception):
    """The waiver was refused; the message is shown to the person."""


def _level_of(check: str, submission: Submission) -> Level | None:
    levels = {criterion.id: criterion.level for criterion in submission.policy.criteria}
    levels |= {f"document:{rule.kind}": rule.level for rule in submission.policy.documents}
    return levels.get(check)


def why_not_waive(
    *, check: str, approvers: tuple[Person, ...], reason: str, days: int, submission: Submission, at: datetime
) -> str | None:
    """Return the one reason this check may not be waived so, if there is one."""
    rule, level = submission.policy.waiver, _level_of(check, submission)
    if level is None:
        return f"Policy {submission.policy.id} has no check '{check}'."
    if level is not Level.OVERRIDABLE:
        return f"'{check}' is {level} in policy {submission.policy.id} and cannot be waived."
    if len({person.id for person in approvers}) < rule.approvers:
        return f"A waiver needs {rule.approvers} different approvers; {len({p.id for p in approvers})} was named."
    for person in approvers:
        if person.id in submission.authors:
            return f"{person.name} is an author of the evidence and cannot waive a check on it."
        if not person.roles_at(rollout=submission.rollout.rollout, at=at):
            return f"{person.name} holds no role for {submission.rollout.rollout} at this time."
    if not 0 < days <= rule.longest_days:
        return f"A waiver lasts between 1 and {rule.longest_days} days; {days} were asked for."
    return why_not_reason(reason)


def waive(
    *,
    check: str,
    approvers: tuple[Person, ...],
    reason: str,
    days: int,
    submission: Submission,
    at: datetime,
    workplace: Workplace,
) -> str:
    """
    Set aside one overridable check for some days; the next evaluation shows it as waived. Return its id.

    :raises CannotWaive: with the one reason
    """
    if problem := why_not_waive(
        check=check, approvers=approvers, reason=reason, days=days, submission=submission, at=at
    ):
        raise CannotWaive(problem)
    rollout, first = submission.rollout.rollout, approvers[0].id
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        row = Waiver(
            rollout=rollout,
            criterion=check,
            reason=reason,
            approvers=sorted(person.id for person in approvers),
            granted_at=at,
            expires_at=at + timedelta(days=days),
        )
        tx.session.add(row)
        tx.record(kind="check.waived", rollout=rollout, person=first, at=at, body={"check": check, "waiver": row.id})
        return row.id
