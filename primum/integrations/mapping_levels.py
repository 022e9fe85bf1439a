"""Labels as codes: each different value is translated once, however many rows have it."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from primum.integrations.mapping import MappedColumn
from primum.integrations.source_limits import LIMITS, attempt

WIDEST_RANGE = 64
PROBLEMS = (pa.ArrowException, ValueError, TypeError, OverflowError, NotImplementedError)
LONG_LABELS = f"has labels of more than {LIMITS.label_letters:,} letters. Leave free text out of it."
UNREADABLE = "has a type that holds no single value, such as a list. Write one value for each row."


@dataclass(frozen=True, kw_only=True, eq=False)
class Labels:
    """One column as codes into levels; the level ``""`` is missing, and so many rows have it."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]
    missing: int

    def as_array(self) -> "pa.Array":
        """Return the labels as dictionary codes into texts, a missing one as null."""
        missing = self.levels[:1] == ("",)
        known = pa.array(self.levels[missing:], pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(self.codes - missing, mask=self.codes < missing), known)


def labels(array: "pa.Array", *, mapped: MappedColumn) -> Labels:
    """
    Translate one column; the levels are sorted.

    :raises SourceRefused: if its type cannot be labels, or a row has a value that nobody translated
    """
    found = unsorted_labels(array, mapped=mapped)
    levels = tuple(sorted(found.levels))
    if levels == found.levels:
        return found
    place = {level: at for at, level in enumerate(levels)}
    table = np.array([place[level] for level in found.levels], np.int32)
    return Labels(codes=table[found.codes], levels=levels, missing=found.missing)


def unsorted_labels(array: "pa.Array", *, mapped: MappedColumn) -> Labels:
    """
    Translate one column, its levels in the order in which they come; a level may be one that no row has.

    :raises SourceRefused: as ``labels``
    """
    codes, raw = attempt(lambda: _encoded(array), problems=PROBLEMS, refusal=mapped.refused(UNREADABLE))
    if max(map(len, raw)) > LIMITS.label_letters:
        raise mapped.refused(LONG_LABELS)
    meant = [mapped.translate(level) for level in raw]
    if None not in meant and "" not in meant and len(set(meant)) == len(meant):
        return Labels(codes=codes, levels=tuple(level for level in meant if level), missing=0)
    rows = np.bincount(codes, minlength=len(raw))
    refuse_untranslated(mapped, rows=sum(int(rows[at]) for at, level in enumerate(meant) if level is None))
    levels = tuple(sorted({level for at, level in enumerate(meant) if level is not None and rows[at]}))
    place: dict[str | None, int] = {level: at for at, level in enumerate(levels)}
    table = np.array([place.get(level, 0) for level in meant], np.int32)
    missing = sum(int(rows[at]) for at, level in enumerate(meant) if level == "")
    return Labels(codes=table[codes], levels=levels, missing=missing)


def refuse_untranslated(mapped: MappedColumn, *, rows: int) -> None:
    """
    Do nothing if every value was translated.

    :raises SourceRefused: if so many rows have one that nobody translated
    """
    if not rows:
        return
    column = mapped.column
    known = (
        f"the contract knows {', '.join(repr(level) for level in column.levels)}" if column and column.levels else ""
    )
    listed = f"`values` lists {len(mapped.values)} spelling(s)" if mapped.values else "`values` lists none"
    said = f"{listed}; {known}" if known else listed
    raise mapped.refused(
        f"{rows:,} row(s) have a value that nobody translated ({said}). Say under `values` what each stands for."
    )


def _encoded(array: "pa.Array") -> tuple[NDArray[np.int32], tuple[str, ...]]:
    known = array.cast(pa.string()) if pa.types.is_null(array.type) else array
    if (small := _small_integers(known)) is not None:
        return small
    encoded = known if pa.types.is_dictionary(known.type) else known.dictionary_encode()
    levels = tuple(spelling(value) for value in encoded.dictionary.to_pylist())
    codes = encoded.indices.cast(pa.int32())
    if codes.null_count or not levels:
        return whole_numbers(codes.fill_null(len(levels))), (*levels, "")
    return whole_numbers(codes), levels


def _small_integers(array: "pa.Array") -> tuple[NDArray[np.int32], tuple[str, ...]] | None:
    """Return whole numbers of a small range by their distance from the smallest, without looking each one up."""
    if array.null_count or not len(array) or not pa.types.is_int64(array.type):
        return None
    values = np.frombuffer(array.buffers()[1], np.int64, count=len(array), offset=8 * array.offset)
    low, high = int(values.min()), int(values.max())
    if high - low > WIDEST_RANGE:
        return None
    return (values - low).astype(np.int32), tuple(spelling(number) for number in range(low, high + 1))


def whole_numbers(array: "pa.Array") -> NDArray[np.int32]:
    """Return an int32 array without nulls as numpy sees it; Arrow's own way would import pandas."""
    if len(array) == 0:
        return np.zeros(0, np.int32)
    return np.frombuffer(array.buffers()[1], np.int32, count=len(array), offset=4 * array.offset)


def spelling(value: object) -> str:
    """
    Return the one text of a value: ``""`` if missing, 1 and 0 for truth, no ``.0`` on a whole number.

    :raises TypeError: if it is no single value
    """
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case str():
            return value if value.strip() else ""
        case int():
            return str(value)
        case float() | Decimal():
            return _number(value)
        case datetime() | date() | time():
            return value.isoformat()
        case UUID():
            return str(value)
    raise TypeError


def _number(value: float | Decimal) -> str:
    if math.isnan(value):
        return ""
    whole = math.isfinite(value) and value == int(value)
    return str(int(value)) if whole else str(value)


def missing_rows(array: "pa.Array") -> int:
    """Return how many values are null."""
    return int(pc.sum(pc.is_null(array)).as_py() or 0)
