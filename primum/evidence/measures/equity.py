"""Equity metrics beside the gaps: pairs of attributes, and rates of small groups partially pooled (P5.4, P5.14)."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from primum.evidence.equity import intersections
from primum.evidence.equity.shrinkage import PooledLevel, partial_pooling
from primum.evidence.intervals import Group
from primum.evidence.measures import gap_methods
from primum.evidence.measures.diagnostic import YES, found
from primum.evidence.measures.gap_estimates import Attribute, gaps_of
from primum.evidence.measures.gaps import NO_SUBGROUPS, of_shares
from primum.evidence.measures.question import Question, joined, of, suppressed, unknown
from primum.roadmap.estimates import Estimate

UNIT = "positives"
POOLING = "beta-binomial partial pooling"
NEVER = "a partially pooled rate is shown and never decides; ask for sensitivity or gap_sensitivity"
# Fewer positives show no gap of a size that matters; such a pair is listed with what it needs, not compared.
LEAST_IN_A_PAIR = "30"


def gap_intersections(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the gaps in sensitivity between the pairs of levels of every two declared attributes.

    Pairs with fewer than ``parameters.cases`` positives (30) are listed as unknown, with the number they
    still need. Meant for an advisory criterion: most pairs are small.
    """
    if reason := question.lacks("reference", "prediction", *question.attributes) or gap_methods.why_not(question):
        return (unknown(question, note=reason, unit=UNIT),)
    pairs = list(combinations(question.attributes, 2))
    if not pairs:
        return (unknown(question, note="fewer than two attributes are declared as subgroups", unit=UNIT),)
    return tuple(estimate for one, other in pairs for estimate in _of_pair(question, one, other))


def shrunken_sensitivity(question: Question) -> tuple[Estimate, ...]:
    """Show the sensitivity of each subgroup level after partial pooling with the others; it never decides."""
    if question.criterion.threshold is not None:
        return (unknown(question, note=NEVER, unit=UNIT),)
    if reason := question.lacks("reference", "prediction", *question.attributes):
        return (unknown(question, note=reason, unit=UNIT),)
    if not question.attributes:
        return (unknown(question, note=NO_SUBGROUPS, unit=UNIT),)
    return tuple(estimate for name in question.attributes for estimate in _shrunken(question, name))


def _of_pair(question: Question, one: str, other: str) -> list[Estimate]:
    name = intersections.name_of(one=one, other=other)
    cells = intersections.crossed(question.cells, one=one, other=other)
    tallies = {level: found(here) for level, here in cells.by(name).items()}
    attribute = of_shares(question, cells=cells, name=name, tallies=tallies, references=(YES,), unit=UNIT)
    least = question.parameter("cases", default=LEAST_IN_A_PAIR)
    return gaps_of(
        question,
        replace(
            attribute,
            prefix=f"{one}=",
            least=max(1, int(least)) if least.isdigit() else int(LEAST_IN_A_PAIR),
            hidden=_hidden(question, attribute, other),
        ),
    )


def _hidden(question: Question, attribute: Attribute, other: str) -> frozenset[str]:
    pairs = {intersections.pair_of(level, other=other): level for level in attribute.levels}
    sizes = {pair: attribute.levels[level].n for pair, level in pairs.items()}
    small = frozenset(pair for pair, n in sizes.items() if question.too_small(n))
    return frozenset(pairs[pair] for pair in intersections.partners(sizes, small=small))


def _shrunken(question: Question, name: str) -> list[Estimate]:
    tallies = {level: found(cells) for level, cells in question.cells.by(name).items() if level}
    # A level without any prediction has no rate, and one too small to show is not to be read off the others.
    groups = {
        level: one.group
        for level, one in tallies.items()
        if one.unanswered < one.group.n and not question.too_small(one.group.n)
    }
    if not groups:
        return [unknown(question, note=f"no level of {name} has {UNIT} enough to pool", scope=name, unit=UNIT)]
    pool = partial_pooling(levels=groups, confidence=question.confidence)
    pooled = {one.level: one for one in pool.levels}
    rows = []
    for level, tally in tallies.items():
        scope = f"{name}={level}"
        if level in pooled:
            rows.append(_shown(question, groups, pooled[level], scope=scope, centre=pool.centre))
        elif question.too_small(tally.group.n):
            rows.append(suppressed(question, scope=scope, unit=UNIT))
        else:
            rows.append(unknown(question, note=f"there are no {UNIT} with a prediction", scope=scope, unit=UNIT))
    return rows


def _shown(question: Question, groups: Mapping[str, Group], one: PooledLevel, *, scope: str, centre: float) -> Estimate:
    group = groups[one.level]
    return Estimate(
        metric=question.criterion.metric,
        value=one.value,
        lower=one.interval.lower,
        upper=one.interval.upper,
        confidence=question.confidence,
        method=POOLING,
        n=group.n,
        events=group.events,
        scope=scope,
        adjusted=f"drawn towards {100 * centre:.1f}% of all levels; own data weigh {100 * one.own:.0f}%",
        unit=UNIT,
        note=joined(f"observed {100 * group.p:.1f}%, {of(group)}", "shown, never decides"),
    )
