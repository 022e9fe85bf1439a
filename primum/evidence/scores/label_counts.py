"""Counts of moves between labels as they may leave the data plane: none small, and none found by subtraction."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from primum.evidence.scores.disclosure import Cell, hidden_cells
from primum.evidence.scores.guideline_labels import LabelMove

Moves = Mapping[LabelMove, int]
ALL = "all"
UNNAMED = "levels too small to name"
MOST_GROUPS = 100


class TooManyGroups(ValueError):
    """A table has too many groups to be counted by; the message names none."""


@dataclass(frozen=True, kw_only=True)
class ShownMoves:
    """The moves of one group; ``None`` is a count that is not shown, and ``n`` the rows of the group."""

    group: str
    n: int | None
    moves: tuple[tuple[LabelMove, int | None], ...]

    @property
    def changed(self) -> int | None:
        """How many labels change; ``None`` where a count of these is not shown."""
        found = [n for move, n in self.moves if move.changes]
        return None if None in found else sum(n for n in found if n is not None)

    def plain(self) -> dict[str, object]:
        """Return it as JSON-ready values."""
        counts = {str(move): n for move, n in self.moves}
        return {"n": self.n, "changed": self.changed, "moves": counts}


def shown_total(total: Moves, *, smallest_cell: int, counted_apart: Collection[LabelMove] = ()) -> ShownMoves:
    """
    Return the moves of all rows, small counts hidden and as many others as keep them hidden (P9).

    :param counted_apart: moves whose sum is told as well, and that of the others with it, unless one is small
    """
    sizes = {(ALL, str(move)): n for move, n in total.items()}
    n = sum(total.values())
    whole = frozenset(sizes)
    apart = frozenset((ALL, str(move)) for move in counted_apart)
    told = [whole, *([apart, whole - apart] if _may_part(sizes, apart, smallest_cell) else [])]
    hidden = hidden_cells(sizes=sizes, told=told, smallest_cell=smallest_cell).cells
    shown = tuple((move, None if (ALL, str(move)) in hidden else total[move]) for move in _ordered(total))
    return ShownMoves(group=ALL, n=None if 0 < n < smallest_cell else n, moves=shown)


def _may_part(sizes: Mapping[Cell, int], apart: frozenset[Cell], smallest_cell: int) -> bool:
    sums = [sum(n for cell, n in sizes.items() if (cell in apart) == inside) for inside in (True, False)]
    return not any(0 < n < smallest_cell for n in sums)


def shown_groups(
    groups: Mapping[str, Moves], *, smallest_cell: int, counted_apart: Collection[LabelMove] = ()
) -> tuple[ShownMoves, ...]:
    """
    Return the moves of each group of one attribute, so that neither a group nor the total gives a small count away.

    What is hidden in the total is hidden in every group; the size of a group may be hidden as well. Small groups are
    put together without their names, which may be anything where a column was mapped by mistake.

    :raises TooManyGroups: if there are more than can be looked through
    """
    groups = _gathered(groups, smallest_cell=smallest_cell)
    total = _sum(groups.values())
    shown = shown_total(total, smallest_cell=smallest_cell, counted_apart=counted_apart)
    of_all = {str(move): n for move, n in shown.moves}
    sizes = {(group, str(move)): n for group, found in groups.items() for move, n in found.items()}
    rows = {group: frozenset(cell for cell in sizes if cell[0] == group) for group in groups}
    columns = [frozenset(cell for cell in sizes if cell[1] == move) for move, n in of_all.items() if n is not None]
    found = hidden_cells(
        sizes=sizes,
        told=[*columns, frozenset(sizes)],
        optional=tuple(rows.values()),
        given=[cell for cell in sizes if of_all[cell[1]] is None],
        smallest_cell=smallest_cell,
    )
    return tuple(
        ShownMoves(
            group=group,
            n=None if rows[group] in found.sums else sum(groups[group].values()),
            moves=tuple((move, _shown(groups[group], group, move, found.cells)) for move in _ordered(total)),
        )
        for group in groups
    )


def _gathered(groups: Mapping[str, Moves], *, smallest_cell: int) -> dict[str, Moves]:
    small = {group for group, found in groups.items() if sum(found.values()) < smallest_cell}
    named = {group: found for group, found in groups.items() if group not in small}
    if len(named) > MOST_GROUPS:
        raise TooManyGroups(f"The table would be counted by {len(named):,} groups; {MOST_GROUPS} are the most.")
    together = _sum(groups[group] for group in sorted(small))
    return {**named, UNNAMED: together} if together else named


def shown_parts(parts: Mapping[str, int], *, smallest_cell: int) -> dict[str, int | None]:
    """Return the parts of a whole that is known, the small ones hidden and as many others as keep them hidden (P9)."""
    sizes = {(ALL, name): n for name, n in parts.items()}
    hidden = hidden_cells(sizes=sizes, told=[frozenset(sizes)], smallest_cell=smallest_cell).cells
    return {name: None if (ALL, name) in hidden else n for name, n in parts.items()}


def _shown(found: Moves, group: str, move: LabelMove, hidden: frozenset[Cell]) -> int | None:
    """A zero is shown; only in a group of which nothing is shown it is not."""
    if move not in found:
        return 0 if any((group, str(one)) not in hidden for one in found) else None
    return None if (group, str(move)) in hidden else found[move]


def _sum(groups: Iterable[Moves]) -> dict[LabelMove, int]:
    total: dict[LabelMove, int] = {}
    for found in groups:
        for move, n in found.items():
            total[move] = total.get(move, 0) + n
    return total


def _ordered(moves: Moves) -> list[LabelMove]:
    return sorted(moves, key=lambda move: (not move.changes, str(move)))
