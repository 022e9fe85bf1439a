"""Counts for monitors, from a file of counts or from a table of rows that is counted where it is (P9)."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from primum.evidence.watching.series import EVERYBODY
from primum.evidence.watching.stored import CountsLine, Number
from primum.integrations import sources
from primum.roadmap.monitors import Counted, Counting
from primum.roadmap.periods import form_of, period_of
from primum.roadmap.rollout import Evidence

if TYPE_CHECKING:
    import pandas as pd

PLACES = ("period", "site", "group")
LARGEST_FILE = 64 << 20
LARGEST_COUNT = 2**53


class CountsUnread(Exception):
    """A file of counts, or of rows to be counted, cannot be read; the message says where and what is expected."""


def lines_in(path: Path) -> tuple[CountsLine, ...]:
    """
    Return the counts that a file holds: CSV or Parquet, a line for each place, a column for each count.

    :raises CountsUnread: if it is missing, too large, lacks a column, or holds a count that is no number
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise CountsUnread(f"{path.name} is larger than {LARGEST_FILE >> 20} MB; counts are far smaller than rows.")
        rows = list(_parquet(path) if path.suffix == ".parquet" else _csv(path))
    except OSError as error:
        raise CountsUnread(f"{path.name} cannot be opened: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error):
        raise CountsUnread(f"{path.name} is no CSV in UTF-8; save it as one.") from None
    if not rows:
        raise CountsUnread(f"{path.name} has no line of counts.")
    for column in PLACES[:2]:
        if column not in rows[0]:
            raise CountsUnread(f"{path.name} has no column '{column}'; counts have `period`, `site` and maybe `group`.")
    return tuple(_line(path.name, number, row) for number, row in enumerate(rows, 2))


def lines_of_rows(*, evidence: Evidence, file: Path, counting: Counting) -> tuple[CountsLine, ...]:
    """
    Return the counts of a table of rows, mapped as its evidence is; the rows stay where they are.

    :param file: the table, in place of the evidence's own source
    :raises CountsUnread: if a row has no moment, or a column that is counted by is not mapped
    :raises SourceRefused: if the table cannot be read or does not fit its mapping
    """
    table = evidence.model_copy(update={"source": str(file.resolve())})
    wanted = _columns(counting)
    if absent := sorted(wanted - set(evidence.columns)):
        raise CountsUnread(f"The evidence '{evidence.name}' maps no column '{absent[0]}', which is counted by.")
    facts = sources.inspect(evidence=table, base=file.parent)
    frame = sources.frame(evidence=table, base=file.parent, digest=facts.digest, only=wanted)
    frame["period"] = _periods(frame, counting)
    by = ["period", "site", *([counting.group] if counting.group else [])]
    if frame[by].isna().any(axis=None):
        raise CountsUnread(f"Some rows say no {', '.join(by)}; they cannot be counted. Complete them first.")
    return tuple(_counted_lines(frame, counting, by))


def _columns(counting: Counting) -> set[str]:
    named = {counting.moment, "site", counting.group}
    for column in counting.columns.values():
        named |= {*column.rows, column.sum, column.levels}
    return named - {""}


def _periods(frame: "pd.DataFrame", counting: Counting) -> "pd.Series[str]":
    import pandas as pd

    said = frame[counting.moment]
    if pd.api.types.is_datetime64_any_dtype(said):
        days = said.dt.tz_convert(counting.timezone).dt.date
        found: pd.Series[str] = days.map(lambda day: period_of(day, form=counting.period), na_action="ignore")
        return found
    wrong = [one for one in said.dropna().unique() if form_of(str(one)) != counting.period]
    if wrong:
        raise CountsUnread(f"{len(wrong)} values of '{counting.moment}' are no {counting.period} of the calendar.")
    return said.astype("string")


def _counted_lines(frame: "pd.DataFrame", counting: Counting, by: Sequence[str]) -> Iterator[CountsLine]:
    for places, rows in frame.groupby(list(by), sort=True, observed=True):
        period, site, *group = (str(one) for one in places)
        counts: dict[str, Number] = {}
        for name, column in counting.columns.items():
            counts.update(_counts(rows, name, column))
        yield CountsLine(period=period, site=site, group=group[0] if group else EVERYBODY, counts=counts)


def _counts(rows: "pd.DataFrame", name: str, column: Counted) -> Mapping[str, Number]:
    rows = _chosen(rows, column.rows)
    if column.sum:
        if rows[column.sum].isna().any():
            raise CountsUnread(
                f"'{column.sum}' is empty in some rows that are summed, and none is nought. Complete them."
            )
        return {name: float(rows[column.sum].sum())}
    if column.levels:
        found = rows[column.levels].dropna().map(_text).value_counts()
        return {f"{name}={level}": int(count) for level, count in found.items()}
    return {name: len(rows)}


def _chosen(rows: "pd.DataFrame", wanted: Mapping[str, str]) -> "pd.DataFrame":
    """Return the rows with these values; one that may have them, since a value is missing, is never taken for none."""
    kept = rows
    for key, value in wanted.items():
        kept = kept[kept[key].isna() | (kept[key].map(_text, na_action="ignore") == value)]
    if missing := [key for key in wanted if kept[key].isna().any()]:
        raise CountsUnread(
            f"'{missing[0]}' is empty in some rows that would be counted by it, so how many there are is not known. "
            "Complete them, or hand in only rows that are complete."
        )
    return kept


def _text(value: object) -> str:
    """A value as the mapping spells it: yes is 1, and a whole number has no point."""
    if isinstance(value, bool):
        return str(int(value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _csv(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _parquet(path: Path) -> Iterator[Mapping[str, object]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        yield from pq.read_table(path).to_pylist()
    except pa.ArrowException:
        raise CountsUnread(f"{path.name} is no Parquet file that can be read.") from None


def _line(name: str, number: int, row: Mapping[str, object]) -> CountsLine:
    counts = {
        str(column): _count(name, number, str(column), value)
        for column, value in row.items()
        if column not in PLACES and value not in (None, "")
    }
    said = {column: str(row.get(column) or "") for column in PLACES}
    return CountsLine(
        period=said["period"].strip(),
        site=said["site"].strip(),
        group=said["group"].strip() or EVERYBODY,
        counts=counts,
    )


def _count(name: str, number: int, column: str, value: object) -> Number:
    """Never show what stands there: it may be a patient's value in the wrong column (P9)."""
    try:
        read = float(str(value))
    except ValueError:
        read = math.nan
    if not math.isfinite(read) or not 0 <= read <= LARGEST_COUNT:
        raise CountsUnread(
            f"{name}, line {number}: '{column}' holds no count; a count is a number that is not negative."
        )
    return int(read) if read.is_integer() else read
