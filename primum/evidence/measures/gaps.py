"""
Equity metrics: the gap of every subgroup level to the best one, and largest minus smallest (P5.4, P5.6, P5.14).

``gap_methods`` says when a cluster bootstrap decides instead of intervals for independent patients.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil

from primum.evidence.counts.cells import Cells
from primum.evidence.equity import clustered_gaps
from primum.evidence.equity.naive_rule import SOURCES_MARGIN, naive_rule
from primum.evidence.equity.subgroups import Measured, gaps_of_effects, gaps_of_proportions, one_sided_error
from primum.evidence.intervals import Group
from primum.evidence.measures import checks, gap_methods
from primum.evidence.measures.concealment import partner_of_small
from primum.evidence.measures.diagnostic import NO, YES, Tally, found, right
from primum.evidence.measures.gap_estimates import Attribute, Level, gaps_of, left_out
from primum.evidence.measures.gap_methods import METHODS, PAIRS, SHOWN, Comparison
from primum.evidence.measures.question import NO_PROTOCOL, Question, of, unknown
from primum.evidence.shares import sample_size
from primum.evidence.shares.two_proportions import Goal
from primum.evidence.trials.trial_arms import Arms, arms_of, primary_cells, units
from primum.roadmap.estimates import Estimate

__all__ = ["METHODS", "PAIRS", "SHOWN", "gap_accuracy", "gap_benefit", "gap_checks_met", "gap_sensitivity"]

NO_SUBGROUPS = "no subgroup counts"


def gap_sensitivity(question: Question) -> tuple[Estimate, ...]:
    """Measure the gaps in sensitivity between the levels of every declared attribute."""
    return _diagnostic(question, tally=found, references=(YES,), unit="positives")


def gap_accuracy(question: Question) -> tuple[Estimate, ...]:
    """Measure the gaps in accuracy between the levels of every declared attribute."""
    return _diagnostic(question, tally=right, references=(YES, NO), unit="cases")


def gap_checks_met(question: Question) -> tuple[Estimate, ...]:
    """Measure the gaps in the share of answers that met ``parameters.check`` (CB2, P5.8), between declared groups."""
    if reason := question.lacks(*checks.COLUMNS):
        return (unknown(question, note=reason, unit=checks.UNIT),)
    about = checks.as_cases(question)
    return _diagnostic(about, tally=found, references=(YES,), unit=checks.UNIT, names=checks.tried(about))


def gap_benefit(question: Question) -> tuple[Estimate, ...]:
    """Measure the gaps in the primary benefit between the levels of every declared attribute."""
    protocol = question.protocol
    if protocol is None:
        return (unknown(question, note=NO_PROTOCOL),)
    unit, event, good = units(protocol), protocol.primary.event, protocol.primary.good
    if reason := question.lacks("arm", event):
        return (unknown(question, note=reason, unit=unit),)

    def attribute(name: str) -> Attribute:
        cells = primary_cells(question.cells)
        return _of_benefit(question, name, cells, event=event, good=good)

    return _every_attribute(question, attribute, unit=unit)


def _diagnostic(
    question: Question,
    *,
    tally: Callable[..., Tally],
    references: tuple[str, ...],
    unit: str,
    names: tuple[str, ...] | None = None,
) -> tuple[Estimate, ...]:
    if reason := question.lacks("reference", "prediction"):
        return (unknown(question, note=reason, unit=unit),)

    def attribute(name: str) -> Attribute:
        tallies = {level: tally(cells) for level, cells in question.cells.by(name).items()}
        return of_shares(question, cells=question.cells, name=name, tallies=tallies, references=references, unit=unit)

    return _every_attribute(question, attribute, unit=unit, names=names)


def _every_attribute(
    question: Question, attribute: Callable[[str], Attribute], *, unit: str, names: tuple[str, ...] | None = None
) -> tuple[Estimate, ...]:
    if reason := gap_methods.why_not(question):
        return (unknown(question, note=reason, unit=unit),)
    compared = question.attributes if names is None else names
    if not compared:
        return (unknown(question, note=NO_SUBGROUPS, unit=unit),)
    estimates: list[Estimate] = []
    for name in compared:
        if reason := question.lacks(name):
            estimates.append(unknown(question, note=reason, scope=name, unit=unit))
        else:
            estimates += gaps_of(question, attribute(name))
    return tuple(estimates)


def of_shares(
    question: Question,
    *,
    cells: Cells,
    name: str,
    tallies: Mapping[str, Tally],
    references: tuple[str, ...],
    unit: str,
) -> Attribute:
    """Return an attribute whose levels are compared by a share of cases; the level ``""`` is left out and said."""
    # A level without any prediction has nothing to compare: a gap of two unknowns is not 0 (P8).
    groups = {
        level: one.group if one.unanswered < one.group.n else Group(events=0, n=0)
        for level, one in tallies.items()
        if level
    }
    comparison = gap_methods.compared(
        question,
        independent=lambda names: gaps_of_proportions(
            levels={one: groups[one] for one in names},
            confidence=question.confidence,
            compare=gap_methods.pair_interval(question),
        ),
        table=lambda names: clustered_gaps.of_shares(
            cells=cells,
            cluster=gap_methods.cluster_of(question),
            attribute=name,
            levels=names,
            references=references,
        ),
        every=tuple(level for level, group in groups.items() if group.n),
    )
    rate = _pooled(list(groups.values()))
    return Attribute(
        name=name,
        prefix=f"{name}=",
        levels={
            level: Level(n=group.n, smallest=group.n, events=group.events, words=of(group), note=tallies[level].note)
            for level, group in groups.items()
        },
        comparison=comparison,
        wanted=_inflated(wanted_shares(question, rate=rate, levels=len(groups)), comparison),
        unit=unit,
        note=left_out(question, n=tallies[""].group.n if "" in tallies else 0, unit=unit, attribute=name),
        hidden=partner_of_small({level: one.n for level, one in groups.items()}, too_small=question.too_small),
        rule=lambda names: naive_rule(groups=[groups[one] for one in names], margin=margin_of(question)).words,
    )


def _of_benefit(question: Question, name: str, cells: Cells, *, event: str, good: Goal) -> Attribute:
    arms = {level: arms_of(cells=here, event=event) for level, here in cells.by(name).items()}
    known = {level: one for level, one in arms.items() if level}
    comparison = gap_methods.compared(
        question,
        independent=lambda names: gaps_of_effects(
            levels={level: _measured(question, known[level], good) for level in names}, confidence=question.confidence
        ),
        table=lambda names: clustered_gaps.of_benefit(
            cells=cells,
            cluster=gap_methods.cluster_of(question),
            attribute=name,
            levels=names,
            event=event,
            good=good,
        ),
        every=tuple(level for level, one in known.items() if one.smallest),
    )
    unit = units(question.protocol)
    return Attribute(
        name=name,
        prefix=f"{name}=",
        levels={
            level: Level(n=one.n if one.smallest else 0, smallest=one.smallest, events=None, words=one.words)
            for level, one in known.items()
        },
        comparison=comparison,
        wanted=_inflated(_wanted_effects(question, list(known.values())), comparison),
        unit=unit,
        note=left_out(question, n=arms[""].n if "" in arms else 0, unit=unit, attribute=name),
        hidden=partner_of_small({level: one.smallest for level, one in known.items()}, too_small=question.too_small),
    )


def _measured(question: Question, one: Arms, good: Goal) -> Measured:
    first, second = one.benefit(good)
    pair = gap_methods.pair_interval(question)
    return Measured(
        value=first.rate - second.rate,
        interval=lambda confidence: pair(first=first, second=second, confidence=confidence),
    )


def margin_of(question: Question) -> Fraction:
    """Return the margin that the policy asks for, or the five points of the sources."""
    return _margin(question) or SOURCES_MARGIN


def _margin(question: Question) -> Fraction | None:
    threshold = question.criterion.threshold
    return threshold.fraction if threshold and 0 < threshold.fraction < 1 else None


def _inflated(wanted: int | None, comparison: Comparison) -> int | None:
    return None if wanted is None else ceil(wanted * comparison.inflation - 1e-9)


def wanted_shares(question: Question, *, rate: float, levels: int) -> int | None:
    """Return the units that show a level's gap to be below the margin if all levels are equal (statistics.md 2.4)."""
    margin = _margin(question)
    if margin is None or levels < 2:  # noqa: PLR2004 -- a gap is between two
        return None
    return sample_size.positives_per_group(
        rate=rate,
        margin=float(margin),
        alpha=one_sided_error(levels=levels, confidence=question.confidence),
        power=float(Fraction(question.parameter("power", default="80/100"))),
    )


def _wanted_effects(question: Question, levels: list[Arms]) -> int | None:
    margin, total = _margin(question), sum(one.n for one in levels)
    treated = sum(one.intervention.n for one in levels)
    if margin is None or len(levels) < 2 or not 0 < treated < total:  # noqa: PLR2004 -- a gap is between two
        return None
    return sample_size.units_per_level_of_effect(
        rate=sum(one.events for one in levels) / total,
        margin=float(margin),
        alpha=one_sided_error(levels=len(levels), confidence=question.confidence),
        shares=(treated / total, 1 - treated / total),
        power=float(Fraction(question.parameter("power", default="80/100"))),
    )


def _pooled(groups: list[Group]) -> float:
    total = sum(group.n for group in groups)
    return sum(group.events for group in groups) / total if total else 0.0
