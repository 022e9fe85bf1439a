"""
Readings of the same cases, two at a time: how often one reading gave this rating and the other that.

A reading is a reader in an arm, on a case whose truth is known. From the counts of all pairs, each reading
with itself included, follow the covariances of any figure of a reader study, and no case is left in them. Sites
with cases of their own add up exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells, Part, gather
from primum.evidence.counts.counting import Coded, CodedBatch, Steady

PAIRS = ".pairs"
COLUMNS = ("case_id", "reader", "arm", "reference", "rating")
PAIR_KEYS = (
    "attribute",
    "level",
    "reference",
    "arm",
    "reader",
    "rating",
    "other_arm",
    "other_reader",
    "other_rating",
)
READ = "read"
"""Whether a reading has a rating, as a column of the plain counts beside the pairs."""

MOST_LEVELS = 101
MOST_READERS = 200
UNREAD = -1

Grid = NDArray[np.int16]
Whole = NDArray[np.int64]


class ReadingsRefused(ValueError):
    """Readings that no reader study can have; the sentence counts, and shows no value of a case (P9)."""


@dataclass(kw_only=True)
class Pairing:
    """Readings under way; ``attributes`` are columns of the cases by whose levels pairs are counted besides."""

    attributes: tuple[str, ...] = ()
    _steady: Steady = field(init=False)
    _codes: dict[str, list[NDArray[np.int32]]] = field(init=False)
    _levels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._steady = Steady(keys=(*COLUMNS, *self.attributes))
        self._codes = {key: [] for key in self._steady.keys}

    def add(self, batch: CodedBatch) -> None:
        """
        Add a batch of readings, in any order.

        :raises BatchRefused: if a column is absent
        """
        for key, (codes, levels) in self._steady.of(batch).items():
            self._codes[key].append(codes)
            self._levels[key] = levels

    def cells(self, *, kind: str, sources: tuple[str, ...]) -> Cells:
        """
        Return the counts of all pairs of readings; what has no rating or no reference is left out.

        :raises ReadingsRefused: if a case was read twice in one way or is said to be two things, a rating is no
            whole number, or there are more ratings or readers than a reader study has
        """
        return gather(kind=kind, keys=PAIR_KEYS, parts=list(self._parts()), sources=sources)

    def _parts(self) -> Iterator[Part]:
        columns = {key: self._column(key) for key in self._codes}
        kept = _known(columns["reference"]) & _known(columns["rating"])
        if not kept.any():
            return
        columns = {key: (codes[kept], levels) for key, (codes, levels) in columns.items()}
        case = np.unique(columns["case_id"][0], return_inverse=True)[1]
        readings, place = _readings(columns["arm"], columns["reader"])
        ratings, rated = _ratings(columns["rating"])
        grid = _grid(case, place, rated, readings=len(readings))
        names = ([arm for arm, _ in readings], [reader for _, reader in readings], [str(one) for one in ratings])
        truth = _of_case(columns["reference"], case, name="reference")
        for attribute in ("", *self.attributes):
            group = _of_case(columns[attribute], case, name=attribute) if attribute else _nobody(case)
            yield _counted(grid, truth, group, attribute, names)

    def _column(self, key: str) -> Coded:
        parts = self._codes[key]
        return (np.concatenate(parts) if parts else np.zeros(0, np.int32)), self._levels.get(key, ())


def _known(column: Coded) -> NDArray[np.bool_]:
    codes, levels = column
    return np.array([bool(level) for level in levels], dtype=np.bool_)[codes] if levels else np.zeros(0, np.bool_)


def _readings(arm: Coded, reader: Coded) -> tuple[list[tuple[str, str]], Whole]:
    """Return the readings there are, in the order of their names, and which of them each row is."""
    both = arm[0].astype(np.int64) * len(reader[1]) + reader[0]
    different, place = np.unique(both, return_inverse=True)
    if len(different) > 2 * MOST_READERS:
        raise ReadingsRefused(
            f"The column 'reader' has {len(set((different % len(reader[1])).tolist())):,} different readers; a reader "
            f"study has {MOST_READERS} at most. Map the column that says who read, not what was read."
        )
    named = [(arm[1][one // len(reader[1])], reader[1][one % len(reader[1])]) for one in different.tolist()]
    order = sorted(range(len(named)), key=named.__getitem__)
    new = np.empty(len(order), np.int64)
    new[order] = np.arange(len(order))
    return sorted(named), new[place]


def _ratings(column: Coded) -> tuple[list[int], Whole]:
    """Return the different ratings in their order, and which of them each row has."""
    codes, levels = column
    used = np.unique(codes).tolist()
    wrong = [one for one in used if not levels[one].removeprefix("-").isdecimal()]
    if wrong:
        rows = int(np.isin(codes, wrong).sum())
        raise ReadingsRefused(f"{rows:,} readings have a rating that is no whole number; write 0 and 1, 1 to 5, ....")
    numbers = {one: int(levels[one]) for one in used}
    ordered = sorted(set(numbers.values()))
    if len(ordered) > MOST_LEVELS:
        raise ReadingsRefused(
            f"The readings have {len(ordered):,} different ratings; pairs are counted for {MOST_LEVELS} at most. "
            "Round a score to whole per cent."
        )
    table = np.zeros(len(levels), np.int64)
    for one, number in numbers.items():
        table[one] = ordered.index(number)
    return ordered, table[codes]


def _grid(case: Whole, place: Whole, rated: Whole, *, readings: int) -> Grid:
    """Return the rating of each case in each reading, or that there is none."""
    cell = case * readings + place
    surplus = len(cell) - len(np.unique(cell))
    if surplus:
        raise ReadingsRefused(
            f"{surplus:,} readings repeat one of the same case by the same reader in the same arm; "
            "each reading is given once."
        )
    grid: Grid = np.full((int(case.max()) + 1, readings), UNREAD, np.int16)
    grid[case, place] = rated
    return grid


def _of_case(column: Coded, case: Whole, *, name: str) -> Coded:
    """Return what is said of each case, once it is known that all its rows say the same."""
    codes, levels = column
    said = np.zeros(int(case.max()) + 1, np.int32)
    said[case] = codes
    odd = len(np.unique(case[said[case] != codes]))
    if odd:
        raise ReadingsRefused(f"{odd:,} cases have two values of '{name}' in their rows; a case has one.")
    return said, levels


def _nobody(case: Whole) -> Coded:
    return np.zeros(int(case.max()) + 1, np.int32), ("",)


def _counted(
    grid: Grid, truth: Coded, group: Coded, attribute: str, names: tuple[list[str], list[str], list[str]]
) -> Part:
    arms, readers, ratings = names
    levels, codes, counts = len(ratings), [], []
    kind = group[0].astype(np.int64) * len(truth[1]) + truth[0]
    for first in range(grid.shape[1]):
        for second in range(first, grid.shape[1]):
            both = (grid[:, first] != UNREAD) & (grid[:, second] != UNREAD)
            mixed = (kind[both] * levels + grid[both, first]) * levels + grid[both, second]
            seen, times = np.unique(mixed, return_counts=True)
            codes.append(_codes(seen, first, second, levels=levels, truths=len(truth[1])))
            counts.append(times)
    named = ((attribute,), group[1], truth[1], tuple(arms), tuple(readers), tuple(ratings))
    whole = np.concatenate(codes).astype(np.int32)
    return _plain((*named, *named[3:]), whole, np.concatenate(counts).astype(np.int64)[:, None])


def _codes(seen: Whole, first: int, second: int, *, levels: int, truths: int) -> Whole:
    rest, other = np.divmod(seen, levels)
    rest, rating = np.divmod(rest, levels)
    level, truth = np.divmod(rest, truths)
    one, two = np.full(len(seen), first), np.full(len(seen), second)
    return np.column_stack([np.zeros(len(seen), np.int64), level, truth, one, one, rating, two, two, other])


def _plain(levels: tuple[tuple[str, ...], ...], codes: NDArray[np.int32], weights: Whole) -> Part:
    """Return a part whose levels stand once in each column; arms and readers come once for each reading."""
    once, recoded = [], np.empty_like(codes)
    for axis, names in enumerate(levels):
        different = tuple(dict.fromkeys(names))
        place = np.array([different.index(name) for name in names], np.int32)
        recoded[:, axis] = place[codes[:, axis]]
        once.append(different)
    return tuple(once), recoded, weights
