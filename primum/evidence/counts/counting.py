"""Rows in, counts out: one streaming pass, whose result does not grow with the rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.amounts import WIDTH, Amount, Weights, summed, weights_of
from primum.evidence.counts.cells import Cells, Codes, Part, gather, mixed, split, sum_equal, widest

Coded = tuple[NDArray[np.int32], tuple[str, ...]]
"""One column of a batch: codes, and the levels they point into; the level ``""`` means missing."""

CodedBatch = dict[str, Coded]
"""One batch of rows by column."""

Numbers = Mapping[str, NDArray[np.float64]]
"""The amounts of one batch: column -> values, NaN where a row has none."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Some rows: labels as codes, and amounts."""

    labels: CodedBatch
    numbers: Numbers = field(default_factory=dict)


# A histogram of this many slots takes 32 MB; for more, sorting the rows of a batch is cheaper.
DENSE_SLOTS = 1 << 22
PARTS_BEFORE_SUM = 64
MOST_CELLS = 4_000_000


class TooManyCells(ValueError):
    """So many different cells that counting saves nothing; the message says which columns make them."""


class BatchRefused(ValueError):
    """A batch does not say what it must; no value of a row is in the message."""


def count(batches: Iterable[CodedBatch], *, kind: str, keys: Sequence[str], sources: tuple[str, ...]) -> Cells:
    """
    Count rows by the levels of the keys.

    :param batches: any number of batches; levels and their order may differ between them
    :param keys: the columns to count by; a batch may hold more
    :param sources: digests of the tables these rows come from
    :raises BatchRefused: if a key is absent, lengths differ, or a code has no level
    """
    counting = Counting(kind=kind, keys=tuple(keys))
    for batch in batches:
        counting.add(batch)
    return counting.cells(sources=sources)


@dataclass(kw_only=True)
class Numbering:
    """One number for each level of a column, in the order in which they come; the same in all batches."""

    numbers: dict[str, int] = field(default_factory=dict)
    _plain: tuple[str, ...] | None = None

    def renumbered(self, codes: NDArray[np.int32], levels: tuple[str, ...]) -> NDArray[np.int32]:
        """Return the codes by these numbers; levels that were seen last cost nothing."""
        if levels is self._plain:
            return codes
        table = [self.numbers.setdefault(level, len(self.numbers)) for level in levels]
        if table == list(range(len(table))):
            self._plain = levels
            return codes
        return np.asarray(np.take(np.array(table, np.int32), codes), dtype=np.int32)


@dataclass(kw_only=True)
class Steady:
    """Batches made alike, for those that are counted several times: looked through, and numbered, once."""

    keys: tuple[str, ...]
    _axes: dict[str, Numbering] = field(init=False)
    _levels: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._axes = {key: Numbering() for key in self.keys}

    def of(self, batch: CodedBatch) -> CodedBatch:
        """
        Return the columns of the keys; their levels only grow from batch to batch.

        :raises BatchRefused: if a key is absent, or a code has no level
        """
        return {key: self._column(key, *_checked(batch, key)) for key in self.keys}

    def _column(self, key: str, codes: NDArray[np.int32], levels: tuple[str, ...]) -> Coded:
        axis = self._axes[key]
        found = axis.renumbered(codes, levels)
        if len(self._levels.get(key, ())) != len(axis.numbers):
            self._levels[key] = tuple(axis.numbers)
        return found, self._levels.get(key, ())


