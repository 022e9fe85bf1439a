"""Signing, people and Slack: delegations, intents, contingencies, incidents; accounts and sessions; receipts."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from primum.ledger.migrations.parts import guard

revision = "0002"
down_revision = "0001"

NEVER_UPDATED = ("reminder", "resumption_vote")
CHANGING = ("conflict_of_interest", "contingency", "delegation", "incident", "intent", "outside_identity")


def _text(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.String(), nullable=null) for name in names]


def _found_by(name: str, *, null: bool = False, unique: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=null, index=True, unique=unique)


def _moment(*names: str, null: bool = False, index: bool = False) -> list[sa.Column[datetime]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=null, index=index) for name in names]


def _plain(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.JSON(), nullable=null) for name in names]


def _whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _key(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(), primary_key=True)


def _of(table: str, column: str | None = None) -> sa.Column[Any]:
    reference = sa.ForeignKey(f"{table}.id", deferrable=True, initially="DEFERRED")
    return sa.Column(column or table, sa.String(), reference, nullable=False, index=True)


def upgrade() -> None:
    """Make the tables, their guards, and the columns that older tables lack."""
    _widen()
    _signing()
    _incidents()
    _people()
    _slack()
    guard(never_changed=NEVER_UPDATED, never_deleted=CHANGING)


def _widen() -> None:
    for column in (*_text("on_behalf_of", "intent_id", null=True), *_moment("authenticated_at", null=True)):
        op.add_column("vote", column)
    for moment in _moment("next_attempt_at", "parked_at", null=True):
        op.add_column("outbox_message", moment)


def _signing() -> None:
    op.create_table(
        "delegation",
        _key(),
        *_text("role"),
        *_plain("rollouts"),
        _found_by("person"),
        _found_by("deputy"),
        *_moment("starts_at", "ends_at"),
        *_text("reason", "salt", "channel"),
        *_moment("made_at"),
        *_moment("revoked_at", null=True),
        *_text("revoked_by", null=True),
    )
    op.create_table(
        "conflict_of_interest",
        _key(),
        _of("rollout"),
        _found_by("person"),
        *_text("reason", "salt", "channel"),
        *_moment("declared_at"),
        *_moment("withdrawn_at", null=True),
    )
    op.create_table(
        "intent",
        _key(),
        _of("gate", "gate_id"),
        _found_by("person"),
        *_text("seat", "answer", "meaning", "reason", "salt"),
        *_plain("contingency", "conditions", null=True),
        *_text("on_behalf_of", null=True),
        *_text("shown_digest", "channel", "zone"),
        *_moment("at", "expires_at"),
        _found_by("code_digest", unique=True),
        *_moment("used_at", null=True),
        *_whole("failures"),
    )
    op.create_table(
        "contingency",
        _key(),
        _of("gate", "gate_id"),
        _of("rollout"),
        *_text("person", "what", "salt", "owner"),
        *_moment("due_at", "at"),
        *_moment("closed_at", null=True),
        *_text("closed_by", "note", null=True),
        *_moment("overdue_at", null=True),
    )
    op.create_table(
        "reminder",
        _key(),
        _of("gate", "gate_id"),
        *_text("person", "seat", "step"),
        *_moment("at"),
        sa.UniqueConstraint("gate_id", "person", "step"),
    )


def _incidents() -> None:
    op.create_table(
        "resumption_vote",
        _key(),
        _of("suspension", "suspension_id"),
        *_text("person", "printed_name", "role", "reason", "salt", "channel", "authentication"),
        *_moment("at"),
        sa.UniqueConstraint("suspension_id", "person"),
    )
    op.create_table(
        "incident",
        _key(),
        _of("rollout"),
        *_text("site", "severity", "category", "what", "salt", "reporter", "channel"),
        *_moment("occurred_at", "reported_at"),
        *_text("confirmed_by", null=True),
        *_moment("confirmed_at", null=True),
        *_text("suspension_id", "closed_by", null=True),
        *_moment("closed_at", null=True),
        *_text("note", null=True),
    )


def _people() -> None:
    op.create_table(
        "outside_identity",
        _key(),
        _found_by("person"),
        *_text("kind", "realm", "subject"),
        sa.Column("active_key", sa.String(), nullable=True, unique=True),
        *_moment("pinned_at"),
        *_text("pinned_by"),
        *_moment("ended_at", null=True),
        *_text("ended_by", null=True),
    )
    op.create_table(
        "account",
        _key("person"),
        *_text("password", null=True),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        *_moment("made_at"),
        *_moment("password_changed_at", null=True),
        *_whole("failures"),
        *_moment("locked_until", "ended_at", null=True),
    )
    op.create_table(
        "invitation",
        _key("digest"),
        _found_by("person"),
        *_text("purpose"),
        sa.Column("administrator", sa.Boolean(), nullable=False),
        *_text("claim", null=True),
        *_text("made_by"),
        *_moment("made_at", "expires_at"),
        *_moment("used_at", null=True),
    )
    op.create_table(
        "web_session",
        _key("digest"),
        _found_by("person"),
        *_text("method", "csrf"),
        *_moment("authenticated_at", "made_at", "seen_at", "ends_at"),
        *_moment("ended_at", null=True),
        *_text("outside", null=True),
        *_text("zone"),
    )
    op.create_table(
        "api_token",
        _key(),
        _found_by("digest", unique=True),
        _found_by("person"),
        *_text("name"),
        *_plain("scopes"),
        *_moment("made_at", "expires_at"),
        *_moment("ended_at", "used_at", null=True),
    )


def _slack() -> None:
    op.create_table(
        "slack_receipt",
        _key("key"),
        *_text("kind", "team", "user"),
        *_plain("payload"),
        *_moment("received_at", index=True),
        *_moment("done_at", null=True),
        *_whole("attempts"),
        *_text("last_error", null=True),
    )
    op.create_table("slack_signature", _key("fingerprint"), *_moment("seen_at", index=True))
    op.create_table(
        "slack_post",
        _key(),
        *_text("channel"),
        _found_by("ts", null=True),
        *_text("thread_ts", null=True),
        _found_by("gate", null=True),
        *_text("person", null=True),
        *_text("state"),
        *_text("digest", "figure", null=True),
        *_moment("made_at"),
        *_moment("updated_at", null=True),
    )
