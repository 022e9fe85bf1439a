"""
Metrics of a crossed reader study: the gain in a figure for readers and cases like these, from paired readings.

Obuchowski & Rockette 1995 with the degrees of freedom of Hillis 2007; readers and cases are both random. The
protocol's endpoints name the figure as their ``event``: ``area``, ``sensitivity`` or ``specificity``.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.reading_pairs import PAIRS, READ
from primum.evidence.intervals import Group
from primum.evidence.measures import sites as measures_sites
from primum.evidence.measures.question import (
    NO_PROTOCOL,
    Question,
    difference,
    exact_number,
    joined,
    nothing,
    suppressed,
    unknown,
)
from primum.evidence.measures.reader_figures import SHOWN, cases_of, gain_of, strictest, why_not
from primum.evidence.measures.reader_gaps import gap_benefit
from primum.evidence.scores.reader_tests import Comparison as Test
from primum.evidence.scores.reader_tests import random_readers_random_cases
from primum.evidence.scores.readers import Figures, StudyRefused
from primum.evidence.shares import contingency
from primum.evidence.shares.proportions import clopper_pearson
from primum.evidence.trials.cluster_trials import READINGS, SHARED_CASES
from primum.evidence.trials.trial_arms import ARMS, units
from primum.roadmap.estimates import Estimate
from primum.roadmap.policy import Criterion
from primum.roadmap.protocol import Endpoint, Protocol

OBUCHOWSKI_ROCKETTE = "obuchowski-rockette"
NO_FIGURE = "a crossed reader study has no such figure: its readings share their cases"


def primary_benefit(question: Question) -> tuple[Estimate, ...]:
    """Measure the gain in the protocol's primary figure, positive when readers are better with the model (P2.0)."""
    return (_primary(question, margin=None),)


def primary_noninferiority(question: Question) -> tuple[Estimate, ...]:
    """Measure the gain plus the declared margin: a lower end above 0 is non-inferior (P2.0)."""
    protocol = question.protocol
    if protocol is None or protocol.margin is None:
        return (nothing(question, NO_PROTOCOL if protocol is None else "the protocol declares no margin"),)
    return (_primary(question, margin=Fraction(protocol.margin)),)


def safety_difference(question: Question) -> tuple[Estimate, ...]:
    """Measure by how much each figure that must not get worse is lower with the model; positive is harm."""
    protocol = question.protocol
    if protocol is None or not protocol.safety:
        return (nothing(question, NO_PROTOCOL if protocol is None else "the protocol declares no safety endpoint"),)
    return tuple(_harm(question, protocol, endpoint) for endpoint in protocol.safety)


def reader_area(question: Question) -> tuple[Estimate, ...]:
    """Measure what readers gain in the area under the ROC curve with the model, for readers and cases like these."""
    return _alone(question, "area")


def reader_sensitivity(question: Question) -> tuple[Estimate, ...]:
    """Measure what readers gain in sensitivity with the model, for readers and cases like these (I6)."""
    return _alone(question, "sensitivity")


def reader_specificity(question: Question) -> tuple[Estimate, ...]:
    """Measure what readers gain in specificity with the model, for readers and cases like these."""
    return _alone(question, "specificity")


def sample_ratio(question: Question) -> tuple[Estimate, ...]:
    """Test the readings of both arms against the planned ratio: a reading that is left out shows here."""
    protocol = question.protocol
    if protocol is None:
        return (nothing(question, NO_PROTOCOL),)
    if reason := question.lacks("arm", READ):
        return (nothing(question, reason),)
    observed = [question.cells.where(arm=arm, read="1").total() for arm in ARMS]
    test = contingency.sample_ratio(observed=observed, shares=[Fraction(part) for part in protocol.ratio])
    if test.p is None:
        return (nothing(question, "no reading is in either arm"),)
    note = f"{observed[0]:,} against {observed[1]:,} readings, planned {protocol.ratio[0]}:{protocol.ratio[1]}"
    return (exact_number(question, value=test.p, n=sum(observed), method="chi-square", unit="readings", note=note),)


def missing_outcomes(question: Question) -> tuple[Estimate, ...]:
    """Measure the share of readings without a rating in each arm."""
    if reason := question.lacks("arm", READ):
        return (unknown(question, note=reason, unit="readings"),)
    return tuple(_missing(question, arm) for arm in ARMS)


def no_figure(question: Question) -> tuple[Estimate, ...]:
    """Say that a reader study has nothing to say to this metric; unknown is never a pass (P8)."""
    return (nothing(question, NO_FIGURE),)


