"""Randomisation lists that somebody else drew, sealed."""

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard, key, moments, of, text, whole

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "concealed_list",
        key(),
        of("rollout"),
        *whole("number"),
        *text("protocol", "kind", "seed"),
        *whole("places", "warn_at"),
        *text("digest", "person"),
        *moments("at"),
        sa.UniqueConstraint("rollout", "number"),
    )
    op.create_table(
        "concealed_places",
        key(),
        of("concealed_list"),
        *text("stratum"),
        *whole("first", "places"),
        *text("sealed"),
        sa.UniqueConstraint("concealed_list", "stratum"),
    )
    guard(never_changed=("concealed_list", "concealed_places"))
