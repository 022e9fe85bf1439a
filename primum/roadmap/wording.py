"""Numbers in the words of the clinic."""

from collections.abc import Callable

from primum.roadmap.estimates import Estimate
from primum.roadmap.policy import Threshold
from primum.roadmap.verdicts import Outcome


def _percent(number: float) -> str:
    return f"{100 * number:.1f}%"


def _points(number: float) -> str:
    return f"{100 * number:.1f} points"


def _ratio(number: float) -> str:
    return f"{number:.4f}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def _p(number: float) -> str:
    return f"p {number:.4f}" if number >= 0.0001 else f"p {number:.1e}"  # noqa: PLR2004 -- four decimals


POINTS = _points
FORMS: dict[str, Callable[[float], str]] = {
    "gap_sensitivity": _points,
    "gap_accuracy": _points,
    "gap_benefit": _points,
    "reader_gain": _points,
    "primary_benefit": _points,
    "primary_noninferiority": _points,
    "safety_difference": _points,
    "site_safety": _points,
    "benefit_by_site": _points,
    "primary_ratio": _ratio,
    "sample_ratio": _p,
    "sites": _whole,
    "trial_sites": _whole,
}
OPERATORS = {"more_than": "more than", "at_least": "at least", "less_than": "less than", "at_most": "at most"}


def shown(metric: str, number: float) -> str:
    """Return a number of a metric as a clinician reads it; shares as per cent, gaps in points."""
    return FORMS.get(metric, _percent)(number)


def asked(threshold: Threshold, metric: str) -> str:
    """Return what a threshold asks for, such as ``more than 95.0%``."""
    return f"{OPERATORS[threshold.operator]} {shown(metric, float(threshold.fraction))}"


def _scope(estimate: Estimate) -> str:
    """``site=NY, endpoint=any serious adverse event`` as ``NY, any serious adverse event``."""
    if estimate.scope == "all":
        return ""
    return ", ".join(part.partition("=")[2] or part for part in estimate.scope.split(", "))


def measured(estimate: Estimate) -> str:
    """Return one estimate with its counts, interval and method."""
    scope = f"{named}: " if (named := _scope(estimate)) else ""
    if estimate.suppressed:
        return f"{scope}too few {estimate.unit} to show"
    if estimate.value is None:
        return f"{scope}not known ({estimate.note or 'no data'})"
    counts = f"{estimate.events:,} of {estimate.n:,}" if estimate.events is not None else f"n {estimate.n:,}"
    ends = ""
    if estimate.lower is not None and estimate.upper is not None and estimate.lower != estimate.upper:
        low, high = shown(estimate.metric, estimate.lower), shown(estimate.metric, estimate.upper)
        ends = f", {100 * estimate.confidence:.3g}% interval {low} to {high}"
    note = f"; {estimate.note}" if estimate.note else ""
    return f"{scope}{shown(estimate.metric, estimate.value)} ({counts}{ends}, {estimate.method}{note})"


def clause(*, threshold: Threshold, outcome: Outcome, telling: Estimate) -> str:
    """Return the second half of a sentence: what was asked, and what is still needed."""
    wanted = asked(threshold, telling.metric)
    end = {"lower": " at the lower end", "upper": " at the upper end"}.get(threshold.bound, "")
    if outcome is Outcome.PASS:
        return f"The policy asks for {wanted}{end}: met."
    if outcome is Outcome.FAIL:
        return f"The policy asks for {wanted}{end}: not met.{_still(telling)}"
    return f"The policy asks for {wanted}{end}: not yet known.{_still(telling)}"


def _still(estimate: Estimate) -> str:
    if not estimate.needed:
        return ""
    named = _scope(estimate)
    scope = f" in {named}" if named else ""
    return f" About {estimate.needed:,} more {estimate.unit}{scope} are needed to show it if it is true."
