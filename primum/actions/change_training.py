"""Labelling stored cases by the new rule and training a challenger on them; everything stays in the data plane."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from primum.actions import relabelling
from primum.actions.change_standing import guidelines_of
from primum.actions.change_steps import CannotChange, found, locked, refuse_person, refuse_step, write_step
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.integrations import change_files, sources, training
from primum.integrations.change_files import CasesRefused
from primum.integrations.training import Trained, TrainerFailed, TrainingRequest
from primum.integrations.training_files import digest_of_file
from primum.integrations.training_tracking import record_training
from primum.ledger import change_reading
from primum.ledger.change_tables import GuidelineChange
from primum.roadmap.change_plans import ChangePlan
from primum.roadmap.changes import Step
from primum.roadmap.guidelines import Guideline
from primum.roadmap.people import Person
from primum.roadmap.rollout import Evidence

FAILED = "training-failed"


class CannotTrain(CannotChange):
    """The trainer failed; the message is its sentence."""


@dataclass(frozen=True, kw_only=True)
class Challenger:
    """What a training made: the model's version and digest, to be written into the rollout's file."""

    version: str
    digest: str
    tracking_run: str


def plan_of(submission: Submission) -> ChangePlan:
    """
    Return the change plan of a rollout.

    :raises CannotChange: if it declares none
    """
    plan = submission.rollout.change_plan
    if plan is None:
        raise CannotChange(f"Rollout '{submission.rollout.rollout}' declares no `change_plan` in its file.")
    return plan


def cases_of(submission: Submission) -> Evidence:
    """
    Return the table of stored cases that the plan names.

    :raises CannotChange: if there is none of that name
    """
    name = plan_of(submission).protocol.cases
    for evidence in submission.rollout.evidence:
        if evidence.name == name:
            return evidence
    raise CannotChange(f"The change plan takes its cases from '{name}', which is no table of the rollout.")


def relabel(
    *, change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace
) -> Mapping[str, object]:
    """
    Label the stored cases by both versions, exactly, and keep how many labels change; return the counts.

    Counts under the policy's smallest cell are left out, here and wherever they are shown (P9).

    :raises CannotChange: with the one reason
    :raises CannotRelabel: if the table or a version does not fit
    :raises SourceRefused: if the table cannot be read
    """
    with workplace.ledger.reading() as session:
        row = found(session, change=change)
        refuse_person(row, person=person, at=at)
        refuse_step(session, row=row, step=Step.RELABELLED)
        old, new = guidelines_of(session, row=row)
    evidence = cases_of(submission)
    counts = relabelling.relabel(
        submission=submission,
        evidence=evidence.name,
        old=row.guideline_before,
        new=row.guideline,
        person=person,
        at=at,
        workplace=workplace,
    )
    digest = _written(submission, evidence, old, new, row=row, workplace=workplace)
    with workplace.ledger.transaction() as tx:
        locked(tx, change=change)
        refuse_step(tx.session, row=row, step=Step.RELABELLED)
        said = {"evidence": evidence.name, "digest": digest, "counts": counts["all"]}
        write_step(tx, row=row, step=Step.RELABELLED, said=said, person=person.id, at=at, submission=submission)
    shown: Mapping[str, object] = counts["all"]
    return shown


def _written(
    submission: Submission,
    evidence: Evidence,
    old: Guideline,
    new: Guideline,
    *,
    row: GuidelineChange,
    workplace: Workplace,
) -> str:
    """Write the labelled cases into the data plane and return the digest of the file."""
    protocol = plan_of(submission).protocol
    facts = sources.inspect(evidence=evidence, base=submission.base)
    cases = sources.frame(evidence=evidence, base=submission.base, digest=facts.digest)
    try:
        rows = change_files.labelled(cases, facts=protocol.facts, old=old, new=new, positive=protocol.positive)
    except CasesRefused as refused:
        raise CannotChange(str(refused)) from None
    return digest_of_file(change_files.written(rows, labelled_path(row.id, workplace=workplace)))


def retrain(*, change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> Challenger:
    """
    Let the declared trainer make a challenger from the relabelled cases, as one tracked MLflow run (P6.10).

    It runs beside us, never in us; a failure is kept with its sentence and nothing else changes.

    :raises CannotChange: with the one reason
    :raises CannotTrain: if the trainer failed
    :raises TrackingUnreachable: if MLflow does not answer
    """
    with workplace.ledger.reading() as session:
        row = found(session, change=change)
        refuse_person(row, person=person, at=at)
        refuse_step(session, row=row, step=Step.RETRAINED)
        labelled = change_reading.last(session, change=change, step=Step.RELABELLED)
        number = sum(one.step in (Step.RETRAINED, FAILED) for one in change_reading.steps(session, change=change)) + 1
    digest = str(labelled.said["digest"]) if labelled else ""
    try:
        request, made = _trained(row, digest, number, submission=submission, workplace=workplace)
    except (TrainerFailed, CasesRefused) as failed:
        _keep_failure(row, str(failed), person=person, at=at, workplace=workplace)
        raise CannotTrain(str(failed)) from None
    run = record_training(rollout=row.rollout, request=request, trained=made, at=at, settings=workplace.settings)
    said = {**_said(made), "tracking_run": run, "number": number, "labelled": digest}
    with workplace.ledger.transaction() as tx:
        locked(tx, change=change)
        refuse_step(tx.session, row=row, step=Step.RETRAINED)
        write_step(tx, row=row, step=Step.RETRAINED, said=said, person=person.id, at=at, submission=submission)
    return Challenger(version=made.result.model.version, digest=made.result.model.digest, tracking_run=run)


def _trained(
    row: GuidelineChange, labelled: str, number: int, *, submission: Submission, workplace: Workplace
) -> tuple[TrainingRequest, Trained]:
    protocol, folder = plan_of(submission).protocol, training_folder(row.id, number=number, workplace=workplace)
    cases = change_files.read(labelled_path(row.id, workplace=workplace), digest=labelled)
    learn, others, ids = change_files.divided(
        cases,
        inputs=protocol.interface.inputs,
        seed=protocol.seed,
        share=Fraction(protocol.learn_from),
        folder=folder,
    )
    model = submission.rollout.model
    request = TrainingRequest(
        change=row.id,
        guideline=row.guideline,
        champion=model.version,
        champion_digest=model.weights_digest,
        seed=protocol.seed,
        training=learn,
        cases=others,
        case_ids=ids,
    )
    wanted = training.wanted_of(
        trainer=protocol.trainer, request=request, interface=protocol.interface, base=submission.base
    )
    made = training.train(
        trainer=protocol.trainer,
        wanted=wanted,
        request=request,
        base=submission.base,
        folder=folder,
        api_url=workplace.settings.prefect_api_url,
    )
    return request, made


def _said(made: Trained) -> dict[str, object]:
    result = made.result
    return {
        "version": result.model.version,
        "model_digest": result.model.digest,
        "interface": result.interface.model_dump(mode="json"),
        "data_digest": made.data_digest,
        "code_digest": made.code_digest,
        "environment_digest": result.environment_digest,
        "libraries": dict(result.libraries),
        "predictions": result.predictions,
        "predictions_digest": digest_of_file(made.folder / training.OUTPUT / result.predictions),
    }


def _keep_failure(row: GuidelineChange, sentence: str, *, person: Person, at: datetime, workplace: Workplace) -> None:
    with workplace.ledger.transaction() as tx:
        locked(tx, change=row.id)
        write_step(tx, row=row, step=FAILED, said={"sentence": sentence}, person=person.id, at=at)


def labelled_path(change: str, *, workplace: Workplace) -> Path:
    """Return where the relabelled cases of a change are."""
    return change_files.folder_of(home=workplace.home, change=change) / change_files.LABELLED


def training_folder(change: str, *, number: int, workplace: Workplace) -> Path:
    """Return the folder of one training of a change."""
    return change_files.folder_of(home=workplace.home, change=change, part=f"training-{number}")
