"""Derivation of the net benefit of acting at a risk, itself or against acting on every case."""

import math
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.explanations.calibration import BINNED
from primum.evidence.explanations.scores import histogram_of
from primum.evidence.explanations.shares import wilson_ends
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    Table,
    confidence_steps,
    count_of,
    figure,
    steps,
)
from primum.evidence.intervals import Group
from primum.evidence.measures.question import Question
from primum.evidence.scores import decision_curves
from primum.evidence.scores.roc import worst_case
from primum.roadmap.estimates import Estimate

BENEFIT = Formula(
    text=(
        "acting at scores of t or more, w = t / (1 - t);  TP and FP of n cases, p1 = TP / n, p2 = FP / n\n"
        "net benefit  B = p1 - w p2;  against acting on all: p1 and p2 are those missed and cleared, and B turned\n"
        "l and u Wilson's ends of each;  c = sqrt(p1 p2 / max((1 - p1)(1 - p2), p1 p2)),  0 if either is 0\n"
        "lower end  B - sqrt((p1 - l1)^2 + (w (u2 - p2))^2 + 2 c (p1 - l1) w (u2 - p2))\n"
        "upper end  B + sqrt((u1 - p1)^2 + (w (p2 - l2))^2 + 2 c (u1 - p1) w (p2 - l2))\n" + BINNED
    ),
    reference=(
        "Vickers & Elkin 2006, Medical Decision Making 26:565-574; "
        "Zou & Donner 2008, Statistics in Medicine 27:1693-1702"
    ),
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"correlated wilson": BENEFIT})


def net_benefit(question: Question, estimate: Estimate) -> Derived:
    """Derive the net benefit of acting at a risk, itself or against acting on all."""
    histogram = worst_case(histogram_of(question, scope=estimate.scope))
    t = Fraction(question.parameter("threshold", default="1/10"))
    above = [float(t) <= score for score in histogram.points.tolist()]
    hits, alarms = (
        sum(n for n, kept in zip(counts.tolist(), above, strict=True) if kept)
        for counts in (histogram.positives, histogram.negatives)
    )
    n1, n0 = histogram.n_positives, histogram.n_negatives
    over_all = question.parameter("against", default="none") == "all"
    gained, lost = (n1 - hits, n0 - alarms) if over_all else (hits, alarms)
    middle, below, beyond, shown = _correlated(gained, lost, n1 + n0, float(t / (1 - t)), question.confidence)
    low, high = (-(middle + beyond), -(middle - below)) if over_all else (middle - below, middle + beyond)
    slack = decision_curves.net_benefit(
        decision_curves.flagged(histogram, threshold=t), threshold=t, confidence=question.confidence
    ).binning
    return Derived(
        value=-middle if over_all else middle,
        lower=low - slack,
        upper=high + slack,
        formula=BENEFIT,
        table=Table(
            columns=("reference", f"score at least {figure(t)}", "below"),
            rows=(
                ("positive", count_of(question, n=hits), count_of(question, n=n1 - hits)),
                ("negative", count_of(question, n=alarms), count_of(question, n=n0 - alarms)),
            ),
        ),
        steps=(
            *steps(("TP, FP, n", "positives and negatives acted on, and all cases", f"{hits}, {alarms}, {n1 + n0}")),
            *steps(("missed, cleared", "not acted on", f"{n1 - hits}, {n0 - alarms}")),
            *confidence_steps(question.confidence),
            *shown,
            *([] if not slack else steps(("E", "most that score bins can have moved it", slack))),
            *steps(("L", "lower end", low - slack), ("U", "upper end", high + slack)),
        ),
        check_in=f"w <- {figure(t / (1 - t))}; {'-' if over_all else ''}({gained} - w * {lost}) / {n1 + n0}",
    )


def _correlated(
    gained: int, lost: int, n: int, w: float, confidence: float
) -> tuple[float, float, float, tuple[Step, ...]]:
    """Return the weighted difference of two shares of the same cases, and how far below and above it the ends are."""
    first, second = Group(events=gained, n=n), Group(events=lost, n=n)
    p1, p2 = first.p, second.p
    (l1, u1), (l2, u2) = (wilson_ends(one, confidence=confidence) for one in (first, second))
    c = math.sqrt(p1 * p2 / max((1 - p1) * (1 - p2), p1 * p2)) if gained and lost else 0.0
    middle = p1 - w * p2

    def added(one: float, two: float) -> float:
        return math.sqrt(one * one + two * two + 2 * c * one * two)

    below, beyond = added(p1 - l1, w * (u2 - p2)), added(u1 - p1, w * (p2 - l2))
    return (
        middle,
        below,
        beyond,
        steps(
            ("w", "weight of a false alarm, t / (1 - t)", w),
            ("p1, p2", "the two shares of all cases", f"{figure(p1)}, {figure(p2)}"),
            ("l1, u1", "Wilson's ends of p1", f"{figure(l1)}, {figure(u1)}"),
            ("l2, u2", "Wilson's ends of p2", f"{figure(l2)}, {figure(u2)}"),
            ("c", "correlation, turned", c),
            ("p1 - w p2", "before it is turned, where it is", middle),
        ),
    )
