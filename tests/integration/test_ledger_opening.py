import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, text

from primum.ledger import audit, database, schema
from primum.ledger.checkpoints import SigningKey, key_id
from primum.ledger.database import (
    KeyRefused,
    Ledger,
    LedgerDamaged,
    LedgerUncertain,
    LedgerUnreachable,
    SchemaRefused,
)
from primum.ledger.tables import Record
from tests import databases
from tests.databases import ENGINES
from tests.ledger_factories import NOON, decide, gate, rollout

pytestmark = pytest.mark.usefixtures("real_migrations")


@pytest.fixture(params=ENGINES)
def empty_url(request, tmp_path):
    """The address of a database without tables, on each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new' / 'ledger.db'}"
    return request.getfixturevalue("empty_postgres_url")


def execute(url, *statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_an_empty_database_becomes_a_ledger(empty_url, ledger_key):
    with Ledger.open(empty_url, key=ledger_key) as ledger:
        decide(ledger, rollout())

    with Ledger.open(empty_url, key=ledger_key, create=False) as again:
        assert again.checkpoint().size == 1


def test_the_tables_that_other_tests_begin_with_are_those_of_the_migrations(tmp_path, monkeypatch):
    def tables(name):
        Ledger.open(f"sqlite:///{tmp_path / name}", key=tmp_path / f"{name}.key").close()
        with closing(sqlite3.connect(tmp_path / name)) as database:
            return {line for line in database.iterdump() if 'INTO "log_state"' not in line}

    migrated = tables("migrated")
    monkeypatch.setattr(schema, "migrate", databases.migrate_once)

    assert tables("first") == tables("second") == migrated


def test_the_migrations_make_exactly_the_tables_that_the_code_expects(ledger_url):
    engine = create_engine(ledger_url)
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), Record.metadata)
    engine.dispose()

    assert difference == []


def test_the_newest_migration_is_the_one_the_code_asks_for():
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    revisions = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]

    assert tuple(reversed(revisions)) == schema.REVISIONS


def test_eight_who_open_an_empty_database_at_once_get_one_ledger(empty_url, ledger_key):
    def opened(number):
        with Ledger.open(empty_url, key=ledger_key) as ledger:
            return decide(ledger, kind="opened", number=number).position

    with ThreadPoolExecutor(8) as threads:
        positions = sorted(threads.map(opened, range(8)))

    assert positions == list(range(8))
    with Ledger.open(empty_url, key=ledger_key) as ledger:
        assert audit.verify(ledger) == ()


def test_nothing_is_made_when_only_an_existing_ledger_will_do(empty_url, ledger_key):
    with pytest.raises(SchemaRefused, match="There is no ledger"):
        Ledger.open(empty_url, key=ledger_key, create=False)

    assert not ledger_key.exists()


def test_tables_of_a_newer_primum_are_refused(ledger_url, ledger_key):
    execute(ledger_url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(SchemaRefused, match=f"version 9999, and this Primum knows only up to {schema.HEAD}"):
        Ledger.open(ledger_url, key=ledger_key)


def test_tables_of_an_older_primum_are_refused_with_advice(ledger_url, ledger_key, monkeypatch):
    monkeypatch.setattr(schema, "HEAD", "8888")
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "8888"))

    with pytest.raises(
        SchemaRefused, match=r"older than this Primum's 8888\. Back the database up, then run: python -m"
    ):
        Ledger.open(ledger_url, key=ledger_key)


def test_the_tables_can_be_brought_up_from_the_command_line(empty_postgres_url, ledger_key):
    command = [sys.executable, "-m", "primum.ledger.migrations"]

    done = subprocess.run([*command, empty_postgres_url], capture_output=True, text=True, check=False)
    nothing = subprocess.run(command, capture_output=True, text=True, check=False)
    refused = subprocess.run([*command, "mysql://x"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    Ledger.open(empty_postgres_url, key=ledger_key).close()
    assert nothing.stderr.startswith("Name the ledger")
    assert refused.stderr == "A ledger is kept in SQLite or PostgreSQL, not in mysql.\n"


def test_tables_of_somebody_else_are_refused(empty_url, ledger_key, tmp_path):
    (tmp_path / "new").mkdir()
    execute(empty_url, "CREATE TABLE experiments (id INTEGER)")

    with pytest.raises(SchemaRefused, match="a database of its own"):
        Ledger.open(empty_url, key=ledger_key)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ledger.db", "cannot be read"),
        ("mysql://somebody:secret@host/db", "not in mysql"),
        ("sqlite://", "is a file"),
        ("sqlite:///:memory:", "is a file"),
        ("sqlite:///file.db?mode=ro", "is a file"),
        ("postgresql://somebody:secret@/db?host=/nowhere", "did not answer"),
        ("postgresql+psycopg://somebody:secret@127.0.0.1:1/db", "did not answer"),
    ],
)
def test_an_address_that_cannot_be_a_ledger_is_refused_without_its_password(url, sentence, ledger_key):
    with pytest.raises(LedgerUnreachable, match=sentence) as refused:
        Ledger.open(url, key=ledger_key)

    assert "secret" not in str(refused.value)


def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path, ledger_key):
    (tmp_path / "file").touch()

    with pytest.raises(LedgerUnreachable, match="cannot be opened"):
        Ledger.open(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}", key=ledger_key)
    with pytest.raises(LedgerUnreachable, match="did not answer"):
        Ledger.open(f"sqlite:///{tmp_path}", key=ledger_key)


def test_a_file_that_is_no_database_is_refused(tmp_path, ledger_key):
    (tmp_path / "ledger.db").write_text("This is a letter, not a database. " * 99)

    with pytest.raises(LedgerDamaged, match="restore it from its backup"):
        Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", key=ledger_key)


def test_a_new_file_is_for_its_owner_alone(tmp_path, ledger_key):
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", key=ledger_key) as ledger:
        decide(ledger, rollout())

        assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("ledger.db*")} == {0o600}


def test_sqlite_is_set_as_promised(sqlite_ledger):
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}

    with sqlite_ledger.reading() as session:
        found = {name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}

    assert found == wanted


def test_a_key_that_is_missing_is_not_replaced_once_something_was_signed(ledger, ledger_url, ledger_key):
    decide(ledger, rollout())
    ledger_key.unlink()

    with pytest.raises(KeyRefused, match="is missing; restore it"):
        Ledger.open(ledger_url, key=ledger_key)
    assert not ledger_key.exists()


def test_another_key_may_look_but_not_write(ledger, ledger_url, ledger_key):
    decide(ledger, rollout())
    first, other = ledger.key, SigningKey.new()
    ledger.key = other

    with pytest.raises(KeyRefused, match=f"signed with the key {key_id(first.public)}"):
        decide(ledger, gate())
    assert ledger.checkpoint().size == 1


def test_a_locked_file_is_told(sqlite_url, ledger_key, monkeypatch):
    monkeypatch.setattr(database, "SQLITE_PRAGMAS", ("PRAGMA busy_timeout = 50", *database.SQLITE_PRAGMAS[1:]))
    with Ledger.open(sqlite_url, key=ledger_key) as first, Ledger.open(sqlite_url, key=ledger_key) as second:
        with first.transaction() as transaction:
            transaction.lock_gate("heart-G1")
            with pytest.raises(LedgerUnreachable, match=r"locked by another process; nothing was written\. Try again"):
                decide(second, rollout())
        assert second.checkpoint() is None


def test_a_locked_row_is_told(postgres_url, ledger_key, monkeypatch):
    monkeypatch.setattr(database, "POSTGRES_OPTIONS", "-c lock_timeout=50")
    with Ledger.open(postgres_url, key=ledger_key) as ledger:
        decide(ledger, rollout(), gate())
        with ledger.transaction() as transaction:
            transaction.lock_gate("heart-G1")
            with pytest.raises(LedgerUnreachable, match="locked by another process"), ledger.transaction() as other:
                other.lock_rollout("heart")


def kill_connections(server, url):
    name = url.split("/")[3].split("?")[0]
    server.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")


def test_a_lost_connection_is_told_and_found_again(postgres_ledger, postgres_url, postgres_server):
    with pytest.raises(LedgerUnreachable, match="did not answer; nothing was written"), halfway(postgres_ledger):
        kill_connections(postgres_server, postgres_url)

    assert decide(postgres_ledger, rollout()).position == 0


@contextmanager
def halfway(ledger):
    with ledger.transaction() as transaction:
        transaction.session.add(rollout())
        transaction.record(kind="k", rollout="heart", person="ada", at=NOON, body={})
        transaction.session.flush()
        yield


def test_a_connection_lost_while_committing_leaves_it_open_whether_it_was_saved(
    postgres_ledger, postgres_url, postgres_server
):
    event.listen(postgres_ledger._writing, "commit", lambda _: kill_connections(postgres_server, postgres_url))

    with pytest.raises(LedgerUncertain, match="Look whether it is there before you try again"):
        decide(postgres_ledger, rollout())
