"""After a stop for harm: the gate that let the rollout in is evaluated and asked again; it promotes nothing."""

from datetime import datetime
from pathlib import Path

from primum.actions import evaluation, gates, intake, registration
from primum.actions.resumption import CannotResume, needs_gate
from primum.actions.runs import STEPS, Progress, StageRun, keep_silent
from primum.actions.workplace import Workplace
from primum.ledger import incident_reading, reading, signing_reading
from primum.ledger.incident_tables import ResumptionGate
from primum.roadmap.stages import GATE_OF, Stage


def reopen(
    *, rollout: str, person: str, at: datetime, workplace: Workplace, progress: Progress = keep_silent
) -> StageRun:
    """
    Evaluate anew the gate that let a suspended rollout in, and ask its seats; doing it twice changes nothing.

    The evidence is read as the files declare it now, so that what was repaired is what people see. A gate that was
    open before the stop is void: who signed it did not know of the harm.

    :raises CannotResume: if the rollout is not suspended, or needs no gate to go on
    :raises RegistrationRefused: if its files now ask for what may not be registered
    :raises TrackingUnreachable: if MLflow does not answer; nothing is decided then
    :raises AlreadyRejected: if this very evidence was rejected before
    """
    suspension, stage, path = _what(rollout, workplace)
    _set_aside(suspension, rollout=rollout, stage=stage, person=person, at=at, workplace=workplace)
    progress(STEPS[0])
    submission = registration.register(path=path, person=person, at=at, workplace=workplace)
    progress(STEPS[1])
    tables, documents = intake.register_evidence(
        submission=submission, stage=stage, person=person, at=at, workplace=workplace
    )
    progress(STEPS[2])
    checks = intake.check_data(submission=submission, tables=tables, workplace=workplace)
    progress(STEPS[3])
    gate = evaluation.evaluate(
        submission=submission,
        tables=tables,
        documents=documents,
        checks=checks,
        person=person,
        at=at,
        workplace=workplace,
        stage=stage,
    )
    tie(gate=gate, suspension=suspension, rollout=rollout, person=person, at=at, workplace=workplace)
    progress(STEPS[4])
    state = gates.ask_seats(gate=gate, submission=submission, person=person, at=at, workplace=workplace)
    return StageRun(submission=submission, gate=gate, state=state)


def _set_aside(suspension: str, *, rollout: str, stage: Stage, person: str, at: datetime, workplace: Workplace) -> None:
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        standing = signing_reading.suspension_by_id(tx.session, suspension=suspension)
        before = reading.open_gate(tx.session, rollout=rollout, name=GATE_OF[stage])
        if standing is not None and before is not None and before.opened_at < standing.at:
            row, reason = gates.locked(tx=tx, gate=before.id), "The rollout was stopped after the gate was opened."
            gates.void(tx=tx, gate=row, person=person, at=at, reason=reason)


def _what(rollout: str, workplace: Workplace) -> tuple[str, Stage, Path]:
    """Which suspension it is about, which stage's gate let the rollout in, and where its files are."""
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
        standing = reading.suspension(session, rollout=rollout)
        if record is None or standing is None:
            raise CannotResume(f"Rollout '{rollout}' is not suspended; there is nothing to go on from.")
        if not needs_gate(record=record, suspension=standing, session=session):
            raise CannotResume(f"{rollout} needs no gate to go on; `primum resume {rollout}` records who agrees.")
        last = reading.promotions(session, rollout=rollout)[-1]
        return standing.id, Stage(last.stage_from), Path(record.spec_path)


def tie(*, gate: str, suspension: str, rollout: str, person: str, at: datetime, workplace: Workplace) -> None:
    """Note that a gate was opened because of a suspension: granted, it lets people agree, and promotes nothing."""
    with workplace.ledger.transaction() as tx:
        tx.lock_rollout(rollout)
        if incident_reading.is_for_resuming(tx.session, gate=gate):
            return
        tx.session.add(ResumptionGate(rollout=rollout, suspension_id=suspension, gate_id=gate, person=person, at=at))
        said = {"gate": gate, "suspension": suspension}
        tx.record(kind="gate.reopened", rollout=rollout, person=person, at=at, body=said)
