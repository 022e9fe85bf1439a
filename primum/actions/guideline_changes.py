"""A guideline change of one rollout: opened with the publication, held against its plan, closed when it is whole."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from primum.actions import model_cards
from primum.actions.change_release import candidate_of
from primum.actions.change_standing import gate_of, guidelines_of, standing_of
from primum.actions.change_steps import CannotChange, found, locked, refuse_person, refuse_step, write_step
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import change_reading, reading
from primum.ledger.change_reading import CLOSED
from primum.ledger.change_tables import GuidelineChange
from primum.ledger.transactions import Transaction
from primum.roadmap.card_versions import Occasion
from primum.roadmap.change_plans import Scope, scope_of
from primum.roadmap.changes import MAY_CLOSE, Step, StepStanding, next_step, steps_of, why_not_close, why_not_may
from primum.roadmap.people import Person
from primum.roadmap.seats import Answer, why_not_reason
from primum.roadmap.stages import Stage


@dataclass(frozen=True, kw_only=True)
class ChangeView:
    """One guideline change for a page, a terminal or an answer: its steps, and why it is not closed."""

    change: str
    rollout: str
    title: str
    guideline: str
    guideline_before: str
    opened_at: datetime
    closed_at: datetime | None
    gate: str | None
    inside: bool | None
    scope: str
    steps: tuple[StepStanding, ...]
    missing: str | None
    next_step: Step | None
    counts: Mapping[str, object]

    def plain(self) -> dict[str, object]:
        """Return it as JSON-ready values, each step with what is missing."""
        steps = [
            {"step": str(one.step), "title": one.title, "done": one.done, "missing": one.missing} for one in self.steps
        ]
        return {**asdict(self), "steps": steps, "next_step": str(self.next_step or "")}


def open_changes(
    *, tx: Transaction, guideline: str, rollouts: Mapping[str, str], person: str, at: datetime
) -> tuple[str, ...]:
    """
    Open the change of every rollout that follows an older version, within the publication; return their ids.

    The caller locks these rollouts before it records anything.

    :param rollouts: id -> the version its bundle declares, such as ``hypertension@before-2025``
    """
    opened = []
    for rollout, before in sorted(rollouts.items()):
        record = tx.lock_rollout(rollout)
        if record is None or change_reading.change_of(tx.session, rollout=rollout, guideline=guideline):
            continue
        row = GuidelineChange(
            id=f"{rollout}.{guideline.replace('@', '.')}",
            rollout=rollout,
            guideline=guideline,
            guideline_before=before,
            bundle_before=record.bundle_digest,
            stage=record.stage,
            person=person,
            at=at,
        )
        tx.session.add(row)
        said = {"change": row.id, "guideline": guideline, "follows": before}
        tx.record(kind="change.opened", rollout=rollout, person=person, at=at, body=said)
        tx.notify(kind="change.opened", rollout=rollout, gate=None, body=said, at=at)
        opened.append(row.id)
    return tuple(opened)


def scope(*, change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> Scope:
    """
    Hold a change against the change plan and keep the answer; outside, the rollout goes back a stage (P6.4).

    Exposure stays as it was approved: whether it goes on under the old guideline is for people to say.

    :raises CannotChange: with the one reason
    """
    with workplace.ledger.transaction() as tx:
        row = locked(tx, change=change)
        refuse_person(row, person=person, at=at)
        refuse_step(tx.session, row=row, step=Step.SCOPED)
        old, new = guidelines_of(tx.session, row=row)
        plan = submission.rollout.change_plan
        found = scope_of(plan=plan, old=old, new=new, stage=Stage(row.stage))
        if found.back_to is not None:
            _send_back(tx, row, found.back_to, at=at)
        said = {
            "inside": found.inside,
            "reasons": list(found.reasons),
            "gates": [str(one) for one in found.gates],
            "back_to": str(found.back_to or ""),
        }
        write_step(tx, row=row, step=Step.SCOPED, said=said, person=person.id, at=at, submission=submission)
        return found


def _send_back(tx: Transaction, row: GuidelineChange, stage: Stage, *, at: datetime) -> None:
    record = tx.lock_rollout(row.rollout)
    if record is not None and record.stage != stage:
        record.stage, record.stage_since = stage, at
        tx.session.add(record)


def close(*, change: str, person: Person, reason: str, at: datetime, workplace: Workplace) -> None:
    """
    Close a change, writing the model card's version first when that alone is missing (P6.13).

    :raises CannotChange: with the first step that is missing, or why this person may not
    :raises CannotPublish: if the card's new version is refused
    """
    with workplace.ledger.transaction() as tx:
        row = locked(tx, change=change)
        roles = person.roles_at(rollout=row.rollout, at=at)
        problem = why_not_may(name=person.name, roles=roles, allowed=MAY_CLOSE, what=f"close a change of {row.rollout}")
        now = standing_of(session=tx.session, row=row)
        if now.closed_at is not None:
            return
        if problem := problem or why_not_reason(reason) or why_not_close(now):
            raise CannotChange(problem)
        write_step(tx, row=row, step=CLOSED, said={"guideline": row.guideline}, person=person.id, at=at, reason=reason)


def write_card(*, change: str, person: Person, at: datetime, workplace: Workplace) -> str:
    """
    Write the version of the model card that names the guideline and who approved it; return the version's id.

    :raises CannotChange: if a step before it is missing
    :raises CannotPublish: if a required field of the card is not described
    """
    with workplace.ledger.reading() as session:
        row = found(session, change=change)
        refuse_person(row, person=person, at=at)
        refuse_step(session, row=row, step=Step.CARD)
        gate = gate_of(session, row=row)
    submission = candidate_of(gate=gate, workplace=workplace) if gate else None
    with workplace.ledger.transaction() as tx:
        locked(tx, change=change)
        signed = reading.votes(tx.session, gate=gate.id) if gate else []
        before = row.guideline_before
        return model_cards.next_version(
            tx=tx,
            rollout=row.rollout,
            cause=Occasion.GUIDELINE,
            subject=row.id,
            person=person.id,
            at=at,
            submission=submission,
            gate=gate,
            guidelines=(row.guideline,),
            approvers=sorted({vote.person for vote in signed if vote.answer == Answer.APPROVE}),
            happened=f"The model was changed from guideline {before} to {row.guideline} (change {row.id}).",
        )


def view(*, change: str, workplace: Workplace) -> ChangeView:
    """
    Return one change as it stands.

    :raises UnknownChange: if there is none
    """
    with workplace.ledger.reading() as session:
        return _view(session, found(session, change=change))


def listed(*, rollouts: Collection[str] | None, workplace: Workplace) -> tuple[ChangeView, ...]:
    """Return the changes of these rollouts, or of all, the newest first."""
    with workplace.ledger.reading() as session:
        rows = change_reading.changes(session, rollouts=rollouts)
        return tuple(_view(session, row) for row in reversed(rows))


def _view(session: Session, row: GuidelineChange) -> ChangeView:
    now = standing_of(session=session, row=row)
    scoped = change_reading.last(session, change=row.id, step=Step.SCOPED)
    record = reading.rollout(session, rollout=row.rollout)
    gate = gate_of(session, row=row)
    counted = change_reading.last(session, change=row.id, step=Step.RELABELLED)
    return ChangeView(
        change=row.id,
        rollout=row.rollout,
        title=record.title if record else row.rollout,
        guideline=row.guideline,
        guideline_before=row.guideline_before,
        opened_at=row.at,
        closed_at=now.closed_at,
        gate=gate.id if gate else None,
        inside=now.inside,
        scope=" ".join(scoped.said["reasons"]) if scoped else "",
        steps=steps_of(now),
        missing=None if now.closed_at else why_not_close(now),
        next_step=None if now.closed_at else next_step(now),
        counts=counted.said.get("counts", {}) if counted else {},
    )
