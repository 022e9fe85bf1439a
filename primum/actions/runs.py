"""Running a stage without an engine: the steps of the stage flows, in their order, with progress."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from primum.actions import evaluation, gates, intake, registration
from primum.actions.submission import Submission
from primum.actions.workplace import Workplace
from primum.roadmap.gates import GateState

Progress = Callable[[str], None]


def keep_silent(step: str) -> None:
    """Keep silent about a step."""


STEPS = (
    "Reading the rollout",
    "Registering tables and documents",
    "Checking expectations",
    "Counting, estimating, judging",
    "Asking the seats",
)


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """What one run of a stage came to."""

    submission: Submission
    gate: str
    state: GateState


def run_stage(
    *, path: Path, person: str, at: datetime, workplace: Workplace, progress: Progress = keep_silent
) -> StageRun:
    """
    Take a rollout through its stage up to the gate and no further; running again changes nothing.

    The stage flows do the same steps in the same order; a test compares what both leave behind.
    """
    progress(STEPS[0])
    submission = registration.register(path=path, person=person, at=at, workplace=workplace)
    stage = evaluation.stage_of(rollout=submission.rollout.rollout, workplace=workplace)
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
    )
    progress(STEPS[4])
    state = gates.ask_seats(gate=gate, submission=submission, person=person, at=at, workplace=workplace)
    return StageRun(submission=submission, gate=gate, state=state)
