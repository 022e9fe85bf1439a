"""Running a registered rollout's stage again from its id alone, which is all that an engine is told."""

from datetime import datetime
from pathlib import Path

from primum.actions import registration
from primum.actions.evaluation import UnknownRollout
from primum.actions.gates import SYSTEM
from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace
from primum.ledger import reading
from primum.ledger.tables import RolloutRecord
from primum.roadmap.stages import Stage


class WrongStage(Exception):
    """A stage was begun that the rollout is not in; the message is shown to the person."""


class FileMoved(Exception):
    """The registered file describes another rollout now; the message is shown to the person."""


def submitted(*, rollout: str, workplace: Workplace) -> Submission:
    """
    Read the files of a registered rollout as they are now, writing nothing.

    :raises UnknownRollout: if it was never registered
    :raises FileMoved: if its file describes another rollout
    """
    record = _record(rollout, workplace)
    submission = read_submission(Path(record.spec_path))
    if submission.rollout.rollout != rollout:
        raise FileMoved(
            f"The file that '{rollout}' was registered from describes '{submission.rollout.rollout}' now; "
            f"`primum run FILE` with the right file puts it right."
        )
    return submission


def why_not_begin(*, rollout: str, stage: Stage, workplace: Workplace) -> str:
    """
    Return why a stage is not begun: that the rollout is in another one; else nothing.

    :raises UnknownRollout: if it was never registered
    """
    now = Stage(_record(rollout, workplace).stage)
    return "" if now is stage else f"Rollout '{rollout}' is in stage {now}, not in {stage}; start the flow '{now}'."


def resubmit(*, rollout: str, stage: Stage, person: str, at: datetime, workplace: Workplace) -> Submission:
    """
    Take in what changed in a rollout's files, for a run of the stage it is in; Primum itself may ask as well.

    :raises WrongStage: if the rollout is in another stage
    :raises UnknownRollout: if it was never registered
    :raises UnknownPerson: if nobody of the rollout has the id
    :raises RegistrationRefused: if the files now ask for what may not be registered
    """
    if elsewhere := why_not_begin(rollout=rollout, stage=stage, workplace=workplace):
        raise WrongStage(elsewhere)
    submission = submitted(rollout=rollout, workplace=workplace)
    if person != SYSTEM:
        submission.person(person)
    registration.take_in(submission=submission, person=person, at=at, workplace=workplace)
    return submission


def _record(rollout: str, workplace: Workplace) -> RolloutRecord:
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    if record is None:
        raise UnknownRollout(f"No rollout '{rollout}' is registered; `primum run FILE` registers one.")
    return record
