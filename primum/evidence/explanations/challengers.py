"""Derivation of what a challenger gains over the model in use: the same cases answered twice, by paired intervals."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from primum.evidence.counts.cells import Cells
from primum.evidence.explanations.paired import FORMULAS, Square, hybrid, score
from primum.evidence.explanations.working import (
    Derived,
    confidence_steps,
    counted,
    levels_in,
    steps,
    table_of_counts,
)
from primum.evidence.measures.challengers import BY_GROUP, KEYS, POTENTIAL, RETENTION
from primum.evidence.measures.question import Question, method_of
from primum.roadmap.estimates import Estimate

Row = tuple[str, ...]
COLUMNS = ("label now", "challenger", "in use", "label before")


def challenger(question: Question, estimate: Estimate) -> Derived:
    """Derive one of learning, potential, retention and the change of a group from the four answers and labels."""
    metric, cells = question.criterion.metric, _cells(question, estimate)
    counts = {row: n for row, n in counted(cells, *KEYS).items() if row[0] and row[3]}
    if metric == RETENTION:
        counts = {row: n for row, n in counts.items() if row[0] == row[3]}
    read = _square(counts, of=_both_right(metric))
    confidence = _confidence(question, estimate)
    method = {"paired newcombe": hybrid, "paired tango": score}[method_of(question, FORMULAS)]
    derived = method(read, confidence=confidence)
    first, second = _names(metric)
    tallied = steps(
        ("e", "cases that both have right", read.both),
        ("f", f"cases that only {first} has right", read.with_only),
        ("g", f"cases that only {second} has right", read.without_only),
        ("h", "cases that neither has right", read.neither),
        ("n", "cases", read.n),
        ("d", "(f - g) / n", read.difference),
    )
    return replace(
        derived,
        steps=(*tallied, *confidence_steps(confidence), *derived.steps),
        table=table_of_counts(question, counts=counts, columns=COLUMNS),
    )


def _cells(question: Question, estimate: Estimate) -> Cells:
    return question.cells if estimate.scope == "all" else question.cells.where(**levels_in(estimate.scope))


def _confidence(question: Question, estimate: Estimate) -> float:
    """The intervals of one attribute hold together: each at the k-th root of the confidence."""
    if question.criterion.metric != BY_GROUP:
        return question.confidence
    (attribute,) = levels_in(estimate.scope)
    by_level = counted(question.cells, attribute, "reference", "reference_before")
    levels = {level for (level, now, before), n in by_level.items() if level and now and before and n}
    return float(question.confidence ** (1 / len(levels)))


def _names(metric: str) -> tuple[str, str]:
    return ("the old label", "the new one") if metric == POTENTIAL else ("the challenger", "the model in use")


def _both_right(metric: str) -> Callable[[Row], tuple[bool, bool]]:
    if metric == POTENTIAL:
        return lambda row: (row[2] == row[3], row[2] == row[0])
    return lambda row: (row[1] == row[0], row[2] == row[0])


def _square(counts: Mapping[Row, int], *, of: Callable[[Row], tuple[bool, bool]]) -> Square:
    def number(first: bool, second: bool) -> int:
        return sum(n for row, n in counts.items() if of(row) == (first, second))

    return Square(
        both=number(True, True),
        with_only=number(True, False),
        without_only=number(False, True),
        neither=number(False, False),
    )
