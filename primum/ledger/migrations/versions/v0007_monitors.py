"""What monitors read, and the alarms they raised."""

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard, key, moments, of, text, whole, yes_no

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "monitor_report",
        key(),
        of("rollout"),
        *text("monitor"),
        *whole("rows", "corrected"),
        *text("digest", "reason", "salt", "person", "channel"),
        *moments("at"),
    )
    op.create_table(
        "monitor_counts",
        *text("rollout", "monitor", "period", "site", "subgroup"),
        *whole("version"),
        *text("counts"),
        sa.Column("report", sa.String(), nullable=False, index=True),
        sa.PrimaryKeyConstraint("rollout", "monitor", "period", "site", "subgroup", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "monitor_tick",
        key(),
        of("rollout"),
        *whole("readings"),
        *text("digest", "analysis_version"),
        *moments("at"),
    )
    op.create_table(
        "monitor_reading",
        *text("rollout", "monitor"),
        *moments("slot"),
        *text("state", "period"),
        *whole("places", "alarms", "fresh", "quiet"),
        *yes_no("shadow"),
        *text("sentence", "found"),
        sa.Column("tick", sa.String(), nullable=False, index=True),
        *moments("at"),
        sa.PrimaryKeyConstraint("rollout", "monitor", "slot"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "monitor_alarm",
        key(),
        of("rollout"),
        *text("monitor", "cause", "site", "subgroup", "measure", "period", "action", "owner", "sentence"),
        *moments("raised_at"),
        *text("hold_id", "suspension_id", "acknowledged_by", null=True),
        *moments("acknowledged_at", null=True),
        *text("finding", "note", null=True),
        *text("salt"),
        *moments("over_at", null=True),
    )
    guard(
        never_changed=("monitor_report", "monitor_counts", "monitor_tick", "monitor_reading"),
        never_deleted=("monitor_alarm",),
    )
