"""The first tables, and the triggers that keep history as it was."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard

revision = "0001"
down_revision = None

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
NEVER_UPDATED = ("entry", "checkpoint", "gate_transition", "vote", "promotion", "evaluation")
CHANGING = ("rollout", "evidence", "document", "gate", "exposure", "suspension", "waiver")

METADATA = sa.MetaData(naming_convention=NAMES)


def _text(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=null) for name in names]


def _moment(*names: str, null: bool = False) -> list[sa.Column[datetime]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=null) for name in names]


def _plain(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.JSON(), nullable=null) for name in names]


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _key(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(), primary_key=True)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)


def _of(table: str, column: str | None = None, target: str = "id", kind: type = sa.String) -> sa.Column[Any]:
    reference = sa.ForeignKey(f"{table}.{target}", deferrable=True, initially="DEFERRED")
    return sa.Column(column or table, kind(), reference, nullable=False, index=True)


sa.Table(
    "entry",
    METADATA,
    _number("position"),
    *_text("kind"),
    sa.Column("rollout", sa.String(), nullable=False, index=True),
    *_text("person"),
    *_moment("at"),
    *_text("body", "leaf"),
)
sa.Table("checkpoint", METADATA, _number("size"), *_text("root"), *_moment("at"), *_text("key_id", "signature"))
sa.Table("log_state", METADATA, _number("id"), *_text("origin"), *_whole("size"), *_plain("frontier"))
sa.Table(
    "rollout",
    METADATA,
    _key(),
    *_text("title", "institution", "kind", "stage"),
    *_moment("stage_since"),
    *_text("tier", "policy_id", "policy_digest", "bundle_digest", "bundle", "spec", "spec_path", "registered_by"),
    *_moment("registered_at"),
    *_whole("revision"),
)
sa.Table(
    "evidence",
    METADATA,
    _key(),
    _of("rollout"),
    *_text("name", "kind"),
    *_plain("stages"),
    *_text("location", "digest"),
    sa.Column("rows", sa.BigInteger(), nullable=False),
    *_plain("columns"),
    *_text("author"),
    *_moment("measured_on", "registered_at"),
    *_text("registered_by"),
    *_moment("superseded_at", null=True),
)
sa.Table(
    "document",
    METADATA,
    _key(),
    _of("rollout"),
    *_text("kind", "title", "location", "digest", "author"),
    *_moment("issued_on"),
    *_moment("expires_on", null=True),
    *_moment("registered_at"),
    *_moment("superseded_at", null=True),
)
sa.Table(
    "gate",
    METADATA,
    _key(),
    _of("rollout"),
    *_text("name", "stage"),
    *_whole("revision"),
    *_text("state"),
    *_text("subject_digest", "evaluation_id", "requested_by", null=True),
    *_moment("opened_at"),
    *_moment("expires_at", null=True),
    *_moment("state_since"),
    sa.UniqueConstraint("rollout", "name", "revision"),
)
sa.Table(
    "evaluation",
    METADATA,
    _key(),
    _of("rollout"),
    _of("gate", "gate_id"),
    *_text("stage", "snapshot", "digest", "outcome"),
    *_text("tracking_run", null=True),
    *_text("tracking_manifest", null=True),
    *_moment("at"),
)
sa.Table(
    "gate_transition",
    METADATA,
    _key(),
    _of("gate", "gate_id"),
    *_text("state_from", null=True),
    *_text("state_to", "person"),
    *_moment("at"),
    *_text("reason", "salt"),
    *_text("subject_digest", null=True),
)
sa.Table(
    "vote",
    METADATA,
    _key(),
    _of("gate", "gate_id"),
    *_text("seat", "person", "organisation", "printed_name", "answer", "meaning", "reason", "salt"),
    *_plain("contingency", "conditions", null=True),
    *_text("shown_digest", "policy_digest", "channel", "authentication"),
    *_moment("at"),
    *_text("zone"),
    sa.UniqueConstraint("gate_id", "person"),
    sa.UniqueConstraint("gate_id", "seat", "person"),
)
sa.Table(
    "promotion",
    METADATA,
    _key(),
    _of("rollout"),
    *_text("stage_from", "stage_to", "subject_digest"),
    _of("gate", "gate_id"),
    *_text("person"),
    *_moment("at"),
    sa.UniqueConstraint("rollout", "stage_from", "subject_digest"),
    sa.UniqueConstraint("gate_id"),
)
sa.Table(
    "exposure",
    METADATA,
    _key(),
    _of("rollout"),
    *_moment("at"),
    *_text("state"),
    *_plain("conditions", null=True),
    *_text("cause"),
)
sa.Table(
    "suspension",
    METADATA,
    _key(),
    _of("rollout"),
    *_text("person"),
    *_moment("at"),
    *_text("reason", "salt"),
    *_text("lifted_by", null=True),
    *_moment("lifted_at", null=True),
    *_text("lifted_reason", null=True),
)
sa.Table(
    "waiver",
    METADATA,
    _key(),
    _of("rollout"),
    *_text("criterion", "reason", "salt"),
    *_plain("approvers"),
    *_moment("granted_at", "expires_at"),
)
sa.Table(
    "outbox_message",
    METADATA,
    _key(),
    *_text("kind", "rollout"),
    *_text("gate", null=True),
    *_plain("body"),
    _of("entry", "cause", "position", sa.Integer),
    *_moment("created_at"),
    *_moment("delivered_at", null=True),
    *_whole("attempts"),
    *_text("last_error", null=True),
)

POSTGRES_REFUSAL = """
CREATE FUNCTION primum_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is never %', TG_TABLE_NAME, TG_ARGV[0];
END $$
"""


def upgrade() -> None:
    """Make the tables and their guards."""
    connection = op.get_bind()
    METADATA.create_all(connection)
    if connection.dialect.name == "postgresql":
        op.execute(POSTGRES_REFUSAL)
    guard(never_changed=NEVER_UPDATED, never_deleted=(*CHANGING, "log_state"))
