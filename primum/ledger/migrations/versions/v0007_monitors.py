"""What monitors read, and the alarms they raised."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables and their guards."""
