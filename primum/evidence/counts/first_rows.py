"""The first rows of each group in the order of their table, for taking a look at a finished trial afterwards."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

import numpy as np

from primum.evidence.counts.counting import Batch


def rows_by_level(batches: Iterable[Batch], *, by: str) -> dict[str, int]:
    """Return how many rows each level of a column has."""
    found: Counter[str] = Counter()
    for batch in batches:
        codes, levels = batch.labels[by]
        for code, rows in enumerate(np.bincount(codes, minlength=len(levels)).tolist()):
            found[levels[code]] += rows
    return {level: rows for level, rows in found.items() if rows}


def shares_of(rows: Mapping[str, int], *, of: int) -> dict[str, int]:
    """Return how many rows of each level make ``of`` together, in proportion, the largest rests first."""
    whole = sum(rows.values())
    exact = {level: Fraction(of * count, whole) for level, count in rows.items()}
    kept = {level: int(share) for level, share in exact.items()}
    rest = sorted(exact, key=lambda level: (kept[level] - exact[level], level))
    for level in rest[: of - sum(kept.values())]:
        kept[level] += 1
    return kept


def first_rows(batches: Iterable[Batch], *, by: str, keep: Mapping[str, int]) -> Iterator[Batch]:
    """Yield the batches with only the first rows of each level of a column, as many as ``keep`` says."""
    seen: Counter[str] = Counter()
    for batch in batches:
        codes, levels = batch.labels[by]
        inside = np.zeros(len(codes), dtype=bool)
        for code, level in enumerate(levels):
            places = np.flatnonzero(codes == code)
            left = max(0, keep.get(level, 0) - seen[level])
            inside[places[:left]] = True
            seen[level] += len(places)
        yield Batch(
            labels={name: (column[inside], named) for name, (column, named) in batch.labels.items()},
            numbers={name: values[inside] for name, values in batch.numbers.items()},
        )
