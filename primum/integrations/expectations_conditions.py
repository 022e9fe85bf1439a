"""Which rows an expectation looks at, and which of them break it, said in SQL as pandas would decide it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

Clause = sa.ColumnElement[bool]
Count = sa.ColumnElement[int]
Values = Mapping[str, Any]
BOTH_MISSING = frozenset({"both_values_are_missing", "all_values_are_missing"})
ONE_MISSING = frozenset({"either_value_is_missing", "any_value_is_missing"})


class Kind(StrEnum):
    """What the values of a contract column are to a database."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class SqlTable:
    """
    A table that a database holds with the columns of its contract, as ``sources.frame`` would give them.

    :param source: what to select from
    :param matches: whether a text matches a pattern of ours, or ``None`` if this database cannot say it as Python does
    :param repeated: how many rows have the same values in these columns as another row, among those of a clause
    """

    connection: sa.Connection
    source: sa.FromClause
    kinds: Mapping[str, Kind]
    rows: int
    matches: Callable[[str, str], Clause | None]
    repeated: Callable[[Sequence[str], Clause | None], int]


def column_of(name: str) -> sa.ColumnClause[Any]:
    """Return a column by its name in quotes, since each database keeps other words for itself."""
    return sa.column(sa.quoted_name(name, quote=True))


def rows_meeting(written: object) -> Clause | None:
    """Return the rows that meet a row condition, ``None`` for all; a missing value is unlike every value."""
    if not isinstance(written, Mapping):
        return None
    if written["type"] in {"and", "or"}:
        parts = [part for one in written["conditions"] if (part := rows_meeting(one)) is not None]
        return sa.and_(*parts) if written["type"] == "and" else sa.or_(*parts)
    column = column_of(written["column"]["name"])
    if written["type"] == "nullity":
        return column.is_(None) if written["is_null"] else column.is_not(None)
    return COMPARISONS[written["operator"]](column, written["parameter"])


COMPARISONS: Mapping[str, Callable[[Any, Any], Clause]] = {
    "==": lambda column, value: column == value,
    "!=": lambda column, value: sa.or_(column.is_(None), column != value),
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
    "IN": lambda column, values: column.in_(values),
    "NOT_IN": lambda column, values: sa.or_(column.is_(None), column.not_in(values)),
}


def rows_known(columns: Sequence[str], *, ignored: str) -> Clause | None:
    """Return the rows that are not ignored for what they lack, ``None`` if none is."""
    there = [column_of(name).is_not(None) for name in columns]
    if ignored in ONE_MISSING or (len(there) == 1 and ignored == "missing"):
        return sa.and_(*there)
    return sa.or_(*there) if ignored in BOTH_MISSING else None


def both(*clauses: Clause | None) -> Clause | None:
    """Return the rows that meet all clauses, of which ``None`` says nothing."""
    said = [clause for clause in clauses if clause is not None]
    return sa.and_(*said) if said else None


def counted(clause: Clause | None) -> Count:
    """Return the number of rows that meet a clause."""
    return sa.func.count() if clause is None else sa.func.count().filter(clause)


def missing(domain: Values, _: Values) -> Clause:
    """Return the rows without a value."""
    return column_of(domain["column"]).is_(None)


def present(domain: Values, _: Values) -> Clause:
    """Return the rows with a value."""
    return column_of(domain["column"]).is_not(None)


def not_in_set(domain: Values, values: Values) -> Clause:
    """Return the rows whose value is none of the set; a missing one is neither in it nor outside."""
    return column_of(domain["column"]).not_in(values["value_set"])


def in_set(domain: Values, values: Values) -> Clause:
    """Return the rows whose value is one of the set."""
    return column_of(domain["column"]).in_(values["value_set"])


def outside(domain: Values, values: Values) -> Clause:
    """Return the rows whose number is outside the limits."""
    column = column_of(domain["column"])
    low, high = values.get("min_value"), values.get("max_value")
    parts = []
    if low is not None:
        parts.append(column <= low if values.get("strict_min") else column < low)
    if high is not None:
        parts.append(column >= high if values.get("strict_max") else column > high)
    return sa.or_(*parts)


def not_greater(domain: Values, values: Values) -> Clause:
    """Return the rows where A is not above B; a missing one is above nothing and below nothing."""
    first = column_of(domain["column_A"])
    second = column_of(domain["column_B"])
    holds = first >= second if values.get("or_equal") else first > second
    return sa.not_(sa.func.coalesce(holds, sa.false()))


def absent_values(domain: Values, values: Values, *, among: Clause | None) -> Count:
    """Return how many values of the set no row has."""
    column = column_of(domain["column"])
    missing_ones = [
        sa.case((counted(both(among, column == value)) == 0, sa.literal(1)), else_=sa.literal(0))
        for value in values["value_set"]
    ]
    total: Count = missing_ones[0]
    for one in missing_ones[1:]:
        total += one
    return total


def rows_repeated(
    connection: sa.Connection, source: sa.FromClause, *, columns: Sequence[str], among: Clause | None
) -> int:
    """Return how many rows have the same values in these columns as another row; missing ones are the same."""
    named = [column_of(name) for name in columns]
    groups = sa.select(sa.func.count().label("n")).select_from(source).group_by(*named).having(sa.func.count() > 1)
    twice = (groups if among is None else groups.where(among)).subquery("twice")
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.sum(twice.c.n), 0))).scalar_one())
