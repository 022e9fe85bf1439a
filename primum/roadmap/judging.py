"""Policy rule and estimate in, finding with one sentence out. Pure: no clock, no database, no framework."""

from collections.abc import Sequence
from fractions import Fraction

from primum.roadmap.data_checks import DataCheck, ExpectationResult
from primum.roadmap.estimates import Estimate
from primum.roadmap.policy import Criterion, Operator, Threshold
from primum.roadmap.verdicts import BADNESS, Finding, Level, Outcome, worst
from primum.roadmap.wording import asked, clause, measured

MEETS = {
    "more_than": lambda measured, asked: measured > asked,
    "at_least": lambda measured, asked: measured >= asked,
    "less_than": lambda measured, asked: measured < asked,
    "at_most": lambda measured, asked: measured <= asked,
}


def _meets(operator: Operator, number: float, asked_for: Fraction) -> bool:
    """Compare exactly: the float's own binary value against the fraction."""
    return bool(MEETS[operator](Fraction(number), asked_for))


def weigh(*, threshold: Threshold, estimate: Estimate) -> Outcome:
    """
    Return pass, fail or insufficient for one estimate (P2.5, P5.6).

    On an interval end: pass when that end meets the threshold, fail when even the other end does
    not, insufficient between. On ``value`` and ``count``: the exact number decides, from whole
    counts where the estimate has them. Unknown is insufficient, never a pass (P8).
    """
    if estimate.value is None or estimate.suppressed:
        return Outcome.INSUFFICIENT
    if threshold.bound in ("value", "count"):
        return Outcome.PASS if point_meets(threshold=threshold, estimate=estimate) else Outcome.FAIL
    if not estimate.known or estimate.lower is None or estimate.upper is None:
        return Outcome.INSUFFICIENT
    ends = (estimate.lower, estimate.upper) if threshold.bound == "lower" else (estimate.upper, estimate.lower)
    deciding, hopeful = ends
    if _meets(threshold.operator, deciding, threshold.fraction):
        return Outcome.PASS
    return Outcome.INSUFFICIENT if _meets(threshold.operator, hopeful, threshold.fraction) else Outcome.FAIL


def point_meets(*, threshold: Threshold, estimate: Estimate) -> bool:
    """
    Return whether the point itself meets a threshold, on whole counts where the estimate keeps them.

    On the sources' own examples it says what they say: of four groups one is in trouble (P5.10-P5.13), and a
    reader with the model gains on one alone (I5).
    """
    point = Fraction(estimate.exact) if estimate.exact else Fraction(estimate.value or 0)
    return bool(MEETS[threshold.operator](point, threshold.fraction))


def judge(*, criterion: Criterion, estimates: Sequence[Estimate]) -> Finding:
    """Return the finding of one criterion: the worst of its estimates, in one sentence."""
    if criterion.threshold is None:
        return _shown(criterion, estimates)
    weighed = [(weigh(threshold=criterion.threshold, estimate=one), one) for one in estimates]
    outcome = worst(result for result, _ in weighed)
    telling = [one for result, one in weighed if result is outcome]
    return Finding(
        check=criterion.id,
        outcome=outcome,
        level=criterion.level,
        sentence=_sentence(criterion, criterion.threshold, outcome, telling),
        requirements=criterion.requirements,
        estimates=tuple(estimates),
    )


def _shown(criterion: Criterion, estimates: Sequence[Estimate]) -> Finding:
    known = [estimate for estimate in estimates if estimate.value is not None]
    words = "; ".join(measured(estimate) for estimate in (known or estimates)[:4])
    return Finding(
        check=criterion.id,
        outcome=Outcome.PASS if known else Outcome.INSUFFICIENT,
        level=Level.ADVISORY if criterion.level in (Level.MANDATORY, Level.OVERRIDABLE) else criterion.level,
        sentence=f"{criterion.title}: {words or 'not measured'}.",
        requirements=criterion.requirements,
        estimates=tuple(estimates),
    )


def _sentence(criterion: Criterion, threshold: Threshold, outcome: Outcome, telling: Sequence[Estimate]) -> str:
    if not telling:
        return f"{criterion.title} was not measured; the policy asks for {asked(threshold, criterion.metric)}."
    telling = _levels(telling)
    worst_first = sorted(telling, key=lambda one: one.value if one.value is not None else float("inf"), reverse=True)
    if threshold.bound == "lower":
        worst_first.reverse()
    words = "; ".join(measured(estimate) for estimate in worst_first[:3])
    more = f"; and {len(telling) - 3} more" if len(telling) > 3 else ""  # noqa: PLR2004 -- three fit in a sentence
    breached = outcome is Outcome.INSUFFICIENT and any(
        one.known and not point_meets(threshold=threshold, estimate=one) for one in telling
    )
    point = " The point itself does not meet it either." if breached else ""
    asked_for = clause(threshold=threshold, outcome=outcome, telling=worst_first[0])
    return f"{criterion.title}: {words}{more}. {asked_for}{point}"


def _levels(telling: Sequence[Estimate]) -> Sequence[Estimate]:
    """Leave out the largest-minus-smallest of an attribute where its levels are named anyway."""
    levels = [one for one in telling if "=" in one.scope]
    return levels or telling


def data_finding(check: DataCheck) -> Finding:
    """Return the finding of one table's expectations; a broken expectation is an error, not a failure."""
    bad = sorted(
        (result for result in check.results if result.outcome is not Outcome.PASS),
        key=lambda result: (-BADNESS[result.outcome], -result.unexpected),
    )
    words = "; ".join(_expectation(result) for result in bad[:3])
    more = f"; and {len(bad) - 3} more" if len(bad) > 3 else ""  # noqa: PLR2004 -- three fit in a sentence
    good = f"all {len(check.results)} expectations hold on {check.rows:,} rows"
    return Finding(
        check=f"data:{check.evidence}",
        kind="data",
        outcome=check.outcome,
        level=Level.MANDATORY,
        sentence=f"Table '{check.evidence}': {words or good}{more}.",
        requirements=tuple(sorted({one for result in (bad or check.results) for one in result.requirements})),
    )


def unchecked_data(*, name: str, rows: int) -> Finding:
    """Return the finding of a table that nobody held against its expectations; unknown is never a pass (P8)."""
    return Finding(
        check=f"data:{name}",
        kind="data",
        outcome=Outcome.INSUFFICIENT,
        level=Level.MANDATORY,
        sentence=f"Table '{name}': its {rows:,} rows were not held against their expectations.",
        requirements=(),
    )


def _expectation(result: ExpectationResult) -> str:
    if result.outcome is Outcome.ERROR:
        return f"could not be checked: {result.problem or result.notes}"
    kind = "safety event: " if result.safety_event else ""
    rows = f"not so in {result.unexpected:,} of {result.evaluated:,} rows" if result.evaluated else "no rows to check"
    return f"{result.notes.rstrip('.')} ({kind}{rows})"


def missing_evidence(*, criterion: Criterion) -> Finding:
    """Return the finding for a criterion whose table was not submitted (P8)."""
    return Finding(
        check=criterion.id,
        outcome=Outcome.INSUFFICIENT,
        level=criterion.level,
        sentence=f"{criterion.title} needs a table of kind '{criterion.evidence}', and this stage has none.",
        requirements=criterion.requirements,
    )
