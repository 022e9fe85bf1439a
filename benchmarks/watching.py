"""One tick of the watch: monitors of many rollouts read the counts of many sites, from and into the ledger."""

import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.processes import Allowance, Measured, measured
from benchmarks.report import megabytes, spread, table

SIZES = (20, 200, 2_000)
MONITORS, SITES, PERIODS = 20, 40, 12
MEANS = (
    f"Each rollout has {MONITORS} monitors, two of each of ten kinds (charts of performance and of outcomes, outcomes "
    "against those expected, overrides, the fixed questions, a comparison with control, calibration, coverage of "
    f"reviews, overdue reviews, energy), each of which reads {PERIODS} weeks of counts of {SITES} sites; all of them "
    "are due. One tick reads the stored counts, computes every chart, and writes readings and one entry of the ledger "
    "for each rollout, in a process of its own, which also loads its libraries; the second tick finds nothing due. "
    "Memory is the peak of that process. A series is the chart of one monitor at one site."
)
HEAD = (
    "rollouts",
    "series",
    "first tick, s",
    "processor, s",
    "ms for a rollout",
    "second tick, s",
    "memory, MB",
    "alarms",
    "ledger, MB",
)


def watching(folder: Path, *, rounds: int, sizes: Sequence[int] = SIZES, most_megabytes: float = 8_000) -> list[str]:
    """Measure and return a section."""
    allowance = Allowance(megabytes=most_megabytes, seconds=3_600)
    rows = [_row(folder, size, rounds, allowance) for size in sizes]
    return ["## A tick of the watch", "", MEANS, "", *table(HEAD, rows)]


def _row(folder: Path, size: int, rounds: int, allowance: Allowance) -> tuple[str, ...]:
    made = folder / f"watching-{size}"
    made.mkdir()
    _run("write", made, size, allowance)
    first: list[Measured] = []
    second: list[Measured] = []
    for number in range(rounds):
        first.append(_run("tick", made, number, allowance))
        second.append(_run("tick", made, number, allowance))
    seconds = [run.report["seconds"] for run in first]
    return (
        f"{size:,}",
        f"{size * MONITORS * SITES:,}",
        spread(seconds),
        spread([run.report["processor"] for run in first]),
        spread([1_000 * one / size for one in seconds]),
        spread([run.report["seconds"] for run in second]),
        megabytes(first),
        f"{first[0].report['alarms']:.0f}",
        f"{sum(file.stat().st_size for file in made.glob('ledger.db*')) / 1e6:,.0f}",
    )


def _run(step: str, made: Path, number: int, allowance: Allowance) -> Measured:
    command = [sys.executable, "-m", "benchmarks.watching_steps", step, str(made), str(number)]
    return measured(command, folder=made, allowance=allowance)
