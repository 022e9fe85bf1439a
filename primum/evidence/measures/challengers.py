"""
Metrics of a challenger against the model in use, on the same cases, when a guideline changes their labels (P6.10).

``prediction`` is the challenger's answer and ``champion`` that of the model in use; ``reference`` is the
label under the new guideline and ``reference_before`` under the old one. Learning, potential and retention are
those of a model that changes in steps, each step with data of its own (Burgon, Sahiner, Petrick, Pennello
& Samala; the VIGILANT toolkit); here the cases stay and their labels change, so every comparison is paired.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from primum.evidence.counts.cells import Cells
from primum.evidence.measures.diagnostic import NO, PAIRED_METHODS, SHOWN, YES
from primum.evidence.measures.question import (
    Question,
    difference,
    method_of,
    shown_level,
    suppressed,
    unknown,
)
from primum.evidence.shares.paired import Pairs
from primum.roadmap.estimates import Estimate

CHAMPION, BEFORE = "champion", "reference_before"
UNIT = "cases"
KEYS = ("reference", "prediction", CHAMPION, BEFORE)
LEARNING, POTENTIAL, RETENTION, BY_GROUP = "learning", "potential", "retention", "group_change"


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Who answered, and by which label the answer is right."""

    answer: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """First minus second: shares of cases each has right, and what is said of the pairs that differ."""

    first: Answered
    second: Answered
    only_first: str
    only_second: str
    unchanged: bool = False


CHALLENGER_NOW = Answered(answer="prediction", label="reference")
CHAMPION_NOW = Answered(answer=CHAMPION, label="reference")
CHAMPION_BEFORE = Answered(answer=CHAMPION, label=BEFORE)
AGAINST = Comparison(
    first=CHALLENGER_NOW,
    second=CHAMPION_NOW,
    only_first="only the challenger has right",
    only_second="only the model in use has right",
)
COMPARED: Mapping[str, Comparison] = MappingProxyType(
    {
        LEARNING: AGAINST,
        BY_GROUP: AGAINST,
        RETENTION: Comparison(
            first=CHALLENGER_NOW,
            second=CHAMPION_NOW,
            only_first=AGAINST.only_first,
            only_second=AGAINST.only_second,
            unchanged=True,
        ),
        POTENTIAL: Comparison(
            first=CHAMPION_BEFORE,
            second=CHAMPION_NOW,
            only_first="right under the old guideline alone",
            only_second="right under the new one alone",
        ),
    }
)


def learning(question: Question) -> tuple[Estimate, ...]:
    """Measure the challenger's share of right answers minus that of the model in use, by the new labels."""
    return _overall(question)


def potential(question: Question) -> tuple[Estimate, ...]:
    """Measure what the change takes from the model in use: right by the old labels minus right by the new ones."""
    return _overall(question)


def retention(question: Question) -> tuple[Estimate, ...]:
    """Measure learning among the cases whose label stays: what the challenger keeps of what was right before."""
    return _overall(question)


def group_change(question: Question) -> tuple[Estimate, ...]:
    """
    Measure learning in each group of patients, all intervals of one attribute holding together (Sidak 1967).

    A total may gain while a group loses; a threshold on the lower end allows no group to lose more (P5.6).
    """
    if reason := question.lacks(*KEYS, *question.attributes):
        return (unknown(question, note=reason, unit=UNIT),)
    if not question.attributes:
        return (unknown(question, note="no subgroup counts", unit=UNIT),)
    return tuple(estimate for name in question.attributes for estimate in _groups(question, name))


def pairs_of(question: Question, cells: Cells) -> Pairs:
    """Return how the two answers that a metric compares fell on the same cases; no answer is a wrong one."""
    compared = COMPARED[question.criterion.metric]
    tally = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for label, before in ((YES, YES), (YES, NO), (NO, YES), (NO, NO)):
        if compared.unchanged and label != before:
            continue
        here = cells.where(reference=label, reference_before=before)
        labels = {"reference": label, BEFORE: before}
        for first, second, n in _by_answers(here, compared):
            key = (first == labels[compared.first.label], second == labels[compared.second.label])
            tally[key] += n
    return Pairs(
        both=tally[True, True], only_a=tally[True, False], only_b=tally[False, True], neither=tally[False, False]
    )


def _by_answers(cells: Cells, compared: Comparison) -> list[tuple[str, str, int]]:
    if compared.first.answer == compared.second.answer:
        return [(level, level, here.total()) for level, here in cells.by(compared.first.answer).items()]
    return [
        (first, second, both.total())
        for first, here in cells.by(compared.first.answer).items()
        for second, both in here.by(compared.second.answer).items()
    ]


def _overall(question: Question) -> tuple[Estimate, ...]:
    if reason := question.lacks(*KEYS):
        return (unknown(question, note=reason, unit=UNIT),)
    return (_estimate(question, question.cells, scope="all", confidence=question.confidence),)


def _groups(question: Question, name: str) -> list[Estimate]:
    levels = question.cells.by(name)
    known = {level: cells for level, cells in levels.items() if level and pairs_of(question, cells).n}
    if not known:
        return [unknown(question, note=f"no level of {name} has cases", scope=name, unit=UNIT)]
    each = question.confidence ** (1 / len(known))
    return [
        _estimate(question, cells, scope=f"{name}={shown_level(level)}", confidence=each)
        for level, cells in known.items()
    ]


def _estimate(question: Question, cells: Cells, *, scope: str, confidence: float) -> Estimate:
    pairs = pairs_of(question, cells)
    if not pairs.n:
        return unknown(question, note="no case has both labels", scope=scope, unit=UNIT)
    if scope != "all" and question.too_small(pairs.n):
        return suppressed(question, scope=scope, unit=UNIT)
    method = method_of(question, PAIRED_METHODS)
    return difference(
        question,
        value=pairs.a.rate - pairs.b.rate,
        interval=PAIRED_METHODS[method](pairs, confidence=confidence),
        n=pairs.n,
        method=SHOWN[method],
        scope=scope,
        unit=UNIT,
        adjusted="raw" if scope == "all" else "simultaneous",
        note="" if scope != "all" else _differing(question, pairs),
    )


def _differing(question: Question, pairs: Pairs) -> str:
    compared, least = COMPARED[question.criterion.metric], question.policy.smallest_cell
    only_first, only_second = (
        f"fewer than {least}" if question.too_small(n) else f"{n:,}" for n in (pairs.only_a, pairs.only_b)
    )
    return f"{compared.only_first} {only_first}, {compared.only_second} {only_second}"


METRICS: Mapping[str, Callable[[Question], tuple[Estimate, ...]]] = MappingProxyType(
    {LEARNING: learning, POTENTIAL: potential, RETENTION: retention, BY_GROUP: group_change}
)
METHODS: Mapping[str, tuple[str, ...]] = MappingProxyType(dict.fromkeys(METRICS, tuple(PAIRED_METHODS)))
