"""Whether the log has grown, asked so often that it must cost next to nothing."""

from collections.abc import Collection
from dataclasses import dataclass, field

from primum.ledger.database import Ledger
from primum.ledger.refusals import LedgerUnreachable
from primum.ledger.watching import Watching

SIZE = "SELECT size FROM log_state WHERE id = 1"
ON_A_STANDBY = "SELECT pg_is_in_recovery()"
NAMED = "SELECT DISTINCT rollout, kind FROM entry WHERE position >= {since} AND position < {size}"


@dataclass(kw_only=True)
class Growth:
    """What was recorded since it was asked last, over a connection of its own; for one thread."""

    ledger: Ledger
    seen: int = 0
    _connection: Watching | None = field(default=None, repr=False)

    def since(self, *, without: Collection[str] = ()) -> frozenset[str]:
        """
        Return the rollouts of which something was recorded since the last time, entries of some kinds apart.

        :raises LedgerUnreachable: if the database does not answer; the next time begins where this one did
        """
        try:
            return self._asked(without)
        except LedgerUnreachable:
            raise
        except Exception as error:
            self.close()
            raise LedgerUnreachable("The ledger's database did not say whether anything changed.") from error

    def _asked(self, without: Collection[str]) -> frozenset[str]:
        if self._connection is None:
            self._connection = self._opened()
        size = int(self._connection.execute(SIZE).fetchall()[0][0])
        if size == self.seen:
            return frozenset()
        rows = self._connection.execute(NAMED.format(since=int(self.seen), size=size)).fetchall()
        self.seen = size
        return frozenset(rollout for rollout, kind in rows if kind not in without)

    def _opened(self) -> Watching:
        """A standby hears of a suspension when it pleases; what one says here is nothing one may rely on."""
        connection = self.ledger.watching()
        if self.ledger.is_postgres and connection.execute(ON_A_STANDBY).fetchall()[0][0]:
            connection.close()
            raise LedgerUnreachable("This database is a standby, which may not have heard of a suspension yet.")
        return connection

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
