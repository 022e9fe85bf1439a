"""
The regions in which two versions of a guideline give another label, found by exact interval arithmetic.

The limits that either version compares with cut every field into cells within which no answer changes; each
combination of cells is labelled by both versions, and the combinations that change are said in as few boxes as
possible. What had another label before may be inside a box, since a box speaks only of who had its first label.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from primum.roadmap.guideline_rules import Fact, GuidelineField, Predicate
from primum.roadmap.guideline_versions import Guideline

MOST_CELLS = 20_000
# A break lies before a number (side 0) or after it (side 1), so that [130 and (130 are two breaks.
Break = tuple[Fraction, int]
Box = tuple[tuple[int, ...], ...]


class CannotCompare(ValueError):
    """Two versions cannot be compared; the message says what differs and what to do."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """Part of what one field may be: from one break to another, or some levels."""

    field: str
    low: Break | None = None
    high: Break | None = None
    levels: tuple[str, ...] = ()

    def holds(self, fact: Fact) -> bool:
        """Return whether a value lies within."""
        if isinstance(fact, str):
            return fact in self.levels
        above = self.low is None or fact > self.low[0] or (fact == self.low[0] and self.low[1] == 0)
        below = self.high is None or fact < self.high[0] or (fact == self.high[0] and self.high[1] == 1)
        return above and below

    @property
    def inside(self) -> Fact:
        """One value within."""
        if self.levels:
            return self.levels[0]
        if self.low is None:
            return Fraction(0) if self.high is None else self.high[0] - 1
        if self.high is None:
            return self.low[0] + 1
        return (self.low[0] + self.high[0]) / 2


@dataclass(frozen=True, kw_only=True)
class Region:
    """Everybody who had one label and gets another; what no span names may be anything."""

    label_from: str
    label_to: str
    spans: tuple[Span, ...]

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Return whether these facts lie within, given that they had the first label."""
        return all(span.holds(facts[span.field]) for span in self.spans)


def regions(*, old: Guideline, new: Guideline) -> tuple[Region, ...]:
    """
    Return where the label changes: exactly those who had ``label_from`` and lie in one of its regions.

    :raises CannotCompare: if a field is not the same thing in both, or there are too many cells
    """
    axes = _axes(old, new)
    before, after = ({box: _label(of, axes, box) for box in _boxes(axes)} for of in (old, new))
    moves = dict.fromkeys((before[box], after[box]) for box in before if before[box] != after[box])
    found = []
    for label_from, label_to in moves:
        inside = [box for box in before if (before[box], after[box]) == (label_from, label_to)]
        outside = [box for box in before if before[box] == label_from and after[box] != label_to]
        for cover in sorted(_covers(inside, outside, axes), key=lambda box: _order(box, axes)):
            spans = tuple(_span(axis, part) for axis, part in zip(axes, cover, strict=True) if len(part) < len(axis))
            found.append(Region(label_from=label_from, label_to=label_to, spans=spans))
    return tuple(found)


def _axes(old: Guideline, new: Guideline) -> tuple[tuple[Span, ...], ...]:
    axes = tuple(_cells(name, old, new) for name in dict.fromkeys((*new.asks, *old.asks)))
    cells = 1
    for axis in axes:
        cells *= len(axis)
    if cells > MOST_CELLS:
        raise CannotCompare(f"The two versions cut their fields into {cells:,} cells, and {MOST_CELLS:,} is the most.")
    return axes


def _cells(name: str, old: Guideline, new: Guideline) -> tuple[Span, ...]:
    fields = [one for of in (old, new) for one in of.fields if one.name == name]
    if len({(one.numeric, one.unit) for one in fields}) > 1:
        raise CannotCompare(
            f"'{name}' has not the same kind or unit in {old.name} and {new.name}; give the new one another name."
        )
    if not fields[0].numeric:
        return tuple(Span(field=name, levels=(level,)) for level in _levels(name, fields))
    compared = [one for of in (old, new) for predicate in of.predicates() for one in predicate.comparisons()]
    breaks = sorted({each for one in compared if one.field == name for each in _breaks(one)})
    edges: list[Break | None] = [None, *breaks, None]
    return tuple(Span(field=name, low=low, high=high) for low, high in itertools.pairwise(edges))


