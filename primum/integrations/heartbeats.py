"""A sign of life that one program of an installation leaves for the others: a small file, written over each time."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

SLACK = "slack"


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """When a program last wrote that it is there, and when it last heard from the other side."""

    at: datetime
    heard_at: datetime | None


def beat(*, home: Path, part: str, at: datetime, heard_at: datetime | None) -> None:
    """Leave a sign of life of a part; a reader sees the old one or the new one, never half of it."""
    file = _file(home, part)
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_suffix(f".{os.getpid()}")
    written.write_text(
        json.dumps({"at": at.isoformat(), "heard_at": heard_at.isoformat() if heard_at else None}), encoding="utf-8"
    )
    written.replace(file)


def stop(*, home: Path, part: str) -> None:
    """Take the sign away, since the program ends on purpose."""
    with suppress(FileNotFoundError):
        _file(home, part).unlink()


def last_beat(*, home: Path, part: str) -> Heartbeat | None:
    """Return the last sign of life of a part; ``None`` if it never ran here, ended on purpose, or left none to read."""
    try:
        said = json.loads(_file(home, part).read_text(encoding="utf-8"))
        heard = said["heard_at"]
        return Heartbeat(
            at=datetime.fromisoformat(said["at"]), heard_at=datetime.fromisoformat(heard) if heard else None
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(home: Path, part: str) -> Path:
    return home / "alive" / f"{part}.json"
