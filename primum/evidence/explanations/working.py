"""What a derivation is made of: the counts it rests on, its formula, each step, and a line that checks it elsewhere."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Group
from primum.evidence.measures.question import NOT_RECORDED, Question, shown_level
from primum.roadmap.scopes import levels_of

Number = float | int | Fraction | str | None
"""What a step may show; a fraction is shown as a decimal, a text as it stands."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One value on the way: its symbol in the formula, what it is, and the value as text."""

    symbol: str
    meaning: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Formula:
    """A method as it is written down: plain text with symbols, and the paper it comes from."""

    text: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class Working:
    """
    The derivation of one estimate, such that a reader can repeat it.

    ``cells`` are the counts it rests on under the headings of ``columns``; ``result`` is the value
    and both ends; ``check_in`` is one line of R or Python that gives the same numbers. What is too
    small to show (P9), or not known, has a result that says so and nothing else.
    """

    scope: str
    title: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]
    formula: str
    steps: tuple[Step, ...]
    result: str
    reference: str
    check_in: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """Counts by the levels of some columns, as text."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Derived:
    """
    A value and its ends, computed once more from the counts, with every step; ``None`` has no limit.

    ``sampled`` is false for a number without an interval, such as a count of sites or a p value.
    """

    value: float | None
    lower: float | None
    upper: float | None
    formula: Formula
    steps: tuple[Step, ...] = ()
    check_in: str = ""
    table: Table = Table()
    sampled: bool = True


def figure(number: Number) -> str:
    """Return a number with ten significant digits; a count as it is."""
    if isinstance(number, str):
        return number
    if number is None or math.isinf(number):
        return "no limit"
    if isinstance(number, int):
        return str(number)
    return f"{float(number):.10g}"


def steps(*parts: tuple[str, str, Number]) -> tuple[Step, ...]:
    """Return steps from (symbol, meaning, value)."""
    return tuple(Step(symbol=symbol, meaning=meaning, value=figure(value)) for symbol, meaning, value in parts)


def confidence_steps(confidence: float) -> tuple[Step, ...]:
    """Return the confidence and the error on one side of the interval."""
    return steps(
        ("c", "two-sided confidence", confidence),
        ("a", "error on one side, (1 - c) / 2", side_of(confidence)),
    )


def side_of(confidence: float) -> float:
    """Return the error on one side of a two-sided interval."""
    return (1 - confidence) / 2


def result_of(derived: Derived) -> str:
    """Return a value and its ends as text: ``0.72 (0.575 to 0.838)``, one number where there is no interval."""
    value = figure(derived.value)
    return f"{value} ({figure(derived.lower)} to {figure(derived.upper)})" if derived.sampled else value


def counted(cells: Cells, *keys: str) -> Mapping[tuple[str, ...], int]:
    """Return the rows by the levels of these keys, in the order of the levels."""
    small = cells.marginal(*keys)
    texts = (
        tuple(names[code] for names, code in zip(small.levels, codes, strict=True)) for codes in small.codes.tolist()
    )
    return dict(zip(texts, small.counts.tolist(), strict=True))


def table_of_counts(question: Question, *, counts: Mapping[tuple[str, ...], int], columns: tuple[str, ...]) -> Table:
    """Return counts as a table; one below the smallest cell is shown as such (P9)."""
    rows = tuple((*(shown_level(level) for level in levels), count_of(question, n=n)) for levels, n in counts.items())
    return Table(columns=(*columns, "rows"), rows=rows)


def count_of(question: Question, *, n: int) -> str:
    """Return a count of a table; one below the policy's smallest cell as ``<5``."""
    return f"<{question.policy.smallest_cell}" if question.too_small(n) else str(n)


def groups_table(question: Question, *, groups: Mapping[str, Group], of: str) -> Table:
    """Return a table of groups by name, with and without the event."""
    rows = tuple(
        (name, count_of(question, n=group.events), count_of(question, n=group.n - group.events))
        for name, group in groups.items()
    )
    return Table(columns=(of, "event", "no event"), rows=rows)


def levels_in(scope: str) -> dict[str, str]:
    """Return attribute and level of each part of a scope, a level that was not recorded as the cells have it."""
    return {attribute: "" if level == NOT_RECORDED else level for attribute, level in levels_of(scope).items() if level}


def numbers_in_r(numbers: Iterable[float]) -> str:
    """Return numbers as a vector of R."""
    return f"c({', '.join(map(figure, numbers))})"
