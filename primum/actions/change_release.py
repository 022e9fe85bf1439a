"""The release that a guideline change would put in use, read from the file it was compared from."""

from dataclasses import replace
from pathlib import Path

from sqlmodel import Session

from primum.actions.submission import Submission, read_submission
from primum.actions.workplace import Workplace
from primum.ledger import change_reading
from primum.ledger.tables import Gate
from primum.roadmap.rollout import Evidence
from primum.roadmap.stages import GateName


class CandidateGone(Exception):
    """The file a challenger was compared from is not what it was; the message is shown to the person."""


def candidate_of(*, gate: Gate, workplace: Workplace) -> Submission:
    """
    Return what would be in use after this gate: the rollout's file as it was handed in for the comparison.

    :raises CandidateGone: if the gate is not that of a guideline change
    :raises ConfigurationRefused: if the file cannot be read any more
    """
    with workplace.ledger.reading() as session:
        step = change_reading.compared_at(session, gate=gate.id)
    if step is None:
        raise CandidateGone(f"Gate {gate.id} rests on no comparison of a challenger; compare again.")
    return read_submission(Path(str(step.said["file"])))


def behind(*, gate: Gate, submission: Submission, workplace: Workplace) -> tuple[Submission, Submission]:
    """
    Return what a gate would put in use, and the same with the tables the gate was judged on.

    For every gate but that of an update both are the submission itself.
    """
    if gate.name != GateName.GU:
        return submission, submission
    candidate = candidate_of(gate=gate, workplace=workplace)
    with workplace.ledger.reading() as session:
        step = change_reading.compared_at(session, gate=gate.id)
    said = step.said if step else {}
    return candidate, judged_on(candidate, evidence=Evidence.model_validate(said["evidence"]))


def judged_on(candidate: Submission, *, evidence: Evidence) -> Submission:
    """Return a candidate whose only table is the comparison with the model in use."""
    return replace(candidate, rollout=candidate.rollout.model_copy(update={"evidence": (evidence,)}))


def authors_behind(session: Session, *, gate: Gate) -> frozenset[str]:
    """Return who trained and compared the challenger behind a gate; none of them signs on it (P3)."""
    step = change_reading.compared_at(session, gate=gate.id) if gate.name == GateName.GU else None
    if step is None:
        return frozenset()
    return frozenset(one.person for one in change_reading.steps(session, change=step.change_id) if one.at <= step.at)
