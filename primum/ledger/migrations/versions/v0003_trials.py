"""Locked protocols and allocations."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NEVER_CHANGED = ("protocol_version", "allocation_batch", "allocation")


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _of_rollout() -> sa.Column[Any]:
    reference = sa.ForeignKey("rollout.id", deferrable=True, initially="DEFERRED")
    return sa.Column("rollout", sa.String(), reference, nullable=False, index=True)


def upgrade() -> None:
    """Make the tables and their guards; no row of them is ever changed or deleted."""
    op.create_table(
        "protocol_version",
        sa.Column("id", sa.String(), primary_key=True),
        _of_rollout(),
        *_whole("version"),
        *_text("change", "digest", "criteria_digest", "content", "person", "printed_name", "roles", "meaning"),
        *_text("reason", "salt", "channel", "authentication"),
        _moment("at"),
        *_text("zone"),
        sa.UniqueConstraint("rollout", "version"),
    )
    op.create_table(
        "allocation_batch",
        sa.Column("id", sa.String(), primary_key=True),
        _of_rollout(),
        *_text("protocol", "method", "seed"),
        *_whole("units"),
        *_text("digest", "person"),
        _moment("at"),
    )
    op.create_table(
        "allocation",
        sa.Column("rollout", sa.String(), primary_key=True),
        sa.Column("unit", sa.String(), primary_key=True),
        *_whole("number"),
        *_text("protocol", "stratum"),
        *_whole("position"),
        *_text("arm"),
        sa.Column("batch", sa.String(), nullable=False, index=True),
    )
    op.create_index("ix_allocation_stratum", "allocation", ["rollout", "protocol", "stratum", "position"], unique=True)
    op.create_index("ix_allocation_number", "allocation", ["rollout", "number"], unique=True)
    guard = _guard_on_postgres if op.get_bind().dialect.name == "postgresql" else _guard_on_sqlite
    for table in NEVER_CHANGED:
        guard(table, "UPDATE", "changed")
        guard(table, "DELETE", "deleted")


def _guard_on_sqlite(table: str, event: str, word: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_never_{word} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'a row of {table} is never {word}'); END"
    )


def _guard_on_postgres(table: str, event: str, word: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_never_{word} BEFORE {event} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION primum_refuse('{word}')"
    )
    if event == "DELETE":
        op.execute(
            f"CREATE TRIGGER {table}_never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION primum_refuse('truncated')"
        )