@dataclass(kw_only=True)
class Counting:
    """
    A count under way, with one number per level for all batches.

    While levels stay the same, batches are added to one dense histogram; a new level, which makes
    the histogram's shape another, turns it into a part first.
    """

    kind: str
    keys: tuple[str, ...]
    amounts: tuple[Amount, ...] = ()
    _axes: list[Numbering] = field(init=False)
    _histogram: Weights | None = None
    _shape: tuple[int, ...] = ()
    _done: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._axes = [Numbering() for _ in self.keys]

    def add(self, batch: CodedBatch, numbers: Numbers = MappingProxyType({}), *, is_checked: bool = False) -> None:
        """
        Add one batch; ``numbers`` holds the amounts, NaN where a row has none.

        :param is_checked: true if the columns come from ``Steady``, for a batch that is counted several times
        :raises BatchRefused: if a key or amount is absent, lengths differ, or a code has no level
        :raises AmountRefused: if an amount cannot be summed exactly
        """
        columns = [batch[key] if is_checked else _checked(batch, key) for key in self.keys]
        rows = _rows(batch, columns)
        if not rows:
            return
        codes = [axis.renumbered(*column) for axis, column in zip(self._axes, columns, strict=True)]
        shape = tuple(len(axis.numbers) for axis in self._axes)
        if shape != self._shape:
            self._put_away()
            self._shape = shape
        slots, weights = widest(shape), self._weights(numbers, rows)
        if slots * (1 + WIDTH * len(self.amounts)) > max(DENSE_SLOTS, 4 * rows):
            ones = np.ones((rows, 1), np.int64)
            stacked = np.column_stack(codes).astype(np.int32)
            self._keep(sum_equal(stacked, np.concatenate([ones, *weights], axis=1), shape=shape))
            return
        self._tally(mixed(codes, shape) if codes else np.zeros(rows, np.int64), weights, slots)

    def cells(self, *, sources: tuple[str, ...]) -> Cells:
        """Return what was counted so far."""
        self._put_away()
        return gather(kind=self.kind, keys=self.keys, parts=self._done, sources=sources, amounts=self.amounts)

    def _weights(self, numbers: Numbers, rows: int) -> list[Weights]:
        for amount in self.amounts:
            if amount.name not in numbers or len(numbers[amount.name]) != rows:
                raise BatchRefused(f"A batch of {rows} rows lacks the amount '{amount.name}', or has it not for each.")
        return [weights_of(numbers[amount.name], amount=amount) for amount in self.amounts]

    def _tally(self, combined: NDArray[np.int64], weights: list[Weights], slots: int) -> None:
        counted = np.bincount(combined, minlength=slots).reshape(-1, 1)
        sums = [summed(values, combined, slots=slots) for values in weights]
        counts = np.concatenate([counted, *sums], axis=1) if sums else counted
        if self._histogram is None:
            self._histogram = counts
        else:
            self._histogram += counts

    def _named(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(axis.numbers)[:size] for axis, size in zip(self._axes, self._shape, strict=True))

    def _put_away(self) -> None:
        if self._histogram is not None:
            seen = np.flatnonzero(self._histogram[:, 0])
            self._keep((split(seen, self._shape), self._histogram[seen]))
            self._histogram = None

    def _keep(self, counted: tuple[Codes, Weights]) -> None:
        self._done.append((self._named(), *counted))
        if len(self._done) >= PARTS_BEFORE_SUM:
            cells = gather(kind=self.kind, keys=self.keys, parts=self._done, sources=(), amounts=self.amounts)
            self._done = [(cells.levels, cells.codes, cells.weights)]
        if sum(len(part[1]) for part in self._done) > MOST_CELLS:
            raise TooManyCells(
                f"Counting by {', '.join(self.keys)} gives more than {MOST_CELLS:,} different cells, which is hardly "
                "less than the rows themselves. Declare fewer subgroups, or ones with fewer levels."
            )


def _rows(batch: CodedBatch, columns: Sequence[Coded]) -> int:
    lengths = {len(codes) for codes, _ in (columns or batch.values())}
    if len(lengths) > 1:
        raise BatchRefused(f"The columns of one batch have {sorted(lengths)} rows; they must have the same number.")
    return lengths.pop() if lengths else 0


def _checked(batch: CodedBatch, key: str) -> Coded:
    if key not in batch:
        raise BatchRefused(f"A batch lacks the column '{key}'; it has {', '.join(sorted(batch)) or 'none'}.")
    codes, levels = batch[key]
    if len(set(levels)) != len(levels):
        raise BatchRefused(f"The column '{key}' names a level twice; each level is named once.")
    # Seen without its sign, a negative code is larger than any level: one pass tells both.
    if len(codes) and int(codes.view(np.uint32).max()) >= len(levels):
        raise BatchRefused(
            f"The column '{key}' has codes from {int(codes.min())} to {int(codes.max())} for {len(levels)} levels; "
            "codes start at 0, and a missing value has the level ''."
        )
    return codes, levels
