"""Taking in tables and documents, and holding the tables against their expectations."""

from primum.actions import intake
from primum.actions.submission import Submission
from primum.roadmap.data_checks import DataCheck
from primum.roadmap.evaluations import DocumentFacts, TableFacts
from primum.roadmap.stages import Stage
from tasks.entrance import at_work, now
from tasks.patience import patient


@patient(minutes=30)
def register_evidence(
    *, submission: Submission, stage: Stage, person: str
) -> tuple[tuple[TableFacts, ...], tuple[DocumentFacts, ...]]:
    """Register the tables of a stage and all documents by their digests."""
    with at_work() as workplace:
        return intake.register_evidence(
            submission=submission, stage=stage, person=person, at=now(), workplace=workplace
        )


@patient(minutes=60)
def check_expectations(*, submission: Submission, tables: tuple[TableFacts, ...]) -> tuple[DataCheck, ...]:
    """Run the expectation suites of every table; counts come back, never values."""
    with at_work() as workplace:
        return intake.check_data(submission=submission, tables=tables, workplace=workplace)
