"""
Metrics of what an assistant was tried on: the share of answers that met a check (CB1-CB9, T1, T2).

The check that a criterion asks for is ``parameters.check``. An answer that nobody could judge, or that
never came, does not meet it (P8). Planted questions are no patients: a count of three is shown.
"""

from dataclasses import replace

import numpy as np

from primum.evidence.counts.cells import gather
from primum.evidence.measures.diagnostic import Tally, found, share_estimate
from primum.evidence.measures.question import Question, unknown
from primum.roadmap.estimates import Estimate

UNIT = "answers"
COLUMNS = ("check", "met")


def checks_met(question: Question) -> tuple[Estimate, ...]:
    """Measure the share of answers that met one check, named by ``parameters.check``."""
    asked = question.parameter("check", default="")
    if reason := question.lacks(*COLUMNS):
        return (unknown(question, note=reason, unit=UNIT),)
    if not asked:
        return (unknown(question, note="the criterion names no check in its parameters", unit=UNIT),)
    tally = found(as_cases(question).cells)
    note = f"{tally.unanswered:,} that could not be judged count as not met" if tally.unanswered else ""
    told = Tally(group=tally.group, unanswered=tally.unanswered, note=note)
    estimate = share_estimate(question, tally=told, scope="all", unit=UNIT)
    return (replace(estimate, scope=f"check={asked}"),)


def as_cases(question: Question) -> Question:
    """
    Return a question about one check as one about cases: every answer should have met it, and did or did not.

    Groups that the check was not made in are left out.
    """
    cells = question.cells.where(check=question.parameter("check", default=""))
    codes = np.concatenate([cells.codes, np.zeros((len(cells.codes), 1), np.int32)], axis=1)
    whole = gather(
        kind=cells.kind,
        keys=(*("prediction" if key == "met" else key for key in cells.keys), "reference"),
        parts=[((*cells.levels, ("1",)), codes, cells.weights)],
        sources=cells.sources,
        amounts=cells.amounts,
    )
    return replace(question, cells=whole)


def tried(question: Question) -> tuple[str, ...]:
    """
    Return the declared attributes that the answers to this check can be compared by.

    A check that applies to no group of an attribute, as an emergency to no profile, says nothing about it.
    """
    return tuple(
        name for name in question.attributes if name not in question.cells.keys or any(question.cells.levels_of(name))
    )
