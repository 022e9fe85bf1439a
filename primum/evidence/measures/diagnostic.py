"""Metrics of diagnostic tables: shares with exact intervals, sites, and what a reader gains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Group, Interval
from primum.evidence.measures.question import (
    Question,
    difference,
    exact_number,
    joined,
    method_of,
    shown_level,
    suppressed,
    unknown,
)
from primum.evidence.shares import sample_size
from primum.evidence.shares.paired import Pairs, newcombe_paired, tango
from primum.evidence.shares.proportions import clopper_pearson, wilson
from primum.roadmap.estimates import Estimate
from primum.roadmap.policy import Threshold

YES, NO, MISSING = "1", "0", ""
READER_ALONE, READER_WITH = "reader_alone", "reader_with_lmm"


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Events among units, and how many units had no answer; ``note`` says what was done with them."""

    group: Group
    unanswered: int = 0
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ShareMetric:
    """A share of cases: how it is counted, of what, and which columns it needs."""

    tally: Callable[[Cells], Tally]
    unit: str
    columns: tuple[str, ...] = ("reference", "prediction")


def found(cells: Cells) -> Tally:
    """Count the positives that the model found; a positive without prediction is a miss."""
    return _worst_case(cells.where(reference=YES), right=YES, counts_wrong=False)


def cleared(cells: Cells) -> Tally:
    """Count the negatives that the model cleared; a negative without prediction is not cleared."""
    return _worst_case(cells.where(reference=NO), right=NO, counts_wrong=False)


def false_alarms(cells: Cells) -> Tally:
    """Count the negatives that the model did not clear; one without prediction is a false alarm."""
    return _worst_case(cells.where(reference=NO), right=NO, counts_wrong=True)


def right(cells: Cells) -> Tally:
    """Count the cases that the model had right, among those with a reference; no prediction is wrong."""
    positive, negative = found(cells), cleared(cells)
    group = Group(events=positive.group.events + negative.group.events, n=positive.group.n + negative.group.n)
    unanswered = positive.unanswered + negative.unanswered
    return Tally(group=group, unanswered=unanswered, note=_unanswered(unanswered, "wrong"))


def alarms_that_were_right(cells: Cells) -> Tally:
    """Count the positive predictions that the reference confirms; those without a reference are left out."""
    flagged = cells.where(prediction=YES)
    events, others = flagged.where(reference=YES).total(), flagged.where(reference=NO).total()
    unverified = flagged.total() - events - others
    note = f"{unverified:,} more alarms have no reference and are left out" if unverified else ""
    return Tally(group=Group(events=events, n=events + others), note=note)


SHARES: Mapping[str, ShareMetric] = MappingProxyType(
    {
        "sensitivity": ShareMetric(tally=found, unit="positives"),
        "specificity": ShareMetric(tally=cleared, unit="negatives"),
        "accuracy": ShareMetric(tally=right, unit="cases"),
        "false_positive_rate": ShareMetric(tally=false_alarms, unit="negatives"),
        "positive_predictive_value": ShareMetric(tally=alarms_that_were_right, unit="alarms"),
    }
)

Shares = Mapping[str, Callable[..., Interval]]
SHARE_METHODS: Shares = MappingProxyType(
    {"clopper-pearson": clopper_pearson, "wilson": wilson, "share": clopper_pearson}
)
PAIRED_METHODS: Mapping[str, Callable[..., Interval]] = MappingProxyType(
    {"paired newcombe": newcombe_paired, "paired tango": tango}
)
SHOWN = MappingProxyType({"paired newcombe": "paired Newcombe", "paired tango": "paired Tango"})


def share(question: Question) -> tuple[Estimate, ...]:
    """Measure one share; sensitivity also for each critical condition, where the table names conditions (P2.5)."""
    metric = SHARES[question.criterion.metric]
    if reason := question.lacks(*metric.columns):
        return (unknown(question, note=reason, unit=metric.unit),)
    conditions = question.rollout.use.critical_conditions
    if question.criterion.metric == "sensitivity" and conditions and "condition" in question.cells.keys:
        return tuple(
            share_estimate(
                question,
                tally=metric.tally(question.cells.where(condition=condition)),
                scope=f"condition={condition}",
                unit=metric.unit,
            )
            for condition in conditions
        )
    return (share_estimate(question, tally=metric.tally(question.cells), scope="all", unit=metric.unit),)


def site_sensitivity(question: Question) -> tuple[Estimate, ...]:
    """Measure sensitivity at each site (GI2)."""
    if reason := question.lacks("site", "reference", "prediction"):
        return (unknown(question, note=reason, unit="positives"),)
    sites = question.cells.by("site")
    return tuple(
        share_estimate(question, tally=found(cells), scope=f"site={shown_level(site)}", unit="positives")
        for site, cells in sites.items()
    ) or (unknown(question, note="the table has no rows", unit="positives"),)


