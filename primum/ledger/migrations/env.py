"""Run by alembic: migrates over the connection it is given, inside that connection's transaction."""

from alembic import context

from primum.ledger.tables import Record

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Record.metadata,
    compare_type=True,
)
context.run_migrations()
