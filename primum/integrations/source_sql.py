"""Tables in databases: read in one read-only transaction, and hashed as the set of their typed rows."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from primum.integrations.mapping_levels import spelling
from primum.integrations.source_headers import check_names
from primum.integrations.source_limits import Limits, attempt, refused
from primum.integrations.source_rows import RowsRead
from primum.roadmap.rollout import Evidence
from primum.settings import SettingsRefused, secret

CHUNK_ROWS = 1 << 14
TABLE_NAME = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*)?")
SELECT = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
NAMED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
PROBLEMS = (SQLAlchemyError, ImportError, OSError, ValueError, TypeError, OverflowError, UnicodeError)
UNREACHABLE = (
    "cannot be read: its database does not answer, does not let us in, or does not know the table. "
    "Try the URL and the query with the database's own client."
)
LARGEST = (1 << 63) - 1
STRANGE = "has values of a type that cannot be read, such as bytes. Select plain columns only."


def inspect(*, evidence: Evidence, base: Path, limits: Limits) -> tuple[str, int]:
    """
    Return digest and rows of a table in a database.

    :raises SourceRefused: if it does not answer, has no row or too many, or lacks a mapped column
    """
    with _reading(evidence=evidence, base=base, limits=limits) as (result, rows):
        for _ in _chunks(evidence, result, rows, limits):
            pass
    if not len(rows):
        raise refused(evidence, "has no rows. A table without rows proves nothing; register the table with its rows.")
    return rows.digest(), len(rows)


def batches(
    *, evidence: Evidence, base: Path, digest: str, columns: Sequence[str], limits: Limits
) -> "Iterator[pa.RecordBatch]":
    """
    Yield the raw columns in batches; the digest is known, and compared, after the last one.

    :raises SourceRefused: if the rows are not those that were registered, or the database breaks off
    """
    with _reading(evidence=evidence, base=base, limits=limits) as (result, rows):
        wanted = [(name, rows.names.index(name)) for name in dict.fromkeys(columns)]
        for chunk in _chunks(evidence, result, rows, limits):
            yield _batch(evidence, chunk, wanted)
    _refuse_other_rows(evidence, rows, digest=digest)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """
    A connection that sees the registered rows and nothing that changes after them.

    :param types: the database's own number for the type of each column
    """

    connection: sa.Connection
    query: str
    types: Mapping[str, object]


@contextmanager
def snapshot(*, evidence: Evidence, base: Path, digest: str, limits: Limits) -> Iterator[Snapshot]:
    """
    Read the rows once to know that they are those that were registered, then give the connection that read them.

    :raises SourceRefused: as ``batches`` does
    """
    with _connected(evidence=evidence, base=base, limits=limits) as (connection, query):
        with _streamed(connection, query, evidence=evidence, limits=limits) as (result, rows):
            assert result.cursor is not None
            types = {str(one[0]): one[1] for one in result.cursor.description}
            for _ in _chunks(evidence, result, rows, limits):
                pass
        _refuse_other_rows(evidence, rows, digest=digest)
        yield Snapshot(connection=connection, query=query, types=types)


def _refuse_other_rows(evidence: Evidence, rows: RowsRead, *, digest: str) -> None:
    if rows.digest() != digest:
        raise refused(
            evidence,
            f"was registered as {digest[:19]} and reads {rows.digest()[:19]} now. If it was measured again, "
            f"register it with a new `measured_on`; if not, read from a snapshot that does not change.",
        )


@contextmanager
def _reading(
    *, evidence: Evidence, base: Path, limits: Limits
) -> "Iterator[tuple[sa.CursorResult[tuple[object, ...]], RowsRead]]":
    with (
        _connected(evidence=evidence, base=base, limits=limits) as (connection, query),
        _streamed(connection, query, evidence=evidence, limits=limits) as read,
    ):
        yield read


@contextmanager
def _connected(*, evidence: Evidence, base: Path, limits: Limits) -> Iterator[tuple[sa.Connection, str]]:
    refusal = refused(evidence, UNREACHABLE)
    with ExitStack() as closing:
        engine = attempt(lambda: _engine(evidence, base, limits), problems=PROBLEMS, refusal=refusal)
        closing.callback(_let_go, engine.dispose)
        connection = attempt(engine.connect, problems=PROBLEMS, refusal=refusal)
        closing.callback(_let_go, connection.close)
        query = _query(evidence, engine)
        claimed = attempt(lambda: _claimed(connection, query, limits), problems=PROBLEMS, refusal=refusal)
        if claimed > limits.rows:
            raise refused(evidence, f"has more than the {limits.rows:,} rows that are read. Split it by site.")
        yield connection, query


@contextmanager
def _streamed(
    connection: sa.Connection, query: str, *, evidence: Evidence, limits: Limits
) -> "Iterator[tuple[sa.CursorResult[tuple[object, ...]], RowsRead]]":
    result = attempt(
        lambda: connection.execute(text_of(query), execution_options={"stream_results": True}),
        problems=PROBLEMS,
        refusal=refused(evidence, UNREACHABLE),
    )
    with ExitStack() as closing:
        closing.callback(_let_go, result.close)
        names = tuple(result.keys())
        check_names(evidence=evidence, names=names, limits=limits)
        yield result, RowsRead(names=names)


def _let_go(close: Callable[[], object]) -> None:
    """Close what may be broken already; what went wrong was told."""
    with suppress(*PROBLEMS):
        close()


def _engine(evidence: Evidence, base: Path, limits: Limits) -> sa.Engine:
    url = sa.make_url(NAMED.sub(lambda found: quote(_password(evidence, found[1]), safe=""), evidence.source))
    if url.get_backend_name() == "sqlite":
        return sa.create_engine(_read_only_file(evidence, url, base), poolclass=sa.NullPool)
    if url.get_backend_name() != "postgresql":
        return sa.create_engine(url, poolclass=sa.NullPool)
    return sa.create_engine(
        url,
        poolclass=sa.NullPool,
        connect_args={"connect_timeout": limits.seconds_to_connect},
        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    )


def _password(evidence: Evidence, name: str) -> str:
    return attempt(
        lambda: secret(name),
        problems=(SettingsRefused,),
        refusal=refused(evidence, f"names the environment variable {name} in its URL, and it is not set. Set it."),
    )


def _read_only_file(evidence: Evidence, url: sa.URL, base: Path) -> sa.URL:
    path = base / (url.database or "")
    if not path.is_file():
        raise refused(evidence, "names a SQLite file that is not there. Check the path, relative to the rollout file.")
    return url.set(database=f"file:{quote(str(path.absolute()))}", query={"mode": "ro", "uri": "true"})


def _query(evidence: Evidence, engine: sa.Engine) -> str:
    text = evidence.query.strip().rstrip(";")
    if TABLE_NAME.fullmatch(text):
        quoted = ".".join(engine.dialect.identifier_preparer.quote(part) for part in text.split("."))
        return f"SELECT * FROM {quoted}"  # noqa: S608 -- each part is a name in the database's own quotes
    if not SELECT.match(text):
        raise refused(evidence, "needs a `query`: the name of a table, or a SELECT that only reads.")
    return text


def text_of(query: str) -> sa.TextClause:
    """Return a statement as it stands; a colon in it begins no parameter."""
    return sa.text(query.replace(":", r"\:"))


def _claimed(connection: sa.Connection, query: str, limits: Limits) -> int:
    some: sa.Select[tuple[str]] = sa.select(sa.literal_column("1")).select_from(
        text_of(query).columns().subquery("source_rows")
    )
    first = some.limit(limits.rows + 1).subquery("first_rows")
    return int(connection.execute(sa.select(sa.func.count()).select_from(first)).scalar_one())


def _chunks(
    evidence: Evidence, result: "sa.CursorResult[tuple[object, ...]]", rows: RowsRead, limits: Limits
) -> Iterator[Sequence[Sequence[object]]]:
    refusal = refused(evidence, UNREACHABLE)
    strange = refused(evidence, STRANGE)
    while chunk := attempt(lambda: result.fetchmany(CHUNK_ROWS), problems=PROBLEMS, refusal=refusal):
        attempt(partial(rows.extend, chunk), problems=(TypeError, ValueError), refusal=strange)
        if len(rows) > limits.rows:
            raise refused(evidence, f"has more than the {limits.rows:,} rows that are read. Split it by site.")
        yield chunk


def _batch(
    evidence: Evidence, chunk: Sequence[Sequence[object]], wanted: Sequence[tuple[str, int]]
) -> "pa.RecordBatch":
    strange = refused(evidence, STRANGE)
    return attempt(
        lambda: pa.RecordBatch.from_arrays(
            [array_of([row[at] for row in chunk]) for _, at in wanted], names=[name for name, _ in wanted]
        ),
        problems=(pa.ArrowException, *PROBLEMS),
        refusal=strange,
    )


def array_of(values: Sequence[object]) -> "pa.Array":
    """
    Return database values as an Arrow array that loses nothing: mixed or unusual types become texts.

    :raises TypeError: if a value is no single value
    """
    kinds = {type(value) for value in values} - {type(None)}
    fits = all(not isinstance(value, int) or -LARGEST <= value <= LARGEST for value in values)
    if kinds in ({int}, {float}, {bool}, {str}, set()) and fits:
        return pa.array(values)
    if kinds == {datetime}:
        return pa.array([value.isoformat() if isinstance(value, datetime) else None for value in values], pa.string())
    return pa.array([None if value is None else spelling(value) for value in values], pa.string())


def shown(evidence: Evidence) -> str:
    """
    Return where the table is, without user data: no password, no parameters, the query by its digest.

    :raises SourceRefused: if the source is no URL
    """
    url = attempt(
        lambda: sa.make_url(evidence.source),
        problems=(SQLAlchemyError, ValueError),
        refusal=refused(
            evidence, "has a source that is no database URL. Write it such as postgresql+psycopg://host/db."
        ),
    )
    query = evidence.query.strip()
    what = query if TABLE_NAME.fullmatch(query) else f"query {hashlib.sha256(query.encode()).hexdigest()[:12]}"
    return f"{url.set(query={}).render_as_string(hide_password=True)} {what}"
