"""Each shipped suite inside DuckDB, beside the same checks as one plain query; and the whole check beside pandas."""

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.processes import ROOT, Allowance, Measured, measured
from benchmarks.report import megabytes, ratio, spread, table
from benchmarks.suites_data import TABLES, expectations

PLACES = ("table", "parquet")
CHECKS = ("check-duckdb", "check-memory")
# The table with most columns stands for the others where pandas has to bear it, too.
WIDEST = "interactions"
ONCE_FROM = 5_000_000
# Below this a table is not large, and what the library takes to think is all there is to measure.
LARGE_FROM = 1_000_000
SUITES = (
    "The guard and the shipped suite of each kind, run by Great Expectations inside DuckDB, beside the same checks as "
    "one plain query: both with 256 MB and the same threads, on a table of DuckDB and over Parquet, in seconds without "
    "the loading of libraries. The plain query gives only what breaks each check; the suite also how many rows it saw."
)
WHOLE = (
    "The whole check of one Parquet file, as a gate makes it: hash, mapping, identities, guard and suite; inside "
    "DuckDB, and read into pandas as tables below `PRIMUM_LARGE_TABLE` rows are."
)
Runs = Mapping[str, Sequence[Measured]]


def suites(folder: Path, *, sizes: Sequence[int], rounds: int, allowance: Allowance) -> list[str]:
    """Measure and return a section; tables of 5 million rows and more are run once."""
    plain: list[tuple[str, ...]] = []
    whole: list[tuple[str, ...]] = []
    for rows in (size for size in sizes if size >= LARGE_FROM):
        for kind in TABLES:
            runs = _rounds(folder, kind, rows, 1 if rows >= ONCE_FROM else rounds, allowance)
            plain.append(_beside_plain(kind, rows, runs))
            if kind == WIDEST:
                whole.append(_beside_memory(rows, runs))
    head = (
        "kind",
        "checks",
        "rows",
        *(f"{place}: {what}" for place in PLACES for what in ("plain, s", "suite, s", "ratio")),
    )
    return [
        "## Suites at size",
        "",
        SUITES,
        "",
        *table((*head, "peak MB: plain", "suite"), plain),
        WHOLE,
        "",
        *table(("rows", "DuckDB, s", "peak MB", "pandas, s", "peak MB", "DuckDB / pandas"), whole),
    ]


def _rounds(folder: Path, kind: str, rows: int, rounds: int, allowance: Allowance) -> Runs:
    made = folder / f"suites-{rows}" / kind
    subprocess.run([sys.executable, "-m", "benchmarks.suites_data", kind, str(rows), str(made)], check=True, cwd=ROOT)
    steps = [f"{what}-{place}" for place in PLACES for what in ("plain", "suite")]
    steps += CHECKS if kind == WIDEST else ()
    runs: dict[str, list[Measured]] = {step: [] for step in steps}
    for _ in range(rounds):
        for step in steps:
            command = [sys.executable, "-m", "benchmarks.suites_steps", step, str(made)]
            runs[step].append(measured(command, folder=made, allowance=allowance))
    shutil.rmtree(made)
    return runs


def _beside_plain(kind: str, rows: int, runs: Runs) -> tuple[str, ...]:
    cells = [kind, f"{len(expectations(kind))}", f"{rows:,}"]
    for place in PLACES:
        plain, suite = runs[f"plain-{place}"], runs[f"suite-{place}"]
        cells += [_work(plain), _work(suite), _ratio(suite, plain)]
    both = ([run for place in PLACES for run in runs[f"{what}-{place}"]] for what in ("plain", "suite"))
    return (*cells, *map(megabytes, both))


def _beside_memory(rows: int, runs: Runs) -> tuple[str, ...]:
    held, memory = (runs[name] for name in CHECKS)
    return (f"{rows:,}", _work(held), megabytes(held), _work(memory), megabytes(memory), _ratio(held, memory))


def _work(runs: Sequence[Measured]) -> str:
    stopped = next((run.stopped for run in runs if run.stopped), "")
    return stopped or spread([run.report["work"] for run in runs])


def _ratio(ours: Sequence[Measured], theirs: Sequence[Measured]) -> str:
    if any(run.stopped for run in (*ours, *theirs)):
        return ""
    return ratio([run.report["work, processor"] for run in ours], [run.report["work, processor"] for run in theirs])
