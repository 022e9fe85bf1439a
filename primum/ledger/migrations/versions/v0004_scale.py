"""Waves, holds, and what sites have acknowledged."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard

revision = "0004"
down_revision = "0003"

NEVER_UPDATED = ("wave_step", "site_acknowledgement")


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
    guard(never_changed=NEVER_UPDATED, never_deleted=("hold",))
