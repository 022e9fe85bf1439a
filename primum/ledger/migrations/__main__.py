"""Bring an older ledger up to this version: ``python -m primum.ledger.migrations URL``."""

import sys

from primum.ledger.database import LedgerUnreachable, SchemaRefused, upgrade

try:
    upgrade(sys.argv[1])
except IndexError:
    sys.exit("Name the ledger to bring up: python -m primum.ledger.migrations URL")
except (LedgerUnreachable, SchemaRefused) as refused:
    sys.exit(str(refused))
