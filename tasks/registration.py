"""Reading a registered rollout's files again."""

from primum.actions import resubmission
from primum.actions.submission import Submission
from primum.roadmap.stages import Stage
from tasks.entrance import at_work, now
from tasks.patience import patient


@patient(minutes=5)
def why_not_begin(*, rollout: str, stage: Stage) -> str:
    """Return why the stage is not begun, if people have moved the rollout to another one since it was asked for."""
    with at_work() as workplace:
        return resubmission.why_not_begin(rollout=rollout, stage=stage, workplace=workplace)


@patient(minutes=5)
def read_again(*, rollout: str, stage: Stage, person: str) -> Submission:
    """Take in what changed in the files of a rollout that is in this stage."""
    with at_work() as workplace:
        return resubmission.resubmit(rollout=rollout, stage=stage, person=person, at=now(), workplace=workplace)
