"""What was decided: tables, transactions and the Merkle log."""
