"""The model card as a living record: a new version with each gate, incident, alarm and guideline change (P6.13)."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session

from primum.actions.submission import Submission
from primum.ledger import card_reading, reading
from primum.ledger.card_tables import ModelCardVersion
from primum.ledger.signing_tables import Incident
from primum.ledger.tables import EvaluationRecord, Gate, RolloutRecord
from primum.ledger.transactions import Transaction
from primum.ledger.witness import canonical, digest_of
from primum.roadmap.card_versions import Content, Occasion, Occurrence, changes, with_occurrence
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.freshness import MODEL_CARD
from primum.roadmap.model_card import card_of, declared_only, unreadable
from primum.roadmap.rollout import Rollout
from primum.roadmap.seats import Answer
from primum.roadmap.verdicts import Outcome


class CannotPublish(Exception):
    """The new version of the card was refused; the message is shown to the person."""


class UnknownCard(Exception):
    """There is no such card or version; the message is shown to the person."""


def next_version(
    *,
    tx: Transaction,
    rollout: str,
    cause: Occasion,
    subject: str,
    person: str,
    at: datetime,
    submission: Submission | None = None,
    gate: Gate | None = None,
    guidelines: Sequence[str] = (),
    approvers: Sequence[str] = (),
    happened: str = "",
) -> str:
    """
    Write the next version of a rollout's card in a transaction that is under way; return its id.

    The words come from the submission, or else from the version before; the results from the gate's
    evaluation, or else from the newest that was tracked. The same cause and subject give the same version.

    :param subject: id of the gate, incident, alarm or guideline change that makes it necessary
    :param guidelines: guideline versions that the change follows, such as ``bp@2``
    :param happened: one sentence without free text of a person, to stay on the card (P9)
    :raises CannotPublish: if nobody registered the rollout, a required field is not described, or a
        guideline change names no guideline or no approver
    """
    record = tx.lock_rollout(rollout)
    if record is None:
        raise CannotPublish(f"No rollout '{rollout}' is registered; `primum status` lists those that are.")
    if there := card_reading.version_for(tx.session, rollout=rollout, cause=cause, subject=subject):
        return there.id
    before = card_reading.in_force(tx.session, rollout=rollout)
    measured = _measured(tx.session, rollout, gate) if submission else None
    card = _card(submission, record, measured, before)
    if problem := _why_not(card, cause, guidelines=guidelines, approvers=approvers):
        raise CannotPublish(problem)
    line = Occurrence(at=at.isoformat(), cause=cause, subject=subject, sentence=happened) if happened else None
    told = content_of(before)["happened"] if before else []
    row = _row(
        with_occurrence({**card, "happened": told}, happened=line),
        record=record,
        before=before,
        evaluation=measured.id if measured else None,
        cause=cause,
        subject=subject,
        person=person,
        at=at,
    )
    row.guidelines, row.approvers = list(guidelines), list(approvers)
    tx.session.add(row)
    said = {"version": row.number, "digest": row.digest, "cause": str(cause), "subject": subject}
    tx.record(kind="card.version", rollout=rollout, person=person, at=at, body=said)
    return row.id


def on_grant(*, tx: Transaction, gate: Gate, submission: Submission, person: str, at: datetime) -> None:
    """Write the version that a granted gate rests on, where the policy asks for a card at that gate (P3.12)."""
    asked = (rule for rule in submission.policy.documents if rule.kind == MODEL_CARD and gate.name in rule.gates)
    if next(asked, None) is None:
        return
    signed = reading.votes(tx.session, gate=gate.id)
    next_version(
        tx=tx,
        rollout=gate.rollout,
        cause=Occasion.GATE,
        subject=gate.id,
        person=person,
        at=at,
        submission=submission,
        gate=gate,
        approvers=sorted({vote.person for vote in signed if vote.answer == Answer.APPROVE}),
    )


def on_evaluation(
    *, tx: Transaction, gate: Gate, evaluation: Evaluation, submission: Submission, person: str, at: datetime
) -> None:
    """
    Append what an assistant failed when it was tried again; without a version there is nothing to append to.

    Only checks that bind count: which failed, and at which gate (P3.11).
    """
    if card_reading.in_force(tx.session, rollout=gate.rollout) is None:
        return
    titles = {one.id: one.title for one in submission.policy.criteria if one.evidence == "checks"}
    failed = [
        titles[one.check]
        for one in evaluation.verdict.findings
        if one.check in titles and one.binds and one.outcome is Outcome.FAIL
    ]
    if failed:
        sentence = f"Tried again for gate {gate.id}, it failed: {'; '.join(failed)}."
        on_failure(
            tx=tx,
            rollout=gate.rollout,
            cause=Occasion.GUARDRAIL,
            subject=gate.id,
            sentence=sentence,
            person=person,
            at=at,
        )


def on_incident(*, tx: Transaction, incident: Incident, person: str, at: datetime) -> None:
    """Append a confirmed incident to the card: its id, kind, gravity and day, no words of a person (P3.11, P9)."""
    what = f"{incident.category.replace('-', ' ')}, {incident.severity}"
    next_version(
        tx=tx,
        rollout=incident.rollout,
        cause=Occasion.INCIDENT,
        subject=incident.id,
        person=person,
        at=at,
        happened=f"Incident {incident.id} of {incident.occurred_at:%Y-%m-%d} was confirmed ({what}).",
    )


def on_failure(
    *, tx: Transaction, rollout: str, cause: Occasion, subject: str, sentence: str, person: str, at: datetime
) -> None:
    """
    Append a failed guardrail or an alarm of a monitor to the card (P3.11); once for each subject.

    :param subject: id of the alarm or of the failed run
    :param sentence: what failed, in counts; it stands on the card for everybody (P9)
    """
    next_version(tx=tx, rollout=rollout, cause=cause, subject=subject, person=person, at=at, happened=sentence)


def content_of(version: ModelCardVersion) -> dict[str, Any]:
    """Return the card that a version holds, as plain values."""
    plain: dict[str, Any] = json.loads(version.content)
    return plain


def _row(
    card: Content,
    *,
    record: RolloutRecord,
    before: ModelCardVersion | None,
    evaluation: str | None,
    cause: Occasion,
    subject: str,
    person: str,
    at: datetime,
) -> ModelCardVersion:
    text = canonical(card)
    content: Content = json.loads(text)
    return ModelCardVersion(
        rollout=record.id,
        number=before.number + 1 if before else 1,
        model_version=content["model"]["version"],
        bundle_digest=record.bundle_digest,
        evaluation_id=evaluation or (before.evaluation_id if before else None),
        content=text,
        digest=digest_of(text),
        previous=before.digest if before else None,
        changes=list(changes(before=content_of(before) if before else None, after=content)),
        guidelines=[],
        approvers=[],
        cause=cause,
        subject=subject,
        person=person,
        at=at,
    )


def evaluation_in(record: EvaluationRecord) -> Evaluation:
    """Return the evaluation that a record holds."""
    return _reader().validate_json(record.snapshot)


def _why_not(card: Content, cause: Occasion, *, guidelines: Sequence[str], approvers: Sequence[str]) -> str | None:
    """A gate was held already by what its card lacks; what happened in use is noted on any card."""
    if cause is not Occasion.GUIDELINE:
        return None
    if card["gaps"]:
        return f"The model card cannot be published: {' '.join(card['gaps'])}"
    if not guidelines:
        return "A version of the card for a guideline change names the guideline it follows (P6.13)."
    return None if approvers else "A version of the card for a guideline change names who approved it (P6.13)."


def _measured(session: Session, rollout: str, gate: Gate | None) -> EvaluationRecord | None:
    if gate is not None:
        return reading.evaluation(session, evaluation=gate.evaluation_id or "")
    return next(iter(card_reading.tracked(session, rollout=rollout)), None)


def _card(
    submission: Submission | None,
    record: RolloutRecord,
    measured: EvaluationRecord | None,
    before: ModelCardVersion | None,
) -> Content:
    if submission is not None and measured is not None:
        cell = submission.policy.smallest_cell
        evaluation = evaluation_in(measured)
        return card_of(rollout=submission.rollout, evaluation=evaluation, smallest_cell=cell).plain()
    if submission is None and before is not None:
        return content_of(before)
    rollout = submission.rollout if submission else _registered(record)
    return (declared_only(rollout) if rollout else unreadable(title=record.title, rollout=record.id)).plain()


def _registered(record: RolloutRecord) -> Rollout | None:
    """What was registered last; an older Primum's words that are read no more keep nobody from stopping (P10)."""
    try:
        return Rollout.model_validate(json.loads(record.spec)["rollout"])
    except (ValueError, KeyError):
        return None


@cache
def _reader() -> TypeAdapter[Evaluation]:
    return TypeAdapter(Evaluation)
