"""What a taken-apart process spent its seconds on, by the labels of the stopwatch."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.processes import Measured
from benchmarks.report import seconds
from benchmarks.stopwatch import OTHER, POINTS

BEGINNING = "starting, loading libraries"


def step_of(name: str, folder: Path) -> tuple[str, ...]:
    """Return the command of one of the steps."""
    return (sys.executable, "-m", "benchmarks.steps", name, str(folder))


def shares(runs: Sequence[Measured]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each thing: median seconds, share of all, and the memory the process had at most meanwhile."""
    whole = median(run.seconds for run in runs)
    for label in dict.fromkeys([BEGINNING, *POINTS.values(), OTHER]):
        took = median(spent_on(run, label) for run in runs)
        peak = max(run.report.get(f"{label}, MB", 0.0) for run in runs)
        yield label, seconds(took), f"{100 * took / whole:.0f} %", f"{peak:,.0f}" if peak else ""


def spent_on(run: Measured, label: str) -> float:
    """Return the seconds a run spent on a thing; what was outside the work is its beginning."""
    if label == BEGINNING:
        return run.seconds - run.report["work"]
    return run.report.get(label, 0.0)
