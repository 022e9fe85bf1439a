"""
What the point of care was answered, one line each, in files of the data plane that never leave it (P4.6, P9).

A line is handed to the system before its answer goes out, so that a process that is killed loses
none. One file for each day and process.
"""

import os
from dataclasses import dataclass, field
from datetime import date, datetime
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path

FOLDER = "answers"
ONLY_OWNER = 0o600


class AnswersRefused(Exception):
    """The answers cannot be kept; the message says where and why."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer: to whom, what, and on which release."""

    at: datetime
    rollout: str
    unit: str
    site: str
    shown: str
    stage: str
    bundle: str


@dataclass(kw_only=True)
class Answers:
    """Keeps answers below one folder; for one thread."""

    folder: Path
    replica: str
    _day: date | None = field(default=None, repr=False)
    _file: int = field(default=-1, repr=False)

    def keep(self, answer: Answer) -> None:
        """
        Write one line.

        :raises AnswersRefused: if the file cannot be written; then nobody may be shown anything
        """
        try:
            os.write(self._open(answer.at), _line(answer))
        except OSError as error:
            raise AnswersRefused(f"Answers cannot be kept in {self.folder}: {error.strerror}.") from None

    def _open(self, at: datetime) -> int:
        if (day := at.date()) != self._day:
            self.close()
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.folder / f"{day:%Y-%m-%d}.{self.replica}.ndjson"
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, ONLY_OWNER)
            self._day = day
        return self._file

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self._day = -1, None


def _line(answer: Answer) -> bytes:
    """As JSON, put together by hand: it is written at every question, and an encoder takes as long as the answer."""
    names = ("rollout", "unit", "site", "shown", "stage", "bundle")
    said = (answer.rollout, answer.unit, answer.site, answer.shown, answer.stage, answer.bundle)
    whole = ",".join(f'"{name}":{quoted(value)}' for name, value in zip(names, said, strict=True))
    return f'{{"at":"{answer.at.isoformat()}",{whole}}}\n'.encode("ascii")
