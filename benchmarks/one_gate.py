"""One gate on tables of growing length, beside a bare scan, pandas, and a script with the same libraries."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.processes import ROOT, Allowance, Measured, measured
from benchmarks.report import megabytes, ratio, spread, table
from benchmarks.rollouts import KINDS, Kind
from benchmarks.shares import BEGINNING, shares, step_of
from benchmarks.stopwatch import POINTS

STEPS = ("gate", "by_hand", "expectations", "count", "pandas_count", "scan", "scan_keys")
ONCE_FROM = 5_000_000
ALONE = ("scan", "scan_keys", "count", "pandas_count", "expectations")
WHOLE = (
    "The whole gate (hash, expectations, counts, estimates, verdict, MLflow run, ledger, page) beside a script that "
    "checks the same expectations with Great Expectations, counts with pandas and logs to MLflow."
)
ALONE_MEANS = (
    "Steps by themselves, each in a process of its own, in seconds without the loading of libraries. The count hashes "
    "the file before it counts; the scans and pandas do not. Expectations include mapping and identities."
)
Runs = Mapping[str, Sequence[Measured]]


def one_gate(folder: Path, *, sizes: Sequence[int], rounds: int, allowance: Allowance) -> list[str]:
    """Measure and return a section for each kind of evidence; tables of 5 million rows and more are run once."""
    lines: list[str] = []
    for kind in KINDS.values():
        runs = {rows: _rounds(folder, kind, rows, 1 if rows >= ONCE_FROM else rounds, allowance) for rows in sizes}
        lines += [f"## One gate: {kind.title}", "", *_whole(runs), *_counted(runs), *_taken_apart(runs)]
    return lines


def _rounds(folder: Path, kind: Kind, rows: int, rounds: int, allowance: Allowance) -> Runs:
    made = folder / f"{kind.name}-{rows}"
    # In a process of its own: what this one holds is counted into the memory of every child.
    subprocess.run([sys.executable, "-m", "benchmarks.rollouts", kind.name, str(rows), str(made)], check=True, cwd=ROOT)
    runs: dict[str, list[Measured]] = {step: [] for step in STEPS}
    for _ in range(rounds):
        for step in STEPS:
            _forget(made)
            runs[step].append(measured(step_of(step, made), folder=made, allowance=allowance))
    shutil.rmtree(made)
    return runs


def _forget(made: Path) -> None:
    """Each round begins with an empty home and an empty store."""
    for folder in ("home", "by_hand_artifacts"):
        shutil.rmtree(made / folder, ignore_errors=True)
    for file in made.glob("by_hand.db*"):
        file.unlink()


def _whole(runs: Mapping[int, Runs]) -> list[str]:
    head = (
        "rows",
        "rounds",
        "gate, s",
        "of it work, s",
        "peak MB",
        "script, s",
        "of it work, s",
        "peak MB",
        "gate / script",
        "gate's work / scan of all columns",
    )
    return [
        WHOLE,
        "",
        *table(head, [_whole_row(rows, one) for rows, one in runs.items()]),
    ]


def _whole_row(rows: int, runs: Runs) -> tuple[str, ...]:
    gate, script, scan = runs["gate"], runs["by_hand"], runs["scan"]
    if stopped := next((run.stopped for run in (*gate, *script) if run.stopped), ""):
        return (f"{rows:,}", stopped, *[""] * 8)
    return (
        f"{rows:,}",
        f"{len(gate)}",
        spread([run.seconds for run in gate]),
        spread(_work(gate)),
        megabytes(gate),
        spread([run.seconds for run in script]),
        spread(_work(script)),
        megabytes(script),
        ratio([run.processor for run in gate], [run.processor for run in script]),
        ratio(_busy(gate), _busy(scan)),
    )


def _work(runs: Sequence[Measured]) -> list[float]:
    return [run.report.get("work", 0.0) for run in runs]


def _busy(runs: Sequence[Measured]) -> list[float]:
    return [run.report.get("work, processor", 0.0) for run in runs]


def _counted(runs: Mapping[int, Runs]) -> list[str]:
    head = (
        "rows",
        "scan of all columns",
        "scan of the keys",
        "count",
        "pandas",
        "expectations",
        "count / scan of keys",
        "pandas / scan of keys",
        "count / pandas",
        "expectations / scan",
    )
    memory = ("rows", "scan of all columns", "scan of the keys", "count", "pandas", "expectations")
    return [
        ALONE_MEANS,
        "",
        *table(head, [_counted_row(rows, one) for rows, one in runs.items()]),
        "Peak memory of these processes in MB, libraries included:",
        "",
        *table(memory, [(f"{rows:,}", *[megabytes(one[step]) for step in ALONE]) for rows, one in runs.items()]),
    ]


def _counted_row(rows: int, runs: Runs) -> tuple[str, ...]:
    busy = {step: _busy(runs[step]) for step in ALONE}
    if stopped := next((run.stopped for step in ALONE for run in runs[step] if run.stopped), ""):
        return (f"{rows:,}", stopped, *[""] * 8)
    return (
        f"{rows:,}",
        *(spread(_work(runs[step])) for step in ALONE),
        ratio(busy["count"], busy["scan_keys"]),
        ratio(busy["pandas_count"], busy["scan_keys"]),
        ratio(busy["count"], busy["pandas_count"]),
        ratio(busy["expectations"], busy["scan"]),
    )


def _taken_apart(runs: Mapping[int, Runs]) -> list[str]:
    """Seconds of each step of the whole gate, a column for each size, and the peak memory of the largest."""
    whole = {rows: one["gate"] for rows, one in runs.items() if not any(run.stopped for run in one["gate"])}
    by_size = {rows: {row[0]: row for row in shares(gates)} for rows, gates in whole.items()}
    labels = dict.fromkeys([BEGINNING, *POINTS.values(), "all else"])
    largest = max(by_size, default=0)
    return [
        f"The whole gate taken apart: median seconds, and peak MB so far with {largest:,} rows.",
        "",
        *table(
            ("step", *[f"{rows:,} rows" for rows in by_size], "peak MB"),
            [
                (label, *[by_size[rows][label][1] for rows in by_size], by_size[largest][label][3])
                for label in labels
                if largest and any(float(by_size[rows][label][1]) for rows in by_size)
            ],
        ),
    ]
