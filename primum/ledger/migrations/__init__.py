"""Versions of the ledger's tables, for alembic."""
