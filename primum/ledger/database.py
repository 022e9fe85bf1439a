"""The database: opened, checked, written in one transaction at a time, read as of one moment."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlmodel import Session, col, select

from primum.ledger import schema
from primum.ledger.checkpoints import KeyRefused, SignedCheckpoint, SigningKey, key_at
from primum.ledger.refusals import (
    AlreadyPromoted,
    AlreadyThere,
    AlreadyVoted,
    LedgerDamaged,
    LedgerUncertain,
    LedgerUnreachable,
    NeverChanged,
    commit,
    in_sentences,
)
from primum.ledger.schema import SchemaRefused
from primum.ledger.tables import Checkpoint, LogState
from primum.ledger.transactions import LedgerSession, OutOfOrder, ReadOnly, Transaction, Unrecorded, only_reads
from primum.ledger.watching import Watching

__all__ = [
    "AlreadyPromoted",
    "AlreadyThere",
    "AlreadyVoted",
    "KeyRefused",
    "Ledger",
    "LedgerDamaged",
    "LedgerUncertain",
    "LedgerUnreachable",
    "NeverChanged",
    "OutOfOrder",
    "ReadOnly",
    "SchemaRefused",
    "Transaction",
    "Unrecorded",
]

PATIENCE_SECONDS = 30
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout = {PATIENCE_SECONDS * 1000}",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    # Without it REPLACE would delete a row past the guard.
    "PRAGMA recursive_triggers = ON",
)
POSTGRES_OPTIONS = f"-c lock_timeout={PATIENCE_SECONDS}s -c idle_in_transaction_session_timeout={2 * PATIENCE_SECONDS}s"
WRITES = "primum_writes"


class Ledger:
    """What was decided, in one database; open it once per process."""

    def __init__(self, *, engine: Engine, key: SigningKey, reads_only: bool = False) -> None:
        self.key = key
        self._reads_only = reads_only
        self._engine = engine
        self._writing = engine.execution_options(**{WRITES: True})
        self._reading = _reading(engine)
        self._turn = threading.Lock()

    @classmethod
    def open(cls, url: str, *, key: Path, create: bool = True) -> Self:
        """
        Open the ledger at ``sqlite:///FILE`` or ``postgresql+psycopg://...``; its tables and key are made if missing.

        With ``create=False`` nothing is made: a database without a ledger is refused.

        :raises LedgerUnreachable: if the database does not answer, or cannot be a ledger's
        :raises SchemaRefused: if its tables are older, newer, not ours, or missing
        :raises KeyRefused: if the key is unusable, or missing though the ledger was signed before
        """
        engine = _engine(_url(url), create=create)
        try:
            with in_sentences():
                is_new = _prepare(engine, create=create)
            return cls(engine=engine, key=key_at(key, create=is_new and create))
        except BaseException:
            engine.dispose()
            raise

    @classmethod
    def to_read(cls, url: str) -> Self:
        """
        Open a ledger that can only be read: the database itself refuses to write, and no signing key is needed.

        :raises LedgerUnreachable: if the database does not answer, or cannot be a ledger's
        :raises SchemaRefused: if its tables are older, newer, not ours, or missing
        """
        engine = _engine(_url(url), create=False, read_only=True)
        try:
            with in_sentences(), engine.connect() as connection:
                schema.prepare(connection, create=False)
            return cls(engine=engine, key=SigningKey.new(), reads_only=True)
        except BaseException:
            engine.dispose()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """
        Write as one: commits at the end of the block, or nothing of it is kept.

        :raises LedgerUnreachable: if the database does not answer or is locked
        :raises LedgerUncertain: if the answer to the commit never came
        :raises AlreadyPromoted, AlreadyVoted, AlreadyThere: if what happens once was to happen again
        :raises Unrecorded: if rows were changed and no entry recorded
        :raises KeyRefused: if another key signed this ledger
        """
        if self._reads_only:
            raise LedgerUnreachable("This ledger was opened to be read alone; nothing was written.")
        with self._in_turn(), in_sentences(), LedgerSession(self._writing, expire_on_commit=False) as session:
            transaction = Transaction(session=session, key=self.key)
            yield transaction
            transaction.seal()
            commit(session)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """
        Let the threads of this process write SQLite one after the other, each as soon as the one before is done.

        SQLite itself sleeps up to 100 ms between two looks whether it may write; other processes wait so.
        """
        mine = not self.is_postgres and self._turn.acquire(timeout=PATIENCE_SECONDS)
        try:
            yield
        finally:
            if mine:
                self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read as of one moment; writing is refused."""
        with in_sentences(), LedgerSession(self._reading, expire_on_commit=False) as session:
            event.listen(session, "before_flush", only_reads)
            yield session

    @property
    def is_postgres(self) -> bool:
        """True if the ledger is kept in PostgreSQL, whose driver marks parameters its own way."""
        return self._engine.dialect.name == "postgresql"

    def watching(self) -> Watching:
        """Return the driver's own connection, each statement by itself, for a small question asked all the time."""
        raw = self._engine.raw_connection()
        driver: Any = raw.driver_connection
        if self.is_postgres:
            raw.rollback()
            driver.autocommit = True
        raw.detach()
        watching: Watching = driver
        return watching

    def checkpoint(self) -> SignedCheckpoint | None:
        """Return the newest signed checkpoint; ``None`` before the first entry."""
        with self.reading() as session:
            return newest_checkpoint(session)

    def close(self) -> None:
        """Let go of the database's connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """Return the ledger itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def upgrade(url: str) -> None:
    """
    Bring an older ledger's tables up to this version; back the database up before.

    :raises LedgerUnreachable: if the database does not answer
    """
    engine = _engine(_url(url), create=False)
    try:
        with in_sentences(), engine.execution_options(**{WRITES: True}).begin() as connection:
            schema.migrate(connection)
    finally:
        engine.dispose()


