"""The steps of a guideline change, one after the other."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables and their guards."""
