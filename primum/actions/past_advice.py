"""Units with what they were once advised and what a new version says; read where the data are."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from primum.actions.relabelling import CannotRelabel, Compared
from primum.evidence.scores.guideline_labels import OPEN, Labelled, LabelMove, Truth, labelled, moves, of_levels
from primum.integrations import guideline_columns, sources
from primum.integrations.worklists import Listed
from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.guidelines import NOT_COVERED
from primum.roadmap.rollout import Evidence

if TYPE_CHECKING:
    import pandas as pd

ADVICE, PATIENT = "advice", "patient_id"
Moves = Mapping[LabelMove, int]


@dataclass(frozen=True, kw_only=True)
class Advised:
    """The units to be looked at, and how many of all keep or change their label; ``source`` says what advice is."""

    listed: tuple[Listed, ...]
    total: Moves
    groups: Mapping[str, Mapping[str, Moves]]
    source: str


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A log of the outputs that were shown, with the digest of its bytes."""

    evidence: Evidence
    digest: str


def past_advice(asked: Compared, *, base: Path, shown: Shown | None = None) -> Advised:
    """
    Return the units whose past advice another version alters, each once however many rows it has.

    :param shown: count and list only patients of whom an output was shown
    :raises CannotRelabel: if the contract of the table has no unit, or the log no patients to be found by
    :raises ColumnsRefused: if the table does not have what a version asks for
    :raises SourceRefused: if the table cannot be read
    """
    evidence, contract = asked.evidence, CONTRACTS[asked.evidence.kind]
    unit = next(iter(contract.unit_of(evidence.columns)), None)
    if unit is None:
        raise CannotRelabel(f"The table '{evidence.name}' names no unit, so nobody could be looked back at.")
    groups = tuple(dict.fromkeys([*(["site"] if "site" in evidence.columns else []), *evidence.subgroups]))
    source = ADVICE if ADVICE in evidence.columns else asked.old.name
    fields = guideline_columns.wanted(evidence=evidence, guidelines=(asked.old, asked.new), facts=asked.facts)
    only = {unit, *fields, *groups, *([ADVICE] if source == ADVICE else []), *([PATIENT] if shown else [])}
    table = sources.frame(evidence=evidence, base=base, digest=asked.digest, only=only)
    if shown is not None:
        table = _of_patients(table, shown, evidence, base)
    return _advised(_each_once(table, unit, asked, source), unit, groups, asked, source)


def _of_patients(table: "pd.DataFrame", shown: Shown, evidence: Evidence, base: Path) -> "pd.DataFrame":
    for one in (evidence, shown.evidence):
        if PATIENT not in one.columns:
            raise CannotRelabel(f"The table '{one.name}' maps no '{PATIENT}', by which both tables are held together.")
    log = sources.frame(evidence=shown.evidence, base=base, digest=shown.digest, only=[PATIENT])
    return table[table[PATIENT].isin(log[PATIENT].dropna().unique())].reset_index(drop=True)


def _labels(table: "pd.DataFrame", asked: Compared, source: str) -> tuple[Labelled, Labelled]:
    columns = guideline_columns.as_a_whole(table=table, guidelines=(asked.old, asked.new), facts=asked.facts)
    new = labelled(guideline=asked.new, columns=columns)
    if source == ADVICE:
        return of_levels(guideline_columns.levels_of(table[ADVICE]), guideline=asked.old), new
    return labelled(guideline=asked.old, columns=columns), new


def _each_once(table: "pd.DataFrame", unit: str, asked: Compared, source: str) -> "pd.DataFrame":
    """Keep one row of each unit: one that is to be looked at, where there is one."""
    if not table[unit].duplicated().any():
        return table
    first = table.assign(**{"": ~_listed(*_labels(table, asked, source))}).sort_values("", kind="stable")
    return first.drop_duplicates(unit).drop(columns="").sort_index()


def is_listed(move: LabelMove) -> bool:
    """Return whether who moves so is looked at: they had advice, and have another label now or none that is known."""
    return move.label_from not in (OPEN, NOT_COVERED) and move.label_to != move.label_from


def _listed(old: Labelled, new: Labelled) -> Truth:
    import numpy as np

    pairs = [[is_listed(LabelMove(label_from=one, label_to=other)) for other in new.names] for one in old.names]
    return np.asarray(np.array(pairs, np.bool_)[old.codes, new.codes], np.bool_)


def _advised(table: "pd.DataFrame", unit: str, groups: tuple[str, ...], asked: Compared, source: str) -> Advised:
    old, new = _labels(table, asked, source)
    kept = _listed(old, new).nonzero()[0]
    sites = table["site"] if "site" in groups else None
    listed = tuple(
        Listed(
            unit=str(table[unit].iloc[place]),
            site="" if sites is None else str(sites.iloc[place]),
            advised=old.names[old.codes[place]],
            now=new.names[new.codes[place]],
        )
        for place in kept.tolist()
    )
    levels = {name: guideline_columns.levels_of(table[name]) for name in groups}
    counted = {
        name: {
            level or "not known": moves(old=old, new=new, kept=found.codes == code)
            for code, level in enumerate(found.names)
        }
        for name, found in levels.items()
    }
    return Advised(listed=listed, total=moves(old=old, new=new), groups=counted, source=source)
