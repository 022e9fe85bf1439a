"""How many units asked at the point of care in a pilot, and what they were shown; counts come out and no unit (P9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

QUERY = """
SELECT shown, count(DISTINCT unit), (SELECT count(DISTINCT unit) FROM told)
FROM told GROUP BY shown ORDER BY shown
"""
TOLD = """
CREATE TEMP TABLE told AS
SELECT unit, shown FROM read_ndjson(
    $files, columns = {rollout: 'VARCHAR', unit: 'VARCHAR', shown: 'VARCHAR', stage: 'VARCHAR'}, ignore_errors = true
) WHERE rollout = $rollout AND stage = 'pilot'
"""


@dataclass(frozen=True, kw_only=True)
class UnitsAnswered:
    """Different units that asked, and by answer how many were given it at least once."""

    asked: int
    shown: Mapping[str, int]


NOBODY = UnitsAnswered(asked=0, shown=MappingProxyType({}))


def units_answered(*, answers: Path, rollout: str) -> UnitsAnswered:
    """Count the units of a rollout's pilot in the folder that ``Answers`` keeps; a line cut short is left out."""
    files = sorted(str(path) for path in answers.glob("*.ndjson"))
    if not files:
        return NOBODY
    import duckdb

    with duckdb.connect(":memory:") as connection:
        connection.execute(TOLD, {"files": files, "rollout": rollout})
        rows = connection.execute(QUERY).fetchall()
    if not rows:
        return NOBODY
    return UnitsAnswered(asked=int(rows[0][2]), shown={str(shown): int(units) for shown, units, _ in rows})