OF_FIGURES: Mapping[str, Callable[[Question], tuple[Estimate, ...]]] = MappingProxyType(
    {
        "reader_area": reader_area,
        "reader_sensitivity": reader_sensitivity,
        "reader_specificity": reader_specificity,
    }
)
OF_PAIRS: Mapping[str, Callable[[Question], tuple[Estimate, ...]]] = MappingProxyType(
    {
        "primary_benefit": primary_benefit,
        "primary_noninferiority": primary_noninferiority,
        "safety_difference": safety_difference,
        "gap_benefit": gap_benefit,
        **OF_FIGURES,
    }
)
OF_READINGS: Mapping[str, Callable[[Question], tuple[Estimate, ...]]] = MappingProxyType(
    {
        **OF_PAIRS,
        "sample_ratio": sample_ratio,
        "missing_outcomes": missing_outcomes,
        "trial_sites": measures_sites.trial_sites,
    }
)
"""Metric name -> how it is measured on a table of readings; any other is no figure of a reader study."""


def metric_on_readings(name: str) -> Callable[[Question], tuple[Estimate, ...]]:
    """Return how a metric is measured on a table of readings."""
    return OF_READINGS.get(name, no_figure)


def table_on_readings(criterion: Criterion) -> str:
    """Return under which name the counts are kept that a criterion on readings is measured on."""
    return READINGS + PAIRS if criterion.metric in OF_PAIRS else READINGS


def _alone(question: Question, figure: str) -> tuple[Estimate, ...]:
    if reason := question.lacks("other_rating"):
        return (unknown(question, note=joined(reason, SHARED_CASES), unit="cases"),)
    return (_gain(question, figure, sign=1),)


def _primary(question: Question, *, margin: Fraction | None) -> Estimate:
    protocol = question.protocol
    if reason := why_not(question, protocol.primary if protocol else None):
        return nothing(question, reason)
    assert protocol is not None
    found = _gain(question, protocol.primary.event, sign=1, margin=margin)
    if found.lower is None:
        return found
    left = protocol.planned_units - found.n if protocol.primary.event == "area" else 0
    return replace(found, needed=0 if found.lower > 0 else left if left > 0 else None)


def _harm(question: Question, protocol: Protocol, endpoint: Endpoint) -> Estimate:
    scope = f"endpoint={endpoint.name}"
    if reason := why_not(question, endpoint):
        return unknown(question, note=reason, scope=scope, unit=units(protocol))
    return _gain(question, endpoint.event, sign=-1, scope=scope)


def _gain(
    question: Question, figure: str, *, sign: int, margin: Fraction | None = None, scope: str = "all"
) -> Estimate:
    unit = units(question.protocol) if question.protocol else "cases"
    try:
        figures = gain_of(question, figure)
        found = random_readers_random_cases(figures, confidence=strictest(question))
    except StudyRefused as refused:
        return unknown(question, note=str(refused).rstrip("."), scope=scope, unit=unit)
    smallest = min(cases_of(figures, figure))
    if question.too_small(smallest):
        return suppressed(question, scope=scope, unit=unit)
    only = found.differences[0]
    ends = only.interval if only.interval is None or sign > 0 else only.interval.mirrored()
    shift = float(margin or 0)
    return Estimate(
        metric=question.criterion.metric,
        value=sign * only.value + shift,
        lower=None if ends is None else max(-1.0, ends.lower) + shift,
        upper=None if ends is None else min(1.0, ends.upper) + shift,
        confidence=strictest(question),
        method=SHOWN,
        n=sum(cases_of(figures, figure)),
        scope=scope,
        unit=unit,
        adjusted="for readers and cases like these",
        note=joined(_words(figures, figure, found), "" if margin is None else f"margin {float(100 * margin):g} points"),
    )


def _words(figures: Figures, figure: str, found: Test) -> str:
    without, with_it = figures.values.mean(axis=1).tolist()
    cases = figures.positives + figures.negatives
    tested = "nothing varied between readers or cases, so nothing can be tested"
    if found.statistic is not None and found.p is not None:
        p = f"{found.p:.4f}" if found.p >= 0.0001 else f"{found.p:.1e}"  # noqa: PLR2004 -- four decimals
        tested = f"F {found.statistic:.2f} with 1 and {found.degrees[1]:.1f} degrees of freedom, p {p}"
    return (
        f"{figures.values.shape[1]} readers, {cases:,} cases of which {figures.positives:,} have the condition; "
        f"mean {figure} {with_it:.4f} with the model and {without:.4f} without; {tested}"
    )


def _missing(question: Question, arm: str) -> Estimate:
    cells = question.cells.where(arm=arm)
    group = Group(events=cells.where(read="0").total(), n=cells.total())
    scope = f"arm={arm}"
    if not group.n:
        return unknown(question, note="no reading is in this arm", scope=scope, unit="readings")
    return difference(
        question,
        value=group.rate,
        interval=clopper_pearson(group=group, confidence=question.confidence),
        n=group.n,
        events=group.events,
        method="Clopper-Pearson",
        scope=scope,
        unit="readings",
    )
