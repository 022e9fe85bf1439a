"""Expectations answered by a database: yes or no first, then the counts of what failed, and no row comes back."""

from collections.abc import Mapping, Sequence
from functools import partial

from primum.integrations.expectations_conditions import (
    Count,
    SqlTable,
    both,
    column_of,
    counted,
    rows_known,
    rows_meeting,
)
from primum.integrations.expectations_fit import fits
from primum.integrations.expectations_run import (
    ABOUT_NULLS,
    COUNTS_ONLY,
    Answer,
    answer_of,
    broke,
    built_expectation,
    context_in_memory,
    in_silence,
    validated,
    what_is_ignored,
)
from primum.integrations.expectations_suites import Expectation


def answers_in_sql(*, expectations: Sequence[Expectation], table: SqlTable) -> Mapping[str, Answer]:
    """
    Return what each expectation says of a table in a database, by its id.

    One that the database would answer otherwise than pandas, or that broke there, has no answer here.

    :raises SuiteRefused: if an expectation is of no known type, or its arguments do not fit it
    """
    from great_expectations.validator.validator import Validator

    from primum.integrations.expectations_engine import TableEngine, register_metrics

    with in_silence():
        built = {one.id: built_expectation(one) for one in expectations}
        asked = [one for one in expectations if fits(one, table)]
        register_metrics()
        engine = TableEngine(table, also={_key(one, at): count for one in asked for at, count in enumerate(_rows(one))})
        validator = Validator(execution_engine=engine, data_context=context_in_memory())
        first = validated(validator, {one.id: built[one.id] for one in asked}, result_format="BOOLEAN_ONLY")
        failed = {id_: built[id_] for id_, result in first.items() if not result.success and not broke(result)}
        numbers = validated(validator, failed, result_format=COUNTS_ONLY) if failed else {}
        engine.take({})
    return {
        one.id: answer_of(
            one, looked_at=partial(_looked_at, one, engine.found), first=first[one.id], counted=numbers.get(one.id)
        )
        for one in asked
        if not broke(first[one.id]) and not (one.id in numbers and broke(numbers[one.id]))
    }


def _rows(one: Expectation) -> tuple[Count, Count]:
    """Return how many rows an expectation concerns, and how many of them have the values it looks at."""
    concerned = rows_meeting(one.kwargs.get("row_condition"))
    ignored = "never" if one.type in ABOUT_NULLS or not one.subjects else what_is_ignored(one)
    if ignored == "missing":
        # The library asks for those without a value anyway.
        without = both(concerned, column_of(one.subjects[0]).is_(None))
        return counted(concerned), counted(concerned) - counted(without)
    return counted(concerned), counted(both(concerned, rows_known(one.subjects, ignored=ignored)))


def _key(one: Expectation, at: int) -> str:
    return f"{('concerned', 'known')[at]}: {one.id}"


def _looked_at(one: Expectation, found: Mapping[object, object]) -> tuple[int, int]:
    concerned, known = (found[_key(one, at)] for at in (0, 1))
    assert isinstance(concerned, int)
    assert isinstance(known, int)
    return concerned, known
