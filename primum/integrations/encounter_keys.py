"""Which encounter an incident was about: one line each in a file of the data plane that never leaves it (P9)."""

import hashlib
import json
import os
import secrets
from datetime import datetime
from pathlib import Path

FOLDER = "incidents"
ONLY_OWNER = 0o600
LONGEST_KEY = 200


class KeyNotKept(Exception):
    """The encounter's key cannot be kept; the message says where and why, and not the key."""


def keep(*, folder: Path, rollout: str, incident: str, encounter: str, at: datetime) -> str:
    """
    Write down which encounter an incident was about; return the salted digest that the ledger holds.

    :param folder: of the data plane, where the answers of the point of care are, too
    :raises KeyNotKept: if the file cannot be written, or the key is no single line
    """
    if not 0 < len(encounter) <= LONGEST_KEY or not encounter.isprintable():
        raise KeyNotKept(f"The key of an encounter is one line of at most {LONGEST_KEY} characters.")
    salt = secrets.token_hex(16)
    line = {"at": at.isoformat(), "incident": incident, "encounter": encounter, "salt": salt}
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(_path(folder, rollout), os.O_WRONLY | os.O_CREAT | os.O_APPEND, ONLY_OWNER)
        try:
            os.write(file, json.dumps(line, separators=(",", ":")).encode() + b"\n")
        finally:
            os.close(file)
    except OSError as error:
        raise KeyNotKept(f"The encounter cannot be kept in {folder / FOLDER}: {error.strerror}.") from None
    return _digest(salt, encounter)


def encounter_of(*, folder: Path, rollout: str, incident: str, digest: str) -> str | None:
    """Return the encounter of an incident, if its line is here and is the one that the ledger vouches for."""
    path = _path(folder, rollout)
    if not path.is_file():
        return None
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    found = [one for one in lines if one["incident"] == incident and _digest(one["salt"], one["encounter"]) == digest]
    return str(found[-1]["encounter"]) if found else None


def _path(folder: Path, rollout: str) -> Path:
    return folder / FOLDER / f"{rollout}.ndjson"


def _digest(salt: str, encounter: str) -> str:
    return "sha256:" + hashlib.sha256(f"{salt}\n{encounter}".encode()).hexdigest()
