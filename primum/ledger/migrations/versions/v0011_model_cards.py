"""Versions of the model card, and what patient-facing answers were tried."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables and their guards."""
