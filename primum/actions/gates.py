"""Opening a gate on an evaluation, asking its seats, and moving it along the table of ways."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlmodel import Session

from primum.actions.model_cards import on_evaluation
from primum.actions.sittings import sitting_of, still_empty
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.ledger.tables import EvaluationRecord, Gate, GateTransition
from primum.ledger.transactions import Transaction
from primum.ledger.witness import canonical, digest_of
from primum.roadmap.digests import digest
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.gates import OPEN_STATES, TRANSITIONS, GateState, WrongWay, why_not_move
from primum.roadmap.seats import Answer, required_seats
from primum.roadmap.stages import GateName

if TYPE_CHECKING:
    from primum.integrations.tracking import TrackedRun

SYSTEM = "primum"


class UnknownGate(Exception):
    """No gate has this id; the message is shown to the person."""


class AlreadyRejected(Exception):
    """The very same evidence was rejected before, at ``gate``; the message is shown to the person."""

    def __init__(self, sentence: str, *, gate: str) -> None:
        super().__init__(sentence)
        self.gate = gate


def subject_of(evaluation: Evaluation) -> str:
    """Return the digest that votes are bound to: everything the verdict follows from (P4)."""
    return digest(
        {
            "rollout": evaluation.rollout,
            "stage": str(evaluation.stage),
            "bundle": evaluation.bundle_digest,
            "policy": evaluation.policy_digest,
            "analysis": evaluation.analysis_version,
            "tables": {table.name: table.digest for table in evaluation.tables},
            "documents": {document.kind: document.digest for document in evaluation.documents},
            "suites": {check.evidence: check.suite_digest for check in evaluation.data_checks},
            "waived": sorted(finding.check for finding in evaluation.verdict.findings if finding.waived),
        }
    )


def _settled_state(evaluation: Evaluation) -> GateState:
    return GateState.READY if evaluation.verdict.opens else GateState.HELD


def gate_with_same_subject(
    *, evaluation: Evaluation, submission: Submission, at: datetime, workplace: Workplace
) -> str | None:
    """
    Return the open gate that already says exactly this, so that running twice changes nothing.

    A gate that was sent back for more evidence stays held until the evidence changes. A granted one whose
    signers no longer fill its seats is not returned, so that people are asked again.
    """
    with workplace.ledger.reading() as session:
        return _kept(session, evaluation=evaluation, submission=submission, at=at)


def _kept(session: Session, *, evaluation: Evaluation, submission: Submission, at: datetime) -> str | None:
    gate = reading.open_gate(session, rollout=evaluation.rollout, name=evaluation.gate)
    if gate is None or gate.state == GateState.COLLECTING or gate.subject_digest != subject_of(evaluation):
        return None
    answers = {vote.answer for vote in reading.votes(session, gate=gate.id)}
    sitting = sitting_of(gate=gate, submission=submission, at=at, session=session)
    if gate.state == GateState.GRANTED and still_empty(sitting=sitting):
        return None
    sent_back = Answer.REQUEST_EVIDENCE in answers
    opened = gate.state != GateState.HELD
    return gate.id if sent_back or opened == evaluation.verdict.opens else None


def open_gate(
    *,
    submission: Submission,
    evaluation: Evaluation,
    run: "TrackedRun",
    person: str,
    at: datetime,
    workplace: Workplace,
) -> str:
    """
    Write an evaluation and the gate that rests on it; a gate that rested on something else is void.

    Of two runs that evaluated the same at the same moment the second one finds the gate of the first, and keeps it.

    :raises AlreadyRejected: if this very evidence was rejected before
    """
    subject = subject_of(evaluation)
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(evaluation.rollout)
        if there := _kept(tx.session, evaluation=evaluation, submission=submission, at=at):
            return there
        last = reading.last_gate(tx.session, rollout=evaluation.rollout, name=evaluation.gate)
        _refuse_rejected(tx.session, evaluation, subject)
        if last is not None and last.state in OPEN_STATES:
            void(tx=tx, gate=last, person=person, at=at, reason="Something the gate was bound to changed.")
        gate = Gate(
            id=f"{evaluation.rollout}.{evaluation.gate}.{last.revision + 1 if last else 1}",
            rollout=evaluation.rollout,
            name=evaluation.gate,
            stage=evaluation.stage,
            revision=last.revision + 1 if last else 1,
            state=GateState.COLLECTING,
            subject_digest=subject,
            requested_by=person,
            opened_at=at,
            expires_at=at + timedelta(days=submission.policy.gate_open_days),
            state_since=at,
        )
        tx.session.add(gate)
        tx.session.flush()
        _attach(tx, gate, evaluation, run=run, at=at)
        reason = " ".join(evaluation.verdict.reasons) or "Every binding finding passes."
        move(tx=tx, gate=gate, then=_settled_state(evaluation), person=person, at=at, reason=reason)
        on_evaluation(tx=tx, gate=gate, evaluation=evaluation, submission=submission, person=person, at=at)
    return gate.id


def refuse_rejected(*, evaluation: Evaluation, workplace: Workplace) -> None:
    """
    Refuse evidence that people have said no to, before anything is tracked of it.

    :raises AlreadyRejected: if this very evidence was rejected before
    """
    with workplace.ledger.reading() as session:
        _refuse_rejected(session, evaluation, subject_of(evaluation))


def _refuse_rejected(session: Session, evaluation: Evaluation, subject: str) -> None:
    for gate in reading.gates(session, rollout=evaluation.rollout):
        if gate.state == GateState.REJECTED and gate.subject_digest == subject:
            raise AlreadyRejected(
                f"Gate {gate.id} was rejected on exactly this evidence on {gate.state_since.date()}; "
                f"change the evidence before asking again.",
                gate=gate.id,
            )


def _attach(tx: Transaction, gate: Gate, evaluation: Evaluation, *, run: "TrackedRun", at: datetime) -> None:
    text = canonical(evaluation.plain())
    snapshot = EvaluationRecord(
        id=f"{gate.id}.evaluation",
        rollout=evaluation.rollout,
        gate_id=gate.id,
        stage=evaluation.stage,
        snapshot=text,
        digest=digest_of(text),
        outcome=evaluation.verdict.outcome,
        tracking_run=run.run_id,
        tracking_manifest=run.manifest_digest,
        at=at,
    )
    tx.session.add(snapshot)
    gate.evaluation_id = snapshot.id


def move(
    *, tx: Transaction, gate: Gate, then: GateState, person: str, at: datetime, reason: str, notify: bool = False
) -> None:
    """
    Move a gate one way along the table, with its transition and its ledger entry, in this transaction.

    :raises WrongWay: if the table does not lead there
    """
    if problem := why_not_move(now=GateState(gate.state), then=then):
        raise WrongWay(problem)
    transition = GateTransition(
        gate_id=gate.id,
        state_from=gate.state,
        state_to=then,
        person=person,
        at=at,
        reason=reason,
        subject_digest=gate.subject_digest,
    )
    gate.state, gate.state_since = then, at
    tx.session.add(gate)
    tx.session.add(transition)
    tx.record(
        kind=f"gate.{then}",
        rollout=gate.rollout,
        person=person,
        at=at,
        body={"gate": gate.id, "from": transition.state_from or "", "subject": gate.subject_digest or ""},
    )
    if notify:
        tx.notify(kind=f"gate.{then}", rollout=gate.rollout, gate=gate.id, body={"state": str(then)}, at=at)


def void(*, tx: Transaction, gate: Gate, person: str, at: datetime, reason: str) -> None:
    """Void an open gate and say so to everybody who voted on it (P4)."""
    move(tx=tx, gate=gate, then=GateState.VOID, person=person, at=at, reason=reason)
    voters = sorted({vote.person for vote in reading.votes(tx.session, gate=gate.id)})
    if voters:
        tx.notify(
            kind="gate.void", rollout=gate.rollout, gate=gate.id, body={"people": voters, "reason": reason}, at=at
        )


def ask_seats(*, gate: str, submission: Submission, person: str, at: datetime, workplace: Workplace) -> GateState:
    """Ask the seats of a gate that is ready; a gate in any other state is left as it is."""
    with workplace.ledger.transaction() as tx:
        row = locked(tx=tx, gate=gate)
        if row.state != GateState.READY:
            return GateState(row.state)
        seats = required_seats(policy=submission.policy, rollout=submission.rollout, gate=GateName(row.name))
        move(
            tx=tx,
            gate=row,
            then=GateState.AWAITING_SEATS,
            person=person,
            at=at,
            reason=f"{len(seats)} seats are asked to sign.",
        )
        tx.notify(
            kind="gate.awaiting-seats",
            rollout=row.rollout,
            gate=row.id,
            body={"seats": [str(seat.role) for seat in seats], "digest": row.subject_digest or ""},
            at=at,
        )
    return GateState.AWAITING_SEATS


def locked(*, tx: Transaction, gate: str) -> Gate:
    """
    Lock a gate's row for this transaction.

    :raises UnknownGate: if there is none of this id
    """
    row = tx.lock_gate(gate)
    if row is None:
        raise UnknownGate(f"There is no gate '{gate}'; `primum gate list` shows those there are.")
    return row


def expire_due(*, at: datetime, person: str, workplace: Workplace) -> tuple[str, ...]:
    """Expire every open gate whose time is over; expiry is never a promotion. Return their ids."""
    with workplace.ledger.reading() as session:
        due = [gate.id for gate in reading.gates(session) if _is_due(gate, at)]
    for id_ in due:
        with workplace.ledger.transaction() as tx:
            gate = locked(tx=tx, gate=id_)
            if _is_due(gate, at):
                move(
                    tx=tx,
                    gate=gate,
                    then=GateState.EXPIRED,
                    person=person,
                    at=at,
                    reason="Nobody decided in time.",
                    notify=True,
                )
    return tuple(due)


def _is_due(gate: Gate, at: datetime) -> bool:
    may_expire = GateState.EXPIRED in TRANSITIONS[GateState(gate.state)]
    return may_expire and gate.expires_at is not None and at >= gate.expires_at


def snapshot_of(record: EvaluationRecord) -> dict[str, object]:
    """Return an evaluation's snapshot as it was decided on."""
    plain: dict[str, object] = json.loads(record.snapshot)
    return plain
