"""Expectation suites as people write them: JSON that is read strictly, since a rule that is skipped guards nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from primum.roadmap.contracts import CONTRACTS
from primum.roadmap.policy import EvidenceKind
from primum.settings import shipped

LARGEST_FILE = 256 << 10
SUITE_KEYS = frozenset({"name", "notes", "expectations", "meta"})
RULE_KEYS = frozenset({"type", "kwargs", "notes", "severity", "meta"})
META_KEYS = frozenset({"id", "requirements", "safety_event", "may_be_empty"})
# These would bring values back, hide an error, or run words as code.
REFUSED_KWARGS = frozenset({"result_format", "catch_exceptions", "condition_parser", "batch_id", "meta", "windows"})
CONDITIONS = frozenset({"comparison", "nullity", "and", "or"})
COLUMN_KWARGS = ("column", "column_A", "column_B")


class SuiteRefused(Exception):
    """An expectation suite was refused; the message names file and expectation and says what to do."""


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """
    One expectation as its author wrote it.

    ``may_be_empty`` says that it holds where no row is concerned; without it, no row is no proof (P8).
    """

    suite: str
    type: str
    kwargs: Mapping[str, object]
    notes: str
    id: str
    requirements: tuple[str, ...]
    safety_event: bool = False
    may_be_empty: bool = False

    @property
    def subjects(self) -> tuple[str, ...]:
        """The columns whose values it looks at."""
        named = [self.kwargs[key] for key in COLUMN_KWARGS if key in self.kwargs]
        listed = self.kwargs.get("column_list", self.kwargs.get("column_set", ()))
        named += list(listed) if isinstance(listed, Sequence) and not isinstance(listed, str) else []
        return tuple(str(name) for name in named)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks of, those of its row condition included."""
        return tuple(dict.fromkeys([*self.subjects, *_columns_of(self.kwargs.get("row_condition"))]))

    def plain(self) -> dict[str, object]:
        """Return it in the JSON of Great Expectations."""
        meta = {"id": self.id, "requirements": list(self.requirements), "safety_event": self.safety_event}
        return {
            "type": self.type,
            "kwargs": dict(self.kwargs),
            "notes": self.notes,
            "severity": "critical",
            "meta": {**meta, "may_be_empty": self.may_be_empty},
        }


@dataclass(frozen=True, kw_only=True)
class Suite:
    """One file of expectations; ``own`` if it came from the rollout and not with Primum."""

    name: str
    expectations: tuple[Expectation, ...]
    own: bool = False

    def plain(self) -> dict[str, object]:
        """Return it in the JSON of Great Expectations."""
        return {"name": self.name, "expectations": [one.plain() for one in self.expectations]}


def suites_dir() -> Path:
    """Return the folder of the shipped suites, in a checkout or inside the installed package."""
    return shipped("expectations")


def suites_for(kind: EvidenceKind, *, folder: Path | None = None, own: Sequence[Path] = ()) -> tuple[Suite, ...]:
    """
    Return the suites that bind a table of a kind: the shipped one, then those of the rollout.

    :raises SuiteRefused: if a file cannot be read as a suite, or two expectations share an id
    """
    suites = (
        read_suite((folder or suites_dir()) / f"{kind}.json"),
        *(read_suite(path, own=True) for path in own),
    )
    seen: dict[str, str] = {}
    for suite in suites:
        for one in suite.expectations:
            if one.id in seen:
                raise SuiteRefused(f"{suite.name}: the id '{one.id}' is taken in {seen[one.id]}. Choose another.")
            seen[one.id] = suite.name
    return suites


def read_suite(path: Path, *, own: bool = False) -> Suite:
    """
    Read one suite.

    :raises SuiteRefused: if it is absent, too large, no JSON, or an expectation lacks id or notes
    """
    content = _json_of(path)
    _refuse_keys(content, known=SUITE_KEYS, where=path.name)
    written = content.get("expectations")
    if not isinstance(written, list) or not written:
        raise SuiteRefused(f"{path.name}: a suite has a list `expectations` with at least one.")
    expectations = tuple(_expectation(one, suite=path.name, number=at) for at, one in enumerate(written, start=1))
    return Suite(name=path.name, expectations=expectations, own=own)


def refuse_unknown_columns(suite: Suite, *, kind: EvidenceKind, mapped: Sequence[str]) -> None:
    """
    Do nothing if every column a suite speaks of is one that this table has.

    :raises SuiteRefused: if not; a shipped suite may speak of contract columns that are not mapped
    """
    known = set(mapped) if suite.own else {*mapped, *CONTRACTS[kind].by_name}
    for one in suite.expectations:
        absent = [name for name in one.columns if name not in known]
        if absent:
            raise SuiteRefused(
                f"{suite.name}, '{one.id}': the table has no column '{absent[0]}'. "
                f"Map it under `columns` in the rollout, or correct the name; mapped are {', '.join(mapped)}."
            )


