"""Writing who may receive output from now on, after everything that was written before, whatever a clock says."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from primum.ledger import reading
from primum.ledger.tables import Exposure
from primum.ledger.transactions import Transaction

STEP = timedelta(microseconds=1)


def expose(
    tx: Transaction, *, rollout: str, at: datetime, state: str, cause: str, conditions: Mapping[str, Any] | None = None
) -> Exposure:
    """
    Add the exposure that counts from now on; the rollout is locked by the caller.

    The newest row is the one in force. Two of one instant, or a clock that is behind another machine's,
    must not put this one before the last, so it comes a microsecond after it at the earliest.
    """
    last = reading.exposure(tx.session, rollout=rollout)
    moment = at if last is None else max(at, last.at + STEP)
    kept = None if conditions is None else dict(conditions)
    row = Exposure(rollout=rollout, at=moment, state=state, conditions=kept, cause=cause)
    tx.session.add(row)
    tx.session.flush()
    return row
