"""Files that a trainer left behind: found only in its own folder, read within limits, hashed and never opened."""

import hashlib
import stat
from pathlib import Path

LARGEST_RESULT = 1_000_000
MARK = 8


class OutputRefused(Exception):
    """A file of a trainer cannot be used; the message says which and why, and holds no value of it."""


def own_file(output: Path, name: str) -> Path:
    """
    Return a plain file of the output folder; links are refused, so that nothing else is read through one.

    :raises OutputRefused: if it is absent, a link or no plain file
    """
    path = output / name
    try:
        mode = path.lstat().st_mode
    except OSError:
        raise OutputRefused(f"The trainer left no {name} in its output folder.") from None
    if not stat.S_ISREG(mode):
        raise OutputRefused(f"The trainer's {name} is no plain file; a link may lead anywhere and is not followed.")
    return path


def text_of_result(output: Path, name: str, *, most: int) -> str:
    """
    Return a small text file of the output folder.

    :raises OutputRefused: if it is absent, too large or not UTF-8
    """
    path = own_file(output, name)
    if path.stat().st_size > most:
        raise OutputRefused(f"The trainer's {name} is larger than {most:,} bytes; it holds digests and names only.")
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        raise OutputRefused(f"The trainer's {name} is not UTF-8 text.") from None


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file, from which a pickle is known."""
    with path.open("rb") as file:
        return file.read(MARK)
