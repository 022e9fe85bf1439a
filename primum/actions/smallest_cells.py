"""How small a count may be told: what the policy a rollout was registered with says (P9)."""

import json

from primum.actions.workplace import Workplace
from primum.ledger import reading

# For a rollout that was registered before a policy's smallest cell was kept with it.
SMALLEST_CELL = 10


def smallest_cell_of(*, rollout: str, workplace: Workplace) -> int:
    """Return the smallest count of people that may be told about a rollout."""
    with workplace.ledger.reading() as session:
        record = reading.rollout(session, rollout=rollout)
    return int(json.loads(record.spec).get("smallest_cell", SMALLEST_CELL)) if record else SMALLEST_CELL


def told_count(count: int, *, smallest_cell: int) -> str:
    """Return a count as it may be told; nobody is not small."""
    return f"fewer than {smallest_cell}" if 0 < count < smallest_cell else f"{count:,}"
