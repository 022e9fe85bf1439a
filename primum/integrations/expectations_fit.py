"""Which expectations a database answers as pandas would; the others are asked of their own columns in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from primum.integrations.expectations_conditions import Kind, SqlTable
from primum.integrations.expectations_suites import Expectation

ANYWHERE = frozenset({"row_condition"})
ON_ROWS = ANYWHERE | {"column", "mostly"}
IGNORED = "ignore_row_if"
# Beyond this a float is not every whole number, and engines compare the two differently.
LARGEST_EXACT = 1 << 53
ORDERED = frozenset({"<", "<=", ">", ">="})
LISTED = frozenset({"IN", "NOT_IN"})

Fit = Callable[[Expectation, SqlTable], bool]


def fits(one: Expectation, table: SqlTable) -> bool:
    """
    Say whether a database gives the answer that pandas would give.

    No value may be compared with one of another type, since each engine makes something else of that.
    """
    if one.type not in FITS:
        return False
    known, fit = FITS[one.type]
    if not set(one.kwargs) <= known or not set(one.columns) <= set(table.kinds):
        return False
    return all(_condition_fits(part, table) for part in _parts(one.kwargs.get("row_condition"))) and fit(one, table)


def _parts(condition: object) -> Iterator[Mapping[str, Any]]:
    if not isinstance(condition, Mapping):
        return
    if "conditions" in condition:
        for part in condition["conditions"]:
            yield from _parts(part)
    else:
        yield condition


def _condition_fits(part: Mapping[str, Any], table: SqlTable) -> bool:
    if part.get("type") == "nullity":
        return True
    operator, parameter = part.get("operator"), part.get("parameter")
    kind = table.kinds[part["column"]["name"]]
    if operator in LISTED:
        return _are(parameter, kind)
    return _are([parameter], kind) and (operator not in ORDERED or kind is Kind.NUMBER)


def _are(values: object, kind: Kind) -> bool:
    """Say whether there are values and all are of a column's own kind."""
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        return False
    if kind is Kind.TEXT:
        return all(isinstance(value, str) and value.isprintable() for value in values)
    return kind is Kind.NUMBER and all(_is_number(value) for value in values)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST_EXACT


def _always(_one: Expectation, _table: SqlTable) -> bool:
    return True


def _set(one: Expectation, table: SqlTable) -> bool:
    return _are(one.kwargs.get("value_set"), table.kinds[str(one.kwargs["column"])])


def _different(one: Expectation, table: SqlTable) -> bool:
    values = one.kwargs.get("value_set")
    return _set(one, table) and isinstance(values, Sequence) and len(set(values)) == len(values)


def _limits(one: Expectation, table: SqlTable) -> bool:
    ends: list[Any] = [one.kwargs[key] for key in ("min_value", "max_value") if one.kwargs.get(key) is not None]
    return table.kinds[str(one.kwargs["column"])] is Kind.NUMBER and _are(ends, Kind.NUMBER) and ends == sorted(ends)


def _comparable(one: Expectation, table: SqlTable) -> bool:
    kinds = {table.kinds[name] for name in one.subjects}
    return kinds in ({Kind.NUMBER}, {Kind.MOMENT})


def _hashable(one: Expectation, table: SqlTable) -> bool:
    return all(table.kinds[name] is not Kind.OTHER for name in one.subjects)


def _pattern(one: Expectation, table: SqlTable) -> bool:
    column, pattern = str(one.kwargs["column"]), one.kwargs.get("regex")
    if table.kinds[column] is not Kind.TEXT or not isinstance(pattern, str):
        return False
    return table.matches(column, pattern) is not None


FITS: Mapping[str, tuple[frozenset[str], Fit]] = {
    "expect_table_row_count_to_be_between": (ANYWHERE | {"min_value", "max_value"}, _always),
    "expect_column_values_to_not_be_null": (ON_ROWS, _always),
    "expect_column_values_to_be_null": (ON_ROWS, _always),
    "expect_column_values_to_be_in_set": (ON_ROWS | {"value_set"}, _set),
    "expect_column_values_to_not_be_in_set": (ON_ROWS | {"value_set"}, _set),
    "expect_column_values_to_be_between": (
        ON_ROWS | {"min_value", "max_value", "strict_min", "strict_max"},
        _limits,
    ),
    "expect_column_values_to_match_regex": (ON_ROWS | {"regex"}, _pattern),
    "expect_column_values_to_not_match_regex": (ON_ROWS | {"regex"}, _pattern),
    "expect_column_values_to_be_unique": (ON_ROWS, _hashable),
    "expect_compound_columns_to_be_unique": (ANYWHERE | {"column_list", "mostly", IGNORED}, _hashable),
    "expect_column_pair_values_a_to_be_greater_than_b": (
        ANYWHERE | {"column_A", "column_B", "or_equal", "mostly", IGNORED},
        _comparable,
    ),
    "expect_column_distinct_values_to_contain_set": (ANYWHERE | {"column", "value_set"}, _different),
}
