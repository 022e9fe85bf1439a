"""Raw columns as contract columns: identifiers as text, numbers as numbers, moments in UTC."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from primum.integrations.mapping import NO_VALUE, MappedColumn
from primum.integrations.mapping_levels import PROBLEMS, UNREADABLE, labels, missing_rows
from primum.integrations.source_limits import LIMITS, attempt
from primum.roadmap.columns import Form

# Above this a float cannot hold every whole number, so two identifiers may have become one.
LARGEST_EXACT = 1 << 53
NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
# A free column of texts is a column of numbers only if nothing is lost by reading it so.
PLAIN_NUMBER = r"^-?(0|[1-9]\d*)(\.\d+)?$"
MOMENT = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}(:?\d{2})?)$"
UTC = pa.timestamp("us", "UTC")
LOSSY = "are kept as floating numbers that cannot hold an identifier. Keep them as text"
LONG = f"have a text of more than {LIMITS.text_bytes:,} bytes. Leave such texts out of the table"
INFINITE = "are infinite. Leave them empty if they are not known"
NO_NUMBER = "are no numbers. Leave them empty, or say under `values` what they stand for"
NOT_WHOLE = "are not whole numbers. Write counts"
SAYS_NONE = "say NA, NaN, null or infinite. Leave them empty, or say under `values` what they mean"
WITHOUT_ZONE = "are no moment with its offset from UTC. Write them such as 2026-03-01T09:30:00+01:00"
NO_MOMENT = "has moments that no calendar has, such as a thirteenth month. Correct them where they come from."


def contract_column(array: "pa.Array", *, mapped: MappedColumn) -> "pa.Array":
    """
    Return a raw column as its contract has it.

    :raises SourceRefused: if a value is of another form, or a complete column has missing ones
    """
    reader = READERS[mapped.form] if mapped.form else _free
    column = attempt(lambda: reader(array, mapped), problems=PROBLEMS, refusal=mapped.refused(UNREADABLE))
    refuse_missing(mapped, missing=missing_rows(column), rows=len(column))
    return column


def refuse_missing(mapped: MappedColumn, *, missing: int, rows: int) -> None:
    """
    Do nothing if no row lacks a value, or some may.

    :raises SourceRefused: if rows lack a value that each must have
    """
    if missing and not mapped.may_be_missing:
        raise mapped.refused(
            f"{missing:,} of {rows:,} row(s) have no value; the contract asks for one in every row. "
            f"Find out why they are missing{_way_out(mapped)}"
        )


def _way_out(mapped: MappedColumn) -> str:
    if mapped.form in {Form.LABEL, Form.BINARY} and not (mapped.column and mapped.column.name in {"arm", "site"}):
        return ', or list "" under `values` as standing for "" to have them counted as missing.'
    return "."


def floats(array: "pa.Array", *, mapped: MappedColumn) -> NDArray[np.float64]:
    """
    Return a column of numbers as numpy sees it, NaN where a row has none.

    :raises SourceRefused: if a value is no number, is infinite, or is missing from a complete column
    """
    if pa.types.is_float64(array.type) and not array.null_count and not mapped.values:
        values = _buffer(array)
    else:
        column = attempt(lambda: _numbers(array, mapped), problems=PROBLEMS, refusal=mapped.refused(UNREADABLE))
        values = _buffer(column.cast(pa.float64()).fill_null(float("nan")))
    infinite, missing = int(np.isinf(values).sum()), int(np.isnan(values).sum())
    if infinite:
        raise mapped.refused(f"{infinite:,} value(s) are infinite. Leave them empty if they are not known.")
    if missing and not mapped.may_be_missing:
        raise mapped.refused(f"{missing:,} row(s) or more have no value; each must have one.")
    return values


def _buffer(array: "pa.Array") -> NDArray[np.float64]:
    """Return the numbers where they are; Arrow's own way to numpy would import pandas."""
    if len(array) == 0:
        return np.zeros(0)
    return np.frombuffer(array.buffers()[1], np.float64, count=len(array), offset=8 * array.offset)


def _texts(array: "pa.Array", mapped: MappedColumn) -> "pa.Array":
    text = _exact(array, mapped) if pa.types.is_floating(array.type) else _decoded(array).cast(pa.large_string())
    _refuse_long(text, mapped)
    return _without_blanks(text)


def _exact(array: "pa.Array", mapped: MappedColumn) -> "pa.Array":
    finite = pc.if_else(pc.is_nan(array), None, array)
    lossy = pc.or_(pc.greater_equal(pc.abs(finite), float(LARGEST_EXACT)), pc.not_equal(pc.floor(finite), finite))
    _refuse_count(lossy, mapped, LOSSY)
    return finite.cast(pa.int64()).cast(pa.large_string())


