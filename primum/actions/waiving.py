"""Setting aside an overridable criterion: two people, a reason, an end; never a mandatory one (Z1)."""

from datetime import datetime, timedelta

from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import signing_reading
from primum.ledger.tables import Waiver
from primum.roadmap.people import Person
from primum.roadmap.seats import is_conflicted, why_not_reason
from primum.roadmap.verdicts import Level


class CannotWaive(Exception):
    """The waiver was refused; the message is shown to the person."""


def _level_of(check: str, submission: Submission) -> Level | None:
    levels = {criterion.id: criterion.level for criterion in submission.policy.criteria}
    levels |= {f"document:{rule.kind}": rule.level for rule in submission.policy.documents}
    return levels.get(check)


def why_not_waive(
    *,
    check: str,
    approvers: tuple[Person, ...],
    reason: str,
    days: int,
    submission: Submission,
    at: datetime,
    conflicted: frozenset[str] = frozenset(),
) -> str | None:
    """Return the one reason this check may not be waived so; ``conflicted`` declared an interest since people.yaml."""
    rule, level = submission.policy.waiver, _level_of(check, submission)
    if level is None:
        return f"Policy {submission.policy.id} has no check '{check}'."
    if level is not Level.OVERRIDABLE:
        return f"'{check}' is {level} in policy {submission.policy.id} and cannot be waived."
    if len({person.id for person in approvers}) < rule.approvers:
        return f"A waiver needs {rule.approvers} different approvers; {len({p.id for p in approvers})} was named."
    for person in approvers:
        if problem := _why_not_agree(person, submission, conflicted, at):
            return problem
    if not 0 < days <= rule.longest_days:
        return f"A waiver lasts between 1 and {rule.longest_days} days; {days} were asked for."
    return why_not_reason(reason)


def _why_not_agree(person: Person, submission: Submission, conflicted: frozenset[str], at: datetime) -> str | None:
    rollout = submission.rollout
    if person.id in submission.authors:
        return f"{person.name} is an author of the evidence and cannot waive a check on it."
    if not person.roles_at(rollout=rollout.rollout, at=at):
        return f"{person.name} holds no role for {rollout.rollout} at this time."
    if is_conflicted(person=person, rollout=rollout, declared=conflicted):
        return f"{person.name} has declared a conflict of interest with this rollout."
    return None


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
    rollout = submission.rollout.rollout
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        problem = why_not_waive(
            check=check,
            approvers=approvers,
            reason=reason,
            days=days,
            submission=submission,
            at=at,
            conflicted=frozenset(one.person for one in signing_reading.conflicts(tx.session, rollout=rollout)),
        )
        if problem:
            raise CannotWaive(problem)
        row = Waiver(
            rollout=rollout,
            criterion=check,
            reason=reason,
            approvers=sorted(person.id for person in approvers),
            granted_at=at,
            expires_at=at + timedelta(days=days),
        )
        tx.session.add(row)
        said = {"check": check, "waiver": row.id}
        tx.record(kind="check.waived", rollout=rollout, person=approvers[0].id, at=at, body=said)
        tx.notify(kind="check.waived", rollout=rollout, gate=None, body={**said, "people": row.approvers}, at=at)
        return row.id
