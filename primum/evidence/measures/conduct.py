"""How a trial was run: allocation, missing outcomes, and the workload of each arm."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.intervals import Group, Interval, two_sided_z
from primum.evidence.measures.question import (
    NO_PROTOCOL,
    Question,
    difference,
    exact_number,
    joined,
    method_of,
    nothing,
    unknown,
)
from primum.evidence.shares import contingency
from primum.evidence.shares.proportions import clopper_pearson, wilson
from primum.evidence.trials.cluster_trials import randomises_clusters, refusal
from primum.evidence.trials.trial_arms import ARMS, EVENT, NO_EVENT, primary_cells, units
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol

SHARE_METHODS: Mapping[str, Callable[..., Interval]] = MappingProxyType(
    {"share": clopper_pearson, "clopper-pearson": clopper_pearson, "wilson": wilson}
)
CLUSTERED = ("cluster-rct", "stepped-wedge-rct")


def sample_ratio(question: Question) -> tuple[Estimate, ...]:
    """Test the allocation against the planned ratio, at the unit of randomisation (statistics.md, trap 7)."""
    protocol = question.protocol
    if protocol is None:
        return (nothing(question, NO_PROTOCOL),)
    clustered = protocol.design in CLUSTERED
    if reason := question.lacks("arm", *(["cluster"] if clustered else [])):
        return (nothing(question, reason),)
    observed = [_allocated(question, arm, clustered=clustered) for arm in ARMS]
    test = contingency.sample_ratio(observed=observed, shares=[Fraction(part) for part in protocol.ratio])
    if test.p is None:
        return (nothing(question, "no unit is in either arm"),)
    note = f"{observed[0]:,} against {observed[1]:,}, planned {protocol.ratio[0]}:{protocol.ratio[1]}"
    return (
        exact_number(question, value=test.p, n=sum(observed), method="chi-square", unit=units(protocol), note=note),
    )


def missing_outcomes(question: Question) -> tuple[Estimate, ...]:
    """Measure the share of units without a primary outcome in each arm."""
    protocol = question.protocol
    if protocol is None:
        return (nothing(question, NO_PROTOCOL),)
    if reason := question.lacks("arm", protocol.primary.event):
        return (nothing(question, reason),)
    return tuple(_missing(question, protocol, arm) for arm in ARMS)


def workload_ratio(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the mean of a whole-number column, intervention over control, minus 1.

    The interval is the delta method's on the log of the ratio of means; without any spread in the
    numbers its ends are unknown, and so they are where clusters were randomised.
    """
    column = question.parameter("column", default="")
    if reason := question.lacks("arm", column):
        return (nothing(question, reason if column else "the criterion names no column in its parameters"),)
    arms = [_numbers(question, column, arm) for arm in ARMS]
    (n1, total1, error1), (n2, total2, error2) = (_mean(numbers) for numbers in arms)
    if not (n1 and n2 and total1 and total2):
        return (nothing(question, f"'{column}' has no mean above 0 in both arms", n=n1 + n2),)
    ratio = Fraction(total1, n1) / Fraction(total2, n2)
    refused = refusal(question.protocol) if question.protocol and randomises_clusters(question.protocol) else ""
    return (
        difference(
            question,
            value=ratio - 1,
            interval=None if refused else _around(float(ratio), math.hypot(error1, error2), question.confidence),
            n=n1 + n2,
            method="ratio of means minus one",
            unit=units(question.protocol),
            note=joined(f"{total1:,} in {n1:,} against {total2:,} in {n2:,}", refused),
        ),
    )


def _around(ratio: float, log_error: float, confidence: float) -> Interval | None:
    if not 0 < log_error < math.inf:
        return None
    factor = math.exp(two_sided_z(confidence) * log_error)
    return Interval(lower=ratio / factor - 1, upper=ratio * factor - 1)


def _allocated(question: Question, arm: str, *, clustered: bool) -> int:
    cells = question.cells.where(arm=arm)
    if not clustered:
        return cells.total()
    return sum(1 for cluster, here in cells.by("cluster").items() if cluster and here.total())


def _missing(question: Question, protocol: Protocol, arm: str) -> Estimate:
    scope, unit = f"arm={arm}", units(protocol)
    cells = primary_cells(question.cells).where(arm=arm)
    known = sum(cells.where(**{protocol.primary.event: level}).total() for level in (EVENT, NO_EVENT))
    group = Group(events=cells.total() - known, n=cells.total())
    if not group.n:
        return unknown(question, note="no unit is in this arm", scope=scope, unit=unit)
    method = method_of(question, SHARE_METHODS)
    interval = SHARE_METHODS[method](group=group, confidence=question.confidence)
    return difference(
        question,
        value=group.rate,
        interval=interval,
        n=group.n,
        events=group.events,
        method="Wilson" if method == "wilson" else "Clopper-Pearson",
        scope=scope,
        unit=unit,
    )


def _numbers(question: Question, column: str, arm: str) -> dict[int, int]:
    """Return value -> count of a whole-number column in one arm; missing and other texts are left out."""
    cells = question.cells.where(arm=arm).by(column)
    return {int(level): here.total() for level, here in cells.items() if level.removeprefix("-").isdigit()}


def _mean(numbers: Mapping[int, int]) -> tuple[int, int, float]:
    """Return n, the sum, and the standard error of the log of the mean."""
    n = sum(numbers.values())
    total = sum(value * count for value, count in numbers.items())
    if n < 2 or total <= 0:  # noqa: PLR2004 -- one value has no spread
        return n, max(total, 0), math.inf
    squares = sum(count * (value - Fraction(total, n)) ** 2 for value, count in numbers.items())
    return n, total, math.sqrt(squares / (n - 1) / n) / (total / n)
