"""Deviations from the protocol that reconciliation finds."""

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard, key, moments, of, text

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table and its guard."""
    op.create_table(
        "deviation",
        key(),
        of("rollout"),
        *text("site", "day", "kind"),
        sa.Column("outputs", sa.Integer(), nullable=False),
        *text("digest", "person"),
        *moments("at"),
        *text("salt"),
        *text("reviewed_by", null=True),
        *moments("reviewed_at", null=True),
        *text("reason", null=True),
        sa.UniqueConstraint("rollout", "digest"),
    )
    guard(never_deleted=("deviation",))
