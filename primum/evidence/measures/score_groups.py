"""The scores that one criterion asks about: of all cases, or of each level of one attribute, and who has none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.measures.question import Question, joined, shown_level, suppressed, unknown
from primum.roadmap.estimates import Estimate

UNIT = "cases"
NO_SCORES = "the column 'score' is not mapped"
# More scores missing than this, and what they would have said could be anything.
MOST_MISSING = "5/100"


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The scores of one scope."""

    scope: str
    histogram: ScoreHistogram

    @property
    def smaller_class(self) -> int:
        """How many cases, scored or not, the smaller of both classes has."""
        return min(self.positives, self.negatives)

    @property
    def positives(self) -> int:
        """Number of positives, scored or not."""
        return self.histogram.n_positives + self.histogram.unscored_positives

    @property
    def negatives(self) -> int:
        """Number of negatives, scored or not."""
        return self.histogram.n_negatives + self.histogram.unscored_negatives

    @property
    def n(self) -> int:
        """Number of cases with a reference."""
        return self.positives + self.negatives


def levels_of(question: Question, *, attribute: str) -> Mapping[str, Scored]:
    """Return the scores of each level of an attribute; empty if they were not counted by it."""
    here = question.cells.where(attribute=attribute).by("level")
    return {
        level: Scored(scope=f"{attribute}={shown_level(level)}", histogram=ScoreHistogram.from_cells(cells))
        for level, cells in here.items()
        if cells.total()
    }


def of_all(question: Question) -> Scored:
    """Return the scores of all cases."""
    cells = question.cells.where(attribute="", level="")
    return Scored(scope="all", histogram=ScoreHistogram.from_cells(cells))


def estimates(
    question: Question, estimate: Callable[[Question, Scored], Estimate], *, by: str = ""
) -> tuple[Estimate, ...]:
    """
    Return the estimate of all cases, or of each level of ``parameters.by`` (or ``by``).

    Levels whose smaller class may not be shown are hidden (P9).
    """
    attribute = by or question.parameter("by", default="")
    if reason := question.lacks("attribute", "level", "reference", "score"):
        return (unknown(question, note=reason, unit=UNIT),)
    if not attribute:
        return (estimate(question, of_all(question)),)
    levels = levels_of(question, attribute=attribute)
    if not levels:
        return (unknown(question, note=f"no scores were counted by '{attribute}'", unit=UNIT, scope=attribute),)
    return tuple(_unless_small(question, scored, estimate) for scored in levels.values())


def _unless_small(question: Question, scored: Scored, estimate: Callable[[Question, Scored], Estimate]) -> Estimate:
    if question.too_small(scored.positives) or question.too_small(scored.negatives):
        return suppressed(question, scope=scored.scope, unit=UNIT)
    return estimate(question, scored)


def unknown_of(question: Question, scored: Scored, *, note: str) -> Estimate:
    """Return the estimate of a scope that cannot be known."""
    return unknown(question, note=note, scope=scored.scope, n=scored.n, unit=UNIT)


def too_many_missing(question: Question, scored: Scored) -> str | None:
    """Return the sentence about missing scores if there are more than ``parameters.missing`` (5/100) of all cases."""
    most = Fraction(question.parameter("missing", default=MOST_MISSING))
    if not scored.n or Fraction(scored.histogram.unscored, scored.n) <= most:
        return None
    missing = scored.histogram.unscored
    return f"{missing:,} of {scored.n:,} cases have no score, more than the {float(100 * most):g}% allowed"


def classes(scored: Scored, *notes: str) -> str:
    """Return how many cases have and have not the condition, and further notes."""
    unreferenced = scored.histogram.unreferenced
    return joined(
        f"{scored.positives:,} positives and {scored.negatives:,} negatives",
        *notes,
        f"{unreferenced:,} more cases have no reference and are left out" if unreferenced else "",
    )


def left_out(scored: Scored) -> str:
    """Return the note about cases without a score that a figure leaves out."""
    missing = scored.histogram.unscored
    return f"{missing:,} without a score are left out" if missing else ""


def at_worst(scored: Scored) -> str:
    """Return the note about cases without a score that a figure takes at their worst."""
    missing = scored.histogram.unscored
    return f"{missing:,} without a score count as scored wrong" if missing else ""


def binned(error: float) -> str:
    """Return the note about what score bins may have changed."""
    return f"score bins may have moved it by {error:.2g}; both ends allow for that" if error else ""
