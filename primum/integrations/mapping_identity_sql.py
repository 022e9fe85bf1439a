"""Who is who, asked of a database: one row per unit, one arm per patient, no two identifiers that look alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from primum.integrations.mapping_identity import (
    folded,
    lookalikes,
    refuse_alike,
    refuse_surplus,
    refuse_two_arms,
)
from primum.integrations.mapping_sql_words import Ask, NotInSql, Words, literal, name_of, trimmed
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.rollout import Evidence

# So many identifiers are compared in memory.
MOST_IN_MEMORY = 100_000


@dataclass(frozen=True, kw_only=True)
class Identities:
    """
    The contract columns of a table in a database.

    :param different: how many different values an expression has among rows where it is known, or ``None`` if that
        is no quicker than the exact question; it may be one too few once in a million tables, and never too many
    """

    source: str
    rows: int
    ask: Ask
    words: Words
    different: Callable[[str], int | None]

    def number(self, query: str) -> int:
        """Return the one number that a query gives."""
        return int(self.ask(query)[0][0] or 0)


def check_identities_in_sql(table: Identities, *, evidence: Evidence) -> None:
    """
    Do nothing if every row is one unit, every patient is in one arm and no two identifiers look alike.

    :raises SourceRefused: if not, with the sentences of ``check_identities``
    :raises NotInSql: if too many identifiers have letters that this database cannot compare as Python does
    """
    contract = CONTRACTS[evidence.kind]
    unit = contract.unit_of(evidence.columns)
    if evidence.kind == "trial":
        for name in ("patient_id", "unit_id"):
            if name in evidence.columns:
                refuse_two_arms(evidence, name=name, both=_in_both_arms(table, name))
    refuse_surplus(evidence, unit=unit, surplus=_surplus(table, unit))
    for name in [*contract.identifiers, "site"]:
        if name in evidence.columns:
            refuse_alike(evidence, name=name, alike=_alike(table, name))


def _in_both_arms(table: Identities, name: str) -> int:
    column = name_of(name)
    if table.different(column) == table.rows:
        return 0
    once = f"SELECT {column} FROM {table.source} GROUP BY {column} HAVING min(arm) <> max(arm)"  # noqa: S608 -- quoted
    return table.number(f"SELECT count(*) FROM ({once}) AS twice")  # noqa: S608 -- quoted


def _surplus(table: Identities, unit: Sequence[str]) -> int:
    columns = ", ".join(map(name_of, unit))
    if table.different(columns) == table.rows:
        return 0
    once = f"SELECT {columns} FROM {table.source} GROUP BY {columns}"  # noqa: S608 -- quoted
    return table.rows - table.number(f"SELECT count(*) FROM ({once}) AS once")  # noqa: S608 -- quoted


def _alike(table: Identities, name: str) -> int:
    column = name_of(name)
    several = table.different(column)
    if several is not None and several <= MOST_IN_MEMORY:
        return lookalikes(pa.array(_texts(table, f"{column} IS NOT NULL", column), pa.large_string()))
    plain = f"{table.words.bytes.format(column)} = length({column})"
    fold = _folded(column, table.words)
    beyond = _texts(table, f"NOT ({plain})", column)
    if len(beyond) > MOST_IN_MEMORY:
        raise NotInSql
    if not beyond and several is not None and several == table.different(fold):
        return 0
    seen = set(folded(pa.array(beyond, pa.large_string())).to_pylist())
    listed = ", ".join(literal(text) for text in sorted(seen))
    among = f"{plain} AND {fold} IN ({listed})"
    others = f"{plain} AND {fold} NOT IN ({listed})" if seen else plain
    together = [*beyond, *(_texts(table, among, column) if seen else [])]
    return _alike_where(table, others, column, fold) + (
        lookalikes(pa.array(together, pa.large_string())) if together else 0
    )


def _texts(table: Identities, clause: str, column: str) -> list[str]:
    limit = f"LIMIT {MOST_IN_MEMORY + 1}"
    rows = table.ask(f"SELECT DISTINCT {column} FROM {table.source} WHERE {clause} {limit}")  # noqa: S608 -- quoted
    return [str(row[0]) for row in rows]


def _alike_where(table: Identities, clause: str, column: str, fold: str) -> int:
    once = f"SELECT DISTINCT {column} FROM {table.source} WHERE {column} IS NOT NULL AND {clause}"  # noqa: S608 -- quoted
    groups = f"SELECT count(*) AS n FROM ({once}) AS once GROUP BY {fold} HAVING count(*) > 1"  # noqa: S608 -- quoted
    return table.number(f"SELECT sum(n) FROM ({groups}) AS alike")  # noqa: S608 -- quoted


def _folded(column: str, words: Words) -> str:
    """Return ``folded`` of an ASCII identifier: no case, no blanks around, no trailing .0, no leading zeros."""
    seen = trimmed(f"lower({column})", words)
    whole = rf"regexp_replace({seen}, '\.0+$', '')"
    bare = rf"regexp_replace({whole}, '^0+([^\n]+)$', '\1')"
    return f"CASE WHEN {seen} LIKE '0%' OR {seen} LIKE '%0' THEN {bare} ELSE {seen} END"
