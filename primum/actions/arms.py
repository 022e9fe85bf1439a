"""The arm of the unit in front of us, looked up at each question and never drawn."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from primum.ledger.database import Ledger
from primum.ledger.watching import Watching
from primum.roadmap.allocation import arm_now, unit_key
from primum.roadmap.exposure import Encounter
from primum.roadmap.protocol import Protocol

CLUSTER = "cluster"
MOST_KNOWN = 100_000
ON_SQLITE = "SELECT arm FROM allocation WHERE rollout = ? AND unit = ?"
ON_POSTGRES = "SELECT arm FROM allocation WHERE rollout = %s AND unit = %s"


@dataclass(kw_only=True)
class Arms:
    """Arms as the ledger has them, those asked for lately kept at hand: an arm never changes. For one thread."""

    ledger: Ledger
    seed: bytes
    _connection: Watching | None = field(default=None, repr=False)
    _known: OrderedDict[str, str] = field(default_factory=OrderedDict, repr=False)

    def arm(self, *, rollout: str, protocol: Protocol | None, encounter: Encounter) -> str | None:
        """
        Return the arm of an encounter's unit, or of its cluster where clusters are randomised; ``None`` if it has none.

        A ledger that does not answer gives no arm, and without an arm nobody is exposed.
        """
        if protocol is None:
            return None
        unit = encounter.facts.get(CLUSTER) if protocol.clusters else encounter.unit
        if not isinstance(unit, str):
            return None
        found = self._found(rollout, unit_key(seed=self.seed, rollout=rollout, unit=unit))
        return None if found is None else arm_now(protocol=protocol, arm=found, at=encounter.at)

    def _found(self, rollout: str, key: str) -> str | None:
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        try:
            row = self._asked(rollout, key)
        except Exception:  # noqa: BLE001 -- whatever the driver says, it means that nothing is known
            self.close()
            return None
        if row is None:
            return None
        self._known[key] = str(row[0])
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return self._known[key]

    def _asked(self, rollout: str, key: str) -> Sequence[Any] | None:
        if self._connection is None:
            self._connection = self.ledger.watching()
        return self._connection.execute(self._query(), (rollout, key)).fetchone()

    def _query(self) -> str:
        return ON_POSTGRES if self.ledger.is_postgres else ON_SQLITE

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
