"""What one criterion asks of the counts, and the estimates that can be given to any such question."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Group, Interval
from primum.evidence.trials.trial_arms import units
from primum.roadmap.estimates import Estimate
from primum.roadmap.policy import Criterion, Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.rollout import Rollout

USUAL_CONFIDENCE = Fraction(95, 100)
NOT_RECORDED = "not recorded"
NO_PROTOCOL = "no protocol is declared"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One criterion, the counts of its kind of evidence, and the rollout and policy it stands in."""

    criterion: Criterion
    cells: Cells
    rollout: Rollout
    policy: Policy

    @property
    def confidence(self) -> float:
        """The two-sided confidence that the policy asks for; 0.95 where it does not say."""
        threshold = self.criterion.threshold
        return float(Fraction(threshold.confidence) if threshold else USUAL_CONFIDENCE)

    @property
    def protocol(self) -> Protocol | None:
        """The declared protocol, if there is one."""
        return self.rollout.protocol

    @property
    def attributes(self) -> tuple[str, ...]:
        """The subgroup attributes that the rollout's tables of this kind declare, each once."""
        tables = (table for table in self.rollout.evidence if table.kind == self.criterion.evidence)
        return tuple(dict.fromkeys(attribute for table in tables for attribute in table.subgroups))

    def parameter(self, name: str, *, default: str) -> str:
        """Return a parameter of the criterion."""
        return self.criterion.parameters.get(name, default)

    def lacks(self, *columns: str) -> str | None:
        """Return the sentence about the first column that was not counted, if one was not."""
        absent = [column for column in columns if column not in self.cells.keys]
        return f"the column '{absent[0]}' is not mapped" if absent else None

    def too_small(self, n: int) -> bool:
        """True if a figure about so many people may not be shown (P9)."""
        return 0 < n < self.policy.smallest_cell


def unknown(
    question: Question,
    *,
    note: str,
    scope: str = "all",
    n: int = 0,
    unit: str = "patients",
    needed: int | None = None,
) -> Estimate:
    """Return the estimate that says what cannot be known and why; it is never a pass (P8)."""
    return Estimate(
        metric=question.criterion.metric,
        value=None,
        lower=None,
        upper=None,
        confidence=question.confidence,
        method="none",
        n=n,
        scope=scope,
        unit=unit,
        needed=needed,
        note=note,
    )


def nothing(question: Question, reason: str, *, n: int = 0) -> Estimate:
    """Return the estimate of a trial metric that cannot be known, in the trial's units."""
    return unknown(question, note=reason, n=n, unit=units(question.protocol))


def suppressed(question: Question, *, scope: str, unit: str, needed: int | None = None) -> Estimate:
    """Return the estimate of a group too small to show: insufficient, and no count of it is inside (P9)."""
    return Estimate(
        metric=question.criterion.metric,
        value=None,
        lower=None,
        upper=None,
        confidence=question.confidence,
        method="none",
        n=0,
        scope=scope,
        unit=unit,
        needed=needed,
        note=f"fewer than {question.policy.smallest_cell} {unit}, the policy's smallest cell",
        suppressed=True,
    )


def exact_number(question: Question, *, value: float, n: int, method: str, unit: str, note: str = "") -> Estimate:
    """Return a number without sampling error of its own: a count or a p value; both ends are the number."""
    return Estimate(
        metric=question.criterion.metric,
        value=value,
        lower=value,
        upper=value,
        confidence=question.confidence,
        method=method,
        n=n,
        unit=unit,
        note=note,
    )


def difference(
    question: Question,
    *,
    value: Fraction,
    interval: Interval | None,
    n: int,
    method: str,
    scope: str = "all",
    unit: str = "patients",
    needed: int | None = None,
    note: str = "",
    adjusted: str = "raw",
    events: int | None = None,
) -> Estimate:
    """Return the estimate of a difference of counted figures, with its exact value; ends may be unknown."""
    return Estimate(
        metric=question.criterion.metric,
        value=float(value),
        lower=None if interval is None else interval.lower,
        upper=None if interval is None else interval.upper,
        confidence=question.confidence,
        method=method,
        n=n,
        events=events,
        scope=scope,
        adjusted=adjusted,
        needed=needed,
        unit=unit,
        note=note,
        exact=str(value),
    )


def shown_level(level: str) -> str:
    """Return how a level is named; a missing one is called that."""
    return level or NOT_RECORDED


def joined(*notes: str) -> str:
    """Return several notes as one, without the empty ones."""
    return "; ".join(note for note in notes if note)


def of(group: Group) -> str:
    """Return a group's counts in words: ``36 of 50``."""
    return f"{group.events:,} of {group.n:,}"


def method_of(question: Question, methods: Mapping[str, object]) -> str:
    """Return the method that the policy names, or the first; ``measures.METHODS`` has been checked before."""
    threshold = question.criterion.threshold
    return threshold.method if threshold and threshold.method else next(iter(methods))
