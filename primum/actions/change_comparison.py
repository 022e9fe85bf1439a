"""Comparing a challenger with the model in use on the same cases, and opening the gate of the update on it (P6.10)."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from primum.actions import evaluation, gates, intake, registration
from primum.actions.change_release import judged_on
from primum.actions.change_steps import CannotChange, found, locked, refuse_person, refuse_step, write_step
from primum.actions.change_training import cases_of, labelled_path, training_folder
from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace
from primum.integrations import change_files, tracking, training
from primum.integrations.change_files import CasesRefused
from primum.integrations.figures_evaluation import figures_of
from primum.integrations.training_files import OutputRefused, digest_of_file
from primum.integrations.training_predictions import read_predictions
from primum.ledger import change_reading, reading
from primum.ledger.change_tables import ChangeStep, GuidelineChange
from primum.roadmap.candidates import why_not_candidate
from primum.roadmap.changes import Step
from primum.roadmap.gates import GateState
from primum.roadmap.model_card import card_of
from primum.roadmap.people import Person
from primum.roadmap.rollout import Evidence
from primum.roadmap.stages import GateName

# What both models said of the same cases, besides what the table of cases maps itself.
COMPARED_COLUMNS = ("case_id", "patient_id", "site", "reference", "prediction", "score", "champion", "reference_before")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The gate that was opened on a comparison, and how it stands."""

    gate: str
    state: GateState
    reasons: tuple[str, ...]


def compare(
    *, change: str, file: Path, submission: Submission, person: Person, at: datetime, workplace: Workplace
) -> Compared:
    """
    Judge the challenger against the model in use on the cases it has not learnt from, and ask the seats of GU.

    ``file`` is the rollout's file as it would be after the change; it is registered when the gate is applied.

    :raises CannotChange: with the one reason
    :raises TrackingUnreachable: if MLflow does not answer; nothing is decided then
    :raises AlreadyRejected: if this very comparison was rejected before
    """
    with workplace.ledger.reading() as session:
        row = found(session, change=change)
        refuse_person(row, person=person, at=at)
        refuse_step(session, row=row, step=Step.COMPARED)
        trained = change_reading.last(session, change=change, step=Step.RETRAINED)
    if trained is None:
        raise CannotChange("No challenger was trained on the new labels yet.")
    candidate = _candidate(file, row, trained, submission, person)
    evidence = _evidence(row, trained, submission=submission, workplace=workplace)
    gate = _open(candidate, evidence, person=person, at=at, workplace=workplace)
    said = {
        "gate": gate,
        "file": str(candidate.path),
        "evidence": evidence.model_dump(mode="json"),
        "model_digest": trained.said["model_digest"],
    }
    with workplace.ledger.transaction() as tx:
        locked(tx, change=change)
        refuse_step(tx.session, row=row, step=Step.COMPARED)
        write_step(tx, row=row, step=Step.COMPARED, said=said, person=person.id, at=at, submission=submission)
    state = gates.ask_seats(gate=gate, submission=candidate, person=person.id, at=at, workplace=workplace)
    return Compared(gate=gate, state=state, reasons=_reasons(gate, workplace))


def _candidate(
    file: Path, row: GuidelineChange, trained: ChangeStep, submission: Submission, person: Person
) -> Submission:
    candidate = read_submission(file)
    candidate.person(person.id)
    problem = why_not_candidate(
        champion=submission.rollout,
        candidate=candidate.rollout,
        guideline=row.guideline,
        model_digest=str(trained.said["model_digest"]),
    )
    if problem := problem or registration.why_not(candidate):
        raise CannotChange(problem)
    return candidate


def _evidence(row: GuidelineChange, trained: ChangeStep, *, submission: Submission, workplace: Workplace) -> Evidence:
    """Write the table on which both models are compared, and return how it is declared."""
    said, cases = trained.said, cases_of(submission)
    folder = training_folder(row.id, number=int(said["number"]), workplace=workplace)
    ids = change_files.case_ids(folder / change_files.CASES)
    predictions = folder / training.OUTPUT / str(said["predictions"])
    try:
        rows = change_files.read(labelled_path(row.id, workplace=workplace), digest=str(said["labelled"]))
        _refuse_altered(predictions, digest=str(said["predictions_digest"]))
        answered = read_predictions(predictions, case_ids=ids)
        table = change_files.compared(rows, case_ids=ids, answers=answered.answers, scores=answered.scores)
    except (CasesRefused, OutputRefused) as refused:
        raise CannotChange(str(refused)) from None
    kept = [name for name in (*COMPARED_COLUMNS, *cases.subgroups) if name in table.columns]
    path = change_files.written(table[kept], folder / "comparison.parquet")
    return Evidence(
        name="comparison",
        kind="diagnostic",
        stages=(evaluation.stage_of(rollout=row.rollout, workplace=workplace),),
        source=str(path),
        columns={name: name for name in kept},
        subgroups=cases.subgroups,
        measured_on=cases.measured_on,
        author=cases.author,
    )


def _refuse_altered(predictions: Path, *, digest: str) -> None:
    if not predictions.is_file() or digest_of_file(predictions) != digest:
        raise CasesRefused("The challenger's predictions are gone or were altered; train again.")


def _open(candidate: Submission, evidence: Evidence, *, person: Person, at: datetime, workplace: Workplace) -> str:
    judged = judged_on(candidate, evidence=evidence)
    (stage,) = evidence.stages
    tables, documents = intake.register_evidence(
        submission=judged, stage=stage, person=person.id, at=at, workplace=workplace
    )
    checks = intake.check_data(submission=judged, tables=tables, workplace=workplace)
    standing = evaluation.standing_of(rollout=judged.rollout.rollout, at=at, workplace=workplace)
    result = evaluation.measured(
        submission=judged,
        stage=stage,
        tables=tables,
        documents=documents,
        checks=checks,
        standing=standing,
        at=at,
        gate=GateName.GU,
    )
    bundle = registration.bundle_now(candidate).digest
    found = replace(result.evaluation, bundle_digest=bundle)
    if kept := gates.gate_with_same_subject(evaluation=found, submission=candidate, at=at, workplace=workplace):
        return kept
    gates.refuse_rejected(evaluation=found, workplace=workplace)
    smallest, rollout = candidate.policy.smallest_cell, candidate.rollout
    run = tracking.record(
        evaluation=found,
        rollout=rollout,
        figures=figures_of(evaluation=found, rollout=judged.rollout, policy=candidate.policy),
        card=card_of(rollout=rollout, evaluation=found, smallest_cell=smallest),
        smallest_cell=smallest,
        settings=workplace.settings,
    )
    return gates.open_gate(
        submission=candidate, evaluation=found, run=run, person=person.id, at=at, workplace=workplace
    )


def _reasons(gate: str, workplace: Workplace) -> tuple[str, ...]:
    with workplace.ledger.reading() as session:
        row = reading.gate(session, gate=gate)
        record = reading.evaluation(session, evaluation=row.evaluation_id or "") if row else None
    reasons = gates.snapshot_of(record).get("reasons") if record else None
    return tuple(str(one) for one in reasons) if isinstance(reasons, list) else ()
