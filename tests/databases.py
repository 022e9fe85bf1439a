"""Ledgers to test with: on SQLite, on PostgreSQL, and ``ledger`` on both, each test with a database of its own."""

import shutil
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection

from primum.ledger import log, schema
from primum.ledger.database import Ledger
from primum.ledger.tables import LogState
from tests import postgres

ENGINES = ("sqlite", "postgres")
TEMPLATE = "primum_template"
_numbers = count(1)
_migrate = schema.migrate
_made: list[str] = []


def migrate_once(connection: Connection) -> None:
    """
    Migrate as the product does, and an empty SQLite database only once per process.

    A dozen migrations take half a second, and hundreds of tests begin with a ledger of their own; each further one is
    given the tables, guards and rows that the migrations left in the first, and a name of its own.
    """
    if connection.dialect.name != "sqlite" or schema.version_of(connection) is not None:
        _migrate(connection)
    elif _made:
        for statement in _made:
            connection.exec_driver_sql(statement)
        connection.execute(LogState.__table__.update().values(origin=log.new_origin()))
    else:
        _migrate(connection)
        dumped = connection.connection.driver_connection.iterdump()
        _made.extend(one for one in dumped if one not in ("BEGIN TRANSACTION;", "COMMIT;"))


schema.migrate = migrate_once


@pytest.fixture
def real_migrations(monkeypatch):
    """Migrate each ledger of a test as the product does."""
    monkeypatch.setattr(schema, "migrate", _migrate)


@pytest.fixture(scope="session")
def postgres_server():
    """A server; its template database has the ledger's tables already."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server, tmp_path_factory):
    postgres_server.run(f"CREATE DATABASE {TEMPLATE}")
    Ledger.open(postgres_server.url(TEMPLATE), key=tmp_path_factory.mktemp("key") / "ledger.key").close()
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("template")
    Ledger.open(f"sqlite:///{folder / 'ledger.db'}", key=folder / "ledger.key").close()
    return folder / "ledger.db"


@pytest.fixture
def ledger_key(tmp_path) -> Path:
    """Where this test's signing key is, or will be."""
    return tmp_path / "ledger.key"


@pytest.fixture
def empty_postgres_url(postgres_server):
    """A new database without any table."""
    yield from _database(postgres_server, template="template0")


@pytest.fixture
def postgres_url(postgres_server, postgres_template):
    """A new database with the ledger's tables."""
    yield from _database(postgres_server, template=postgres_template)


def _database(server, *, template):
    name = f"ledger_{next(_numbers)}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path):
    """A new file with the ledger's tables."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'ledger.db')}"


@pytest.fixture
def sqlite_ledger(sqlite_url, ledger_key):
    with Ledger.open(sqlite_url, key=ledger_key) as opened:
        yield opened


@pytest.fixture
def postgres_ledger(postgres_url, ledger_key):
    with Ledger.open(postgres_url, key=ledger_key) as opened:
        yield opened


@pytest.fixture(params=ENGINES)
def ledger_url(request):
    """The address of a ledger on each engine in turn."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def ledger(ledger_url, ledger_key):
    """A ledger on each engine in turn."""
    with Ledger.open(ledger_url, key=ledger_key) as opened:
        yield opened
