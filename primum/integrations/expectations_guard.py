"""The guard that every run carries: without rows, without values or with nothing to look at, nothing passes (P8)."""

from collections.abc import Iterable, Mapping

from primum.integrations.expectations_suites import Expectation, Suite
from primum.integrations.mapping import mapped_columns
from primum.roadmap.columns import Column
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.policy import Declared
from primum.roadmap.rollout import Evidence
from primum.roadmap.uses import Mode

GUARD = "guard"
# A share that one row of a thousand million has: "some" without the aggregate that takes twice as long.
ONE_ROW = 1e-9


def guard_of(evidence: Evidence) -> Suite:
    """Return the guard of a table: it has rows, complete columns are complete, every other has some value."""
    columns = [
        _complete(one.name) if not one.may_be_missing else _some(one.name)
        for one in mapped_columns(evidence)
        if not (one.column and one.column.may_be_empty)
    ]
    return Suite(name=GUARD, expectations=(_rows(), *columns))


def absent_columns(
    evidence: Evidence, *, present: Iterable[str], declares: Iterable[Declared | Mode]
) -> tuple[Column, ...]:
    """Return the columns this table must have, by its contract or by what its rollout declares, and has not."""
    there = set(present)
    return tuple(column for column in CONTRACTS[evidence.kind].needed(declares) if column.name not in there)


def _rows() -> Expectation:
    return _guard("rows", "expect_table_row_count_to_be_between", {"min_value": 1}, "The table has rows.")


def _complete(name: str) -> Expectation:
    notes = f"Every row has a value in '{name}'."
    return _guard(f"{name}.complete", "expect_column_values_to_not_be_null", {"column": name}, notes)


def _some(name: str) -> Expectation:
    kwargs = {"column": name, "mostly": ONE_ROW}
    notes = f"The column '{name}' has values."
    return _guard(f"{name}.some", "expect_column_values_to_not_be_null", kwargs, notes)


def _guard(id_: str, type_: str, kwargs: Mapping[str, object], notes: str) -> Expectation:
    return Expectation(suite=GUARD, type=type_, kwargs=kwargs, notes=notes, id=f"{GUARD}.{id_}", requirements=())
