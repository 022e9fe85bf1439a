"""A small table of counts: what a pass over rows leaves behind, and all that ever travels."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.amounts import WIDTH, Amount, Weights

Codes = NDArray[np.int32]
Counts = NDArray[np.int64]

# Combined codes above this would not fit 64 bits with their sum.
WIDEST_CODE = 1 << 62


class CellsDoNotMatch(ValueError):
    """Two tables of counts cannot be added: other kind, other columns, or the same rows twice."""


class UnknownKey(KeyError):
    """A column was asked for that was not counted."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """
    Counts of rows by the levels of some columns, and exact sums of some amounts.

    ``codes`` is cells x keys and points into ``levels``; the level ``""`` means missing.
    ``weights`` is cells x (1 + 5 for each amount): the rows, then the sums of ``amounts.py``.
    ``sources`` are the digests of the tables counted, so that no row is counted twice.
    """

    kind: str
    keys: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    codes: Codes
    weights: Weights
    sources: tuple[str, ...]
    amounts: tuple[Amount, ...] = ()

    @property
    def counts(self) -> Counts:
        """The rows of each cell."""
        counts: Counts = self.weights[:, 0]
        return counts

    def sums(self, amount: str) -> Weights:
        """
        Return the sums of an amount, cells x 5, as ``amounts.py`` defines them.

        :raises UnknownKey: if this amount was not summed
        """
        names = [one.name for one in self.amounts]
        if amount not in names:
            raise UnknownKey(f"The amount '{amount}' was not summed; summed are {', '.join(names) or 'none'}.")
        start = 1 + WIDTH * names.index(amount)
        return self.weights[:, start : start + WIDTH]

    def total(self) -> int:
        """Return the number of rows counted."""
        return int(self.counts.sum())

    def axis(self, key: str) -> int:
        """
        Return the position of a key.

        :raises UnknownKey: if this column was not counted
        """
        if key not in self.keys:
            raise UnknownKey(f"The column '{key}' was not counted; counted are {', '.join(self.keys) or 'none'}.")
        return self.keys.index(key)

    def levels_of(self, key: str) -> tuple[str, ...]:
        """Return the levels of a key, sorted; ``""`` (missing) first if there are rows without it."""
        return self.levels[self.axis(key)]

    def where(self, **key_level: str) -> "Cells":
        """Return the cells with these levels; levels stay declared, so that a level may count zero."""
        keep = np.ones(len(self.counts), dtype=bool)
        for key, level in key_level.items():
            axis = self.axis(key)
            if level in self.levels[axis]:
                keep &= self.codes[:, axis] == self.levels[axis].index(level)
            else:
                keep[:] = False
        return self._kept(keep)

    def by(self, key: str) -> dict[str, "Cells"]:
        """Return the cells of each level of a key, in the order of the levels."""
        column = self.codes[:, self.axis(key)]
        return {level: self._kept(column == code) for code, level in enumerate(self.levels_of(key))}

    def marginal(self, *keys: str) -> "Cells":
        """Return the counts by these keys alone, in this order."""
        axes = [self.axis(key) for key in keys]
        levels = tuple(self.levels[axis] for axis in axes)
        codes, weights = sum_equal(self.codes[:, axes], self.weights, shape=tuple(map(len, levels)))
        return replace(self, keys=keys, levels=levels, codes=codes, weights=weights)

    def merge(self, other: "Cells") -> "Cells":
        """
        Return the sum of two tables of counts; the order of merging does not matter.

        :raises CellsDoNotMatch: if kind or columns differ, or a source was counted in both
        """
        return merged([self, other])

    @property
    def digest(self) -> str:
        """The SHA-256 of the counts in one canonical spelling: equal counts have equal digests."""
        whole = _gathered([self], sources=self.sources)
        named = [
            whole.kind,
            whole.keys,
            whole.levels,
            whole.sources,
            [[one.name, one.decimals] for one in whole.amounts],
        ]
        content = hashlib.sha256(json.dumps(named, separators=(",", ":")).encode())
        content.update(whole.codes.astype("<i4").tobytes())
        content.update(whole.weights.astype("<i8").tobytes())
        return f"sha256:{content.hexdigest()}"

    def plain(self) -> dict[str, object]:
        """Return the cells as JSON-ready lists."""
        amounts = {"amounts": [[one.name, one.decimals] for one in self.amounts], "sums": self.weights[:, 1:].tolist()}
        return {
            "kind": self.kind,
            "keys": list(self.keys),
            "levels": [list(levels) for levels in self.levels],
            "codes": self.codes.tolist(),
            "counts": self.counts.tolist(),
            "sources": list(self.sources),
            **(amounts if self.amounts else {}),
        }

    def _kept(self, keep: NDArray[np.bool_]) -> "Cells":
        return replace(self, codes=self.codes[keep], weights=self.weights[keep])


def merged(several: Sequence[Cells]) -> Cells:
    """
    Return the sum of tables of counts, the same bits in whatever order they come.

    :raises CellsDoNotMatch: if none is given, kind, columns or amounts differ, or a source was counted twice
    """
    if not several:
        raise CellsDoNotMatch("There are no counts to add; give at least one table of counts.")
    for other in several[1:]:
        _same_shape(several[0], other)
    sources = Counter(source for cells in several for source in cells.sources)
    twice = sorted(source for source, times in sources.items() if times > 1)
    if twice:
        raise CellsDoNotMatch(f"The table {twice[0]} is in both counts; each row may be counted once.")
    return _gathered(several, sources=tuple(sources))


def _gathered(several: Sequence[Cells], *, sources: tuple[str, ...]) -> Cells:
    first = several[0]
    parts = [(one.levels, one.codes, one.weights) for one in several]
    return gather(kind=first.kind, keys=first.keys, parts=parts, sources=sources, amounts=first.amounts)


Part = tuple[tuple[tuple[str, ...], ...], Codes, Weights]


def gather(
    *,
    kind: str,
    keys: tuple[str, ...],
    parts: Sequence[Part],
    sources: Iterable[str],
    amounts: tuple[Amount, ...] = (),
) -> Cells:
    """Return the sum of parts that each have their own levels, in canonical order without empty cells."""
    levels = tuple(_union(part[0][axis] for part in parts) for axis in range(len(keys)))
    recoded = [_recode(codes, old, levels) for old, codes, _ in parts]
    codes = np.concatenate(recoded) if recoded else np.zeros((0, len(keys)), np.int32)
    empty = np.zeros((0, 1 + WIDTH * len(amounts)), np.int64)
    weights = np.concatenate([part[2] for part in parts]) if parts else empty
    codes, weights = sum_equal(codes, weights, shape=tuple(map(len, levels)))
    codes, levels = _without_unused(codes, levels)
    return Cells(
        kind=kind,
        keys=keys,
        levels=levels,
        codes=codes,
        weights=weights,
        sources=tuple(sorted(set(sources))),
        amounts=amounts,
    )


def sum_equal(codes: Codes, weights: Weights, *, shape: tuple[int, ...]) -> tuple[Codes, Weights]:
    """Return each combination of codes once, sorted, with its summed weights; cells without rows are dropped."""
    if not shape:
        total = weights.sum(axis=0, keepdims=True)
        return np.zeros((int(total[0, 0] > 0), 0), np.int32), total[total[:, 0] > 0]
    if widest(shape) > WIDEST_CODE:
        order = np.lexsort(codes.T[::-1])
        changes = np.any(np.diff(codes[order], axis=0), axis=1)
    else:
        combined = mixed(list(codes.T), shape)
        if bool((np.diff(combined) > 0).all()):
            return _with_rows(codes, weights)
        order = np.argsort(combined, kind="stable")
        changes = np.diff(combined[order]) != 0
    starts = np.flatnonzero(np.concatenate(([True], changes))) if len(codes) else np.zeros(0, np.intp)
    summed = np.add.reduceat(weights[order], starts, axis=0) if len(starts) else weights[:0]
    return _with_rows(codes[order][starts], summed)


def _with_rows(codes: Codes, weights: Weights) -> tuple[Codes, Weights]:
    some = weights[:, 0] > 0
    return (codes, weights) if some.all() else (codes[some], weights[some])


def widest(shape: tuple[int, ...]) -> int:
    """Return how many combinations a shape has."""
    return math.prod(shape)


def mixed(columns: Sequence[NDArray[np.int32]], shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Return one mixed-radix number per row, the last column running fastest; all 0 without columns."""
    if not columns:
        return np.zeros(0, np.int64)
    # Half as wide is more than twice as fast, while it lasts.
    narrow = widest(shape) <= np.iinfo(np.int32).max
    combined: NDArray[np.signedinteger] = columns[0].astype(np.int32 if narrow else np.int64)
    for codes, radix in zip(columns[1:], shape[1:], strict=True):
        np.multiply(combined, radix, out=combined)
        np.add(combined, codes, out=combined)
    return combined.astype(np.int64, copy=False)


