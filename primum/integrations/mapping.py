"""How a table's own columns and values become those of its contract; decided before a row is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from primum.integrations.source_limits import SourceRefused, refused
from primum.roadmap.columns import Column, Contract, Form
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.rollout import Evidence

TRUTH = {"1": "1", "0": "0", "true": "1", "false": "0"}
# What programs write for a missing value. In a free column it is neither a label nor a number until somebody says so.
NO_VALUE = frozenset({"nan", "na", "n/a", "#n/a", "null", "nat", "inf", "-inf"})
# Forms whose values are too many to be listed one by one under `values`.
OPEN_FORMS = frozenset({Form.NUMBER, Form.WHOLE, Form.MOMENT, Form.TEXT})


@dataclass(frozen=True, kw_only=True)
class MappedColumn:
    """One mapped column; ``column`` is ``None`` for a free one, and ``label`` forces it to be read as labels."""

    evidence: Evidence
    name: str
    raw: str
    column: Column | None
    values: Mapping[str, str]
    label: bool

    @property
    def form(self) -> Form | None:
        """The form the contract asks for; a free column has none of its own."""
        if self.column is not None:
            return self.column.form
        return Form.LABEL if self.label else None

    @property
    def may_be_missing(self) -> bool:
        """True if a missing value counts as missing; ``values: {"": ""}`` says so for a complete column."""
        return self.column is None or not self.column.complete or self.values.get("") == ""

    def translate(self, level: str) -> str | None:
        """Return what the contract calls this raw value, ``""`` for a missing one, ``None`` if nobody said."""
        for spelling in (level, plain(level)):
            if spelling in self.values:
                return self.values[spelling]
        if level == "":
            return level
        if self.values and self.form not in OPEN_FORMS:
            return None
        if self.form is Form.BINARY:
            return TRUTH.get(plain(level).lower())
        if self.column is None and level.strip().lower() in NO_VALUE:
            return None
        if self.column is None or self.form in OPEN_FORMS:
            return plain(level)
        return level if not self.column.levels or level in self.column.levels else None

    def refused(self, sentence: str) -> SourceRefused:
        """Return the refusal of the table for this column."""
        origin = "" if self.raw == self.name else f", mapped from '{self.raw}',"
        return refused(self.evidence, f"in column '{self.name}'{origin} {sentence}")


def plain(text: str) -> str:
    """Return a whole number without the ``.0`` that some programs add; any other text as it is."""
    return text.partition(".")[0] if "." in text and re.fullmatch(r"-?\d+\.0+", text) else text


def mapped_columns(evidence: Evidence) -> tuple[MappedColumn, ...]:
    """
    Return how each mapped column is to be read.

    :raises SourceRefused: if the mapping leaves out a required column or names one the contract does not have
    """
    contract = CONTRACTS[evidence.kind]
    _refuse_absent(evidence, contract)
    _refuse_unknown(evidence, contract)
    for name, values in evidence.values.items():
        _refuse_values(evidence, contract.by_name.get(name), name=name, values=values)
    return tuple(
        MappedColumn(
            evidence=evidence,
            name=name,
            raw=raw,
            column=contract.by_name.get(name),
            values={**evidence.values.get(name, {}), **_spellings(evidence.values.get(name, {}))},
            label=name in evidence.subgroups or name in evidence.values,
        )
        for name, raw in evidence.columns.items()
    )


def _spellings(values: Mapping[str, str]) -> dict[str, str]:
    """Add the plain spelling of each number and truth value, unless it is listed itself."""
    spelled = {TRUTH.get(plain(raw).lower(), plain(raw)): meant for raw, meant in values.items()}
    return {raw: meant for raw, meant in spelled.items() if raw not in values}


def _refuse_absent(evidence: Evidence, contract: Contract) -> None:
    absent = [column for column in contract.required if column.name not in evidence.columns]
    if absent:
        names = ", ".join(f"'{column.name}'" for column in absent)
        raise refused(
            evidence,
            f"does not map {len(absent)} required column(s): {names}. Map each under `columns`; "
            f"'{absent[0].name}' is: {absent[0].meaning}",
        )


def _refuse_unknown(evidence: Evidence, contract: Contract) -> None:
    for name in evidence.columns:
        meant = contract.meant_by(name)
        if meant:
            raise refused(evidence, f"maps a column '{name}'; the contract calls it '{meant}'.")
        if name not in contract.by_name and not contract.free and name not in evidence.subgroups:
            raise refused(
                evidence,
                f"maps a column '{name}', which its contract does not have. Correct the name, "
                f"or list it under `subgroups` if its groups are to be compared.",
            )
    for name in [*evidence.subgroups, *evidence.values]:
        if name not in evidence.columns:
            raise refused(evidence, f"speaks of a column '{name}' that is not under `columns`. Map it there.")


def _refuse_values(evidence: Evidence, column: Column | None, *, name: str, values: Mapping[str, str]) -> None:
    if column is None:
        return
    if column.form is Form.IDENTIFIER:
        raise refused(evidence, f"lists values of '{name}'; identifiers are read as they are. Remove them.")
    wrong = sorted({meant for meant in values.values() if meant and column.levels and meant not in column.levels})
    if wrong:
        raise refused(
            evidence,
            f"translates values of '{name}' to {', '.join(repr(one) for one in wrong)}; "
            f"the contract knows {', '.join(repr(level) for level in column.levels)}.",
        )
