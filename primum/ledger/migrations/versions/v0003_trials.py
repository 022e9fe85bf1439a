"""Locked protocols and allocations."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard

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
    guard(never_changed=NEVER_CHANGED)
