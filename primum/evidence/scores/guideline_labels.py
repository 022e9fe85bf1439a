"""
The labels that a guideline gives to rows of a table, and how many rows get another one from a new version.

A number is compared as the double it is with the double nearest to the limit as written, so that equal decimals are
equal and whole limits are exact. A missing number, a level nobody declared, or a missing level is unknown; a row whose
label an unknown value leaves open has no label (P8), and is counted as open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.score_bins import Floats
from primum.roadmap.guideline_rules import Predicate
from primum.roadmap.guidelines import NOT_COVERED, Guideline

Truth = NDArray[np.bool_]
Codes = NDArray[np.int64]
COMPARE: Mapping[str, np.ufunc] = {
    "more_than": np.greater,
    "at_least": np.greater_equal,
    "less_than": np.less,
    "at_most": np.less_equal,
}
OPEN = "open"
"""The label of a row that an unknown value leaves without one."""


class ColumnsRefused(ValueError):
    """A guideline cannot be applied to these columns; the sentence names the column, and no value of it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Levels:
    """A column of levels: the code of each row into ``names``; "" is missing."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]


Column = Floats | Levels


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """The label of each row, as a code into ``names``; the last one is ``open``."""

    names: tuple[str, ...]
    codes: Codes


@dataclass(frozen=True, kw_only=True)
class LabelMove:
    """Rows that one version gave one label and the next another, or the same."""

    label_from: str
    label_to: str

    @property
    def changes(self) -> bool:
        """True if both labels are known and differ."""
        return self.label_from != self.label_to and OPEN not in (self.label_from, self.label_to)

    def __str__(self) -> str:
        """Return it as it is written in counts."""
        return f"{self.label_from} -> {self.label_to}"


def labelled(*, guideline: Guideline, columns: Mapping[str, Column]) -> Labelled:
    """
    Return the label of each row under one version (P6.8, P6.9).

    :param columns: by the names of the guideline's fields; numbers as doubles with NaN where missing
    :raises ColumnsRefused: if a field is absent, or is levels where a number is meant or the other way round
    """
    for name in guideline.asks:
        _refuse(guideline, name, columns.get(name))
    names = (NOT_COVERED, *guideline.labels, OPEN)
    rows = max(_rows(columns[name]) for name in guideline.asks)
    possible = np.zeros((len(names), rows), np.bool_)
    covered, outside = _answers(guideline.population.where, guideline, columns)
    possible[0] = ~covered
    left = ~outside
    for rule in guideline.rules:
        holds, fails = _answers(rule.when, guideline, columns)
        possible[names.index(rule.label)] |= left & ~fails
        left &= ~holds
    possible[names.index(guideline.otherwise)] |= left
    codes = np.where(possible.sum(axis=0) == 1, possible.argmax(axis=0), len(names) - 1)
    return Labelled(names=names, codes=codes.astype(np.int64))


def moves(*, old: Labelled, new: Labelled, kept: Truth | None = None) -> dict[LabelMove, int]:
    """Return how many rows each pair of labels has, those that keep theirs included; no pair without rows."""
    wide = len(new.names)
    pairs = old.codes * wide + new.codes
    counts = np.bincount(pairs if kept is None else pairs[kept], minlength=len(old.names) * wide)
    return {
        LabelMove(label_from=old.names[place // wide], label_to=new.names[place % wide]): int(n)
        for place, n in enumerate(counts.tolist())
        if n
    }


def changing(*, old: Labelled, new: Labelled) -> Truth:
    """Return which rows have a known label under both versions, and another one under the new."""
    names = np.array(old.names, dtype=object)[old.codes], np.array(new.names, dtype=object)[new.codes]
    known = (names[0] != OPEN) & (names[1] != OPEN)
    return np.asarray(known & (names[0] != names[1]), np.bool_)


def of_levels(levels: Levels, *, guideline: Guideline) -> Labelled:
    """Return labels that stand in the table itself, such as advice once given; what the guideline lacks is open."""
    names = (NOT_COVERED, *guideline.labels, OPEN)
    table = np.array([names.index(name) if name in names else len(names) - 1 for name in levels.names], np.int64)
    return Labelled(names=names, codes=table[levels.codes])


def _refuse(guideline: Guideline, name: str, column: Column | None) -> None:
    if column is None:
        raise ColumnsRefused(f"{guideline.name} asks for '{name}', which the table does not map under `columns`.")
    if isinstance(column, Levels) == guideline.field(name).numeric:
        meant = "numbers" if guideline.field(name).numeric else "levels"
        raise ColumnsRefused(f"{guideline.name} asks for '{name}' as {meant}, and the table has something else there.")


def _rows(column: Column) -> int:
    return len(column.codes) if isinstance(column, Levels) else len(column)


def _answers(predicate: Predicate, guideline: Guideline, columns: Mapping[str, Column]) -> tuple[Truth, Truth]:
    """Return for which rows a predicate holds and for which it fails; for the others it is unknown."""
    if predicate.field:
        return _compared(predicate, guideline, columns[predicate.field])
    parts = [_answers(part, guideline, columns) for part in predicate.all_of or predicate.any_of]
    holds, fails = [part[0] for part in parts], [part[1] for part in parts]
    if predicate.all_of:
        return np.logical_and.reduce(holds), np.logical_or.reduce(fails)
    return np.logical_or.reduce(holds), np.logical_and.reduce(fails)


def _compared(comparison: Predicate, guideline: Guideline, column: Column) -> tuple[Truth, Truth]:
    if isinstance(column, Levels):
        known = _of(column, tuple(guideline.field(comparison.field).levels))
        holds = _of(column, comparison.levels)
        return holds & known, known & ~holds
    limit = float(comparison.limit)
    holds, known = _within(column, comparison.operator, limit), np.isfinite(column)
    return holds & known, known & ~holds


def _of(column: Levels, levels: Sequence[str]) -> Truth:
    table = np.array([name in levels for name in column.names], np.bool_)
    return table[column.codes]


def _within(column: Floats, operator: str, limit: float) -> Truth:
    held: Truth = COMPARE.get(operator, np.equal)(column, limit)
    return held
