"""
What a changed guideline does to labels: two threshold rules as data, and how many cases change side.

A rule is positive where any of its conditions holds, such as a systolic pressure of at least 140 or a diastolic one
of at least 90. A missing value leaves the rule open unless another condition already holds.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.score_bins import Floats
from primum.evidence.intervals import Group

Operator = Literal["at_least", "more_than", "at_most", "less_than"]
Truth = NDArray[np.bool_]
COMPARE: Mapping[Operator, Callable[[Floats, float], Truth]] = {
    "at_least": operator.ge,
    "more_than": operator.gt,
    "at_most": operator.le,
    "less_than": operator.lt,
}


class RuleRefused(ValueError):
    """A rule cannot be applied to these columns; the sentence names the column, and no value of it."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One threshold on one column."""

    column: str
    operator: Operator
    value: float


@dataclass(frozen=True, kw_only=True)
class ThresholdRule:
    """A rule that is positive where any condition holds. :raises RuleRefused: without conditions."""

    any_of: tuple[Condition, ...]

    def __post_init__(self) -> None:
        if not self.any_of:
            raise RuleRefused("A rule without conditions labels nobody; it needs at least one threshold.")


@dataclass(frozen=True, kw_only=True)
class Relabelled:
    """Cases by their old and new label; ``unknown`` are those that a missing value leaves without one of the two."""

    n: int
    old_positive: int
    new_positive: int
    became_positive: int
    became_negative: int
    unknown: int

    @property
    def changed(self) -> int:
        """Number of cases whose label changes."""
        return self.became_positive + self.became_negative

    @property
    def old(self) -> Group:
        """Positives under the old rule among cases labelled by both."""
        return Group(events=self.old_positive, n=self.n)

    @property
    def new(self) -> Group:
        """Positives under the new rule among cases labelled by both."""
        return Group(events=self.new_positive, n=self.n)


def relabelled(
    *, old: ThresholdRule, new: ThresholdRule, values: Mapping[str, Floats], counts: NDArray[np.int64] | None = None
) -> Relabelled:
    """
    Return how many cases each rule labels, and how many change side.

    :param values: the columns of the rules, NaN where missing
    :param counts: how often each row of values comes; once each if not given
    :raises RuleRefused: if a column of a rule is absent
    """
    (before, known), (after, also) = labels(rule=old, values=values), labels(rule=new, values=values)
    times = np.ones(len(before), np.int64) if counts is None else counts
    both = known & also

    def number(kept: Truth) -> int:
        return int(times[both & kept].sum())

    return Relabelled(
        n=number(both),
        old_positive=number(before),
        new_positive=number(after),
        became_positive=number(~before & after),
        became_negative=number(before & ~after),
        unknown=int(times[~both].sum()),
    )


def relabelled_cells(*, old: ThresholdRule, new: ThresholdRule, cells: Cells) -> Relabelled:
    """
    Return the same from counts whose levels are the values as decimals, "" where missing.

    :raises RuleRefused: if a column of a rule was not counted, or has a level that is no number
    """
    columns = sorted({condition.column for rule in (old, new) for condition in rule.any_of})
    absent = [column for column in columns if column not in cells.keys]
    if absent:
        raise RuleRefused(f"The rule asks for the column '{absent[0]}', which was not counted.")
    table = cells.marginal(*columns)
    values = {column: _numbers(table, column) for column in columns}
    return relabelled(old=old, new=new, values=values, counts=table.counts)


def labels(*, rule: ThresholdRule, values: Mapping[str, Floats]) -> tuple[Truth, Truth]:
    """
    Return which rows a rule labels positive, and for which it has an answer.

    :raises RuleRefused: if a column of the rule is absent
    """
    holds, missing = [], []
    for condition in rule.any_of:
        if condition.column not in values:
            raise RuleRefused(f"The rule asks for the column '{condition.column}', which the table does not have.")
        column = values[condition.column]
        holds.append(COMPARE[condition.operator](column, condition.value))
        missing.append(np.isnan(column))
    positive = np.logical_or.reduce(holds)
    return positive, positive | ~np.logical_or.reduce(missing)


def _numbers(table: Cells, column: str) -> Floats:
    try:
        levels = [float(level) if level else np.nan for level in table.levels_of(column)]
    except ValueError:
        raise RuleRefused(f"The column '{column}' has a level that is no number; a threshold needs numbers.") from None
    return np.asarray(levels, dtype=np.float64)[table.codes[:, table.axis(column)]]
