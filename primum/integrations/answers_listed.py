"""Whom the point of care answered ``lmm`` in a span of time, read inside DuckDB and written into the data plane."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from primum.integrations.answers import FOLDER as ANSWERS

FOLDER = "look-back"
ONLY_OWNER = 0o600
QUERY = """
SELECT site, unit, min("at"::TIMESTAMPTZ)::VARCHAR, max("at"::TIMESTAMPTZ)::VARCHAR, count(*), any_value(bundle)
FROM read_ndjson(
    $files,
    columns = {'at': 'VARCHAR', rollout: 'VARCHAR', unit: 'VARCHAR', site: 'VARCHAR', shown: 'VARCHAR',
               bundle: 'VARCHAR'},
    ignore_errors = true
)
WHERE rollout = $rollout AND shown = 'lmm' AND "at"::TIMESTAMPTZ >= $since::TIMESTAMPTZ
  AND "at"::TIMESTAMPTZ <= $until::TIMESTAMPTZ
GROUP BY site, unit ORDER BY site, unit
"""


class ListRefused(Exception):
    """The list of exposed units cannot be written; the message says where and why, and names no unit."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list that was written: its file below the data plane, the file's digest, and how many units by site."""

    file: str
    digest: str
    by_site: Mapping[str, int]


def list_units(*, home: Path, name: str, rollout: str, since: datetime, until: datetime) -> Listed:
    """
    Write the units that were answered ``lmm`` between two moments into a file that only its owner reads.

    The first line holds a random salt, so that the file's digest tells nobody whether a unit is in it.

    :param home: the data plane, where the answers of the point of care are kept
    :raises ListRefused: if the answers cannot be read or the list cannot be written
    """
    rows = _units(home / ANSWERS, rollout, since, until)
    head = {"rollout": rollout, "since": since.isoformat(), "until": until.isoformat(), "salt": secrets.token_hex(16)}
    names = ("site", "unit", "first", "last", "answers", "bundle")
    lines = [json.dumps(head), *(json.dumps(dict(zip(names, row, strict=True))) for row in rows)]
    content = ("\n".join(lines) + "\n").encode()
    _write(home / FOLDER / name, content)
    by_site: dict[str, int] = {}
    for row in rows:
        by_site[str(row[0])] = by_site.get(str(row[0]), 0) + 1
    return Listed(file=f"{FOLDER}/{name}", digest=f"sha256:{hashlib.sha256(content).hexdigest()}", by_site=by_site)


def _units(answers: Path, rollout: str, since: datetime, until: datetime) -> list[tuple[object, ...]]:
    import duckdb

    files = sorted(str(path) for path in answers.glob("*.ndjson"))
    if not files:
        return []
    told = {"files": files, "rollout": rollout, "since": since.isoformat(), "until": until.isoformat()}
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(QUERY, told).fetchall()
    except duckdb.Error as error:
        # DuckDB repeats lines of the file in its words; they hold units.
        raise ListRefused(f"The answers in {answers} cannot be read ({type(error).__name__}).") from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, ONLY_OWNER)
        try:
            os.fchmod(file, ONLY_OWNER)
            os.write(file, content)
            os.fsync(file)
        finally:
            os.close(file)
    except OSError as error:
        raise ListRefused(f"The list cannot be written to {path}: {error.strerror}.") from None


def suppressed(by_site: Mapping[str, int], *, smallest_cell: int) -> dict[str, str]:
    """
    Return the counts that may leave the data plane: cells under the smallest are not told, nor what they follow from.

    With one small cell alone the whole would tell it, so the next larger cell goes, too.
    """
    small = {site for site, count in by_site.items() if 0 < count < smallest_cell}
    if len(small) == 1 and len(by_site) > 1:
        rest = {site: count for site, count in by_site.items() if site not in small}
        small |= {min(rest, key=lambda site: (rest[site], site))}
    few = f"fewer than {smallest_cell}, or not told"
    told = {site: few if site in small else str(count) for site, count in by_site.items()}
    total = sum(by_site.values())
    return {**told, "all": str(total) if total == 0 or total >= smallest_cell else few}


def in_file(path: Path) -> Iterable[dict[str, object]]:
    """Return the units of a list, for whoever may read the data plane."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
