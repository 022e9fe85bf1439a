"""Runs that nobody watches: in whose name they are begun, and what evidence that was rejected before comes to."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from primum.actions import evaluation
from primum.actions.gates import SYSTEM, AlreadyRejected
from primum.actions.resubmission import FileMoved, submitted
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.ledger import reading
from primum.ledger.tables import Entry
from primum.roadmap.data_checks import DataCheck
from primum.roadmap.evaluations import DocumentFacts, TableFacts

KIND = "gate.still-rejected"


def evaluate(
    *,
    submission: Submission,
    tables: tuple[TableFacts, ...],
    documents: tuple[DocumentFacts, ...],
    checks: tuple[DataCheck, ...],
    person: str,
    at: datetime,
    workplace: Workplace,
) -> str:
    """
    Evaluate the rollout's stage; evidence that was rejected before leads to the gate that people rejected.

    That people said no is a result and no fault: the run ends there, and they are told once that it was asked again.

    :raises UnknownRollout: if the rollout was never registered
    :raises TrackingUnreachable: if MLflow does not answer; nothing is decided then
    """
    try:
        return evaluation.evaluate(
            submission=submission,
            tables=tables,
            documents=documents,
            checks=checks,
            person=person,
            at=at,
            workplace=workplace,
        )
    except AlreadyRejected as refused:
        say_still_rejected(gate=refused.gate, person=person, at=at, workplace=workplace)
        return refused.gate


def say_still_rejected(*, gate: str, person: str, at: datetime, workplace: Workplace) -> bool:
    """Tell who asked and who signed that a gate was asked for again on the evidence they rejected; once for a gate."""
    with workplace.ledger.transaction() as tx:
        row = tx.lock_gate(gate)
        if row is None or _was_said(tx.session, gate=gate, rollout=row.rollout):
            return False
        voters = {vote.person for vote in reading.votes(tx.session, gate=gate)}
        people = sorted({row.requested_by or SYSTEM, *voters} - {SYSTEM})
        said: Mapping[str, object] = {"gate": gate, "subject": row.subject_digest or ""}
        tx.record(kind=KIND, rollout=row.rollout, person=person, at=at, body=said)
        tx.notify(kind=KIND, rollout=row.rollout, gate=gate, body={**said, "people": people}, at=at)
        return True


def _was_said(session: Session, *, gate: str, rollout: str) -> bool:
    said = session.exec(select(Entry).where(Entry.rollout == rollout, col(Entry.kind) == KIND))
    return any(json.loads(one.body).get("gate") == gate for one in said)


def in_whose_name(*, person: str, rollout: str, workplace: Workplace) -> str:
    """
    Return in whose name a run is begun: whoever asked before, or Primum itself where they are not among its people now.

    Somebody who leaves a hospital takes no review with them.
    """
    try:
        known = {one.id for one in submitted(rollout=rollout, workplace=workplace).people}
    except (ConfigurationRefused, FileMoved):
        return person
    return person if person in known else SYSTEM
