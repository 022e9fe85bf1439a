"""A file's table inside DuckDB: the very bytes that were hashed, in little memory, with nothing else in reach."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from primum.integrations.expectations_conditions import Clause, Kind, SqlTable, column_of, rows_repeated
from primum.integrations.expectations_duckdb_patterns import Patterns
from primum.integrations.mapping import MappedColumn, mapped_columns
from primum.integrations.mapping_identity_sql import Identities, check_identities_in_sql
from primum.integrations.mapping_sql import contracted
from primum.integrations.mapping_sql_words import NotInSql, Raw, RawTable, Words, literal, name_of
from primum.integrations.source_files import OpenFile, opened, refuse_other_bytes
from primum.integrations.source_limits import Limits, SourceRefused
from primum.roadmap.rollout import Evidence

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

MEMORY = "256MiB"
MOST_THREADS = 4
TABLE = "evidence"
WORDS = Words(
    text="{0}",
    trim="trim({0}, {1})",
    bytes="strlen({0})",
    matches="regexp_matches({0}, {1})",
    moment="TRY_CAST({0} AS TIMESTAMPTZ)",
)
# What Parquet says of a column and what DuckDB makes of it; of everything else Arrow knows better.
RAWS: Mapping[tuple[str, str], Raw] = {
    ("text", "VARCHAR"): Raw.TEXT,
    ("truth", "BOOLEAN"): Raw.TRUTH,
    ("real", "FLOAT"): Raw.REAL,
    ("real", "DOUBLE"): Raw.REAL,
    ("moment", "TIMESTAMP WITH TIME ZONE"): Raw.MOMENT,
    ("bare", "TIMESTAMP"): Raw.BARE,
    ("bare", "DATE"): Raw.BARE,
    **{
        ("whole", name): Raw.WHOLE
        for name in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
    },
}


class DuckDialect(DefaultDialect):
    """What SQLAlchemy must know of DuckDB to ask it questions; there is no transaction to begin or end."""

    name = "duckdb"
    default_paramstyle = "qmark"
    supports_statement_cache = True

    def do_begin(self, dbapi_connection: object) -> None:
        """Do nothing."""

    def do_commit(self, dbapi_connection: object) -> None:
        """Do nothing."""

    def do_rollback(self, dbapi_connection: object) -> None:
        """Do nothing."""


@contextmanager
def file_in_duckdb(
    *, evidence: Evidence, base: Path, digest: str, limits: Limits, scratch: Path | None
) -> Iterator[SqlTable]:
    """
    Give a file's table with the columns of its contract.

    :param scratch: the folder for what does not fit into memory; a folder in it is made, and removed in the end
    :raises SourceRefused: as ``sources.frame`` does
    :raises NotInSql: if the table must be read into memory to say the same
    """
    import duckdb

    mapped = mapped_columns(evidence)
    with (
        opened(evidence=evidence, base=base, limits=limits) as file,
        tempfile.TemporaryDirectory(prefix="primum-", dir=scratch) as folder,
    ):
        refuse_other_bytes(file, digest=digest)
        with _nothing_quoted(), duckdb.connect() as connection:
            confine(connection, Path(folder))
            load = _parquet if file.is_parquet else _csv
            raw = load(file, mapped, connection)
            with _mapped(raw, mapped, connection=connection, evidence=evidence) as table:
                yield table


@contextmanager
def _nothing_quoted() -> Iterator[None]:
    """Turn DuckDB's own complaints, which quote values, into the one that says: read it otherwise (P9)."""
    import duckdb
    from sqlalchemy.exc import SQLAlchemyError

    failed = False
    try:
        yield
    except (duckdb.Error, SQLAlchemyError):
        failed = True
    if failed:
        raise NotInSql


def confine(connection: "duckdb.DuckDBPyConnection", folder: Path) -> None:
    """Bound memory, spill into our own folder, and load nothing from anywhere."""
    settings = {
        "memory_limit": MEMORY,
        "threads": min(os.cpu_count() or 1, MOST_THREADS),
        "temp_directory": str(folder / "spilled"),
        "preserve_insertion_order": False,
        "TimeZone": "UTC",
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "enable_external_file_cache": False,
        "enable_progress_bar": False,
        "python_enable_replacements": False,
    }
    for name, value in settings.items():
        connection.execute(f"SET {name} = {literal(value) if isinstance(value, str) else value}")


def _close_off(connection: "duckdb.DuckDBPyConnection", *, but: str = "") -> None:
    """Let DuckDB open no other file, no host and no setting from here on."""
    if but:
        connection.execute(f"SET allowed_paths = [{literal(but)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _parquet(
    file: OpenFile, mapped: Sequence[MappedColumn], connection: "duckdb.DuckDBPyConnection"
) -> "tuple[str, Mapping[str, Raw]]":
    import pyarrow.parquet as pq

    from primum.integrations import source_parquet

    claimed = source_parquet.rows(file)
    _close_off(connection, but=file.descriptor)
    source = f"read_parquet({literal(file.descriptor)})"
    schema = pq.ParquetFile(file.descriptor).schema_arrow
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608 -- a literal
    kinds = {name: kind for name, kind, *_ in described}
    if connection.execute(f"SELECT count(*) FROM {source}").fetchall() != [(claimed,)]:  # noqa: S608 -- a literal
        raise NotInSql
    return source, {one.raw: _raw_of(schema.field(one.raw).type, kinds.get(one.raw, "")) for one in mapped}


