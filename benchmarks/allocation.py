"""Allocating units, and asking for all of them again after a restart, from a list, and from the seed."""

import sys
from pathlib import Path

from benchmarks.allocation_steps import SITES, STEPS
from benchmarks.processes import Allowance, Failed, Measured, measured
from benchmarks.report import table

UNITS = 1_000_000
WORDS = {
    "enrol": "enrol them",
    "ask-again": "ask for all again, in a new process",
    "take-over": "take over the list of all their arms",
    "draw-again": "draw all again from the seed, and compare",
}
HEAD = ("what", "seconds", "units a second", "peak MB", "arms that changed")


def allocation(folder: Path, *, units: int = UNITS) -> list[str]:
    """
    Measure and return a section.

    :raises Failed: if an arm changed
    """
    made = folder / "allocation"
    made.mkdir()
    allowance = Allowance(megabytes=4_000, seconds=3_600)
    _step("prepare", made, units, allowance)
    rows, first = [], ""
    for name in STEPS:
        done = _step(name, made, units, allowance)
        digest = str(done.report.get("digest", ""))
        first = first or digest
        changed = int(done.report.get("otherwise", 0)) if not digest else int(digest != first)
        if changed or (name != "enrol" and done.report.get("new")):
            raise Failed(f"An arm is not what it was: {name} {dict(done.report)}")
        took = done.report["work"]
        rows.append((WORDS[name], f"{took:.0f}", f"{units / took:,.0f}", f"{done.megabytes:.0f}", "none"))
    return [
        f"## {units:,} units allocated",
        "",
        f"In permuted blocks within {SITES} strata, 5,000 in a transaction, on SQLite; arms are compared by a digest.",
        "",
        *table(HEAD, rows),
        "",
    ]


def _step(name: str, folder: Path, units: int, allowance: Allowance) -> Measured:
    command = [sys.executable, "-m", "benchmarks.allocation_steps", name, str(folder), str(units)]
    return measured(command, folder=folder, allowance=allowance)