def share_estimate(question: Question, *, tally: Tally, scope: str, unit: str) -> Estimate:
    """Return the estimate of one share: the interval that decides, Wilson's in the note, and what is still needed."""
    group = tally.group
    if not group.n:
        return unknown(question, note=joined(f"there are no {unit}", tally.note), scope=scope, unit=unit)
    if tally.unanswered == group.n:
        return unknown(question, note=f"none of the {group.n:,} {unit} has a prediction", scope=scope, unit=unit)
    if scope != "all" and question.too_small(group.n):
        return suppressed(question, scope=scope, unit=unit)
    method = method_of(question, SHARE_METHODS)
    interval = SHARE_METHODS[method](group=group, confidence=question.confidence)
    display = wilson(group=group, confidence=question.confidence)
    return Estimate(
        metric=question.criterion.metric,
        value=group.p,
        lower=interval.lower,
        upper=interval.upper,
        confidence=question.confidence,
        method="Wilson" if method == "wilson" else "Clopper-Pearson",
        n=group.n,
        events=group.events,
        scope=scope,
        needed=_needed(question, group, interval),
        unit=unit,
        note=joined(f"Wilson {100 * display.lower:.1f}% to {100 * display.upper:.1f}%", tally.note),
        exact=str(group.rate),
    )


def sites(question: Question) -> tuple[Estimate, ...]:
    """Count the sites with at least ``parameters.cases`` cases that have a reference (I3)."""
    if reason := question.lacks("site", "reference"):
        return (unknown(question, note=reason, unit="sites"),)
    least = int(question.parameter("cases", default="1"))
    cases = {site: _with_reference(cells) for site, cells in question.cells.by("site").items() if site}
    enough = sum(count >= least for count in cases.values())
    return (
        exact_number(
            question,
            value=enough,
            n=sum(cases.values()),
            method="count",
            unit="sites",
            note=f"{len(cases)} sites in all, {enough} with at least {least:,} cases",
        ),
    )


def reader_gain(question: Question) -> tuple[Estimate, ...]:
    """
    Measure what readers find with the LMM minus without it, on the same positives (I6, P2.4).

    Reader-cases are taken as independent; a reader study's own analysis widens the interval.
    """
    if reason := question.lacks("reference", READER_ALONE, READER_WITH):
        return (unknown(question, note=reason, unit="reader-cases"),)
    positives = question.cells.where(reference=YES)
    pairs = Pairs(
        both=positives.where(reader_with_lmm=YES, reader_alone=YES).total(),
        only_a=positives.where(reader_with_lmm=YES, reader_alone=NO).total(),
        only_b=positives.where(reader_with_lmm=NO, reader_alone=YES).total(),
        neither=positives.where(reader_with_lmm=NO, reader_alone=NO).total(),
    )
    if not pairs.n:
        return (unknown(question, note="no positive case was read both with and without", unit="reader-cases"),)
    unread = positives.total() - pairs.n
    method = method_of(question, PAIRED_METHODS)
    return (
        difference(
            question,
            value=pairs.a.rate - pairs.b.rate,
            interval=PAIRED_METHODS[method](pairs, confidence=question.confidence),
            n=pairs.n,
            method=SHOWN[method],
            unit="reader-cases",
            note=joined(
                f"found with the LMM only {pairs.only_a:,}, without only {pairs.only_b:,}",
                "reader-cases taken as independent",
                f"{unread:,} positives were not read twice" if unread else "",
            ),
        ),
    )


def _worst_case(cells: Cells, *, right: str, counts_wrong: bool) -> Tally:
    n, good = cells.total(), cells.where(prediction=right).total()
    unanswered = cells.where(prediction=MISSING).total()
    group = Group(events=good, n=n)
    return Tally(
        group=group.others if counts_wrong else group, unanswered=unanswered, note=_unanswered(unanswered, "wrong")
    )


def _unanswered(count: int, as_what: str) -> str:
    return f"{count:,} without a prediction count as {as_what}" if count else ""


def _with_reference(cells: Cells) -> int:
    return cells.where(reference=YES).total() + cells.where(reference=NO).total()


def _needed(question: Question, group: Group, interval: Interval) -> int | None:
    """Return how many more units decide for the threshold with 80 % power if the truth is what is hoped for."""
    threshold = question.criterion.threshold
    if threshold is None or threshold.bound not in ("lower", "upper"):
        return None
    rising = threshold.operator in ("more_than", "at_least")
    if rising != (threshold.bound == "lower"):
        return None
    seen = group if rising else group.others
    target = threshold.fraction if rising else 1 - threshold.fraction
    bounds = interval if rising else Interval(lower=1 - interval.upper, upper=1 - interval.lower)
    if not 0 < target < 1:
        return None
    if bounds.lower > target:
        return 0
    if bounds.upper < target:
        return None
    return sample_size.more_positives(
        target=target,
        truth=_hoped(question, threshold, rising=rising),
        alpha=float((1 - Fraction(threshold.confidence)) / 2),
        power=float(Fraction(question.parameter("power", default="80/100"))),
        found=seen.events,
        n=seen.n,
    )


def _hoped(question: Question, threshold: Threshold, *, rising: bool) -> Fraction:
    """Return the truth hoped for: ``parameters.hoped``, else half-way from the threshold to perfection."""
    hoped = question.criterion.parameters.get("hoped")
    if hoped is not None:
        return Fraction(hoped) if rising else 1 - Fraction(hoped)
    target = threshold.fraction if rising else 1 - threshold.fraction
    return (target + 1) / 2