def _raw_of(kind: "pa.DataType", named: str) -> Raw:
    import pyarrow as pa

    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_null(plain):
        return Raw.NOTHING
    families: dict[str, Callable[[pa.DataType], bool]] = {
        "text": lambda one: pa.types.is_string(one) or pa.types.is_large_string(one),
        "truth": pa.types.is_boolean,
        "whole": pa.types.is_integer,
        "real": pa.types.is_floating,
        "moment": lambda one: pa.types.is_timestamp(one) and bool(one.tz),
        "bare": lambda one: pa.types.is_timestamp(one) or pa.types.is_date32(one),
    }
    family = next((name for name, belongs in families.items() if belongs(plain)), "")
    return RAWS.get((family, named), Raw.OTHER)


def _csv(
    file: OpenFile, mapped: Sequence[MappedColumn], connection: "duckdb.DuckDBPyConnection"
) -> "tuple[str, Mapping[str, Raw]]":
    """Read the cells as the texts they are, by the reader that all tables are read by."""
    import duckdb
    import pyarrow as pa

    from primum.integrations import source_csv

    names = list(dict.fromkeys(one.raw for one in mapped))
    cells = _Read(source_csv.batches(file, columns=names))
    schema = pa.schema([(name, pa.string()) for name in names])
    connection.register("cells", pa.RecordBatchReader.from_batches(schema, cells))
    with suppress(duckdb.Error):
        connection.execute("CREATE TABLE raw AS FROM cells")
    if cells.refused:
        raise cells.refused
    connection.unregister("cells")
    _close_off(connection)
    return "raw", dict.fromkeys(names, Raw.TEXT)


class _Read:
    """A stream that DuckDB reads; it keeps why it broke off, which DuckDB would tell in words of its own."""

    def __init__(self, batches: "Iterator[pa.RecordBatch]") -> None:
        self._batches = batches
        self.refused: SourceRefused | None = None

    def __iter__(self) -> "Iterator[pa.RecordBatch]":
        try:
            yield from self._batches
        except SourceRefused as refused:
            self.refused = refused
            raise


@contextmanager
def _mapped(
    raw: tuple[str, Mapping[str, Raw]],
    mapped: Sequence[MappedColumn],
    *,
    connection: "duckdb.DuckDBPyConnection",
    evidence: Evidence,
) -> Iterator[SqlTable]:
    def ask(query: str) -> Sequence[Sequence[Any]]:
        return connection.execute(query).fetchall()

    source, raws = raw
    made = contracted(RawTable(source=source, raws=raws, ask=ask, words=WORDS), mapped=mapped)
    connection.execute(f"CREATE VIEW {TABLE} AS {made.select}")
    different = cache(partial(_different, connection))
    identities = Identities(source=TABLE, rows=made.rows, ask=ask, words=WORDS, different=different)
    check_identities_in_sql(identities, evidence=evidence)
    with asked_of(connection, kinds=made.kinds, rows=made.rows, different=different) as table:
        yield table


def _different(connection: "duckdb.DuckDBPyConnection", expression: str) -> int:
    """Count hashes, each in eight bytes; two different values have the same one once in a million tables."""
    import numpy as np

    where = f"WHERE {expression} IS NOT NULL" if "," not in expression else ""
    asked = connection.execute(f"SELECT hash({expression}) AS h FROM {TABLE} {where}")  # noqa: S608 -- quoted
    hashes: NDArray[np.uint64] = np.asarray(asked.fetchnumpy()["h"], dtype=np.uint64)
    hashes.sort()
    return int((hashes[1:] != hashes[:-1]).sum()) + bool(len(hashes))


@contextmanager
def asked_of(
    connection: "duckdb.DuckDBPyConnection",
    *,
    kinds: Mapping[str, Kind],
    rows: int,
    different: Callable[[str], int] | None = None,
) -> Iterator[SqlTable]:
    """
    Give what a connection holds as ``evidence``, its columns being those of a contract already.

    :param different: how many different values an expression has, if that was asked before
    """
    counted = different or partial(_different, connection)
    with _asking(connection) as asking:
        source = sa.table(TABLE, *map(column_of, kinds))

        def repeated(columns: Sequence[str], clause: Clause | None) -> int:
            # What no two rows of the whole table share, no two rows of a part share.
            if counted(", ".join(map(name_of, columns))) == rows:
                return 0
            return rows_repeated(asking, source, columns=columns, among=clause)

        matches = Patterns(connection).matches
        yield SqlTable(connection=asking, source=source, kinds=kinds, rows=rows, matches=matches, repeated=repeated)


@contextmanager
def _asking(connection: "duckdb.DuckDBPyConnection") -> Iterator[sa.Connection]:
    import duckdb

    sa.dialects.registry.register("primum_duckdb", __name__, DuckDialect.__name__)
    engine = sa.create_engine(
        "primum_duckdb://", module=duckdb, creator=lambda: connection, poolclass=sa.StaticPool, _initialize=False
    )
    with engine.connect() as asking:
        yield asking
