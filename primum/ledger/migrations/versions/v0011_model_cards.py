"""Versions of the model card."""

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard, key, moments, of, plain, text, whole

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "model_card_version",
        key(),
        of("rollout"),
        *whole("number"),
        *text("model_version", "bundle_digest"),
        *text("evaluation_id", null=True),
        *text("content", "digest"),
        *text("previous", null=True),
        *plain("changes", "guidelines", "approvers"),
        *text("cause", "subject", "person"),
        *moments("at"),
        sa.UniqueConstraint("rollout", "number"),
        sa.UniqueConstraint("rollout", "cause", "subject"),
    )
    guard(never_changed=("model_card_version",))
