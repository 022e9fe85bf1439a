"""A whole evaluation beside a bare scan, pandas, fairlearn and a row bootstrap; and what is done with its counts."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.processes import ROOT, Allowance, Measured, measured
from benchmarks.report import megabytes, ratio, seconds, spread, table

GOALS = (
    "Wanted: a whole evaluation in at most 3 times the scan at ten million rows and in 400 MB, counts at least 12 "
    "times as fast as pandas, and intervals at least 100 times as fast as by drawing rows again."
)
WHAT = (
    "A whole evaluation hashes the file, counts it once with the histograms of its scores at 40 sites and for three "
    "subgroup attributes, and computes every figure of the policy every-measure with its interval. Libraries and "
    "policy are loaded before. The scan decodes the same seven columns with Arrow; pandas groups by six of them."
)
SMALL = 100_000
ONCE_FROM = 5_000_000
STEPS = ("evaluate", "scan", "count", "pandas_count", "again")
PEERS = ("evaluate", "fairlearn", "row_bootstrap")


def evaluation(folder: Path, *, sizes: Sequence[int], rounds: int, allowance: Allowance) -> list[str]:
    """Measure and return the sections."""
    lines = ["## Evaluating a table", "", WHAT, GOALS, ""]
    runs = {rows: _rounds(folder, rows, STEPS, 1 if rows >= ONCE_FROM else rounds, allowance) for rows in sizes}
    lines += table(
        ("rows", "evaluate, s", "peak MB", "scan, s", "evaluate / scan", "processor, evaluate / scan"),
        [_against_scan(rows, one) for rows, one in runs.items()],
    )
    lines += table(
        ("rows", "count, s", "pandas, s", "peak MB of pandas", "pandas / count", "a gate again from counts, s"),
        [_against_pandas(rows, one) for rows, one in runs.items()],
    )
    lines += _beside_peers(_rounds(folder, SMALL, PEERS, 1, allowance))
    return lines + _odds_and_ends(folder, rounds=rounds, allowance=allowance)


def _rounds(
    folder: Path, rows: int, steps: Sequence[str], rounds: int, allowance: Allowance
) -> Mapping[str, Sequence[Measured]]:
    made = folder / f"encounters-{rows}"
    made.mkdir(exist_ok=True)
    write = "import sys; from pathlib import Path; from benchmarks.tables import write_encounters as write; "
    write += "write(Path(sys.argv[1]), rows=int(sys.argv[2]))"
    subprocess.run([sys.executable, "-c", write, str(made / "table.parquet"), str(rows)], check=True, cwd=ROOT)
    runs: dict[str, list[Measured]] = {step: [] for step in steps}
    for _ in range(rounds):
        for step in steps:
            runs[step].append(measured(_command(step, made), folder=made, allowance=allowance))
    (made / "table.parquet").unlink()
    return runs


def _command(step: str, folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "benchmarks.evaluation_steps", step, str(folder))


def _work(runs: Sequence[Measured]) -> list[float]:
    return [run.report.get("work", float("nan")) for run in runs]


def _busy(runs: Sequence[Measured]) -> list[float]:
    return [run.report.get("work, processor", float("nan")) for run in runs]


def _against_scan(rows: int, runs: Mapping[str, Sequence[Measured]]) -> tuple[str, ...]:
    ours, scan = runs["evaluate"], runs["scan"]
    return (
        f"{rows:,}",
        spread(_work(ours)),
        megabytes(ours),
        spread(_work(scan)),
        ratio(_work(ours), _work(scan)),
        ratio(_busy(ours), _busy(scan)),
    )


def _against_pandas(rows: int, runs: Mapping[str, Sequence[Measured]]) -> tuple[str, ...]:
    ours, pandas = runs["count"], runs["pandas_count"]
    if stopped := next((run.stopped for run in pandas if run.stopped), ""):
        return (f"{rows:,}", spread(_work(ours)), stopped, "", "", spread(_work(runs["again"])))
    return (
        f"{rows:,}",
        spread(_work(ours)),
        spread(_work(pandas)),
        megabytes(pandas),
        ratio(_work(pandas), _work(ours)),
        spread(_work(runs["again"])),
    )


def _beside_peers(runs: Mapping[str, Sequence[Measured]]) -> list[str]:
    from benchmarks.evaluation_steps import REPLICATES

    ours = median(_work(runs["evaluate"]))
    rows = [
        (name, seconds(median(_work(runs[step]))), megabytes(runs[step]), seconds(median(_work(runs[step])) / ours))
        for name, step in (
            ("Primum, every figure", "evaluate"),
            (f"fairlearn MetricFrame, {REPLICATES} replicates", "fairlearn"),
            (f"pandas and scikit-learn, {REPLICATES} replicates", "row_bootstrap"),
        )
    ]
    said = (
        f"Intervals for all, each site and each group on {SMALL:,} rows. The peers draw {REPLICATES} times; a usual "
        "thousand would take fifty times as long. fairlearn gives three shares, scikit-learn two and the area under "
        "the curve; Primum gives these and all others of the policy."
    )
    return [said, "", *table(("", "seconds", "peak MB", "times Primum"), rows)]


def _odds_and_ends(folder: Path, *, rounds: int, allowance: Allowance) -> list[str]:
    made = folder / "one-run"
    command = [sys.executable, "-m", "benchmarks.rollouts", "diagnostic", "10000", str(made)]
    subprocess.run(command, check=True, cwd=ROOT)
    names = ("ten_looks", "log_run", "log_one_by_one")
    runs: dict[str, list[Measured]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            runs[name].append(measured(_command(name, made), folder=made, allowance=allowance))
            for file in (*made.glob("ours.db*"), *made.glob("theirs.db*")):
                file.unlink()
    said = (
        "A group-sequential design with ten looks, computed for the first time in a process; and the numbers of one "
        "evaluation in MLflow: as Primum records them with files, data sets and manifest, and one call for each number."
    )
    return [
        said,
        "",
        *table(
            ("", "seconds"),
            [
                ("ten looks", spread(_work(runs["ten_looks"]))),
                ("record a run", spread(_work(runs["log_run"]))),
                ("the same numbers one by one", spread(_work(runs["log_one_by_one"]))),
                ("one by one / record", ratio(_work(runs["log_one_by_one"]), _work(runs["log_run"]))),
            ],
        ),
    ]
