"""How many tries one address has in a while; in memory, since what must survive a restart is in the ledger."""

import threading
from collections import deque
from datetime import datetime, timedelta

MOST_ADDRESSES = 10_000


class TooMany(Exception):
    """An address tried too often; the message is shown to the person."""


class Throttle:
    """A window that slides: ``most`` tries of one address within ``lasts``."""

    def __init__(self, *, most: int, lasts: timedelta) -> None:
        self._most = most
        self._lasts = lasts
        self._tries: dict[str, deque[datetime]] = {}
        self._lock = threading.Lock()

    def count(self, *, address: str, at: datetime) -> None:
        """
        Count one try.

        :raises TooMany: if the address has none left for now
        """
        with self._lock:
            if len(self._tries) >= MOST_ADDRESSES:
                self._forget(at)
            tries = self._tries.setdefault(address, deque())
            while tries and at - tries[0] >= self._lasts:
                tries.popleft()
            if len(tries) >= self._most:
                raise TooMany(
                    f"Too many tries came from your address. Wait {int(self._lasts.total_seconds() // 60) or 1} min "
                    "and try again."
                )
            tries.append(at)

    def _forget(self, at: datetime) -> None:
        """Let go of addresses whose window is over, and of all of them if that does not help."""
        over = [one for one, tries in self._tries.items() if not tries or at - tries[-1] >= self._lasts]
        for one in over or list(self._tries):
            del self._tries[one]
