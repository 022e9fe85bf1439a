"""Passwords: kept as argon2id, compared in the same time whether or not there is one to compare with."""

import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pwdlib import PasswordHash

# Each comparison takes 64 MiB; a burst of tries waits its turn instead of taking the machine's memory.
AT_ONCE = 4
_turns = threading.BoundedSemaphore(AT_ONCE)


@cache
def _hasher() -> "PasswordHash":
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash((Argon2Hasher(),))


@cache
def _of_nobody() -> str:
    return _hasher().hash("nobody has this password")


def normal(password: str) -> str:
    """Return a password in one spelling, so that every keyboard types the same one (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def kept_form(password: str) -> str:
    """Return what is kept of a password: salted argon2id, with its parameters."""
    with _turns:
        return _hasher().hash(normal(password))


def fits(password: str, *, kept: str | None) -> bool:
    """True if a password is the one that was kept; without one it takes as long and is false."""
    with _turns:
        matches = _hasher().verify(normal(password), kept or _of_nobody())
    return matches and kept is not None