def _json_of(path: Path) -> Mapping[str, object]:
    if not path.is_file():
        raise SuiteRefused(f"{path.name}: there is no such file of expectations. Check the name under `suites`.")
    if path.stat().st_size > LARGEST_FILE:
        raise SuiteRefused(f"{path.name}: has more than {LARGEST_FILE:,} bytes; split it into several files.")
    try:
        content = json.loads(path.read_bytes(), object_pairs_hook=_each_key_once, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        raise SuiteRefused(f"{path.name}, line {problem.lineno}: this is no JSON: {problem.msg}.") from None
    except (ValueError, RecursionError) as problem:
        raise SuiteRefused(f"{path.name}: cannot be read as JSON: {problem}.") from None
    if not isinstance(content, dict):
        raise SuiteRefused(f"{path.name}: a suite is a JSON object with `name` and `expectations`.")
    return content


def _each_key_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key '{key}' stands twice in one object")
        result[key] = value
    return result


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no number that can be compared")


def _refuse_keys(content: Mapping[str, object], *, known: frozenset[str], where: str) -> None:
    strange = sorted(set(content) - known)
    if strange:
        raise SuiteRefused(f"{where}: '{strange[0]}' is not known here; {', '.join(sorted(known))} are.")


def _expectation(written: object, *, suite: str, number: int) -> Expectation:
    where = f"{suite}, expectation {number}"
    if not isinstance(written, dict):
        raise SuiteRefused(f"{where}: an expectation is an object with type, kwargs, notes and meta.")
    _refuse_keys(written, known=RULE_KEYS, where=where)
    meta, kwargs = _object(written, "meta", where=where), _object(written, "kwargs", where=where)
    _refuse_keys(meta, known=META_KEYS, where=f"{where}, meta")
    _refuse_kwargs(kwargs, where=where)
    if written.get("severity", "critical") != "critical":
        raise SuiteRefused(f"{where}: every failed expectation holds the gate; leave `severity` out or say critical.")
    requirements = meta.get("requirements", [])
    if not isinstance(requirements, list) or not all(isinstance(one, str) for one in requirements):
        raise SuiteRefused(f'{where}: meta.requirements is a list of requirement ids, such as ["P5.3"].')
    return Expectation(
        suite=suite,
        type=_text(written, "type", where=where),
        kwargs=kwargs,
        notes=_text(written, "notes", where=where),
        id=_text(meta, "id", where=f"{where}, meta"),
        requirements=tuple(requirements),
        safety_event=_flag(meta, "safety_event", where=where),
        may_be_empty=_flag(meta, "may_be_empty", where=where),
    )


def _object(written: Mapping[str, object], key: str, *, where: str) -> dict[str, object]:
    value = written.get(key, {})
    if not isinstance(value, dict):
        raise SuiteRefused(f"{where}: `{key}` is an object.")
    return value


def _text(written: Mapping[str, object], key: str, *, where: str) -> str:
    value = written.get(key)
    if not isinstance(value, str) or not value.strip():
        advice = {"notes": "one sentence that a data steward can review", "id": "a name that stays the same"}
        raise SuiteRefused(f"{where}: `{key}` is missing; write {advice.get(key, 'its name')}.")
    return value


def _flag(meta: Mapping[str, object], key: str, *, where: str) -> bool:
    value = meta.get(key, False)
    if not isinstance(value, bool):
        raise SuiteRefused(f"{where}: meta.{key} is true or false.")
    return value


def _refuse_kwargs(kwargs: Mapping[str, object], *, where: str) -> None:
    refused = sorted(REFUSED_KWARGS & set(kwargs))
    if refused:
        raise SuiteRefused(
            f"{where}: `{refused[0]}` is not for a suite to say; counts come back, never values. Remove it."
        )
    if kwargs.get("mostly", 1) == 0:
        raise SuiteRefused(f"{where}: `mostly` 0 always holds; say which share of rows must meet it.")
    condition = kwargs.get("row_condition")
    if condition is not None and not all(isinstance(kind, str) and kind in CONDITIONS for kind in _kinds_of(condition)):
        raise SuiteRefused(
            f"{where}: a row_condition is an object of type {', '.join(sorted(CONDITIONS))}, never text to be run."
        )


def _parts_of(condition: object) -> Iterator[object]:
    yield condition
    parts = condition.get("conditions") if isinstance(condition, dict) else None
    for part in parts if isinstance(parts, list) else ():
        yield from _parts_of(part)


def _kinds_of(condition: object) -> Iterator[object]:
    for part in _parts_of(condition):
        yield part.get("type") if isinstance(part, dict) else None


def _columns_of(condition: object) -> Iterator[str]:
    for part in _parts_of(condition):
        column = part.get("column") if isinstance(part, dict) else None
        if isinstance(column, dict) and isinstance(column.get("name"), str):
            yield column["name"]
