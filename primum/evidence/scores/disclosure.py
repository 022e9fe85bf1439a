"""
Which counts of a table to hide so that what is told gives no small one away, by sums and differences of any kind (P9).

Complementary suppression (Willenborg & de Waal 2001, chapter 4), decided exactly: a hidden count is given away if it is
a linear combination of the sums that are told. While one is, the smallest count beside it is hidden as well, and where
none is left, a sum that may be kept back is.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cell = tuple[str, str]
Line = frozenset[Cell]
# The projection of a vector of zeros and ones onto whole-number lines; far above rounding, far below one.
NEAR = 1e-7


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """The counts to hide, and the sums to keep back."""

    cells: frozenset[Cell]
    sums: frozenset[Line]


def hidden_cells(
    *,
    sizes: Mapping[Cell, int],
    told: Sequence[Line],
    optional: Sequence[Line] = (),
    given: Collection[Cell] = (),
    smallest_cell: int,
) -> Hidden:
    """
    Return what to hide of a table of counts. Counts of zero are shown.

    :param told: cells whose sum is told in any case
    :param optional: cells whose sum is told if it can be; a small one is kept back
    :param given: cells that are hidden for another reason
    """
    sizes = {cell: n for cell, n in sizes.items() if n}
    small = [frozenset({cell}) for cell, n in sizes.items() if n < smallest_cell]
    kept_back = {line for line in optional if 0 < _sum(line, sizes) < smallest_cell}
    hidden = {cell for line in small for cell in line} | (set(given) & set(sizes))
    secrets = [*small, *kept_back]
    while True:
        lines = [line & set(sizes) for line in (*told, *(one for one in optional if one not in kept_back))]
        away = _given_away(secrets, lines=lines, sizes=sizes, hidden=hidden, smallest_cell=smallest_cell)
        if away is None:
            break
        beside = _beside(away, lines, sizes, hidden)
        sum_ = _sum_to_keep_back(optional, kept_back, sizes=sizes, hidden=hidden)
        is_a_sum = away in kept_back and len(away) > 1
        if beside is not None and not (is_a_sum and sum_ is not None):
            hidden.add(beside)
        elif sum_ is not None:
            kept_back.add(sum_)
        else:
            break
    return Hidden(cells=frozenset(hidden), sums=frozenset(kept_back))


def _given_away(
    secrets: Sequence[Line],
    *,
    lines: Sequence[Line],
    sizes: Mapping[Cell, int],
    hidden: Collection[Cell],
    smallest_cell: int,
) -> Line | None:
    """Return the first secret that follows from the lines, or what a line hides if that is small itself."""
    for line in lines:
        within = frozenset(cell for cell in line if cell in hidden)
        if 0 < _sum(within, sizes) < smallest_cell and within != line:
            return within
    order = sorted(hidden)
    known = _rows([frozenset(cell for cell in line if cell in hidden) for line in lines], order)
    space = np.linalg.pinv(known) @ known if len(known) else np.zeros((len(order), len(order)))
    for secret in secrets:
        wanted = _rows([frozenset(cell for cell in secret if cell in hidden)], order)[0]
        if wanted.any() and np.abs(wanted - wanted @ space).max() < NEAR:
            return secret
    return None


def _rows(lines: Sequence[Line], order: Sequence[Cell]) -> NDArray[np.float64]:
    found = [[float(cell in line) for cell in order] for line in lines if line]
    return np.array(found) if found else np.zeros((1, len(order)))


def _beside(away: Line, lines: Sequence[Line], sizes: Mapping[Cell, int], hidden: Collection[Cell]) -> Cell | None:
    """
    Return a count still shown in a line with what is given away.

    Rather one whose row and column hide much already, then of the smallest row, so that few are hidden in all.
    """
    near = {cell for line in lines if line & away for cell in line if cell not in hidden}
    rows, columns = (Counter(cell[axis] for cell in hidden) for axis in (0, 1))
    whole: Counter[str] = Counter()
    for (row, _), n in sizes.items():
        whole[row] += n
    return min(
        near, key=lambda cell: (-rows[cell[0]] - columns[cell[1]], whole[cell[0]], sizes[cell], cell), default=None
    )


def _sum_to_keep_back(
    optional: Sequence[Line], kept_back: Collection[Line], *, sizes: Mapping[Cell, int], hidden: Collection[Cell]
) -> Line | None:
    """The sum of a line that hides much already, then the smallest."""
    left = [line for line in optional if line not in kept_back]
    return min(left, key=lambda line: (-len(line & set(hidden)), _sum(line, sizes), sorted(line)), default=None)


def _sum(line: Line, sizes: Mapping[Cell, int]) -> int:
    return sum(sizes.get(cell, 0) for cell in line)
