"""Counting, estimating, judging and tracking a stage."""

from primum.actions import unattended
from primum.actions.submission import Submission
from primum.roadmap.data_checks import DataCheck
from primum.roadmap.evaluations import DocumentFacts, TableFacts
from tasks.entrance import at_work, now
from tasks.patience import patient


@patient(minutes=60)
def evaluate(
    *,
    submission: Submission,
    tables: tuple[TableFacts, ...],
    documents: tuple[DocumentFacts, ...],
    checks: tuple[DataCheck, ...],
    person: str,
) -> str:
    """Evaluate the stage and open, keep or void its gate; return the gate's id, or that of one that was rejected."""
    with at_work() as workplace:
        return unattended.evaluate(
            submission=submission,
            tables=tables,
            documents=documents,
            checks=checks,
            person=person,
            at=now(),
            workplace=workplace,
        )
