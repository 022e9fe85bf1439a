"""Guideline versions and who follows them."""

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard, key, moments, of, plain, text, whole, yes_no

revision = "0009"
down_revision = "0008"

NEVER_UPDATED = ("guideline_version", "relabelling", "look_back", "look_back_progress")
COMPARED = ("old", "old_digest", "new", "new_digest", "evidence", "evidence_digest")


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "guideline_version",
        key(),
        sa.Column("guideline", sa.String(), nullable=False, index=True),
        *text("version", "digest", "content", "published_on", "effective_on", "publisher", "channel"),
        *moments("at"),
        sa.UniqueConstraint("guideline", "version"),
    )
    op.create_table("guideline_request", key("fingerprint"), *moments("seen_at", index=True))
    op.create_table(
        "relabelling", key(), of("rollout"), *text(*COMPARED), *plain("counts"), *text("person"), *moments("at")
    )
    op.create_table(
        "look_back",
        key(),
        of("rollout"),
        *text(*COMPARED, "advice"),
        *plain("counts"),
        *text("seal", "person"),
        *moments("at"),
        sa.UniqueConstraint("rollout", "old_digest", "new_digest", "evidence_digest"),
    )
    op.create_table(
        "look_back_progress",
        key(),
        of("look_back"),
        *whole("number"),
        of("rollout"),
        *plain("counts"),
        *yes_no("complete"),
        *text("person"),
        *moments("at"),
        sa.UniqueConstraint("look_back", "number"),
    )
    guard(never_changed=NEVER_UPDATED)
