"""Waves, holds, and what sites have acknowledged."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NEVER_UPDATED = ("wave_step", "site_acknowledgement")
NEVER_DELETED = (*NEVER_UPDATED, "hold")


def _text(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=null) for name in names]


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _key_and_rollout() -> list[sa.Column[Any]]:
    reference = sa.ForeignKey("rollout.id", deferrable=True, initially="DEFERRED")
    return [
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("rollout", sa.String(), reference, nullable=False, index=True),
    ]


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "wave_step",
        *_key_and_rollout(),
        *_text("wave"),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("back", sa.Boolean(), nullable=False),
        *_text("person", "reason", "salt"),
        _moment("at"),
    )
    op.create_table(
        "hold",
        *_key_and_rollout(),
        *_text("person", "reason", "salt"),
        _moment("at"),
        *_text("lifted_by", null=True),
        _moment("lifted_at", null=True),
        *_text("lifted_reason", null=True),
    )
    op.create_table(
        "site_acknowledgement",
        *_key_and_rollout(),
        *_text("subject", "site", "person", "channel"),
        _moment("at"),
        sa.UniqueConstraint("subject", "site"),
    )
    guard = _guard_on_postgres if op.get_bind().dialect.name == "postgresql" else _guard_on_sqlite
    for table in NEVER_UPDATED:
        guard(table, "UPDATE", "changed")
    for table in NEVER_DELETED:
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
