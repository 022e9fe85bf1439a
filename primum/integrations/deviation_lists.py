"""Lists of outputs that were shown without leave, one file each in the data plane, which they never leave (P9)."""

import hashlib
import hmac
import json
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from primum.integrations.answers_compared import OutputWithoutLeave

FOLDER = "deviations"
ONLY_OWNER = 0o600
MADE = "moment", "site", "unit"


class ListNotKept(Exception):
    """A list of outputs could not be written; nothing was recorded, and the message says where it was to be."""


def digest_of(outputs: Iterable[OutputWithoutLeave], *, rollout: str, seed: bytes) -> str:
    """Return the keyed digest of a list, the same whatever its order; without the seed it is told by nobody."""
    lines = sorted(f"{one.moment}\t{one.site}\t{one.unit}" for one in outputs)
    content = "\n".join(("deviation", rollout, *lines))
    return f"hmac-sha256:{hmac.digest(seed, content.encode(), hashlib.sha256).hex()}"


def keep(outputs: Sequence[OutputWithoutLeave], *, digest: str, folder: Path) -> Path:
    """
    Write a list under its digest, readable by its owner alone; writing it again changes nothing.

    :raises ListNotKept: if it cannot be written
    """
    path = _file(digest, folder)
    text = "".join(json.dumps({name: getattr(one, name) for name in MADE}, sort_keys=True) + "\n" for one in outputs)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, ONLY_OWNER), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise ListNotKept(f"A list of deviations cannot be kept in {folder}: {error.strerror}.") from None
    return path


def kept(*, digests: Collection[str], folder: Path) -> frozenset[tuple[str, str, str]]:
    """Return moment, site and unit of every output in the lists of these digests; lists that are gone are passed by."""
    files = (_file(digest, folder) for digest in digests)
    lines = (line for file in files if file.is_file() for line in file.read_text(encoding="utf-8").splitlines())
    rows = (json.loads(line) for line in lines)
    return frozenset((row["moment"], row["site"], row["unit"]) for row in rows)


def _file(digest: str, folder: Path) -> Path:
    return folder / f"{digest.rpartition(':')[2][:32]}.ndjson"