def split(combined: NDArray[np.int64], shape: tuple[int, ...]) -> Codes:
    """Return the codes that ``mixed`` made one number of."""
    codes = np.empty((len(combined), len(shape)), np.int32)
    rest = combined
    for axis in range(len(shape) - 1, -1, -1):
        rest, codes[:, axis] = np.divmod(rest, shape[axis])
    return codes


def _union(several: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({level for levels in several for level in levels}))


def _recode(codes: Codes, old: tuple[tuple[str, ...], ...], new: tuple[tuple[str, ...], ...]) -> Codes:
    if old == new:
        return codes
    out = np.empty_like(codes)
    for axis, levels in enumerate(new):
        place = {level: code for code, level in enumerate(levels)}
        table = np.array([place[level] for level in old[axis]], dtype=np.int32)
        out[:, axis] = table[codes[:, axis]] if len(table) else codes[:, axis]
    return out


def _without_unused(codes: Codes, levels: tuple[tuple[str, ...], ...]) -> tuple[Codes, tuple[tuple[str, ...], ...]]:
    used = [np.flatnonzero(np.bincount(codes[:, axis], minlength=len(names))) for axis, names in enumerate(levels)]
    if all(len(seen) == len(names) for seen, names in zip(used, levels, strict=True)):
        return codes, levels
    fewer = tuple(tuple(names[code] for code in seen.tolist()) for names, seen in zip(levels, used, strict=True))
    packed = np.empty_like(codes)
    for axis, seen in enumerate(used):
        packed[:, axis] = np.searchsorted(seen, codes[:, axis])
    return packed, fewer


def _same_shape(one: Cells, other: Cells) -> None:
    if one.amounts != other.amounts:
        raise CellsDoNotMatch(
            f"The counts of '{one.kind}' hold other amounts, or with another number of decimals; "
            "both need the same amounts with the same decimals."
        )
    if one.kind != other.kind or one.keys != other.keys:
        raise CellsDoNotMatch(
            f"Counts of '{one.kind}' by {', '.join(one.keys)} and of '{other.kind}' by {', '.join(other.keys)} "
            "cannot be added; both need the same kind and columns."
        )


def empty_cells(kind: str) -> Cells:
    """Return the cells of a table nobody counted."""
    return gather(kind=kind, keys=(), parts=[], sources=())
