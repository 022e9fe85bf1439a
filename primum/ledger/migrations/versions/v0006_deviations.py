"""Deviations from the protocol that reconciliation finds."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables and their guards."""
