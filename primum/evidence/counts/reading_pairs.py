"""
Readings of the same cases, two at a time: how often one reading gave this rating and the other that.

A reading is a reader in an arm, on a case whose truth is known. From the counts of all pairs, each reading
with itself included, follow the covariances of any figure of a reader study, and no case is left in them. Sites
with cases of their own add up exactly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells, Part, gather, split
from primum.evidence.counts.counting import MOST_CELLS, Coded, CodedBatch, Steady

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
# So many numbers, of 8 bytes, are sorted at a time.
AT_ONCE = 1 << 22

Grid = NDArray[np.int16]
Whole = NDArray[np.int64]


class ReadingsRefused(ValueError):
    """Readings that no reader study can have; the sentence counts, and shows no value of a case (P9)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadingGrid:
    """
    All readings at once: the rating of each case in each reading, cases x readings, -1 where there is none.

    ``ratings`` point into ``levels`` (ascending); ``readings`` are (arm, reader), sorted; ``truth`` and
    ``attributes`` say of each case what it is.
    """

    ratings: Grid
    levels: tuple[int, ...]
    readings: tuple[tuple[str, str], ...]
    truth: Coded
    attributes: Mapping[str, Coded]


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
        grid = self._grid()
        return empty_pairs(kind, sources) if grid is None else pairs_of(grid, kind=kind, sources=sources)

    def _grid(self) -> "ReadingGrid | None":
        columns = {key: self._column(key) for key in self._codes}
        kept = _known(columns["reference"]) & _known(columns["rating"])
        if not kept.any():
            return None
        columns = {key: (codes[kept], levels) for key, (codes, levels) in columns.items()}
        case = np.unique(columns["case_id"][0], return_inverse=True)[1]
        readings, place = _readings(columns["arm"], columns["reader"])
        ratings, rated = _ratings(columns["rating"])
        of_case = {name: _of_case(columns[name], case, name=name) for name in ("reference", *self.attributes)}
        return ReadingGrid(
            ratings=_grid(case, place, rated, readings=len(readings)),
            levels=tuple(ratings),
            readings=tuple(readings),
            truth=of_case.pop("reference"),
            attributes=of_case,
        )

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


def empty_pairs(kind: str, sources: tuple[str, ...]) -> Cells:
    """Return the counts of no pair."""
    return gather(kind=kind, keys=PAIR_KEYS, parts=[], sources=sources)


def pairs_of(grid: ReadingGrid, *, kind: str, sources: tuple[str, ...]) -> Cells:
    """
    Return the counts of all pairs of readings, of all cases and by each attribute of them.

    :raises ReadingsRefused: if there are so many different pairs that they are nearly rows
    """
    everybody = (np.zeros(len(grid.ratings), np.int32), ("",))
    parts = [_counted(grid, name, group) for name, group in {"": everybody, **grid.attributes}.items()]
    size = sum(len(part[1]) for part in parts)
    if size > MOST_CELLS:
        raise ReadingsRefused(
            f"The readings give {size:,} different pairs of ratings; {MOST_CELLS:,} at most are kept. "
            "Write coarser ratings, such as 0 to 10, or declare fewer subgroups."
        )
    return gather(kind=kind, keys=PAIR_KEYS, parts=parts, sources=sources)


def _counted(grid: ReadingGrid, attribute: str, group: Coded) -> Part:
    shape = (
        len(group[1]),
        len(grid.truth[1]),
        len(grid.readings),
        len(grid.levels),
        len(grid.readings),
        len(grid.levels),
    )
    kind = group[0].astype(np.int64) * shape[1] + grid.truth[0]
    found = [np.unique(mixed, return_counts=True) for mixed in _mixed(grid.ratings.astype(np.int64), kind, shape)]
    seen = split(np.concatenate([numbers for numbers, _ in found]), shape)
    counts = np.concatenate([times for _, times in found]).astype(np.int64)
    reading = (*zip(*grid.readings, strict=True), tuple(map(str, grid.levels)))
    named = ((attribute,), group[1], grid.truth[1], *reading, *reading)
    codes = np.column_stack([np.zeros(len(seen), np.int32), seen[:, [0, 1, 2, 2, 3, 4, 4, 5]]])
    return _plain(named, codes, counts[:, None])


def _mixed(rated: Whole, kind: Whole, shape: tuple[int, ...]) -> Iterator[Whole]:
    """Yield one number for each case and pair of readings with a rating, a block of pairs at a time."""
    *_, readings, levels = shape
    block = max(1, AT_ONCE // max(1, len(rated)))
    own = np.arange(readings) * levels + rated
    for first in range(readings):
        before = (kind * readings * levels + own[:, first]) * readings * levels
        for start in range(first, readings, block):
            other = slice(start, start + block)
            both = (rated[:, [first]] != UNREAD) & (rated[:, other] != UNREAD)
            yield (before[:, None] + own[:, other])[both]


def _plain(levels: tuple[tuple[str, ...], ...], codes: NDArray[np.int32], weights: Whole) -> Part:
    """Return a part whose levels stand once in each column; arms and readers come once for each reading."""
    once, recoded = [], np.empty_like(codes)
    for axis, names in enumerate(levels):
        different = tuple(dict.fromkeys(names))
        place = np.array([different.index(name) for name in names], np.int32)
        recoded[:, axis] = place[codes[:, axis]]
        once.append(different)
    return tuple(once), recoded, weights
