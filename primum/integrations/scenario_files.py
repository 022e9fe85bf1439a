"""Planted questions as tables, and the answers to them in a folder of the data plane that nobody else reads."""

import csv
import gzip
import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from primum.roadmap.answer_checks import Replied, Scenario
from primum.roadmap.conversations import Conversations, ScenarioFile

if TYPE_CHECKING:
    import pandas as pd

ONLY_OWNER, OWNERS_FOLDER = 0o600, 0o700
YES_NO = {"1": True, "true": True, "0": False, "false": False}


class ScenariosRefused(Exception):
    """A table of planted questions cannot be used; the message names the table and the row's place, no text of it."""


def scenarios_of(asked: Conversations, *, base: Path) -> tuple[Scenario, ...]:
    """
    Return every planted question of the files, in their order.

    :raises ScenariosRefused: if a file is missing, lacks a column, or a row cannot be read
    """
    found = [one for file in asked.scenarios for one in _read(file, base)]
    ids = [one.id for one in found]
    if len(set(ids)) < len(ids):
        twice = next(place for place, one in enumerate(ids) if one in ids[:place])
        raise ScenariosRefused(f"The planted question in place {twice + 1} has the id of an earlier one.")
    return tuple(found)


def _read(file: ScenarioFile, base: Path) -> Iterator[Scenario]:
    frame = _frame(file, base)
    for place, row in enumerate(frame.to_dict("records"), start=1):
        try:
            yield _scenario(file, {str(name): value for name, value in row.items()})
        except (ValueError, TypeError) as error:
            raise ScenariosRefused(f"Row {place} of {file.source} cannot be read: {error}.") from None


def _frame(file: ScenarioFile, base: Path) -> "pd.DataFrame":
    import pandas as pd

    path = base / file.source
    if not path.is_file():
        raise ScenariosRefused(f"There is no file {file.source} with planted questions; check its name.")
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype=str)
    except (ValueError, OSError) as error:
        raise ScenariosRefused(f"{file.source} is neither CSV nor Parquet that can be read.") from error
    wanted = [*file.columns.values(), *file.groups.values()]
    if missing := [name for name in wanted if name not in frame.columns]:
        raise ScenariosRefused(f"{file.source} has no column '{missing[0]}'.")
    return frame[list(dict.fromkeys(wanted))].astype(str).where(frame.notna(), "")


def _scenario(file: ScenarioFile, row: Mapping[str, str]) -> Scenario:
    said = {name: row[column].strip() for name, column in file.columns.items()}
    turns = _listed(said["turns"]) if said["turns"].startswith("[") else [said["turns"]]
    if not said["scenario_id"] or not all(isinstance(turn, str) and turn.strip() for turn in turns):
        raise ValueError("it has no id or an empty turn")
    emergency = said.get("emergency", "").lower().removesuffix(".0")
    if emergency and emergency not in YES_NO:
        raise ValueError("emergency is neither 1, 0 nor empty")
    return Scenario(
        id=said["scenario_id"],
        language=said.get("language", "") or file.language,
        turns=tuple(turns),
        emergency=YES_NO.get(emergency),
        requires=tuple(tuple(group) for group in _listed(said.get("requires", ""))),
        forbidden=tuple(_listed(said.get("forbidden", ""))),
        groups={name: row[column] for name, column in file.groups.items()},
    )


def _listed(text: str) -> list[Any]:
    found = json.loads(text) if text else []
    if not isinstance(found, list):
        raise ValueError("a list in JSON was expected")  # noqa: TRY004 -- a row's content, not a caller's mistake
    return found


@dataclass(frozen=True, kw_only=True)
class KeptAnswers:
    """Answers as they came, one line each; what is kept is not asked again after an interruption."""

    folder: Path

    @property
    def file(self) -> Path:
        """Where the answers are."""
        return self.folder / "answers.ndjson"

    def read(self) -> dict[str, Replied]:
        """Return the answers kept so far by the id of their question; half a line of a killed process is nothing."""
        found: dict[str, Replied] = {}
        for line in self.file.read_bytes().splitlines() if self.file.exists() else ():
            try:
                one = json.loads(line)
            except ValueError:
                continue
            found[one["id"]] = Replied(answers=tuple(one["answers"]), flows=one["flows"])
        return found

    def keep(self, id_: str, replied: Replied) -> None:
        """Write one line before the next question is asked."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=OWNERS_FOLDER)
        line = json.dumps({"id": id_, "answers": replied.answers, "flows": dict(replied.flows)}) + "\n"
        file = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND, ONLY_OWNER)
        try:
            # Behind half a line of a killed process ours would be lost with it.
            size = os.fstat(file).st_size
            whole = size == 0 or os.pread(file, 1, size - 1) == b"\n"
            os.write(file, (line if whole else f"\n{line}").encode())
        finally:
            os.close(file)


def digest_of_files(*paths: Path) -> str:
    """Return what the content of some files comes to, as 16 hex digits; a file that is not there counts as empty."""
    content = hashlib.sha256()
    for path in paths:
        part = path.read_bytes() if path.is_file() else b""
        content.update(f"{len(part)}\n".encode() + part)
    return content.hexdigest()[:16]


def write_table(path: Path, *, columns: Sequence[str], rows: Iterable[Sequence[str]], secret: bool = False) -> None:
    """Write a CSV whole or not at all; ``secret`` for what holds texts."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, ONLY_OWNER if secret else 0o644)
    content = text.getvalue().encode()
    with os.fdopen(file, "wb") as out:
        # The same table is the same bytes, so no time goes in.
        out.write(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    beside.replace(path)
