"""What a person or a flow can do: one transaction, one ledger entry."""