def newest_checkpoint(session: Session) -> SignedCheckpoint | None:
    """Return the newest signed checkpoint of the ledger a session reads; ``None`` before the first entry."""
    row = session.exec(select(Checkpoint).order_by(col(Checkpoint.size).desc()).limit(1)).first()
    state = session.get(LogState, LogState.ONLY)
    if row is None or state is None:
        return None
    return SignedCheckpoint(
        origin=state.origin, size=row.size, root=row.root, key_id=row.key_id, signature=row.signature
    )


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise LedgerUnreachable(
            "The ledger's URL cannot be read; write sqlite:///FILE or postgresql+psycopg://..."
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and (not url.database or ":memory:" in url.database or url.query):
        raise LedgerUnreachable("A ledger on SQLite is a file, written sqlite:///FILE with nothing behind it.")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise LedgerUnreachable(f"A ledger is kept in SQLite or PostgreSQL, not in {url.drivername}.")
    return url


def _engine(url: URL, *, create: bool, read_only: bool = False) -> Engine:
    if url.drivername == "sqlite":
        engine = _sqlite(url, create=create)
        if read_only:
            event.listen(engine, "connect", _refuse_to_write)
        return engine
    said = f"{POSTGRES_OPTIONS} -c default_transaction_read_only=on" if read_only else POSTGRES_OPTIONS
    options = {"connect_timeout": 10, "options": said, "application_name": "primum"}
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
    except ModuleNotFoundError:
        raise LedgerUnreachable("PostgreSQL needs one more package: pip install 'primum[postgres]'.") from None


def _sqlite(url: URL, *, create: bool) -> Engine:
    file = Path(str(url.database))
    try:
        if create:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
        elif not file.is_file():
            raise SchemaRefused(f"There is no ledger at {file}; `primum run` makes one.")
    except OSError as error:
        raise LedgerUnreachable(f"The ledger {file} cannot be opened: {error.strerror}.") from error
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": PATIENCE_SECONDS})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _set_pragmas(connection: sqlite3.Connection, _: object) -> None:
    # The driver must not begin transactions by itself: `_begin` does.
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _refuse_to_write(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA query_only = ON")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN DEFERRED")


def _reading(engine: Engine) -> Engine:
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine


def _prepare(engine: Engine, *, create: bool) -> bool:
    """Bring the tables up; return whether nothing was ever recorded in them."""
    if engine.dialect.name == "sqlite":
        _use_wal(engine)
    with engine.execution_options(**{WRITES: create}).begin() as connection:
        schema.prepare(connection, create=create)
        return connection.execute(select(Checkpoint.size).limit(1)).first() is None


def _use_wal(engine: Engine) -> None:
    """Readers and the one writer do not wait for each other; a property of the file, set once."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
