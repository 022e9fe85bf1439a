"""One run of Great Expectations, in memory and in silence: whether each expectation holds, and row counts."""

import json
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from primum.integrations.expectations_suites import Expectation, SuiteRefused
from primum.roadmap.verdicts import Outcome
from primum.settings import quiet_telemetry

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult as Result
    from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext
    from great_expectations.expectations.expectation import Expectation as Built
    from great_expectations.validator.validator import Validator
    from numpy.typing import NDArray

COUNTS_ONLY: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}
# These look outside the table or need SQL; a table is checked as it was mapped.
OUTSIDE = frozenset(
    {
        "unexpected_rows_expectation",
        "expect_query_results_to_match_comparison",
        "expect_table_row_count_to_equal_other_table",
    }
)
ABOUT_NULLS = frozenset({"expect_column_values_to_not_be_null", "expect_column_values_to_be_null"})
SHARE_OF_VALUES = "expect_column_proportion_of_non_null_values_to_be_between"
# Great Expectations has one context for the whole process.
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one expectation said of a table: how many rows it looked at, and how many of them break it."""

    outcome: Outcome
    evaluated: int
    unexpected: int


def answers(*, expectations: Sequence[Expectation], frame: "pd.DataFrame") -> Mapping[str, Answer]:
    """
    Return what each expectation says of a table, by its id.

    A first round asks for yes or no; a second counts the rows of those that said no. No value comes back.

    :raises SuiteRefused: if an expectation is of no known type, or its arguments do not fit it
    """
    with in_silence():
        built = {one.id: built_expectation(one) for one in expectations}
        validator = validator_of(frame)
        first = validated(validator, built, result_format="BOOLEAN_ONLY")
        failed = {id_: built[id_] for id_, result in first.items() if not result.success and not broke(result)}
        counted = validated(validator, failed, result_format=COUNTS_ONLY) if failed else {}
        table = _Table(frame)
        return {
            one.id: answer_of(
                one, looked_at=partial(table.looked_at, one), first=first[one.id], counted=counted.get(one.id)
            )
            for one in expectations
        }


@contextmanager
def in_silence() -> Iterator[None]:
    """
    Let one run at a time, without progress bars, warnings, telemetry or log lines.

    The library logs the errors of the engine, and these may quote a value (P9).
    """
    log = logging.getLogger("great_expectations")
    nowhere = logging.NullHandler()
    quiet_telemetry()
    with ONE_AT_A_TIME, warnings.catch_warnings(), _written_once():
        warnings.simplefilter("ignore")
        log.addHandler(nowhere)
        told, log.propagate = log.propagate, False
        try:
            yield
        finally:
            log.propagate = told
            log.removeHandler(nowhere)


@contextmanager
def _written_once() -> Iterator[None]:
    """
    Let each expectation write its configuration once in a run.

    The library writes it anew each time it is looked at, seventy times for each expectation, and a run spends
    half of its time on that. Nothing is changed in between, and after the run the library is as it was.
    """
    from great_expectations.expectations.expectation import Expectation as Library

    written = Library.configuration
    kept: dict[int, tuple[Library, Any]] = {}

    def once(one: Library) -> object:
        if id(one) not in kept:
            # The expectation is kept, too, since the number of one that is gone is given to another.
            kept[id(one)] = (one, written.__get__(one))
        return kept[id(one)][1]

    setattr(Library, "configuration", property(once))  # noqa: B010 -- a property is no attribute to assign to
    try:
        yield
    finally:
        setattr(Library, "configuration", written)  # noqa: B010 -- what was put in its place is a property


def built_expectation(one: Expectation) -> "Built":
    """
    Return an expectation as the library's own object.

    The library leaves an unknown type out of a suite without a word; here it is refused.

    :raises SuiteRefused: if its type is not known or its arguments do not fit
    """
    from great_expectations.exceptions.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    where = f"{one.suite}, '{one.id}'"
    if one.type in OUTSIDE:
        raise SuiteRefused(f"{where}: {one.type} looks outside the table; use expectations on its rows and columns.")
    problem = ""
    try:
        return ExpectationConfiguration(
            type=one.type, kwargs=dict(one.kwargs), meta={"id": one.id}, notes=one.notes
        ).to_domain_obj()
    except ExpectationNotFoundError:
        problem = f"no expectation is called '{one.type}'. See the gallery of Great Expectations for the names."
    except (ValueError, TypeError) as error:
        problem = f"the arguments do not fit {one.type}: {_first_complaint(error)}."
    raise SuiteRefused(f"{where}: {problem}")


def _first_complaint(error: Exception) -> str:
    errors = getattr(error, "errors", None)
    if not callable(errors):
        return "they are of another type"
    first = errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "__root__")
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def context_in_memory() -> "AbstractDataContext":
    """Return a context that keeps nothing and shows no progress."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        store_backend_defaults=InMemoryStoreBackendDefaults(),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def validator_of(frame: "pd.DataFrame") -> "Validator":
    """
    Return the library's validator of a table.

    It is given the table itself: a batch of a data source is hashed, every value of it, whenever it is asked.
    """
    from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
    from great_expectations.validator.validator import Validator

    engine = PandasExecutionEngine(batch_data_dict={"table": frame})
    return Validator(execution_engine=engine, data_context=context_in_memory())


