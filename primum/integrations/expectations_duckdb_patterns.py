"""Patterns in DuckDB, which reads some otherwise than Python."""

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from primum.integrations.expectations_conditions import Clause, column_of
from primum.integrations.expectations_regex import translated

if TYPE_CHECKING:
    import duckdb


class Patterns:
    """Patterns as DuckDB reads them on ASCII texts, and as Python does on all others."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection") -> None:
        self._connection = connection
        self._named: dict[str, str] = {}

    def matches(self, column: str, pattern: str) -> Clause | None:
        """Return whether a column's texts match; ``None`` if Python itself cannot read the pattern."""
        with suppress(re.error):
            re.compile(pattern)
            text = column_of(column)
            theirs = translated(pattern, boundary=r"\b")
            ours: Clause = getattr(sa.func, self._function(pattern))(text)
            if theirs is None:
                return ours
            is_ascii = sa.func.strlen(text) == sa.func.length(text)
            return sa.case((is_ascii, sa.func.regexp_matches(text, theirs)), else_=ours)
        return None

    def _function(self, pattern: str) -> str:
        if pattern not in self._named:
            import pyarrow as pa
            from duckdb.func import ARROW

            name, search = f"python_finds_{len(self._named)}", re.compile(pattern).search

            def finds(texts: pa.ChunkedArray) -> pa.Array:
                return pa.array([None if text is None else search(text) is not None for text in texts.to_pylist()])

            self._connection.create_function(name, finds, ["VARCHAR"], "BOOLEAN", type=ARROW)
            self._named[pattern] = name
        return self._named[pattern]
