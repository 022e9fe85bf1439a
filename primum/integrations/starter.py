"""The folder that ``primum init`` writes: a valid rollout to start from, with schemas for the editor."""

from datetime import datetime
from pathlib import Path

from primum.integrations.schemas import schema_texts
from primum.settings import shipped

FILES = ("README.md", "rollout.yaml", "people.yaml", "sites.yaml")
SCHEMAS = "schemas"
# What stands in the shipped files, and becomes today and today in a year.
SHIPPED_FROM = "2026-01-01T00:00:00+00:00"
SHIPPED_UNTIL = "2027-01-01T00:00:00+00:00"


class StarterRefused(Exception):
    """The folder holds something that would be overwritten; the message is shown to the person."""


def starter_texts(*, at: datetime) -> dict[str, str]:
    """Return the text of each file of a starting folder by its relative name; authorities begin today."""
    folder = shipped("config") / "examples"
    today = at.replace(hour=0, minute=0, second=0, microsecond=0)
    texts = {name: _adapted((folder / name).read_text(encoding="utf-8"), today) for name in FILES}
    return texts | {f"{SCHEMAS}/{name}": text for name, text in schema_texts().items()}


def write_starter(directory: Path, *, at: datetime) -> tuple[Path, ...]:
    """
    Write a commented, valid starting rollout into a folder and return the files.

    :raises StarterRefused: if one of the files is already there; nothing is written then
    """
    texts = starter_texts(at=at)
    taken = [name for name in texts if (directory / name).exists()]
    if directory.exists() and not directory.is_dir():
        raise StarterRefused(f"{directory} is a file; name a folder.")
    if taken:
        raise StarterRefused(f"{directory} already holds {', '.join(taken)}; name a new folder, nothing was written.")
    for name, text in texts.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tuple(directory / name for name in texts)


def _adapted(text: str, today: datetime) -> str:
    year_later = today.replace(year=today.year + 1, day=min(today.day, 28))
    dated = text.replace(SHIPPED_FROM, today.isoformat()).replace(SHIPPED_UNTIL, year_later.isoformat())
    return dated.replace(f"$schema=../../{SCHEMAS}/", f"$schema={SCHEMAS}/")
