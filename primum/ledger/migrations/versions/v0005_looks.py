"""Interim looks, their order and what they cost."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables and their guards."""
