"""Expectations as gates: a table is held against its suites and the guard, and only counts come back (P8, P9)."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rfc8785

from primum.integrations import sources
from primum.integrations.expectations_guard import GUARD, absent_columns, guard_of
from primum.integrations.expectations_large import Held, Room, held_in_sql, is_large
from primum.integrations.expectations_suites import (
    Expectation,
    Suite,
    SuiteRefused,
    refuse_unknown_columns,
    suites_dir,
    suites_for,
)
from primum.roadmap.columns import Column
from primum.roadmap.data_checks import DataCheck, ExpectationResult
from primum.roadmap.policy import Declared
from primum.roadmap.rollout import Evidence
from primum.roadmap.uses import Mode
from primum.roadmap.verdicts import Outcome

if TYPE_CHECKING:
    import pandas as pd

    from primum.integrations.expectations_run import Answer

__all__ = ["Room", "SuiteRefused", "check", "check_table", "data_docs", "suites_dir", "suites_for"]

BROKE = "the check itself broke on this table: the values are of another kind than it expects"
ROOM = Room()
NO_ROWS = "no row is concerned by it, and no row is no proof"


def check_table(
    *,
    evidence: Evidence,
    base: Path,
    digest: str,
    declares: Collection[Declared | Mode] = (),
    rows: int | None = None,
    room: Room = ROOM,
) -> DataCheck:
    """
    Read a registered table and hold it against its suites; a large one stays in a database and says the same.

    :param base: the folder of the rollout file; the rollout's own suites are relative to it
    :param declares: what the rollout declares and its mode; they may ask for further columns (P1.8, I4)
    :param rows: how many rows were registered, if that is known
    :param room: from how many rows on a table is large
    :raises SourceRefused: if the table cannot be read as it was registered
    :raises SuiteRefused: if a suite cannot be read
    """
    own = tuple(base / name for name in evidence.suites)
    if is_large(evidence, base=base, rows=rows, room=room):
        suites = _bound(evidence, suites_dir(), own)
        asked = _asked(suites, mapped=evidence.columns)
        held = held_in_sql(evidence=evidence, base=base, digest=digest, asked=asked, room=room)
        if held:
            return _checked(evidence, suites, held=held, declares=declares)
    frame = sources.frame(evidence=evidence, base=base, digest=digest)
    return check(evidence=evidence, frame=frame, suites_dir=suites_dir(), extra=own, declares=declares)


def check(
    *,
    evidence: Evidence,
    frame: "pd.DataFrame",
    suites_dir: Path,
    extra: Sequence[Path] = (),
    declares: Collection[Declared | Mode] = (),
) -> DataCheck:
    """
    Hold a table against the suite of its kind, the rollout's own suites and the guard.

    :param frame: the contract columns, as ``sources.frame`` gives them
    :raises SuiteRefused: if a suite cannot be read, or speaks of a column that the table does not have
    """
    suites = _bound(evidence, suites_dir, extra)
    answered = _answers(_asked(suites, mapped=evidence.columns), frame)
    held = Held(columns=tuple(frame.columns), rows=len(frame), answers=answered)
    return _checked(evidence, suites, held=held, declares=declares)


def _checked(
    evidence: Evidence, suites: Sequence[Suite], *, held: Held, declares: Collection[Declared | Mode]
) -> DataCheck:
    absent = absent_columns(evidence, present=held.columns, declares=declares)
    asked = _asked(suites, mapped=evidence.columns)
    return DataCheck(
        evidence=evidence.name,
        kind=evidence.kind,
        suites=tuple(suite.name for suite in suites),
        suite_digest=suite_digest(suites),
        rows=held.rows,
        results=(*map(_absent, absent), *(_result(one, held.answers.get(one.id)) for one in asked)),
    )


def data_docs(
    *, evidence: Evidence, frame: "pd.DataFrame", suites_dir: Path, extra: Sequence[Path] = (), out: Path, at: datetime
) -> Path:
    """
    Write the Data Docs of Great Expectations for a table and return their first page; they hold counts only.

    :param out: the folder to write into
    :param at: the time the pages show
    :raises SuiteRefused: as in ``check``
    """
    from primum.integrations.expectations_docs import write_docs

    asked = _asked(_bound(evidence, suites_dir, extra), mapped=evidence.columns)
    return write_docs(name=evidence.name, expectations=asked, frame=frame, out=out, at=at)


def _bound(evidence: Evidence, folder: Path, own: Sequence[Path]) -> tuple[Suite, ...]:
    suites = (guard_of(evidence), *suites_for(evidence.kind, folder=folder, own=own))
    for suite in suites:
        refuse_unknown_columns(suite, kind=evidence.kind, mapped=tuple(evidence.columns))
    return suites


def suite_digest(suites: Sequence[Suite]) -> str:
    """Return the SHA-256 of the canonical JSON (RFC 8785) of all suites that ran, the guard included."""
    written: Any = [suite.plain() for suite in suites]
    content = rfc8785.dumps(written)
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _asked(suites: Sequence[Suite], *, mapped: Collection[str]) -> tuple[Expectation, ...]:
    """Return the expectations on columns that are mapped; one on an optional column that is not, does not bind."""
    return tuple(one for suite in suites for one in suite.expectations if set(one.columns) <= set(mapped))


def _answers(asked: Sequence[Expectation], frame: "pd.DataFrame") -> "Mapping[str, Answer]":
    from primum.integrations.expectations_run import answers

    there = [one for one in asked if set(one.columns) <= set(frame.columns)]
    if frame.empty:
        there = [one for one in there if one.id == f"{GUARD}.rows"]
    return answers(expectations=there, frame=frame)


def _result(one: Expectation, answer: "Answer | None") -> ExpectationResult:
    outcome = answer.outcome if answer else Outcome.INSUFFICIENT
    problems = {Outcome.ERROR: BROKE, Outcome.INSUFFICIENT: NO_ROWS}
    return ExpectationResult(
        id=one.id,
        notes=one.notes,
        requirements=one.requirements,
        outcome=outcome,
        evaluated=answer.evaluated if answer else 0,
        unexpected=answer.unexpected if answer else 0,
        safety_event=one.safety_event and outcome is Outcome.FAIL,
        problem=f"{one.notes.rstrip('.')}: {problems[outcome]}." if outcome in problems else "",
    )


def _absent(column: Column) -> ExpectationResult:
    return ExpectationResult(
        id=f"{GUARD}.{column.name}.mapped",
        notes=f"The table has a column '{column.name}'.",
        requirements=(),
        outcome=Outcome.ERROR,
        evaluated=0,
        unexpected=0,
        problem=f"the column '{column.name}' is not mapped and this rollout needs it. It is: {column.meaning}",
    )
