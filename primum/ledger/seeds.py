"""The secret seed that units are allocated from: a file of its own, readable by its owner alone."""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

SEED_BYTES = 32


class SeedRefused(Exception):
    """The seed is missing or unusable; nobody is allocated."""


def seed_at(path: Path, *, create: bool) -> bytes:
    """
    Read the seed; ``create`` makes one (mode 0600) if there is no such file.

    :raises SeedRefused: if there is none, if it is no seed, or if others may read it
    """
    if create and not path.exists():
        _create(path)
    if not path.is_file():
        raise SeedRefused(
            f"The seed of the allocation, {path}, is missing; restore it from its backup. "
            "With another seed, units would be allocated anew."
        )
    if path.stat().st_mode & 0o077:
        raise SeedRefused(f"Others on this machine may read the seed {path}; restrict it with: chmod 600 {path}")
    try:
        seed = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise SeedRefused(f"{path} holds no seed, which is {SEED_BYTES} bytes in hexadecimal; restore its backup.")
    return seed


def fingerprint(seed: bytes) -> str:
    """Return the short name of a seed, which tells nothing of it."""
    return hashlib.sha256(b"primum allocation seed\n" + seed).hexdigest()[:16]


def _create(path: Path) -> None:
    """Write a new seed under a temporary name and link it into place, so that of two makers one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"{secrets.token_hex(SEED_BYTES)}\n")
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()
