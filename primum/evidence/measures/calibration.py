"""Metrics of a score as a risk: calibration, its errors, and the net benefit of acting on it."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.intervals import Interval
from primum.evidence.measures.question import Question, method_of
from primum.evidence.measures.score_groups import (
    UNIT,
    Scored,
    at_worst,
    binned,
    classes,
    estimates,
    left_out,
    too_many_missing,
    unknown_of,
)
from primum.evidence.scores import calibration, decision_curves
from primum.evidence.scores.calibration import Figure, NotCalibratable
from primum.evidence.scores.calibration_error import USUAL_BINS, calibration_error
from primum.evidence.scores.decision_curves import Benefit, NoDecision
from primum.evidence.scores.roc import worst_case
from primum.roadmap.estimates import Estimate

WALD, MEAN, CORRELATED = "logistic wald", "mean", "correlated wilson"
DEBIASED, PLAIN = "equal mass debiased", "equal mass"
AGAINST = MappingProxyType({"none": decision_curves.net_benefit, "all": decision_curves.gain_over_all})


def calibration_slope(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the slope of the reference on the logit of the score; 1 is calibrated, below 1 too extreme.

    ``parameters.clip`` says how far from 0 and 1 scores of exactly 0 and 1 are taken.
    """
    return estimates(question, lambda asked, scored: _figure(asked, scored, _slope, method="logistic regression"))


def calibration_in_the_large(question: Question) -> tuple[Estimate, ...]:
    """Measure the intercept with the logit of the score as offset; 0 is calibrated, above 0 risks are too low."""
    return estimates(question, lambda asked, scored: _figure(asked, scored, _large, method="logistic regression"))


def brier(question: Question) -> tuple[Estimate, ...]:
    """Measure the mean squared error of the score as a risk; 0 is perfect."""
    return estimates(question, lambda asked, scored: _figure(asked, scored, _brier, method="normal"))


def expected_calibration_error(question: Question) -> tuple[Estimate, ...]:
    """Measure the expected calibration error over ``parameters.bins`` (10) bins of equal mass, without its bias."""
    return estimates(question, _error)


def net_benefit(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the net benefit of acting at ``parameters.threshold``, in true positives per case.

    ``parameters.against`` is ``none`` (the net benefit itself) or ``all`` (its lead over acting on every
    case). A positive without a score counts as not acted on, a negative as acted on.
    """
    return estimates(question, _benefit)


METRICS: Mapping[str, Callable[[Question], tuple[Estimate, ...]]] = MappingProxyType(
    {
        "calibration_slope": calibration_slope,
        "calibration_in_the_large": calibration_in_the_large,
        "brier": brier,
        "expected_calibration_error": expected_calibration_error,
        "net_benefit": net_benefit,
    }
)
METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "calibration_slope": (WALD,),
        "calibration_in_the_large": (WALD,),
        "brier": (MEAN,),
        "expected_calibration_error": (DEBIASED, PLAIN),
        "net_benefit": (CORRELATED,),
    }
)


def _slope(histogram: ScoreHistogram, *, confidence: float, clip: float) -> Figure:
    return calibration.line(histogram, confidence=confidence, clip=clip).slope


def _large(histogram: ScoreHistogram, *, confidence: float, clip: float) -> Figure:
    return calibration.in_the_large(histogram, confidence=confidence, clip=clip)


def _brier(histogram: ScoreHistogram, *, confidence: float, clip: float) -> Figure:  # noqa: ARG001 -- has no logit
    return calibration.brier(histogram, confidence=confidence)


def _figure(question: Question, scored: Scored, figure: Callable[..., Figure], *, method: str) -> Estimate:
    if reason := too_many_missing(question, scored):
        return unknown_of(question, scored, note=reason)
    try:
        clip = float(Fraction(question.parameter("clip", default="0")))
        found = figure(scored.histogram, confidence=question.confidence, clip=clip)
    except NotCalibratable as refused:
        return unknown_of(question, scored, note=str(refused))
    return _estimate(
        question,
        scored,
        value=found.value,
        interval=found.interval,
        binning=found.binning,
        method=method,
        note=classes(scored, left_out(scored), binned(found.binning)),
    )


def _error(question: Question, scored: Scored) -> Estimate:
    if reason := too_many_missing(question, scored):
        return unknown_of(question, scored, note=reason)
    asked = question.parameter("bins", default=str(USUAL_BINS))
    try:
        bins = int(asked) if asked.isdecimal() else 0
        found = calibration_error(scored.histogram, confidence=question.confidence, bins=bins)
    except NotCalibratable as refused:
        return unknown_of(question, scored, note=str(refused))
    method = method_of(question, dict.fromkeys(METHODS["expected_calibration_error"]))
    other = f"without debiasing {found.plain:.4f}" if method == DEBIASED else f"debiased {found.debiased:.4f}"
    return _estimate(
        question,
        scored,
        value=found.debiased if method == DEBIASED else found.plain,
        interval=found.interval,
        binning=found.binning,
        method=method.replace("equal mass", "bins of equal mass,").rstrip(","),
        note=classes(scored, f"{found.bins} bins", other, left_out(scored), binned(found.binning)),
        least=0.0,
    )


def _benefit(question: Question, scored: Scored) -> Estimate:
    asked, against = question.criterion.parameters.get("threshold"), question.parameter("against", default="none")
    if asked is None:
        return unknown_of(question, scored, note="the criterion names no risk to act at (parameters.threshold)")
    if against not in AGAINST:
        note = f"the criterion asks for the net benefit against '{against}'; known are {', '.join(AGAINST)}"
        return unknown_of(question, scored, note=note)
    threshold = Fraction(asked)
    cases = decision_curves.flagged(worst_case(scored.histogram), threshold=threshold)
    try:
        found: Benefit = AGAINST[against](cases, threshold=threshold, confidence=question.confidence)
    except NoDecision as refused:
        return unknown_of(question, scored, note=str(refused))
    words = f"acting at a risk of {float(100 * threshold):g}% or more: {cases.share.events:,} of {cases.n:,} cases"
    lead = "more than acting on all" if against == "all" else ""
    return _estimate(
        question,
        scored,
        value=found.value,
        interval=found.interval,
        binning=found.binning,
        method="Wilson, square-and-add",
        note=classes(scored, words, lead, at_worst(scored), binned(found.binning)),
        exact="" if found.binning else str(found.exact),
    )


def _estimate(
    question: Question,
    scored: Scored,
    *,
    value: float,
    interval: Interval,
    binning: float,
    method: str,
    note: str,
    exact: str = "",
    least: float | None = None,
) -> Estimate:
    lower = interval.lower - binning
    return Estimate(
        metric=question.criterion.metric,
        value=value,
        lower=lower if least is None else max(least, lower),
        upper=interval.upper + binning,
        confidence=question.confidence,
        method=method,
        n=scored.n,
        events=scored.positives,
        scope=scored.scope,
        unit=UNIT,
        note=note,
        exact=exact,
    )
