"""Allocating units, and asking for all of them again after a restart, from a list, and from the seed."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
TELL_EVERY = 10.0
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
    with _telling(WORDS.get(name, name), folder / "output.txt"):
        done = measured(command, folder=folder, allowance=allowance)
    if done.stopped:
        raise Failed(f"{name} was {done.stopped}; there is no figure for it.")
    return done


@contextmanager
def _telling(what: str, output: Path) -> Iterator[None]:
    """Say on the error stream what is being measured, and now and then how far it is."""
    over, began = threading.Event(), time.perf_counter()

    def tell() -> None:
        while not over.wait(TELL_EVERY):
            text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
            far = (text.split("\n")[-2:] or [""])[0].strip()
            print(f"… {what}: {far or 'begun'}, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
    print(f"… {what}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
