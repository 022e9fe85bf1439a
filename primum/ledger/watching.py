"""What is asked of a driver's own connection, whichever database the ledger is kept in."""

from collections.abc import Sequence
from typing import Any, Protocol


class Found(Protocol):
    """The rows that a statement found."""

    def fetchone(self) -> Sequence[Any] | None:
        """Return the next row, if there is one."""

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """Return the rows that are left."""


class Watching(Protocol):
    """A connection of one's own for a small question asked all the time, each statement by itself."""

    def execute(self, statement: str, parameters: Sequence[object] = (), /) -> Found:
        """Ask."""

    def close(self) -> None:
        """Let go of it."""
