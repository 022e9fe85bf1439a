"""The whole demo: its seconds, its memory, and what they are spent on."""

from pathlib import Path

from benchmarks.processes import PRIMUM, Allowance, Measured, measured
from benchmarks.report import megabytes, spread, table
from benchmarks.shares import shares, step_of

ALLOWED = Allowance(megabytes=6_000, seconds=600)


def whole_demo(folder: Path, *, rounds: int) -> list[str]:
    """Measure and return a section; the demo's ledger stays under ``demo``."""
    plain: list[Measured] = []
    apart: list[Measured] = []
    for _ in range(rounds):
        plain.append(measured((*PRIMUM, "demo", "--home", str(folder / "demo")), folder=folder, allowance=ALLOWED))
        apart.append(measured(step_of("demo", folder), folder=folder, allowance=ALLOWED))
    said = (
        f"`primum demo` took {spread([run.seconds for run in plain])} s, "
        f"{spread([run.processor for run in plain])} processor seconds and {megabytes(plain)} MB at most "
        f"({rounds} rounds). By what the time was spent on, in rounds with a stopwatch in between:"
    )
    return [
        "## The whole demo",
        "",
        said,
        "",
        *table(("step", "seconds", "share", "peak MB"), shares(apart)),
    ]
