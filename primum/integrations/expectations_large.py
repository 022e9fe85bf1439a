"""Large tables: checked where they are, in PostgreSQL, or inside DuckDB; only what these cannot say alike is loaded."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from primum.integrations import sources
from primum.integrations.expectations_suites import Expectation
from primum.integrations.source_limits import LIMITS, Limits
from primum.roadmap.rollout import Evidence

if TYPE_CHECKING:
    from primum.integrations.expectations_conditions import SqlTable
    from primum.integrations.expectations_run import Answer

POSTGRES = ("postgresql://", "postgresql+psycopg://")
LARGE_FILE = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Room:
    """
    From how many rows on a table is left where it is, and where DuckDB may put what does not fit into its memory.

    ``scratch`` is a folder of ours; ``None`` is the system's own for temporary files.
    """

    rows: int = 200_000
    scratch: Path | None = None
    limits: Limits = LIMITS


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a large table said: its columns, its rows, and the answer to each expectation by its id."""

    columns: tuple[str, ...]
    rows: int
    answers: "Mapping[str, Answer]"


def is_large(evidence: Evidence, *, base: Path, rows: int | None, room: Room) -> bool:
    """Say whether a table is to be checked in a database; one in a database of another kind is read from it."""
    if evidence.source.startswith(POSTGRES):
        return rows is not None and rows >= room.rows
    if "://" in evidence.source:
        return False
    path = base / evidence.source
    return (rows is not None and rows >= room.rows) or (path.is_file() and path.stat().st_size >= LARGE_FILE)


def held_in_sql(
    *, evidence: Evidence, base: Path, digest: str, asked: Sequence[Expectation], room: Room
) -> Held | None:
    """
    Return what a large table says, or ``None`` if it must be read into memory to say the same.

    :raises SourceRefused: as ``sources.frame`` does
    :raises SuiteRefused: if an expectation is of no known type, or its arguments do not fit it
    """
    from primum.integrations.expectations_sql import answers_in_sql
    from primum.integrations.mapping_sql_words import NotInSql

    try:
        with _table(evidence, base=base, digest=digest, room=room) as table:
            there = [one for one in asked if set(one.columns) <= set(table.kinds)]
            answered = answers_in_sql(expectations=there, table=table)
            columns, rows = tuple(table.kinds), table.rows
    except NotInSql:
        return None
    left = [one for one in there if one.id not in answered]
    more = _in_memory(left, evidence=evidence, base=base, digest=digest) if left else {}
    return Held(columns=columns, rows=rows, answers={**answered, **more})


@contextmanager
def _table(evidence: Evidence, *, base: Path, digest: str, room: Room) -> "Iterator[SqlTable]":
    if "://" in evidence.source:
        from primum.integrations.expectations_postgres import table_in_postgres

        with table_in_postgres(evidence=evidence, base=base, digest=digest, limits=room.limits) as table:
            yield table
        return
    from primum.integrations.expectations_duckdb import file_in_duckdb

    if room.scratch:
        room.scratch.mkdir(parents=True, exist_ok=True)
    with file_in_duckdb(evidence=evidence, base=base, digest=digest, limits=room.limits, scratch=room.scratch) as table:
        yield table


def _in_memory(left: Sequence[Expectation], *, evidence: Evidence, base: Path, digest: str) -> "Mapping[str, Answer]":
    """Ask pandas, of the columns that these expectations speak of and no others."""
    from primum.integrations.expectations_run import answers

    needed = {name for one in left for name in one.columns} or set(list(evidence.columns)[:1])
    frame = sources.frame(evidence=evidence, base=base, digest=digest, only=needed)
    return answers(expectations=left, frame=frame)
