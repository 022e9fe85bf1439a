"""What the database refused, as a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError, StatementError

from primum.ledger.columns import NaiveTime
from primum.ledger.witness import Unloggable

BUSY = ("database is locked", "lock timeout", "deadlock detected", "could not serialize")


class LedgerUnreachable(Exception):
    """The database did not answer, or another holds it; nothing was written."""


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
    except SQLAlchemyError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error


def refusal_of(error: SQLAlchemyError) -> Exception | None:
    """Return the sentence for a database's error, if there is one."""
    original = error.orig if isinstance(error, StatementError) else None
    if isinstance(original, NaiveTime | Unloggable):
        return original
    if not isinstance(error, DBAPIError):
        return None
    words = str(original)
    if "is never" in words:
        return NeverChanged(f"The database refused: {words.splitlines()[0]}")
    if isinstance(error, IntegrityError):
        return _refused_constraint(words)
    return _unreachable(error, words)


def _refused_constraint(words: str) -> Exception | None:
    if not any(mark in words for mark in ("UNIQUE constraint failed", "duplicate key value")):
        return None
    table = next((name for name in UNIQUE if f"failed: {name}." in words or f'"uq_{name}_' in words), None)
    if table is None:
        return AlreadyThere("A row with this name or number exists already; read it again before you write.")
    refusal = UNIQUE[table]
    return refusal(SENTENCES[refusal])


def _unreachable(error: DBAPIError, words: str) -> Exception | None:
    if any(mark in words for mark in BUSY):
        return LedgerUnreachable("The ledger's database is locked by another process; nothing was written. Try again.")
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        return LedgerUnreachable(
            f"The ledger's database did not answer ({type(error.orig).__name__}); nothing was written. "
            "Check that it runs, that its disk is not full and that the URL is right."
        )
    return None
