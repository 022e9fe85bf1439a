"""Metrics of a score: how well it ranks, overall, at each site and between groups (see also measures_calibration)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import ceil
from types import MappingProxyType

import numpy as np

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.equity.subgroups import Gaps, Measured, gaps_of_effects
from primum.evidence.intervals import Interval
from primum.evidence.measures import calibration as measures_calibration
from primum.evidence.measures import gap_estimates, gap_methods
from primum.evidence.measures.concealment import partner_of_small
from primum.evidence.measures.question import Question, method_of, unknown
from primum.evidence.measures.score_groups import (
    NO_SCORES,
    UNIT,
    Scored,
    at_worst,
    binned,
    classes,
    estimates,
    levels_of,
    unknown_of,
)
from primum.evidence.scores.area_intervals import INTERVALS, cases_for_area, guarded_interval, widened
from primum.evidence.scores.roc import Area, NoArea, area, worst_case
from primum.roadmap.estimates import Estimate

__all__ = ["METHODS", "NO_SCORES", "SCORES", "SCORE_METRICS"]

SCORES = ".scores"
"""What the name of a kind of evidence is followed by, for the table that holds its scores."""

SHOWN = MappingProxyType(
    {
        "guarded delong": "DeLong logit, no narrower than Newcombe",
        "delong logit": "DeLong logit",
        "delong": "DeLong",
    }
)
SIMULTANEOUS = "simultaneous delong"
# A rule on an area is rarely about less than half a point.
LARGEST_ERROR = "5/1000"
NO_SUBGROUPS = "no subgroup counts"


def auroc(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the area under the ROC curve, of all cases or of each level of ``parameters.by``.

    A case without a score counts as scored wrong: a positive below, a negative above all others.
    ``parameters.binning`` is the largest error of score bins that is accepted (5/1000).
    """
    return estimates(question, _area_estimate)


def site_auroc(question: Question) -> tuple[Estimate, ...]:
    """Measure the area under the ROC curve at each site (GI2)."""
    return estimates(question, _area_estimate, by="site")


def gap_auroc(question: Question) -> tuple[Estimate, ...]:
    """Measure the gaps in the area under the ROC curve between the levels of every declared attribute (P5.4)."""
    if reason := question.lacks("attribute", "level", "reference", "score"):
        return (unknown(question, note=reason, unit=UNIT),)
    if question.criterion.parameters.get("method", SIMULTANEOUS) != SIMULTANEOUS:
        note = f"gaps of areas are compared by '{SIMULTANEOUS}' only"
        return (unknown(question, note=note, unit=UNIT),)
    if not question.attributes:
        return (unknown(question, note=NO_SUBGROUPS, unit=UNIT),)
    return tuple(estimate for name in question.attributes for estimate in _gaps(question, name))


def _area_estimate(question: Question, scored: Scored) -> Estimate:
    histogram, method = worst_case(scored.histogram), method_of(question, INTERVALS)
    try:
        found = area(histogram, largest_error=_largest_error(question))
    except NoArea as reason:
        return unknown_of(question, scored, note=str(reason))
    interval = widened(INTERVALS[method](found, confidence=question.confidence), by=found.error_bound)
    return Estimate(
        metric=question.criterion.metric,
        value=found.value,
        lower=interval.lower,
        upper=interval.upper,
        confidence=question.confidence,
        method=SHOWN[method],
        n=scored.n,
        events=scored.positives,
        scope=scored.scope,
        needed=_needed(question, found, interval),
        unit=UNIT,
        note=classes(scored, at_worst(scored), binned(found.error_bound)),
        exact="" if found.error_bound else str(exact_area(histogram)),
    )


def exact_area(histogram: ScoreHistogram) -> Fraction:
    """Return the area as a fraction of whole counts: pairs in order, ties one half."""
    below = 2 * np.cumsum(histogram.negatives) - histogram.negatives
    halves = sum(int(one) * int(other) for one, other in zip(below, histogram.positives, strict=True))
    return Fraction(halves, 2 * histogram.n_positives * histogram.n_negatives)


