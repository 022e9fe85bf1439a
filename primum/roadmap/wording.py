"""Numbers in the words of the clinic."""

from collections.abc import Callable

from primum.roadmap.estimates import Estimate
from primum.roadmap.policy import Threshold
from primum.roadmap.verdicts import Outcome

# Width of an interval in per cent or points, and the decimals that tell its ends apart.
DECIMALS = ((0.3, 1), (0.03, 2), (0.003, 3), (0.0, 4))
POINTS = frozenset(
    {
        "gap_sensitivity",
        "gap_accuracy",
        "gap_checks_met",
        "gap_benefit",
        "gap_intersections",
        "reader_gain",
        "reader_area",
        "reader_sensitivity",
        "reader_specificity",
        "primary_benefit",
        "primary_noninferiority",
        "safety_difference",
        "site_safety",
        "benefit_by_site",
        "cluster_difference",
        "wedge_effect",
        "heterogeneity",
        "leave_one_site_out",
        "worst_case_benefit",
        "tipping_point",
        "imputed_benefit",
        "learning",
        "potential",
        "retention",
        "group_change",
    }
)


def _ratio(number: float) -> str:
    return f"{number:.4f}"


def _rate(number: float) -> str:
    return f"{number:.4g}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def _p(number: float) -> str:
    return f"p {number:.4f}" if number >= 0.0001 else f"p {number:.1e}"  # noqa: PLR2004 -- four decimals


FORMS: dict[str, Callable[[float], str]] = {
    "auroc": _ratio,
    "brier": _ratio,
    "calibration_in_the_large": _ratio,
    "calibration_slope": _ratio,
    "expected_calibration_error": _ratio,
    "gap_auroc": _ratio,
    "net_benefit": _ratio,
    "site_auroc": _ratio,
    "event_rate": _rate,
    "mean_difference": _rate,
    "observed_expected": _ratio,
    "primary_ratio": _ratio,
    "repeated_p": _p,
    "sample_ratio": _p,
    "sample_ratio_anytime": _p,
    "sample_ratio_by_site": _p,
    "sites": _whole,
    "trial_sites": _whole,
}
OPERATORS = {"more_than": "more than", "at_least": "at least", "less_than": "less than", "at_most": "at most"}


def decimals_for(width: float) -> int:
    """Return the decimals for an interval of this width, in natural units (0.05 is five points)."""
    return next(decimals for least, decimals in DECIMALS if 100 * width >= least)


def shown(metric: str, number: float, *, width: float = 1.0) -> str:
    """Return a number of a metric as a clinician reads it: shares in per cent, gaps in points; finer when narrow."""
    if form := FORMS.get(metric):
        return form(number)
    unit = " points" if metric in POINTS else "%"
    return f"{100 * number:.{decimals_for(width)}f}{unit}"


def asked(threshold: Threshold, metric: str) -> str:
    """Return what a threshold asks for, such as ``more than 95.0%``."""
    return f"{OPERATORS[threshold.operator]} {shown(metric, float(threshold.fraction))}"


def scope_of(estimate: Estimate) -> str:
    """Return the scope as a reader says it: ``site=NY, endpoint=harm`` as ``NY, harm``."""
    if estimate.scope == "all":
        return ""
    return ", ".join(part.partition("=")[2] or part for part in estimate.scope.split(", "))


def value_of(estimate: Estimate) -> str:
    """Return the value alone, or that it is not shown or not known."""
    if estimate.suppressed:
        return "not shown"
    if estimate.value is None:
        return "not known"
    return shown(estimate.metric, estimate.value, width=_width(estimate) or 1.0)


def interval_of(estimate: Estimate) -> str:
    """Return both ends of an interval, their unit once; nothing where there is none."""
    width = _width(estimate)
    if not width or estimate.lower is None or estimate.upper is None or estimate.suppressed:
        return ""
    low, high = (shown(estimate.metric, end, width=width) for end in (estimate.lower, estimate.upper))
    unit = next((one for one in (" points", "%") if high.endswith(one)), "")
    return f"{low.removesuffix(unit)} to {high}"


def measured(estimate: Estimate) -> str:
    """Return one estimate with its counts, interval and method."""
    scope = f"{named}: " if (named := scope_of(estimate)) else ""
    if estimate.suppressed:
        return f"{scope}not shown ({estimate.note or f'too few {estimate.unit}'})"
    if estimate.value is None:
        return f"{scope}not known ({estimate.note or 'no data'})"
    counts = f"{estimate.events:,} of {estimate.n:,}" if estimate.events is not None else f"n {estimate.n:,}"
    between = f", {100 * estimate.confidence:.3g}% interval {ends}" if (ends := interval_of(estimate)) else ""
    note = f"; {estimate.note}" if estimate.note else ""
    return f"{scope}{value_of(estimate)} ({counts}{between}, {estimate.method}{note})"


def _width(estimate: Estimate) -> float:
    """How wide an interval is; nothing where there is none, or where it is a point."""
    if not estimate.known or estimate.lower is None or estimate.upper is None:
        return 0.0
    return estimate.upper - estimate.lower


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
    named = scope_of(estimate)
    scope = f" in {named}" if named else ""
    return f" About {estimate.needed:,} more {estimate.unit}{scope} would show that it is met, if it is."