def validated(
    validator: "Validator", built: "Mapping[str, Built]", *, result_format: Literal["BOOLEAN_ONLY"] | dict[str, Any]
) -> "dict[str, Result]":
    """Return the library's result of each expectation, by our id."""
    asked = validator.process_expectations_for_validation([one.configuration for one in built.values()])
    results = validator.graph_validate(asked, runtime_configuration={"result_format": result_format})
    return {str(_id_of(result)): result for result in results}


def _id_of(result: "Result") -> object:
    asked = result.expectation_config
    assert asked is not None
    return asked.meta["id"]


def broke(result: "Result") -> bool:
    """Say whether the engine failed; the library reports that as a failed expectation."""
    info = result.exception_info or {}
    parts = [info] if "raised_exception" in info else list(info.values())
    return any(isinstance(part, Mapping) and part.get("raised_exception") for part in parts)


def answer_of(
    one: Expectation, *, looked_at: Callable[[], tuple[int, int]], first: "Result", counted: "Result | None"
) -> Answer:
    """
    Return what the library's results mean.

    :param looked_at: how many rows the expectation concerns, and how many of them have the values it looks at
    """
    if broke(first) or (counted is not None and broke(counted)):
        return Answer(outcome=Outcome.ERROR, evaluated=0, unexpected=0)
    counts = counted.result if counted is not None else {}
    if "unexpected_count" in counts:
        evaluated = int(counts["element_count"]) - int(counts.get("missing_count", 0))
        return Answer(outcome=Outcome.FAIL, evaluated=evaluated, unexpected=int(counts["unexpected_count"]))
    concerned, known = looked_at()
    if first.success:
        outcome = Outcome.PASS if known or one.may_be_empty else Outcome.INSUFFICIENT
        return Answer(outcome=outcome, evaluated=known, unexpected=0)
    if one.type == SHARE_OF_VALUES:
        return Answer(outcome=Outcome.FAIL, evaluated=concerned, unexpected=concerned - known)
    return Answer(outcome=Outcome.FAIL, evaluated=known, unexpected=known)


def what_is_ignored(one: Expectation) -> str:
    """Return which rows an expectation leaves out for what they lack, in the library's words."""
    return str(one.kwargs.get("ignore_row_if", "both_values_are_missing" if len(one.subjects) > 1 else "missing"))


class _Table:
    """Counts which rows an expectation looks at; each row condition is evaluated once."""

    def __init__(self, frame: "pd.DataFrame") -> None:
        self._frame = frame
        self._met: dict[str, NDArray[np.bool_]] = {}

    def looked_at(self, one: Expectation) -> tuple[int, int]:
        """Return how many rows an expectation concerns, and how many of them have the values it looks at."""
        import numpy as np

        concerned = self._concerned(one.kwargs.get("row_condition"))
        present = [self._frame[name].notna().to_numpy() for name in one.subjects]
        ignored = what_is_ignored(one)
        if not present or one.type in ABOUT_NULLS or ignored in {"neither", "never"}:
            known = concerned
        elif ignored in {"both_values_are_missing", "all_values_are_missing"}:
            known = concerned & np.logical_or.reduce(present)
        else:
            known = concerned & np.logical_and.reduce(present)
        return int(concerned.sum()), int(known.sum())

    def _concerned(self, written: object) -> "NDArray[np.bool_]":
        key = json.dumps(written, sort_keys=True)
        if key not in self._met:
            self._met[key] = self._meeting(written)
        return self._met[key]

    def _meeting(self, written: object) -> "NDArray[np.bool_]":
        """Return which rows meet a row condition, as the library's own engine reads it."""
        import numpy as np
        from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
        from great_expectations.expectations.row_conditions import Condition, deserialize_row_condition

        condition = deserialize_row_condition(written)
        if not isinstance(condition, Condition):
            return np.ones(len(self._frame), dtype=np.bool_)
        met = self._frame.eval(PandasExecutionEngine().condition_to_filter_clause(condition))
        return np.asarray(met, dtype=np.bool_)
