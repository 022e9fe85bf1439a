"""What the database refused, as a sentence."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session

from primum.ledger.columns import NaiveTime
from primum.ledger.witness import Unloggable

BUSY = ("database is locked", "lock timeout", "deadlock detected", "could not serialize")
BROKEN = ("file is not a database", "malformed")


class LedgerUnreachable(Exception):
    """The database did not answer, or another holds it; nothing was written."""


class LedgerUncertain(LedgerUnreachable):
    """The connection was lost while the transaction was being committed; it may have been written."""


class AlreadyPromoted(Exception):
    """This rollout was already promoted from this stage on this evidence (P1)."""


class AlreadyVoted(Exception):
    """This person has already voted at this gate."""


class AlreadyThere(Exception):
    """A row with this name or number exists already."""


class LedgerDamaged(Exception):
    """The database lacks something it always has."""


class NeverChanged(Exception):
    """A row that is never changed or deleted was to be."""


UNIQUE: dict[str, type[Exception]] = {"promotion": AlreadyPromoted, "vote": AlreadyVoted}
SENTENCES = {
    AlreadyPromoted: "This rollout was already promoted from this stage on this evidence; it happens at most once.",
    AlreadyVoted: "This person has already voted at this gate; a vote is given once and never changed.",
}


@contextmanager
def in_sentences() -> Iterator[None]:
    """Turn what a database raises into this module's exceptions; what is unknown goes through."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error


def commit(session: Session) -> None:
    """
    Commit; a refused commit is rolled back, so that the connection is clean for the next.

    :raises LedgerUncertain: if the connection was lost meanwhile, so that nobody knows
    """
    try:
        session.commit()
    except BaseException as error:
        session.rollback()
        if not (isinstance(error, DBAPIError) and error.connection_invalidated):
            raise
        raise LedgerUncertain(
            "The connection to the ledger's database was lost while the decision was being saved. "
            "Look whether it is there before you try again."
        ) from error


def refusal_of(error: Exception) -> Exception | None:
    """Return the sentence for a database's error, if there is one."""
    original = error.orig if isinstance(error, StatementError) else error
    if isinstance(original, NaiveTime | Unloggable):
        return original
    words = str(original)
    if "a row of " in words and "is never" in words:
        return NeverChanged(f"The database refused: {words.splitlines()[0]}.")
    if any(mark in words for mark in BROKEN):
        return LedgerDamaged("The ledger's file is not a database or is damaged; restore it from its backup.")
    if any(mark in words for mark in BUSY):
        return LedgerUnreachable("The ledger's database is locked by another process; nothing was written. Try again.")
    if isinstance(error, IntegrityError):
        return _refused_constraint(words)
    return _unreachable(error)


def _refused_constraint(words: str) -> Exception | None:
    if not any(mark in words for mark in ("UNIQUE constraint failed", "duplicate key value")):
        return None
    for table, refusal in UNIQUE.items():
        if any(mark in words for mark in (f"failed: {table}.", f'"uq_{table}_', f'"pk_{table}"')):
            return refusal(SENTENCES[refusal])
    return AlreadyThere("A row with this name or number exists already; read it again before you write.")


def _unreachable(error: Exception) -> Exception | None:
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if not lost and not isinstance(error, OperationalError | InterfaceError | sqlite3.OperationalError):
        return None
    return LedgerUnreachable(
        "The ledger's database did not answer; nothing was written. "
        "Check that it runs, that its disk is not full and that its URL is right."
    )
