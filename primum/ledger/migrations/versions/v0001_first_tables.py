"""The first tables, and the triggers that keep history as it was."""

import sqlalchemy as sa
from alembic import op

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
NEVER_DELETED = (*NEVER_UPDATED, *CHANGING, "log_state")

METADATA = sa.MetaData(naming_convention=NAMES)


def text(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=null) for name in names]


def moment(*names: str, null: bool = False) -> list[sa.Column[sa.DateTime]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=null) for name in names]


def plain(*names: str, null: bool = False) -> list[sa.Column[sa.JSON]]:
    return [sa.Column(name, sa.JSON(), nullable=null) for name in names]


def whole(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def key(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.String(), primary_key=True)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), primary_key=True, autoincrement=False)


def of(table: str, column: str | None = None, target: str = "id", kind: type = sa.String) -> sa.Column[str]:
    reference = sa.ForeignKey(f"{table}.{target}", deferrable=True, initially="DEFERRED")
    return sa.Column(column or table, kind(), reference, nullable=False, index=True)


sa.Table(
    "entry",
    METADATA,
    number("position"),
    *text("kind"),
    sa.Column("rollout", sa.String(), nullable=False, index=True),
    *text("person"),
    *moment("at"),
    *text("body", "leaf"),
)
sa.Table("checkpoint", METADATA, number("size"), *text("root"), *moment("at"), *text("key_id", "signature"))
sa.Table("log_state", METADATA, number("id"), *text("origin"), *whole("size"), *plain("frontier"))
sa.Table(
    "rollout",
    METADATA,
    key(),
    *text("title", "institution", "kind", "stage"),
    *moment("stage_since"),
    *text("tier", "policy_id", "policy_digest", "bundle_digest", "bundle", "spec", "spec_path", "registered_by"),
    *moment("registered_at"),
    *whole("revision"),
)
sa.Table(
    "evidence",
    METADATA,
    key(),
    of("rollout"),
    *text("name", "kind"),
    *plain("stages"),
    *text("location", "digest"),
    sa.Column("rows", sa.BigInteger(), nullable=False),
    *plain("columns"),
    *text("author"),
    *moment("measured_on", "registered_at"),
    *text("registered_by"),
    *moment("superseded_at", null=True),
)
sa.Table(
    "document",
    METADATA,
    key(),
    of("rollout"),
    *text("kind", "title", "location", "digest", "author"),
    *moment("issued_on"),
    *moment("expires_on", null=True),
    *moment("registered_at"),
    *moment("superseded_at", null=True),
)
sa.Table(
    "gate",
    METADATA,
    key(),
    of("rollout"),
    *text("name", "stage"),
    *whole("revision"),
    *text("state"),
    *text("subject_digest", "evaluation_id", "requested_by", null=True),
    *moment("opened_at"),
    *moment("expires_at", null=True),
    *moment("state_since"),
    sa.UniqueConstraint("rollout", "name", "revision"),
)
sa.Table(
    "evaluation",
    METADATA,
    key(),
    of("rollout"),
    of("gate", "gate_id"),
    *text("stage", "snapshot", "digest", "outcome"),
    *text("tracking_run", null=True),
    *moment("at"),
)
sa.Table(
    "gate_transition",
    METADATA,
    key(),
    of("gate", "gate_id"),
    *text("state_from", null=True),
    *text("state_to", "person"),
    *moment("at"),
    *text("reason", "salt"),
    *text("subject_digest", null=True),
)
sa.Table(
    "vote",
    METADATA,
    key(),
    of("gate", "gate_id"),
    *text("seat", "person", "organisation", "printed_name", "answer", "meaning", "reason", "salt"),
    *plain("contingency", "conditions", null=True),
    *text("shown_digest", "policy_digest", "channel", "authentication"),
    *moment("at"),
    *text("zone"),
    sa.UniqueConstraint("gate_id", "person"),
    sa.UniqueConstraint("gate_id", "seat", "person"),
)
sa.Table(
    "promotion",
    METADATA,
    key(),
    of("rollout"),
    *text("stage_from", "stage_to", "subject_digest"),
    of("gate", "gate_id"),
    *text("person"),
    *moment("at"),
    sa.UniqueConstraint("rollout", "stage_from", "subject_digest"),
    sa.UniqueConstraint("gate_id"),
)
sa.Table(
    "exposure",
    METADATA,
    key(),
    of("rollout"),
    *moment("at"),
    *text("state"),
    *plain("conditions", null=True),
    *text("cause"),
)
sa.Table(
    "suspension",
    METADATA,
    key(),
    of("rollout"),
    *text("person"),
    *moment("at"),
    *text("reason", "salt"),
    *text("lifted_by", null=True),
    *moment("lifted_at", null=True),
    *text("lifted_reason", null=True),
)
sa.Table(
    "waiver",
    METADATA,
    key(),
    of("rollout"),
    *text("criterion", "reason", "salt"),
    *plain("approvers"),
    *moment("granted_at", "expires_at"),
)
sa.Table(
    "outbox_message",
    METADATA,
    key(),
    *text("kind", "rollout"),
    *text("gate", null=True),
    *plain("body"),
    of("entry", "cause", "position", sa.Integer),
    *moment("created_at"),
    *moment("delivered_at", null=True),
    *whole("attempts"),
    *text("last_error", null=True),
)

POSTGRES_REFUSAL = """
CREATE FUNCTION primum_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is never %', TG_TABLE_NAME, TG_ARGV[0];
END $$
"""


def upgrade() -> None:
    connection = op.get_bind()
    METADATA.create_all(connection)
    if connection.dialect.name == "postgresql":
        op.execute(POSTGRES_REFUSAL)
    guard = _guard_on_postgres if connection.dialect.name == "postgresql" else _guard_on_sqlite
    for table in NEVER_UPDATED:
        guard(table, "UPDATE", "changed")
    for table in NEVER_DELETED:
        guard(table, "DELETE", "deleted")


def _guard_on_sqlite(table: str, event: str, word: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_never_{word} BEFORE {event} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'a row of {table} is never {word}'); END"
    )


def _guard_on_postgres(table: str, event: str, word: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_never_{word} BEFORE {event} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION primum_refuse('{word}')"
    )
    if event == "DELETE":
        op.execute(
            f"CREATE TRIGGER {table}_never_truncated BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION primum_refuse('truncated')"
        )
