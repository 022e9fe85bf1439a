"""The steps of a guideline change, one after the other."""

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard, key, moments, of, plain, text

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "guideline_change",
        key(),
        of("rollout"),
        sa.Column("guideline", sa.String(), nullable=False, index=True),
        *text("guideline_before", "bundle_before", "stage", "person"),
        *moments("at"),
        sa.UniqueConstraint("rollout", "guideline"),
    )
    op.create_table(
        "change_step",
        key(),
        of("guideline_change", "change_id"),
        *text("step"),
        *plain("said"),
        *text("person", "reason", "salt"),
        *moments("at"),
    )
    guard(never_changed=("guideline_change", "change_step"))