def _levels(name: str, fields: Sequence[GuidelineField]) -> tuple[str, ...]:
    both = tuple(level for level in fields[0].levels if all(level in one.levels for one in fields))
    if not both:
        raise CannotCompare(f"No level of '{name}' is in both versions; give the new one another name.")
    return both


def _breaks(comparison: Predicate) -> tuple[Break, ...]:
    limit = comparison.limit
    match comparison.operator:
        case "at_least" | "less_than":
            return ((limit, 0),)
        case "more_than" | "at_most":
            return ((limit, 1),)
        case _:
            return ((limit, 0), (limit, 1))


def _boxes(axes: Sequence[Sequence[Span]]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(len(axis)) for axis in axes))


def _label(of: Guideline, axes: Sequence[Sequence[Span]], box: tuple[int, ...]) -> str:
    label = of.label_of({axis[place].field: axis[place].inside for axis, place in zip(axes, box, strict=True)})
    if label is None:
        raise CannotCompare(f"{of.name} leaves a label open although everything it asks for is known.")
    return label


def _covers(
    inside: list[tuple[int, ...]], outside: list[tuple[int, ...]], axes: Sequence[Sequence[Span]]
) -> Iterator[Box]:
    """Yield boxes that hold everything inside and nothing outside, few and wide."""
    left = set(inside)
    while left:
        start = next(cell for cell in inside if cell in left)
        grown = [_grown(start, outside, axes, first) for first in range(len(axes))]
        best = max(grown, key=lambda box: (sum(_in(cell, box) for cell in left), -_limits(box, axes)))
        left -= {cell for cell in left if _in(cell, best)}
        yield _drawn_in(best, [cell for cell in inside if _in(cell, best)], axes)


def _grown(start: tuple[int, ...], outside: list[tuple[int, ...]], axes: Sequence[Sequence[Span]], first: int) -> Box:
    """Let one cell grow along every field, one after the other from ``first``, as far as nothing outside gets in."""
    box: list[tuple[int, ...]] = [(place,) for place in start]
    for step in range(len(axes)):
        axis = (first + step) % len(axes)
        box[axis] = tuple(range(len(axes[axis])))
        taken = {cell[axis] for cell in outside if _in(cell, box)}
        box[axis] = _reach(start[axis], taken, axes[axis])
    return tuple(box)


def _reach(start: int, taken: set[int], axis: Sequence[Span]) -> tuple[int, ...]:
    if axis[0].levels:
        return tuple(place for place in range(len(axis)) if place not in taken)
    low = max((place + 1 for place in taken if place < start), default=0)
    high = min((place for place in taken if place > start), default=len(axis))
    return tuple(range(low, high))


def _drawn_in(box: Box, held: list[tuple[int, ...]], axes: Sequence[Sequence[Span]]) -> Box:
    """Return a box with its limits drawn in to what changes; a number without limits stays without."""
    return tuple(
        _hull(part, {cell[place] for cell in held}, axis)
        for place, (part, axis) in enumerate(zip(box, axes, strict=True))
    )


def _hull(part: tuple[int, ...], places: set[int], axis: Sequence[Span]) -> tuple[int, ...]:
    if axis[0].levels:
        return tuple(sorted(places))
    return part if len(part) == len(axis) else tuple(range(min(places), max(places) + 1))


def _in(cell: Iterable[int], box: Iterable[tuple[int, ...]]) -> bool:
    return all(place in part for place, part in zip(cell, box, strict=True))


def _order(box: Box, axes: Sequence[Sequence[Span]]) -> list[tuple[bool, Sequence[int]]]:
    """Sort boxes by the first field they limit, in the order of the guideline's fields, and by where the limits lie."""
    return [(len(part) == len(axis), part) for part, axis in zip(box, axes, strict=True)]


def _limits(box: Box, axes: Sequence[Sequence[Span]]) -> int:
    return sum(len(part) < len(axis) for part, axis in zip(box, axes, strict=True))


def _span(axis: Sequence[Span], part: tuple[int, ...]) -> Span:
    parts = [axis[place] for place in part]
    if parts[0].levels:
        return Span(field=parts[0].field, levels=tuple(level for one in parts for level in one.levels))
    return Span(field=parts[0].field, low=parts[0].low, high=parts[-1].high)