def _decoded(array: "pa.Array") -> "pa.Array":
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _without_blanks(text: "pa.Array") -> "pa.Array":
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(text), ""), pa.scalar(None, pa.large_string()), text)


def _refuse_long(text: "pa.Array", mapped: MappedColumn) -> None:
    _refuse_count(pc.greater(pc.binary_length(text), LIMITS.text_bytes), mapped, LONG)


def _labels(array: "pa.Array", mapped: MappedColumn) -> "pa.Array":
    return labels(array, mapped=mapped).as_array()


def _numbers(array: "pa.Array", mapped: MappedColumn) -> "pa.Array":
    if mapped.values or pa.types.is_boolean(array.type):
        array = labels(array, mapped=mapped).as_array()
    numbers = _parsed(array, mapped) if _is_text(array) else array
    if pa.types.is_integer(numbers.type):
        return numbers
    real = numbers.cast(pa.float64())
    known = pc.if_else(pc.is_nan(real), None, real)
    _refuse_count(pc.is_inf(known), mapped, INFINITE)
    return known


def _is_text(array: "pa.Array") -> bool:
    kind = array.type
    return bool(pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _parsed(array: "pa.Array", mapped: MappedColumn) -> "pa.Array":
    text = _without_blanks(pc.utf8_trim_whitespace(_decoded(array).cast(pa.large_string())))
    odd = pc.invert(pc.match_substring_regex(text, NUMBER))
    _refuse_count(odd, mapped, NO_NUMBER)
    return text.cast(pa.float64())


def _whole(array: "pa.Array", mapped: MappedColumn) -> "pa.Array":
    numbers = _numbers(array, mapped)
    if pa.types.is_integer(numbers.type):
        return numbers
    _refuse_count(pc.not_equal(pc.floor(numbers), numbers), mapped, NOT_WHOLE)
    return numbers.cast(pa.int64())


def _moments(array: "pa.Array", mapped: MappedColumn) -> "pa.Array":
    if _is_text(array):
        text = _without_blanks(pc.utf8_trim_whitespace(_decoded(array).cast(pa.large_string())))
        bare = pc.invert(pc.match_substring_regex(text, MOMENT))
        _refuse_count(bare, mapped, WITHOUT_ZONE)
        return attempt(lambda: text.cast(UTC), problems=PROBLEMS, refusal=mapped.refused(NO_MOMENT))
    if pa.types.is_timestamp(array.type) and array.type.tz:
        return array.cast(UTC, safe=False)
    _refuse_count(pc.is_valid(array), mapped, WITHOUT_ZONE)
    return array.cast(UTC)


def _free(array: "pa.Array", mapped: MappedColumn) -> "pa.Array":
    if pa.types.is_boolean(array.type):
        return _labels(array, mapped)
    if _is_number(array):
        return _numbers(array, mapped)
    if pa.types.is_nested(array.type) or pa.types.is_binary(array.type):
        raise TypeError
    if not _is_text(array):
        return array
    text = _without_blanks(_decoded(array).cast(pa.large_string()))
    _refuse_long(text, mapped)
    no_value = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(text)), pa.array(sorted(NO_VALUE), pa.large_string()))
    _refuse_count(no_value, mapped, SAYS_NONE)
    if pc.all(pc.match_substring_regex(text, PLAIN_NUMBER), min_count=1).as_py():
        return text.cast(pa.float64())
    return text


def _is_number(array: "pa.Array") -> bool:
    kind = array.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _refuse_count(odd: "pa.Array", mapped: MappedColumn, sentence: str) -> None:
    refuse_some(mapped, count=int(pc.sum(odd).as_py() or 0), sentence=sentence)


def refuse_some(mapped: MappedColumn, *, count: int, sentence: str) -> None:
    """
    Do nothing if no value is wrong.

    :raises SourceRefused: if some are; the sentence says of them what is wrong
    """
    if count:
        raise mapped.refused(f"{count:,} value(s) {sentence}.")


READERS: Mapping[Form, Callable[["pa.Array", MappedColumn], "pa.Array"]] = {
    Form.IDENTIFIER: _texts,
    Form.TEXT: _texts,
    Form.LABEL: _labels,
    Form.BINARY: _labels,
    Form.NUMBER: _numbers,
    Form.WHOLE: _whole,
    Form.MOMENT: _moments,
}
