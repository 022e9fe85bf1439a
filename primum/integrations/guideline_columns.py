"""The columns of a table that a guideline asks for, as its rules compare them; in batches to count, whole to list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from primum.evidence.scores.guideline_labels import Column, ColumnsRefused, Levels
from primum.integrations import sources
from primum.roadmap.guidelines import Guideline
from primum.roadmap.rollout import Evidence

if TYPE_CHECKING:
    import pandas as pd

Facts = Mapping[str, str]
"""Field of the guideline: column of the table's contract; what is not in it has the same name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Counted:
    """Some rows: the fields of the guidelines, and the groups to count by."""

    columns: Mapping[str, Column]
    groups: Mapping[str, Levels]


def asked_by(guidelines: Sequence[Guideline]) -> dict[str, bool]:
    """
    Return every field that some version asks for, and whether it is a number.

    :raises ColumnsRefused: if it is a number in one version and levels in the other
    """
    asked: dict[str, bool] = {}
    for guideline in guidelines:
        for name in guideline.asks:
            numeric = guideline.field(name).numeric
            if asked.setdefault(name, numeric) != numeric:
                raise ColumnsRefused(f"'{name}' is a number in one version and levels in the other.")
    return asked


def in_batches(
    *, evidence: Evidence, base: Path, digest: str, guidelines: Sequence[Guideline], facts: Facts, groups: Sequence[str]
) -> Iterator[Counted]:
    """
    Yield the columns of a table batch by batch, to be counted.

    :raises ColumnsRefused: if a field is not mapped
    :raises SourceRefused: if the bytes are others or a value does not fit
    """
    asked = asked_by(guidelines)
    named = {name: _mapped(evidence, name, facts) for name in asked}
    keys = [named[name] for name, numeric in asked.items() if not numeric]
    numbers = [named[name] for name, numeric in asked.items() if numeric]
    wanted = tuple(dict.fromkeys([*keys, *groups]))
    for batch in sources.batches(evidence=evidence, base=base, digest=digest, keys=wanted, numbers=numbers):
        labels = {name: Levels(codes=codes, names=tuple(levels)) for name, (codes, levels) in batch.labels.items()}
        columns = {
            name: batch.numbers[named[name]] if number else labels[named[name]] for name, number in asked.items()
        }
        yield Counted(columns=columns, groups={name: labels[name] for name in groups})


def as_a_whole(*, table: "pd.DataFrame", guidelines: Sequence[Guideline], facts: Facts) -> dict[str, Column]:
    """
    Return the columns of a table that was read as a whole.

    :raises ColumnsRefused: if a field is not there, or is no number where one is meant
    """
    found: dict[str, Column] = {}
    for name, numeric in asked_by(guidelines).items():
        column = facts.get(name, name)
        if column not in table.columns:
            raise _absent(name, column)
        found[name] = _numbers(table[column], name) if numeric else levels_of(table[column])
    return found


def levels_of(series: "pd.Series[str]") -> Levels:
    """Return a column of texts as codes into levels; "" is missing."""
    import pandas as pd

    texts = series.astype("object").where(series.notna(), "").map(str)
    codes, names = pd.factorize(texts, sort=True)
    return Levels(codes=codes.astype(np.int32), names=tuple(names))


def wanted(*, evidence: Evidence, guidelines: Sequence[Guideline], facts: Facts) -> tuple[str, ...]:
    """
    Return the contract columns that these versions ask for.

    :raises ColumnsRefused: if one is not mapped
    """
    return tuple(_mapped(evidence, name, facts) for name in asked_by(guidelines))


def _mapped(evidence: Evidence, name: str, facts: Facts) -> str:
    column = facts.get(name, name)
    if column not in evidence.columns:
        raise _absent(name, column)
    return column


def _absent(name: str, column: str) -> ColumnsRefused:
    where = "" if name == column else f", taken from '{column}',"
    return ColumnsRefused(f"The guideline asks for '{name}'{where} which the table does not map under `columns`.")


def _numbers(series: "pd.Series[float]", name: str) -> Column:
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype):
        raise ColumnsRefused(f"The guideline asks for '{name}' as numbers, and the table has something else there.")
    return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan), np.float64)
