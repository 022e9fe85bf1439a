"""Which version the database's tables have; empty ones are made, others refused."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from primum.ledger import log
from primum.ledger.tables import LogState, Record
from primum.ledger.witness import APPEND_ONLY, BATCHED, WITNESSED, table_of

MIGRATIONS = Path(__file__).parent / "migrations"
REVISIONS = tuple(f"{number:04d}" for number in range(1, 13))
HEAD = REVISIONS[-1]
PRIMUM_LOCK = 0x7072696D
NEVER_CHANGED = ("entry", "checkpoint", *(table_of(table) for table in (*APPEND_ONLY, *BATCHED)))
NEVER_DELETED = ("entry", "checkpoint", "log_state", *(table_of(table) for table in (*WITNESSED, *BATCHED)))
TRIGGERS_ON_SQLITE = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
TRIGGERS_ON_POSTGRES = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"


class SchemaRefused(Exception):
    """The database is not one this Primum can write; the message says why and what to do."""


def prepare(connection: Connection, *, create: bool) -> None:
    """
    Bring an empty database to this version's tables, inside the caller's transaction.

    :raises SchemaRefused: if the tables are older, newer, or not ours
    """
    version = version_of(connection)
    if version == HEAD:
        return
    if version is None and create:
        _one_at_a_time(connection)
        if version_of(connection) is None:
            migrate(connection)
        return
    raise SchemaRefused(_why_not(version))


def _why_not(version: str | None) -> str:
    if version is None:
        return "There is no ledger in this database yet; `primum run` makes one."
    if version in REVISIONS:
        return (
            f"The ledger's tables have version {version}, older than this Primum's {HEAD}. "
            "Back the database up, then run: python -m primum.ledger.migrations URL"
        )
    return (
        f"The ledger's tables have version {version}, and this Primum knows only up to {HEAD}. "
        "A newer Primum wrote them; use that one."
    )


def version_of(connection: Connection) -> str | None:
    """
    Return the version of the database's tables; ``None`` if it is empty.

    :raises SchemaRefused: if there are tables of somebody else
    """
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        versions = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
        return ", ".join(sorted(versions)) or None
    if tables:
        raise SchemaRefused("This database has tables that Primum did not make; give Primum a database of its own.")
    return None


def missing_parts(connection: Connection) -> Iterator[str]:
    """Yield a sentence for each table, or column of a table, that is not there any more."""
    seen = inspect(connection)
    there = set(seen.get_table_names())
    for name, table in Record.metadata.tables.items():
        if name not in there:
            yield f"The table {name} is gone."
        elif gone := set(table.columns.keys()) - {column["name"] for column in seen.get_columns(name)}:
            yield f"The table {name} has lost its columns: {', '.join(sorted(gone))}."


def missing_guards(connection: Connection) -> Iterator[str]:
    """Yield a sentence for each trigger that keeps history as it was and is not there or switched off."""
    query = TRIGGERS_ON_POSTGRES if connection.dialect.name == "postgresql" else TRIGGERS_ON_SQLITE
    there = set(connection.execute(text(query)).scalars())
    wanted = [f"{table}_never_changed" for table in NEVER_CHANGED]
    wanted += [f"{table}_never_deleted" for table in NEVER_DELETED]
    for guard in wanted:
        if guard not in there:
            yield f"The database's guard {guard} was removed or switched off."


def _one_at_a_time(connection: Connection) -> None:
    """Let one process make the tables; on SQLite the transaction is exclusive already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PRIMUM_LOCK})


def migrate(connection: Connection) -> None:
    """Run the migrations up to this version, and give the log its name if it has none."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
    states = LogState.__table__
    if connection.execute(states.select()).first() is None:
        connection.execute(states.insert().values(id=LogState.ONLY, origin=log.new_origin(), size=0, frontier=[]))
