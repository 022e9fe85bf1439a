"""What a contract is made of: columns, how their values are written, and which of them must be there."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from primum.roadmap.policy import Declared, EvidenceKind
from primum.roadmap.uses import Mode


class Form(StrEnum):
    """How the values of a column are written."""

    IDENTIFIER = "identifier"
    LABEL = "label"
    BINARY = "binary"
    WHOLE = "whole number"
    NUMBER = "number"
    MOMENT = "moment"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Column:
    """
    One column of a contract.

    A ``required`` column is mapped by every table of the kind. A ``complete`` column has a value in
    every row; in the others a missing value is counted as missing, and one that ``may_be_empty`` may
    have no value at all, since what it dates may not have happened. ``levels`` closes the set of values.
    """

    name: str
    meaning: str
    form: Form
    levels: tuple[str, ...] = ()
    required: bool = True
    complete: bool = True
    may_be_empty: bool = False
    needed_by: Declared | Mode | None = None


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The columns of one kind of evidence; ``unit`` is what one row is, ``free`` allows further columns."""

    kind: EvidenceKind
    meaning: str
    unit: tuple[str, ...]
    columns: tuple[Column, ...]
    free: bool = False

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by their names."""
        return {column.name: column for column in self.columns}

    @property
    def required(self) -> tuple[Column, ...]:
        """The columns that every table of this kind maps."""
        return tuple(column for column in self.columns if column.required)

    @property
    def optional(self) -> tuple[Column, ...]:
        """The columns that a table of this kind may map."""
        return tuple(column for column in self.columns if not column.required)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """The columns that are read as text and never leave the data plane."""
        return tuple(column.name for column in self.columns if column.form is Form.IDENTIFIER)

    def unit_of(self, mapped: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that together make a row unique, among those that are mapped."""
        present = set(mapped)
        return tuple(name for name in self.unit if name in present)

    def needed(self, declares: Iterable[Declared | Mode]) -> tuple[Column, ...]:
        """Return the columns that a rollout with these declarations maps, the required ones included."""
        declared = set(declares)
        return tuple(column for column in self.columns if column.required or column.needed_by in declared)

    def meant_by(self, name: str) -> str | None:
        """Return the contract column that a name not in the contract was probably meant to be."""
        if name in self.by_name:
            return None
        return next((known for known in self.by_name if _letters(known) == _letters(name)), None)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
