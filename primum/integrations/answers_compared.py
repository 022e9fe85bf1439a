"""The log of outputs held against the answers of the point of care, inside DuckDB; only counts come out (P4.6)."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

LATEST = """
WITH answered AS (
    SELECT unit, site, "at"::TIMESTAMPTZ AS answered_at, shown FROM read_ndjson(
        $files,
        columns = {'at': 'VARCHAR', rollout: 'VARCHAR', unit: 'VARCHAR', site: 'VARCHAR', shown: 'VARCHAR'},
        ignore_errors = true
    ) WHERE rollout = $rollout
),
outputs AS MATERIALIZED (SELECT row_number() OVER () AS row, unit, site, shown_at FROM shown_outputs),
latest AS (
    SELECT outputs.row, outputs.site, arg_max(answered.shown, answered.answered_at) AS shown
    FROM outputs LEFT JOIN answered
      ON answered.unit = outputs.unit AND answered.site = outputs.site
     AND answered.answered_at <= outputs.shown_at AND answered.answered_at >= outputs.shown_at - to_seconds($within)
    GROUP BY outputs.row, outputs.site
)
"""
COUNTED = """
SELECT site,
       count(*),
       count(*) FILTER (WHERE shown = 'lmm'),
       count(*) FILTER (WHERE shown IS NULL),
       count(*) FILTER (WHERE shown <> 'lmm')
FROM latest GROUP BY site ORDER BY site
"""
WITHOUT_LEAVE = """
SELECT DISTINCT outputs.unit, outputs.site, strftime(outputs.shown_at, '%Y-%m-%dT%H:%M:%S.%fZ') AS moment,
       latest.shown IS NULL AS unasked
FROM latest JOIN outputs USING (row) WHERE latest.shown IS DISTINCT FROM 'lmm' ORDER BY 2, 3, 1
"""
# Without a file of answers nobody was answered anything.
NOTHING_ANSWERED = """
WITH answered AS (SELECT NULL::VARCHAR AS unit, NULL::VARCHAR AS site, NULL::TIMESTAMPTZ AS answered_at,
                         NULL::VARCHAR AS shown WHERE $rollout IS NULL),
"""


# A moment without its zone may be hours off, and what was shown before a stop would count as after it or the reverse.
READ = """
SELECT unit::VARCHAR AS unit, site::VARCHAR AS site,
       CASE WHEN shown_at IS NULL THEN NULL
            WHEN regexp_matches(trim(shown_at::VARCHAR), ':[0-9]{2}.*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$')
            THEN shown_at::TIMESTAMPTZ ELSE error('a moment without its zone') END AS shown_at
FROM table_of_outputs
"""
FROM_PARQUET = READ.replace("table_of_outputs", "read_parquet($path)")
FROM_CSV = READ.replace("table_of_outputs", "read_csv($path, all_varchar = true)")
NEEDED = ("unit", "site", "shown_at")


class OutputsRefused(Exception):
    """The log of outputs cannot be compared; the message says what it lacks."""


@dataclass(frozen=True, kw_only=True)
class SiteOutputs:
    """How many outputs of a site were shown, and after which answer: ``lmm``, none at all, or another one."""

    site: str
    outputs: int
    allowed: int
    unasked: int
    refused: int

    @property
    def deviations(self) -> int:
        """Outputs that were shown without an ``lmm`` answer: each is a protocol deviation and a safety event."""
        return self.unasked + self.refused


def compared(*, outputs: object, answers: Path, rollout: str, within: timedelta) -> tuple[SiteOutputs, ...]:
    """
    Return, by site, after which answer the outputs were shown.

    :param outputs: an Arrow table with ``unit``, ``site`` and ``shown_at``, one row for each output
    :param answers: the folder that ``Answers`` keeps; a last line that was cut short is left out
    :param within: how long before an output its answer may have been given
    """
    rows = _asked(COUNTED, outputs=outputs, answers=answers, rollout=rollout, within=within)
    return tuple(
        SiteOutputs(site=site, outputs=outputs_, allowed=allowed, unasked=unasked, refused=refused)
        for site, outputs_, allowed, unasked, refused in rows
    )


@dataclass(frozen=True, kw_only=True)
class OutputWithoutLeave:
    """One output that was shown without an ``lmm`` answer; it names its unit and stays in the data plane."""

    unit: str
    site: str
    moment: str
    unasked: bool

    @property
    def day(self) -> str:
        """The day it was shown, in UTC."""
        return self.moment[:10]


def without_leave(*, outputs: object, answers: Path, rollout: str, within: timedelta) -> tuple[OutputWithoutLeave, ...]:
    """Return the outputs that were shown without an ``lmm`` answer, for a list of the data plane."""
    rows = _asked(WITHOUT_LEAVE, outputs=outputs, answers=answers, rollout=rollout, within=within)
    return tuple(
        OutputWithoutLeave(unit=unit, site=site, moment=moment, unasked=unasked) for unit, site, moment, unasked in rows
    )


def _asked(query: str, *, outputs: object, answers: Path, rollout: str, within: timedelta) -> list[tuple[Any, ...]]:
    import duckdb

    files = sorted(str(path) for path in answers.glob("*.ndjson"))
    told: dict[str, object] = {"rollout": rollout, "within": within.total_seconds()}
    latest = LATEST if files else NOTHING_ANSWERED + LATEST.partition("),\n")[2]
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("shown_outputs", outputs)
        return connection.execute(latest + query, told | ({"files": files} if files else {})).fetchall()


def outputs_in(path: Path) -> "pa.Table":
    """
    Read a log of outputs, Parquet or CSV, as an Arrow table; units and sites are text.

    :raises OutputsRefused: if it cannot be read, or a needed column is missing, empty somewhere or of another kind
    """
    import duckdb

    query = FROM_PARQUET if path.suffix == ".parquet" else FROM_CSV
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute("SET TimeZone = 'UTC'")
            table: pa.Table = connection.sql(query, params={"path": str(path)}).to_arrow_table()
    except duckdb.Error:
        raise OutputsRefused(
            f"{path} cannot be compared; it is a Parquet or CSV file with {', '.join(NEEDED)}, a moment with its zone "
            "in the last, such as 2027-03-01T13:00:00+01:00."
        ) from None
    for name in NEEDED:
        if table.column(name).null_count:
            raise OutputsRefused(f"`{name}` is empty in {table.column(name).null_count} rows of {path}; fill them.")
    return table
