"""The engine that lets Great Expectations ask a database: all counts of a suite in one query, and never a row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from great_expectations.core.metric_function_types import MetricFunctionTypes, MetricPartialFunctionTypes
from great_expectations.execution_engine.execution_engine import MetricComputationConfiguration
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.metric_provider import MetricProvider
from great_expectations.expectations.registry import register_core_metrics, register_metric
from great_expectations.expectations.row_conditions import Condition
from great_expectations.validator.metric_configuration import MetricConfiguration
from sqlalchemy.dialects import postgresql

from primum.integrations import expectations_conditions as conditions
from primum.integrations.expectations_conditions import Clause, SqlTable, Values, both, counted

Breaking = Callable[[Values, Values], Clause]
ROWS = ("batch_id", "table", "row_condition", "condition_parser")
COLUMN = (*ROWS, "column")
PAIR = (*ROWS, "column_A", "column_B", "ignore_row_if")
LIST = (*ROWS, "column_list", "ignore_row_if")
# What we ask for is spelled alike in PostgreSQL and DuckDB.
SPELLING: sa.Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
AGGREGATE = MetricPartialFunctionTypes.AGGREGATE_FN

# What breaks an expectation on one column, by the library's own name of the metric, and the arguments it reads.
ON_COLUMNS: Mapping[str, tuple[tuple[str, ...], Breaking]] = {
    "column_values.nonnull": ((), conditions.missing),
    "column_values.null": ((), conditions.present),
    "column_values.in_set": (("value_set",), conditions.not_in_set),
    "column_values.not_in_set": (("value_set",), conditions.in_set),
    "column_values.between": (("min_value", "max_value", "strict_min", "strict_max"), conditions.outside),
}
PATTERNS = {"column_values.match_regex": False, "column_values.not_match_regex": True}
GREATER = "column_pair_values.a_greater_than_b"
REPEATED: Mapping[str, tuple[str, ...]] = {"column_values.unique": COLUMN, "compound_columns.unique": LIST}
ABSENT = "column.distinct_values.missing_from_column"


class TableEngine(SqlAlchemyExecutionEngine):
    """
    Answers what a suite asks with counts of one table, over one connection that stays open.

    The counts that ``also`` names are taken in the same query, so that the table is not read again for them.
    """

    def __init__(self, table: SqlTable, *, also: Mapping[str, conditions.Count]) -> None:
        self.held = table
        self.also = dict(also)
        self.found: dict[Any, Any] = {}
        super().__init__(engine=table.connection.engine)
        whole = SqlAlchemyBatchData(execution_engine=self, selectable=table.source, create_temp_table=False)
        self.load_batch_data("table", whole)

    @contextmanager
    def get_connection(self) -> Iterator[sa.Connection]:
        """Give the one connection there is; the library's own engine closes it before the result is read."""
        yield self.held.connection

    def close(self) -> None:
        """Do nothing: whoever opened the connection closes it."""

    def resolve_metric_bundle(self, metric_fn_bundle: Iterable[MetricComputationConfiguration]) -> dict[Any, Any]:
        """Take all counts that are not known yet in one query."""
        asked = {one.metric_configuration.id: one.metric_fn for one in metric_fn_bundle}
        if asked:
            self.take({id_: count for id_, count in asked.items() if id_ not in self.found})
        return {id_: self.found[id_] for id_ in asked}

    def take(self, counts: Mapping[Any, Any]) -> None:
        """Take these counts, and those that wait, in one query that asks for each only once."""
        spelled = {key: spelled_out(count) for key, count in {**counts, **self.also}.items()}
        self.also = {}
        if spelled:
            different = list(dict.fromkeys(spelled.values()))
            named = _named(different)
            row = self.held.connection.execute(sa.select(*named).select_from(self.held.source)).one()
            said = dict(zip(different, map(int, row), strict=True))
            self.found |= {key: said[text] for key, text in spelled.items()}

    def repeated(self, domain: Values) -> int:
        """Return how many rows of a domain have the same values as another one."""
        columns = tuple(domain["column_list"]) if domain.get("column_list") else (domain["column"],)
        clause = rows_of(domain, ignored="missing" if len(columns) == 1 else str(domain.get("ignore_row_if")))
        key = (columns, "" if clause is None else spelled_out(clause))
        if key not in self.found:
            self.found[key] = self.held.repeated(columns, clause)
        return int(self.found[key])


def _named(texts: Sequence[str]) -> list[sa.Label[Any]]:
    return [sa.literal_column(text).label(f"count_{at}") for at, text in enumerate(texts)]


def spelled_out(count: sa.ColumnElement[Any]) -> str:
    """Return an expression as text, its values in it."""
    return str(count.compile(dialect=SPELLING, compile_kwargs={"literal_binds": True}))


