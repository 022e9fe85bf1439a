"""A table where it is, in PostgreSQL: the rows that were just hashed, read in the same transaction and never moved."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from primum.integrations import source_sql
from primum.integrations.expectations_conditions import Clause, SqlTable, column_of, rows_repeated
from primum.integrations.expectations_regex import translated
from primum.integrations.mapping import mapped_columns
from primum.integrations.mapping_identity_sql import Identities, check_identities_in_sql
from primum.integrations.mapping_sql import Contracted, contracted
from primum.integrations.mapping_sql_words import NotInSql, Raw, RawTable, Words
from primum.integrations.source_limits import Limits
from primum.roadmap.rollout import Evidence

# Without a collation of its own, order and case would be those of the server's language.
WORDS = Words(
    text='(CAST({0} AS text) COLLATE "C")',
    trim="btrim({0}, {1})",
    bytes="octet_length({0})",
    matches="({0} ~ {1})",
    moment="CAST({0} AS timestamptz)",
)
# PostgreSQL's own numbers of its types, as its catalogue has had them since they are there.
RAWS: Mapping[object, Raw] = {
    16: Raw.TRUTH,
    20: Raw.WHOLE,
    21: Raw.WHOLE,
    23: Raw.WHOLE,
    25: Raw.TEXT,
    701: Raw.REAL,
    1043: Raw.TEXT,
    1082: Raw.BARE,
    1114: Raw.BARE,
    1184: Raw.MOMENT,
}


@contextmanager
def table_in_postgres(*, evidence: Evidence, base: Path, digest: str, limits: Limits) -> Iterator[SqlTable]:
    """
    Give a table of PostgreSQL with the columns of its contract.

    :raises SourceRefused: as ``sources.frame`` does
    :raises NotInSql: if the table must be read into memory to say the same
    """
    mapped = mapped_columns(evidence)
    with (
        source_sql.snapshot(evidence=evidence, base=base, digest=digest, limits=limits) as seen,
        _nothing_quoted(),
    ):

        def ask(query: str) -> Sequence[Sequence[Any]]:
            return seen.connection.execute(source_sql.text_of(query)).fetchall()

        raws = {one.raw: RAWS.get(seen.types.get(one.raw), Raw.OTHER) for one in mapped}
        raw = RawTable(source=f"({seen.query}\n) AS source_rows", raws=raws, ask=ask, words=WORDS)
        made = contracted(raw, mapped=mapped)
        identities = Identities(
            source=f"({made.select}) AS evidence", rows=made.rows, ask=ask, words=WORDS, different=lambda _: None
        )
        check_identities_in_sql(identities, evidence=evidence)
        yield _table(seen.connection, made)


@contextmanager
def _nothing_quoted() -> Iterator[None]:
    failed = False
    try:
        yield
    except SQLAlchemyError:
        failed = True
    if failed:
        raise NotInSql


def _table(connection: sa.Connection, made: Contracted) -> SqlTable:
    columns = [column_of(name) for name in made.kinds]
    source = source_sql.text_of(made.select).columns(*columns).subquery("evidence")

    @cache
    def is_ascii(column: str) -> bool:
        text = column_of(column)
        beyond = sa.select(text).select_from(source).where(sa.func.octet_length(text) != sa.func.length(text)).limit(1)
        return connection.execute(beyond).first() is None

    def matches(column: str, pattern: str) -> Clause | None:
        theirs = translated(pattern, boundary=r"\y")
        if theirs is None or not is_ascii(column):
            return None
        found: Clause = column_of(column).op("~", is_comparison=True)(theirs)
        return found

    return SqlTable(
        connection=connection,
        source=source,
        kinds=made.kinds,
        rows=made.rows,
        matches=matches,
        repeated=lambda columns, clause: rows_repeated(connection, source, columns=columns, among=clause),
    )
