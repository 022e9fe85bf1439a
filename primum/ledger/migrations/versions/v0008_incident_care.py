"""Regulator clocks, redress, reports and notices of an incident."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables and their guards."""
