"""Two subgroup attributes at once: their pairs of levels in the counts, and which pairs give a small one away."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from primum.evidence.counts.cells import Cells

Pair = tuple[str, str]


def crossed(cells: Cells, *, one: str, other: str) -> Cells:
    """
    Return the same counts with a further key, ``sex and age_band``, whose levels are pairs that have rows.

    A level is called ``Female, age_band=55+``; rows without one of the two have the level ``""``.

    :raises UnknownKey: if one of the columns was not counted
    """
    first, second = cells.axis(one), cells.axis(other)
    seen, codes = np.unique(cells.codes[:, [first, second]], axis=0, return_inverse=True)
    names = [(cells.levels[first][a], cells.levels[second][b]) for a, b in seen.tolist()]
    named = [f"{a}, {other}={b}" if a and b else "" for a, b in names]
    levels = tuple(sorted(set(named)))
    place = np.array([levels.index(name) for name in named], dtype=np.int32)
    return replace(
        cells,
        keys=(*cells.keys, name_of(one=one, other=other)),
        levels=(*cells.levels, levels),
        codes=np.column_stack([cells.codes, place[codes.reshape(-1)]]).astype(np.int32),
    )


def name_of(*, one: str, other: str) -> str:
    """Return how two attributes together are called."""
    return f"{one} and {other}"


def pair_of(level: str, *, other: str) -> Pair:
    """Return both levels of a crossed one."""
    first, _, second = level.partition(f", {other}=")
    return first, second


def partners(sizes: Mapping[Pair, int], *, small: frozenset[Pair]) -> frozenset[Pair]:
    """
    Return the pairs to hide with the small ones, so that no row or column of the table gives one away (P9).

    Complementary suppression in two directions (Willenborg & de Waal 2001, chapter 4): while a row or
    column hides exactly one pair with units and shows others, the smallest of these is hidden as well.
    """
    hidden = set(small)
    while more := _lonely(sizes, hidden):
        hidden.add(more)
    return frozenset(hidden - small)


def _lonely(sizes: Mapping[Pair, int], hidden: set[Pair]) -> Pair | None:
    """Return what to hide next: rather where it serves a row and a column at once, else the smallest."""
    lines = [
        [pair for pair, n in sizes.items() if n and pair[axis] == level]
        for axis in (0, 1)
        for level in sorted({pair[axis] for pair in sizes})
    ]
    lonely = [line for line in lines if sum(pair in hidden for pair in line) == 1 and len(line) > 1]
    served = Counter(pair for line in lonely for pair in line if pair not in hidden)
    return min(served, key=lambda pair: (-served[pair], sizes[pair], pair), default=None)