def _largest_error(question: Question) -> float:
    return float(Fraction(question.parameter("binning", default=LARGEST_ERROR)))


def _needed(question: Question, found: Area, interval: Interval) -> int | None:
    """Return how many more cases show an area above the threshold with 80 % power if the truth is what is hoped for."""
    threshold = question.criterion.threshold
    if threshold is None or threshold.bound != "lower" or threshold.operator not in ("more_than", "at_least"):
        return None
    target = float(threshold.fraction)
    hoped = float(Fraction(question.parameter("hoped", default=str((threshold.fraction + 1) / 2))))
    if interval.lower > target:
        return 0
    if interval.upper < target or not 0 < target < hoped < 1:
        return None
    n = found.positives + found.negatives
    wanted = cases_for_area(
        hoped=hoped,
        target=target,
        share=found.positives / n,
        alpha=(1 - question.confidence) / 2,
        power=float(Fraction(question.parameter("power", default="80/100"))),
    )
    return max(0, ceil(wanted) - n)


def _gaps(question: Question, name: str) -> list[Estimate]:
    scored = levels_of(question, attribute=name)
    if not scored:
        return [unknown(question, note=f"no scores were counted by '{name}'", scope=name, unit=UNIT)]
    areas, notes = _areas(question, scored)
    levels = {
        level: gap_estimates.Level(
            n=one.n if level in areas else 0,
            smallest=one.smaller_class,
            events=None,
            words=f"{areas[level].value:.4f} in {one.n:,}" if level in areas else "",
            note=notes.get(level, ""),
        )
        for level, one in scored.items()
        if level
    }
    nameless = scored[""].n if "" in scored else 0
    attribute = gap_estimates.Attribute(
        name=name,
        prefix=f"{name}=",
        levels=levels,
        comparison=gap_methods.Comparison(
            compare=lambda names: _compared(question, {one: areas[one] for one in names})
        ),
        wanted=None,
        unit=UNIT,
        note=gap_estimates.left_out(question, n=nameless, unit=UNIT, attribute=name),
        hidden=partner_of_small({level: one.smallest for level, one in levels.items()}, too_small=question.too_small),
    )
    rows = gap_estimates.gaps_of(question, attribute)
    return [one if one.value is None else replace(one, method=gap_methods.SHOWN[SIMULTANEOUS]) for one in rows]


def _areas(question: Question, scored: Mapping[str, Scored]) -> tuple[dict[str, Area], dict[str, str]]:
    found: dict[str, Area] = {}
    notes: dict[str, str] = {}
    for level, one in scored.items():
        try:
            found[level] = area(worst_case(one.histogram), largest_error=_largest_error(question))
            notes[level] = at_worst(one)
        except NoArea as reason:
            notes[level] = str(reason)
    return found, notes


def _compared(question: Question, areas: Mapping[str, Area]) -> Gaps:
    def measured(one: Area) -> Measured:
        return Measured(
            value=Fraction(one.value),
            interval=lambda confidence: widened(guarded_interval(one, confidence=confidence), by=one.error_bound),
        )

    levels = {level: measured(one) for level, one in areas.items()}
    return gaps_of_effects(levels=levels, confidence=question.confidence)


SCORE_METRICS: Mapping[str, Callable[[Question], tuple[Estimate, ...]]] = MappingProxyType(
    {"auroc": auroc, "site_auroc": site_auroc, "gap_auroc": gap_auroc, **measures_calibration.METRICS}
)
"""Metric name -> the function that measures it on the table of scores."""

METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "auroc": tuple(INTERVALS),
        "site_auroc": tuple(INTERVALS),
        "gap_auroc": (SIMULTANEOUS,),
        **measures_calibration.METHODS,
    }
)
"""Metric name -> the methods that a threshold may name for it."""
