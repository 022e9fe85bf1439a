"""What a run would find and whom it would ask, without writing anything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from primum.actions import evaluation, intake
from primum.actions.submission import read_submission
from primum.integrations import expectations, sources
from primum.integrations.documents import documents_of
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.seats import required_seats
from primum.roadmap.stages import GATE_OF


def write_data_docs(*, path: Path, out: Path, at: datetime) -> tuple[Path, ...]:
    """Write Great Expectations' own pages for each table of a rollout file; they hold counts only."""
    submission = read_submission(path)
    tables = intake.inspect_tables(submission=submission, stage=submission.rollout.enters_at)
    declared = {evidence.name: evidence for evidence in submission.rollout.evidence}
    return tuple(
        expectations.data_docs(
            evidence=declared[facts.name],
            frame=sources.frame(evidence=declared[facts.name], base=submission.base, digest=facts.digest),
            suites_dir=expectations.suites_dir(),
            extra=tuple(submission.base / name for name in declared[facts.name].suites),
            out=out / facts.name,
            at=at,
        )
        for facts in tables
    )


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The evaluation as it would be, and the seats that would be asked."""

    evaluation: Evaluation
    seats: tuple[str, ...]


def plan_stage(*, path: Path, at: datetime, progress: Callable[[str], None] = lambda _: None) -> Planned:
    """Read, check and judge the first stage of a rollout file; no ledger, no MLflow, nothing written."""
    submission = read_submission(path)
    stage = submission.rollout.enters_at
    tables = intake.inspect_tables(submission=submission, stage=stage)
    progress("Checking expectations")
    checks = intake.check_data(submission=submission, tables=tables)
    progress("Counting, estimating, judging")
    result = evaluation.measured(
        submission=submission,
        stage=stage,
        tables=tables,
        documents=documents_of(submission.rollout, base=submission.base),
        checks=checks,
        standing=evaluation.Standing(since=at),
        at=at,
    )
    seats = required_seats(policy=submission.policy, rollout=submission.rollout, gate=GATE_OF[stage])
    return Planned(evaluation=result.evaluation, seats=tuple(str(seat.role) for seat in seats))
