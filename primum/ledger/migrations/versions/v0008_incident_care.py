"""Regulator clocks, redress, reports and notices of an incident."""

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard, key, moments, of, plain, text, yes_no

revision = "0008"
down_revision = "0007"

NEVER_UPDATED = (
    "incident_finding",
    "care_reminder",
    "suspension_notice",
    "exposed_list",
    "resumption_gate",
    "incident_publication",
    "pack_signature",
)


def upgrade() -> None:
    """Make the tables and their guards."""
    for column in (*text("harm", "used_by", "encounter", null=True), *plain("basis", null=True)):
        op.add_column("incident", column)
    op.add_column("suspension", yes_no("for_harm", null=True)[0])
    _findings()
    _clocks()
    _suspensions()
    _signatures()
    guard(never_changed=NEVER_UPDATED, never_deleted=("redress", "regulator_clock"))


def _findings() -> None:
    op.create_table(
        "incident_finding",
        key(),
        of("rollout"),
        of("incident", "incident_id"),
        *text("kind", "value"),
        *plain("basis", null=True),
        *text("person", "note", "salt"),
        *moments("at"),
    )
    op.create_table(
        "redress",
        key(),
        of("rollout"),
        of("incident", "incident_id"),
        *text("way", "what", "salt", "offered_by"),
        *moments("offered_at"),
        *text("closed_by", null=True),
        *moments("closed_at", null=True),
        *text("outcome", "note", null=True),
    )


def _clocks() -> None:
    op.create_table(
        "regulator_clock",
        key(),
        of("rollout"),
        of("incident", "incident_id"),
        *text("jurisdiction", "pack", "rule", "title", "duty"),
        *plain("recipients"),
        *text("source", "zone"),
        *moments("aware_at"),
        *moments("due_at", null=True),
        *text("unknown", "submitted_by", null=True),
        *moments("submitted_at", "recorded_at", null=True),
        *text("reference", "ended_by", null=True),
        *moments("ended_at", null=True),
        sa.UniqueConstraint("incident_id", "jurisdiction", "rule"),
    )
    op.create_table(
        "care_reminder",
        key(),
        of("rollout"),
        *text("subject", "step"),
        *plain("people"),
        *moments("at"),
        sa.UniqueConstraint("subject", "step"),
    )


def _suspensions() -> None:
    op.create_table(
        "suspension_notice",
        key(),
        of("rollout"),
        of("suspension", "suspension_id"),
        *text("site"),
        *moments("due_at", "at"),
        sa.UniqueConstraint("suspension_id", "site"),
    )
    op.create_table(
        "exposed_list",
        key(),
        of("rollout"),
        of("suspension", "suspension_id"),
        *moments("since", "until"),
        *text("bundle", "file", "digest"),
        *plain("counts"),
        *text("person"),
        *moments("at"),
        sa.UniqueConstraint("suspension_id"),
    )
    op.create_table(
        "resumption_gate",
        key(),
        of("rollout"),
        of("suspension", "suspension_id"),
        of("gate", "gate_id"),
        *text("person"),
        *moments("at"),
        sa.UniqueConstraint("gate_id"),
    )


def _signatures() -> None:
    op.create_table(
        "incident_publication",
        key(),
        of("rollout"),
        *text("begins", "ends"),
        *plain("content"),
        *text("digest", "person", "printed_name", "role", "reason", "salt"),
        *moments("at"),
    )
    op.create_table(
        "pack_signature",
        key(),
        *text("jurisdiction", "digest"),
        *plain("content"),
        *text("person", "printed_name", "role", "reason", "salt"),
        *moments("at"),
        sa.UniqueConstraint("digest"),
    )
