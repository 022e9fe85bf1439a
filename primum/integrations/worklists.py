"""
Worklists of a look-back: files of the data plane that only their owner may read, and that never leave it (P6.12, P9).

One folder for each look-back: ``worklist.csv`` has one line for each unit, ``done.ndjson`` one for each unit that was
looked at, and ``salt`` makes the seal, by which the ledger knows the list without knowing a unit on it.
"""

import csv
import fcntl
import hashlib
import io
import json
import os
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FOLDER = "look-back"
LIST, DONE, SALT, LOCK = "worklist.csv", "done.ndjson", "salt", "lock"
COLUMNS = ("unit", "site", "advised", "now")
ONLY_OWNER = 0o600


class WorklistRefused(Exception):
    """A worklist cannot be written, read or worked on; the message says why and names no unit."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One unit to be looked at: what it was advised, and what the new version says."""

    unit: str
    site: str
    advised: str
    now: str


@dataclass(frozen=True, kw_only=True)
class Worklist:
    """The folder of one look-back."""

    folder: Path

    @property
    def file(self) -> Path:
        """Where clinicians find the units."""
        return self.folder / LIST

    def write(self, units: Sequence[Listed]) -> str:
        """
        Write the list, over the same one if it is there, and return its seal.

        :raises WorklistRefused: if the folder cannot be written
        """
        try:
            self._make()
            with self._locked():
                if not (self.folder / SALT).is_file():
                    self._put(SALT, secrets.token_hex(32))
                self._put(LIST, _text(sorted(units, key=lambda one: one.unit)))
        except OSError as error:
            raise WorklistRefused(f"The worklist cannot be written in {self.folder}: {error.strerror}.") from None
        return self.seal()

    def seal(self) -> str:
        """
        Return what the list is known by outside: a digest with a salt that stays here.

        :raises WorklistRefused: if the list or its salt is not there
        """
        return f"sha256:{hashlib.sha256((self._read(SALT) + self._read(LIST)).encode()).hexdigest()}"

    def units(self) -> frozenset[str]:
        """
        Return the units on the list.

        :raises WorklistRefused: if it is not there
        """
        return frozenset(row["unit"] for row in csv.DictReader(io.StringIO(self._read(LIST), newline="")))

    def done(self) -> frozenset[str]:
        """Return the units that were looked at."""
        if not (self.folder / DONE).is_file():
            return frozenset()
        # A process that was killed may have left half a line; its unit is still open.
        return frozenset(row["unit"] for row in map(_line, self._read(DONE).splitlines()) if row)

    def close(self, units: Collection[str], *, person: str, at: datetime) -> int:
        """
        Write down that these were looked at, those that were before left out; return how many are new.

        :raises WorklistRefused: if one is not on the list; then none is written
        """
        strangers = len(set(units) - self.units())
        if strangers:
            raise WorklistRefused(
                f"{strangers:,} of {len(set(units)):,} given are not on this worklist; none was marked. "
                f"Compare them with {self.file}."
            )
        with self._locked():
            fresh = sorted(set(units) - self.done())
            lines = [json.dumps({"at": at.isoformat(), "person": person, "unit": unit}) for unit in fresh]
            self._append("".join(f"\n{line}\n" for line in lines))
        return len(fresh)

    def _make(self) -> None:
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self.folder / LOCK, os.O_CREAT | os.O_RDWR, ONLY_OWNER)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _append(self, text: str) -> None:
        file = os.open(self.folder / DONE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, ONLY_OWNER)
        try:
            os.write(file, text.encode())
            os.fsync(file)
        finally:
            os.close(file)

    def _put(self, name: str, text: str) -> None:
        """Write a whole file beside the old one and let it take its place; only its owner could ever read it."""
        beside = self.folder / f"{name}.{secrets.token_hex(4)}"
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_OWNER)
        with os.fdopen(file, "w", encoding="utf-8", newline="") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(self.folder / name)

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_bytes().decode()
        except (OSError, UnicodeDecodeError):
            raise WorklistRefused(
                f"{self.folder / name} is not there or cannot be read; it is kept on one machine only. "
                "Work on it there, or put it back from a backup."
            ) from None


def worklist(*, home: Path, look_back: str) -> Worklist:
    """Return the worklist of a look-back, made or not."""
    return Worklist(folder=home / FOLDER / look_back)


def _text(units: Sequence[Listed]) -> str:
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((one.unit, one.site, one.advised, one.now) for one in units)
    return written.getvalue()


def _line(text: str) -> dict[str, str]:
    try:
        row = json.loads(text)
    except ValueError:
        return {}
    return row if isinstance(row, dict) and "unit" in row else {}
