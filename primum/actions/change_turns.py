"""The steps of a guideline change that a machine takes when their turn has come; people take the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from primum.actions import change_comparison, change_telling, change_training, guideline_changes
from primum.actions.change_standing import standing_of
from primum.actions.change_steps import CannotChange, found
from primum.actions.change_training import FAILED, CannotTrain
from primum.actions.gates import AlreadyRejected
from primum.actions.model_cards import CannotPublish
from primum.actions.resubmission import FileMoved, submitted
from primum.actions.submission import Submission, UnknownPerson
from primum.actions.unattended import say_still_rejected
from primum.actions.workplace import Workplace
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.training_files import digest_of_file
from primum.ledger import change_reading, reading
from primum.roadmap.changes import Step, next_step, steps_of, why_not_take
from primum.roadmap.people import Person


@dataclass(frozen=True, kw_only=True)
class Due:
    """A change whose next step a machine takes; ``cause`` is another one after each step."""

    change: str
    rollout: str
    requested_by: str
    cause: str


def due(*, workplace: Workplace) -> tuple[Due, ...]:
    """Return the open changes whose next step is a machine's, each with who registered its rollout."""
    with workplace.ledger.reading() as session:
        waiting = []
        for row in change_reading.open_changes(session):
            step = next_step(standing_of(session=session, row=row))
            record = reading.rollout(session, rollout=row.rollout)
            if step is None or step not in TURNS or record is None:
                continue
            # A training that failed is no step: it is begun again by who has repaired the trainer, and not by itself.
            taken = sum(one.step != FAILED for one in change_reading.steps(session, change=row.id))
            cause = f"{row.id}:{step}:{taken}"
            waiting.append(
                (step, Due(change=row.id, rollout=row.rollout, requested_by=record.registered_by, cause=cause))
            )
    ready = (_with_candidate(one, workplace) if step is Step.COMPARED else one for step, one in waiting)
    return tuple(one for one in ready if one is not None)


def _with_candidate(due: Due, workplace: Workplace) -> Due | None:
    """A comparison is due when the team's file is there, and again when the file says something else."""
    try:
        file = _candidate(submitted(rollout=due.rollout, workplace=workplace))
    except (ConfigurationRefused, FileMoved):
        return None
    return None if file is None else replace(due, cause=f"{due.cause}:{digest_of_file(file)}")


def _candidate(submission: Submission) -> Path | None:
    plan = submission.rollout.change_plan
    file = submission.base / plan.candidate if plan and plan.candidate else None
    return file if file is not None and file.is_file() else None


def take_turn(*, change: str, step: Step, person: str, at: datetime, workplace: Workplace) -> str:
    """
    Take a step if its turn has come; return why it was refused, in a sentence, or nothing.

    What people have decided (a comparison they rejected, a role that was taken away, a file that names another
    challenger, a card with a field missing) refuses a step and breaks nothing: the change waits for somebody.

    :raises CannotTrain: if the trainer failed
    """
    with workplace.ledger.reading() as session:
        row = found(session, change=change)
        now = standing_of(session=session, row=row)
    is_done = next(one.done for one in steps_of(now) if one.step is step)
    if is_done or why_not_take(standing=now, step=step) is not None:
        return ""
    submission = submitted(rollout=row.rollout, workplace=workplace)
    try:
        TURNS[step](change, submission, submission.person(person), at, workplace)
    except CannotTrain:
        raise
    except AlreadyRejected as refused:
        say_still_rejected(gate=refused.gate, person=person, at=at, workplace=workplace)
        return str(refused)
    except (CannotChange, CannotPublish, UnknownPerson) as refused:
        return str(refused)
    return ""


Turn = Callable[[str, Submission, Person, datetime, Workplace], None]


def _scope(change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> None:
    guideline_changes.scope(change=change, submission=submission, person=person, at=at, workplace=workplace)


def _relabel(change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> None:
    change_training.relabel(change=change, submission=submission, person=person, at=at, workplace=workplace)


def _retrain(change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> None:
    change_training.retrain(change=change, submission=submission, person=person, at=at, workplace=workplace)


def _compare(change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> None:
    file = _candidate(submission)
    if file is None:
        return
    change_comparison.compare(
        change=change, file=file, submission=submission, person=person, at=at, workplace=workplace
    )


def _tell(change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> None:
    change_telling.tell(change=change, submission=submission, person=person, at=at, workplace=workplace)


def _card(change: str, submission: Submission, person: Person, at: datetime, workplace: Workplace) -> None:
    del submission
    guideline_changes.write_card(change=change, person=person, at=at, workplace=workplace)


TURNS: Mapping[Step, Turn] = MappingProxyType(
    {
        Step.SCOPED: _scope,
        Step.RELABELLED: _relabel,
        Step.RETRAINED: _retrain,
        Step.COMPARED: _compare,
        Step.TOLD: _tell,
        Step.CARD: _card,
    }
)
"""Step -> what takes it."""


def waits_for(*, change: str, workplace: Workplace) -> str:
    """Return what an open change waits for, in a sentence; that nothing is missing where nothing is."""
    view = guideline_changes.view(change=change, workplace=workplace)
    if view.closed_at is not None:
        return f"Change {change} is closed."
    return view.missing or f"No step of change {change} is missing; somebody closes it."