def rows_of(domain: Values, *, ignored: str = "") -> Clause | None:
    """Return the rows of a domain of the library."""
    written = domain.get("row_condition")
    concerned = conditions.rows_meeting(written.dict() if isinstance(written, Condition) else written)
    named = [domain[key] for key in ("column", "column_A", "column_B") if domain.get(key)]
    columns = [*named, *(domain.get("column_list") or ())]
    return both(concerned, conditions.rows_known(columns, ignored=ignored)) if columns else concerned


class _Bundled(MetricProvider):
    """A count that waits for the one query; the library asks for its aggregate first."""

    @classmethod
    def _get_evaluation_dependencies(
        cls, metric: MetricConfiguration, *_: object, **__: object
    ) -> dict[str, MetricConfiguration]:
        if metric.metric_name.endswith(AGGREGATE.metric_suffix):
            return {}
        name = f"{metric.metric_name}.{AGGREGATE.metric_suffix}"
        kwargs = metric.metric_domain_kwargs, metric.metric_value_kwargs
        return {"metric_partial_fn": MetricConfiguration(name, *kwargs)}


class _Asked(MetricProvider):
    """A value that needs nothing else to be known."""


Count = Callable[[TableEngine, Values, Values], sa.ColumnElement[int]]


def _bundled(name: str, keys: tuple[str, ...], values: tuple[str, ...], count: Count) -> None:
    def aggregate(
        cls: type,  # noqa: ARG001 -- the library names what it passes
        execution_engine: TableEngine,
        metric_domain_kwargs: Values,
        metric_value_kwargs: Values,
        **_: object,
    ) -> tuple[object, dict[str, object], dict[str, object]]:
        return count(execution_engine, metric_domain_kwargs, metric_value_kwargs), {}, {}

    register_metric(
        f"{name}.{AGGREGATE.metric_suffix}", keys, values, TableEngine, _Bundled, aggregate, metric_fn_type=AGGREGATE
    )
    register_metric(name, keys, values, TableEngine, _Bundled, None, metric_fn_type=MetricFunctionTypes.VALUE)


def _direct(
    name: str, keys: tuple[str, ...], values: tuple[str, ...], ask: Callable[[TableEngine, Values], object]
) -> None:
    def value(
        cls: type,  # noqa: ARG001 -- the library names what it passes
        execution_engine: TableEngine,
        metric_domain_kwargs: Values,
        **_: object,
    ) -> object:
        return ask(execution_engine, metric_domain_kwargs)

    register_metric(name, keys, values, TableEngine, _Asked, value, metric_fn_type=MetricFunctionTypes.VALUE)


def _map(name: str, keys: tuple[str, ...], values: tuple[str, ...], count: Count | None) -> None:
    """Register an expectation on rows: how many break it, how many it looks at, and never which."""
    if count is not None:
        _bundled(f"{name}.unexpected_count", keys, values, count)
    else:
        _direct(f"{name}.unexpected_count", keys, values, lambda engine, domain: engine.repeated(domain))
    if "ignore_row_if" in keys:
        _bundled(f"{name}.filtered_row_count", keys, (*values, "result_format"), _looked_at)
    _direct(f"{name}.unexpected_values", keys, (*values, "result_format"), lambda _engine, _domain: [])


def _looked_at(_: TableEngine, domain: Values, __: Values) -> sa.ColumnElement[int]:
    return counted(rows_of(domain, ignored=str(domain.get("ignore_row_if"))))


def _breaking(breaks: Breaking) -> Count:
    def count(_: TableEngine, domain: Values, values: Values) -> sa.ColumnElement[int]:
        return counted(both(rows_of(domain, ignored=str(domain.get("ignore_row_if"))), breaks(domain, values)))

    return count


def _pattern(*, forbidden: bool) -> Count:
    def count(engine: TableEngine, domain: Values, values: Values) -> sa.ColumnElement[int]:
        found = engine.held.matches(domain["column"], values["regex"])
        assert found is not None
        return counted(both(rows_of(domain), found if forbidden else sa.not_(found)))

    return count


@cache
def register_metrics() -> None:
    """Let the library find our counts under its own names."""
    register_core_metrics()
    _bundled("table.row_count", ROWS, (), lambda _engine, domain, _values: counted(rows_of(domain)))
    for name, (values, breaks) in ON_COLUMNS.items():
        _map(name, COLUMN, values, _breaking(breaks))
    for name, forbidden in PATTERNS.items():
        _map(name, COLUMN, ("regex",), _pattern(forbidden=forbidden))
    _map(GREATER, PAIR, ("or_equal",), _breaking(conditions.not_greater))
    for name, keys in REPEATED.items():
        _map(name, keys, (), None)
    _bundled(
        f"{ABSENT}.count",
        COLUMN,
        ("value_set",),
        lambda _engine, domain, values: conditions.absent_values(domain, values, among=rows_of(domain)),
    )
    _direct(ABSENT, COLUMN, ("value_set", "limit"), lambda _engine, _domain: [])
