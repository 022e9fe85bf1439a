"""
Result files of other tools as checks: Giskard's scan summary, and the evaluation output of NeMo Guardrails (T1, T2).

Giskard 2 writes its summary as a table of issues (``ScanReport.to_mlflow`` and ``to_dataframe``): domain,
slicing_fn, transformation_fn, metric, deviation, description. NeMo Guardrails (from 0.11 on) writes
``results`` with an id and, by policy, true, false, ``n/a`` or nothing. Of both, only counts are taken: no
question, answer or description.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

LARGEST_FILE = 64 * 1024 * 1024
COLUMNS = ("check_id", "tool", "check", "met")
ISSUE = frozenset({"domain", "metric", "deviation", "description"})
Row = tuple[str, str, str, str]


class ResultsRefused(Exception):
    """A result file is not one that this tool writes; the message says what was expected."""


def checks_in(path: Path, *, tool: str) -> tuple[Row, ...]:
    """
    Return the checks that a tool's result file holds, as rows of the contract ``checks``.

    :raises ResultsRefused: if the tool is not known, or the file is not one it writes
    """
    if tool not in READERS:
        raise ResultsRefused(f"Nothing is known of result files of '{tool}'; known are {', '.join(READERS)}.")
    rows = tuple(READERS[tool](_content(path), path.name))
    if not rows:
        raise ResultsRefused(f"{path.name} holds no check at all; was the evaluation made?")
    return rows


def _content(path: Path) -> object:
    if not path.is_file():
        raise ResultsRefused(f"There is no file {path.name} here; check the name and the folder.")
    if path.stat().st_size > LARGEST_FILE:
        raise ResultsRefused(f"{path.name} is larger than 64 MB; such a result file is smaller.")
    try:
        return _yaml(path) if path.suffix in (".yaml", ".yml") else json.loads(path.read_bytes())
    except ValueError:
        raise ResultsRefused(f"{path.name} is neither JSON nor YAML; let the tool write its results as one.") from None


def _yaml(path: Path) -> object:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(path)
    except YAMLError as error:
        raise ValueError from error


def _giskard(content: object, name: str) -> Iterator[Row]:
    """Yield one check for the whole scan, met if it found nothing, and one that is not met for each issue."""
    issues = _issues(content, name)
    yield ("giskard.scan", "giskard", "scan", "0" if issues else "1")
    for place, issue in enumerate(issues, start=1):
        yield (f"giskard.issue-{place}", "giskard", _label(issue.get("domain"), "no domain"), "0")


def _issues(content: object, name: str) -> list[Mapping[str, Any]]:
    expected = f"{name} is not a scan summary of Giskard 2: a table with the columns {', '.join(sorted(ISSUE))}."
    if isinstance(content, dict) and isinstance(content.get("columns"), list) and isinstance(content.get("data"), list):
        columns = content["columns"]
        # A scan without issues is a table without columns.
        if content["data"] and not set(columns) >= ISSUE:
            raise ResultsRefused(expected)
        if not all(isinstance(row, list) and len(row) == len(columns) for row in content["data"]):
            raise ResultsRefused(expected)
        return [dict(zip(columns, row, strict=True)) for row in content["data"]]
    if isinstance(content, list) and all(isinstance(one, dict) and set(one) >= ISSUE for one in content):
        return content
    raise ResultsRefused(expected)


def _nemo(content: object, name: str) -> Iterator[Row]:
    """Yield for each interaction one check per policy that applied, and one for all of them together."""
    expected = f"{name} is not the output of `nemoguardrails eval`: `results` with `id` and `compliance` for each."
    results = content.get("results") if isinstance(content, dict) else None
    if not isinstance(results, list):
        raise ResultsRefused(expected)
    for place, result in enumerate(results, start=1):
        if not isinstance(result, dict) or not isinstance(result.get("compliance"), dict):
            raise ResultsRefused(expected)
        rated = _rated(result)
        if any(value not in (True, False, None) for value in rated.values()):
            raise ResultsRefused(f"{expected} The compliance in place {place} is neither true, false, n/a nor empty.")
        for policy, value in rated.items():
            yield (f"nemo.{place}.{policy}", "nemo-guardrails", _label(policy, "no policy"), _written(value))
        if rated:
            whole = False if False in rated.values() else (None if None in rated.values() else True)
            yield (f"nemo.{place}", "nemo-guardrails", "guardrails", _written(whole))


def _rated(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what holds by policy: the checks that were made later count, and what does not apply is left out."""
    found = dict(result["compliance"])
    for check in result.get("compliance_checks") or ():
        found |= check.get("compliance") or {} if isinstance(check, dict) else {}
    return {str(policy): value for policy, value in found.items() if value != "n/a"}


def _written(value: bool | None) -> str:
    return "" if value is None else str(int(value))


def _label(text: object, otherwise: str) -> str:
    return " ".join(str(text).split())[:80] if text else otherwise


READERS: Mapping[str, Callable[[object, str], Iterator[Row]]] = {"giskard": _giskard, "nemo-guardrails": _nemo}
