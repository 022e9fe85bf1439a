"""What one measured process does with one table: its suite, the same checks as a plain query, or the whole check."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.suites_data import evidence, expectations, plain_query

if TYPE_CHECKING:
    import duckdb

    from primum.integrations.expectations_conditions import Kind

Work = Callable[[], object]


def suite(folder: Path, connection: "duckdb.DuckDBPyConnection") -> Work:
    """Run the guard and the shipped suite with Great Expectations inside DuckDB."""
    import great_expectations.validator.validator  # noqa: F401 -- loaded before the clock starts

    from primum.integrations import expectations_engine
    from primum.integrations.expectations_duckdb import asked_of
    from primum.integrations.expectations_sql import answers_in_sql

    asked = expectations(folder.name)
    kinds = _kinds(connection)
    expectations_engine.register_metrics()

    def work() -> None:
        ((rows,),) = connection.execute("SELECT count(*) FROM evidence").fetchall()
        with asked_of(connection, kinds=kinds, rows=rows) as table:
            answered = answers_in_sql(expectations=asked, table=table)
        if any(answered[one.id].outcome != "pass" for one in asked):
            raise ValueError("A sound table does not pass.")

    return work


def plain(folder: Path, connection: "duckdb.DuckDBPyConnection") -> Work:
    """Ask for the same in one query."""
    query = plain_query(folder.name)
    return lambda: connection.execute(query).fetchall()


def check(folder: Path, *, rows: int) -> Work:
    """Hash, map, compare identities and run the suite, as a gate does, from so many rows on in DuckDB."""
    import great_expectations.validator.validator  # noqa: F401 -- loaded before the clock starts
    import pandas as pd  # noqa: F401 -- as above

    from primum.integrations import expectations_large, sources
    from primum.integrations.expectations import Room, check_table

    # Here the size of the file must not decide, either.
    expectations_large.LARGE_FILE = sys.maxsize
    declared = evidence(folder.name)
    facts = sources.inspect(evidence=declared, base=folder)
    room = Room(rows=rows, scratch=folder / "scratch")
    return lambda: check_table(evidence=declared, base=folder, digest=facts.digest, rows=facts.rows, room=room)


def _kinds(connection: "duckdb.DuckDBPyConnection") -> "Mapping[str, Kind]":
    from primum.integrations.expectations_conditions import Kind

    named = {"VARCHAR": Kind.TEXT, "TIMESTAMP WITH TIME ZONE": Kind.MOMENT}
    described = connection.execute("DESCRIBE evidence").fetchall()
    return {name: named.get(kind, Kind.NUMBER) for name, kind, *_ in described}


@contextmanager
def _opened(folder: Path, where: str) -> "Iterator[duckdb.DuckDBPyConnection]":
    import duckdb

    from primum.integrations.expectations_duckdb import confine

    is_table = where == "table"
    with duckdb.connect(str(folder / "table.duckdb") if is_table else ":memory:", read_only=is_table) as connection:
        confine(connection, folder)
        if not is_table:
            source = f"read_parquet('{folder}/table.parquet')"
            connection.execute(f"CREATE VIEW evidence AS FROM {source}")
        yield connection


def main(name: str, folder: Path) -> None:
    """Do one step and print what its work took, the loading of libraries apart."""
    what, _, where = name.partition("-")
    if what == "check":
        report = _timed(check(folder, rows=1 if where == "duckdb" else sys.maxsize))
    else:
        with _opened(folder, where) as connection:
            report = _timed({"suite": suite, "plain": plain}[what](folder, connection))
    print("\n" + json.dumps(report))


def _timed(work: Work) -> dict[str, float]:
    begin, processor = time.perf_counter(), time.process_time()
    work()
    return {
        "work": time.perf_counter() - begin,
        "work, processor": time.process_time() - processor,
    }


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
