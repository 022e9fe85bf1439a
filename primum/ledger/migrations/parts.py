"""What migrations from 0005 on are made of: columns, and the guards that keep history as it was."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op


def text(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    """Return columns of text."""
    return [sa.Column(name, sa.String(), nullable=null) for name in names]


def whole(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    """Return columns of whole numbers, however large."""
    return [sa.Column(name, sa.BigInteger(), nullable=null) for name in names]


def yes_no(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    """Return columns of yes and no."""
    return [sa.Column(name, sa.Boolean(), nullable=null) for name in names]


def moments(*names: str, null: bool = False, index: bool = False) -> list[sa.Column[Any]]:
    """Return columns of moments, with their zone."""
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=null, index=index) for name in names]


def plain(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    """Return columns of plain JSON."""
    return [sa.Column(name, sa.JSON(), nullable=null) for name in names]


def key(name: str = "id") -> sa.Column[Any]:
    """Return the primary key, an id nobody can guess."""
    return sa.Column(name, sa.String(), primary_key=True)


def of(table: str, column: str | None = None, *, null: bool = False) -> sa.Column[Any]:
    """Return a reference to a row of another table, checked when the transaction commits."""
    reference = sa.ForeignKey(f"{table}.id", deferrable=True, initially="DEFERRED")
    return sa.Column(column or table, sa.String(), reference, nullable=null, index=True)


def guard(*, never_changed: Iterable[str] = (), never_deleted: Iterable[str] = ()) -> None:
    """Make the database itself refuse changes of rows of some tables, and deletions of rows of these and others."""
    for table in (unchanging := tuple(never_changed)):
        _refuse(table, event="UPDATE", word="changed")
    for table in (*unchanging, *never_deleted):
        _refuse(table, event="DELETE", word="deleted")


def _refuse(table: str, *, event: str, word: str) -> None:
    trigger = f"CREATE TRIGGER {table}_never_{word} BEFORE {event} ON {table}"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"{trigger} BEGIN SELECT RAISE(ABORT, 'a row of {table} is never {word}'); END")
        return
    op.execute(f"{trigger} FOR EACH ROW EXECUTE FUNCTION primum_refuse('{word}')")
    if event == "DELETE":
        op.execute(
            f"CREATE TRIGGER {table}_never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION primum_refuse('truncated')"
        )
