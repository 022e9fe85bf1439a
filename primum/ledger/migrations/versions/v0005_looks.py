"""Interim looks, their order and what they cost."""

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard, key, moments, of, text, whole, yes_no

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "look",
        key(),
        of("rollout"),
        *text("protocol"),
        *whole("version"),
        *whole("number", null=True),
        *whole("information", "planned"),
        *text("data", "sample_ratio", "outcome", "told", "sentence", "statistics"),
        *yes_no("afterwards"),
        *text("suspension", null=True),
        *text("person", "reason", "salt"),
        *moments("at"),
        sa.UniqueConstraint("rollout", "data"),
    )
    guard(never_changed=("look",))
