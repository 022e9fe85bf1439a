"""Rows in, counts out: one streaming pass, whose result does not grow with the rows."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from primum.evidence.cells import Cells, Codes, Counts, Part, gather, sum_equal

CodedBatch = dict[str, tuple[NDArray[np.int32], tuple[str, ...]]]
"""One batch of rows: column -> (codes, levels); the level ``""`` means missing."""

# A dense histogram of this many slots is 32 MB; above it, or above the rows by far, sorting is cheaper.
DENSE_SLOTS = 1 << 22
WIDEST_CODE = 1 << 62
PARTS_BEFORE_SUM = 64


class BatchRefused(ValueError):
    """A batch does not say what it must; no value of a row is in the message."""


def count(batches: Iterable[CodedBatch], *, kind: str, keys: Sequence[str], sources: tuple[str, ...]) -> Cells:
    """
    Count rows by the levels of the keys.

    :param batches: any number of batches; levels may differ between them
    :param keys: the columns to count by; a batch may hold more
    :param sources: digests of the tables these rows come from
    :raises BatchRefused: if a key is absent, lengths differ, or a code has no level
    """
    wanted = tuple(keys)
    parts: list[Part] = []
    for batch in batches:
        parts.append(_count_batch(batch, wanted))
        if len(parts) >= PARTS_BEFORE_SUM:
            parts = [_summed(kind, wanted, parts)]
    return gather(kind=kind, keys=wanted, parts=parts, sources=sources)


def _summed(kind: str, keys: tuple[str, ...], parts: Sequence[Part]) -> Part:
    cells = gather(kind=kind, keys=keys, parts=parts, sources=())
    return cells.levels, cells.codes, cells.counts


def _count_batch(batch: CodedBatch, keys: tuple[str, ...]) -> Part:
    columns = [_checked(batch, key) for key in keys]
    lengths = {len(codes) for codes, _ in columns}
    if len(lengths) > 1:
        raise BatchRefused(f"The columns of one batch have {sorted(lengths)} rows; they must have the same number.")
    levels = tuple(names for _, names in columns)
    rows = lengths.pop() if lengths else _rows_without_keys(batch)
    if rows == 0 or not columns:
        return levels, np.zeros((int(rows > 0), len(keys)), np.int32), np.array([rows] if rows else [], np.int64)
    codes, counts = _histogram([codes for codes, _ in columns], [len(names) for names in levels], rows)
    return levels, codes, counts


def _rows_without_keys(batch: CodedBatch) -> int:
    return max((len(codes) for codes, _ in batch.values()), default=0)


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


def _histogram(columns: list[NDArray[np.int32]], radices: list[int], rows: int) -> tuple[Codes, Counts]:
    slots = 1
    for radix in radices:
        slots *= radix
    if slots > WIDEST_CODE:
        return sum_equal(np.column_stack(columns).astype(np.int32), np.ones(rows, np.int64))
    combined = columns[0].astype(np.int64)
    for codes, radix in zip(columns[1:], radices[1:], strict=True):
        combined *= radix
        combined += codes
    if slots <= max(DENSE_SLOTS, 4 * rows):
        dense = np.bincount(combined, minlength=slots)
        seen = np.flatnonzero(dense)
        counts = dense[seen]
    else:
        seen, counts = np.unique(combined, return_counts=True)
    return _split(seen, radices), counts.astype(np.int64)


def _split(combined: NDArray[np.int64], radices: list[int]) -> Codes:
    codes = np.empty((len(combined), len(radices)), np.int32)
    rest = combined
    for axis in range(len(radices) - 1, -1, -1):
        rest, codes[:, axis] = np.divmod(rest, radices[axis])
    return codes
