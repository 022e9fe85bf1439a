"""Rows in, counts out: one streaming pass, whose result does not grow with the rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from primum.evidence.cells import Cells, Codes, Part, gather, mixed, split, sum_equal, widest

CodedBatch = dict[str, tuple[NDArray[np.int32], tuple[str, ...]]]
"""One batch of rows: column -> (codes, levels); the level ``""`` means missing."""

# A histogram of this many slots takes 32 MB; for more, sorting the rows of a batch is cheaper.
DENSE_SLOTS = 1 << 22
PARTS_BEFORE_SUM = 64


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
    wanted = tuple(keys)
    tally = _Tally(kind=kind, keys=wanted, levels=[{} for _ in wanted])
    for batch in batches:
        columns = [_checked(batch, key) for key in wanted]
        rows = _rows(batch, columns)
        if rows:
            tally.add([codes for codes, _ in columns], [levels for _, levels in columns], rows)
    return gather(kind=kind, keys=wanted, parts=tally.parts(), sources=sources)


@dataclass(kw_only=True)
class _Tally:
    """
    The counts so far, with one number per level for all batches.

    While levels stay the same, batches are added to one dense histogram; a new level, which makes
    the histogram's shape another, turns it into a part first.
    """

    kind: str
    keys: tuple[str, ...]
    levels: list[dict[str, int]]
    histogram: NDArray[np.int64] | None = None
    shape: tuple[int, ...] = ()
    done: list[Part] = field(default_factory=list)

    def add(self, columns: list[NDArray[np.int32]], levels: list[tuple[str, ...]], rows: int) -> None:
        """Add one batch."""
        codes = [self._renumbered(axis, column, levels[axis]) for axis, column in enumerate(columns)]
        shape = tuple(len(numbers) for numbers in self.levels)
        if shape != self.shape:
            self._put_away()
            self.shape = shape
        slots = widest(shape)
        if slots > max(DENSE_SLOTS, 4 * rows):
            self._keep(_sorted_counts(codes, shape, rows))
            return
        counts = np.bincount(mixed(codes, shape), minlength=slots) if codes else np.array([rows])
        if self.histogram is None:
            self.histogram = counts
        else:
            self.histogram += counts

    def parts(self) -> list[Part]:
        """Return all that was counted."""
        self._put_away()
        return self.done

    def _renumbered(self, axis: int, codes: NDArray[np.int32], levels: tuple[str, ...]) -> NDArray[np.int32]:
        numbers = self.levels[axis]
        table = [numbers.setdefault(level, len(numbers)) for level in levels]
        if table == list(range(len(table))):
            return codes
        return np.asarray(np.take(np.array(table, np.int32), codes), dtype=np.int32)

    def _named(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(numbers)[:size] for numbers, size in zip(self.levels, self.shape, strict=True))

    def _put_away(self) -> None:
        if self.histogram is not None:
            seen = np.flatnonzero(self.histogram)
            self._keep((split(seen, self.shape), self.histogram[seen]))
            self.histogram = None

    def _keep(self, counted: tuple[Codes, NDArray[np.int64]]) -> None:
        self.done.append((self._named(), *counted))
        if len(self.done) >= PARTS_BEFORE_SUM:
            cells = gather(kind=self.kind, keys=self.keys, parts=self.done, sources=())
            self.done = [(cells.levels, cells.codes, cells.counts)]


def _sorted_counts(
    codes: list[NDArray[np.int32]], shape: tuple[int, ...], rows: int
) -> tuple[Codes, NDArray[np.int64]]:
    return sum_equal(np.column_stack(codes).astype(np.int32), np.ones(rows, np.int64), shape=shape)


def _rows(batch: CodedBatch, columns: Sequence[tuple[NDArray[np.int32], tuple[str, ...]]]) -> int:
    lengths = {len(codes) for codes, _ in (columns or batch.values())}
    if len(lengths) > 1:
        raise BatchRefused(f"The columns of one batch have {sorted(lengths)} rows; they must have the same number.")
    return lengths.pop() if lengths else 0


def _checked(batch: CodedBatch, key: str) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    if key not in batch:
        raise BatchRefused(f"A batch lacks the column '{key}'; it has {', '.join(sorted(batch)) or 'none'}.")
    codes, levels = batch[key]
    if len(set(levels)) != len(levels):
        raise BatchRefused(f"The column '{key}' names a level twice; each level is named once.")
    if len(codes) and (int(codes.min()) < 0 or int(codes.max()) >= len(levels)):
        raise BatchRefused(
            f"The column '{key}' has codes from {int(codes.min())} to {int(codes.max())} for {len(levels)} levels; "
            "codes start at 0, and a missing value has the level ''."
        )
    return codes, levels
