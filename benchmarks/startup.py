"""How long a command takes to answer, beside an empty Python and the commands people know."""

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.processes import BIN, PRIMUM, Allowance, Measured, measured
from benchmarks.report import megabytes, ratio, spread, table

ALLOWED = Allowance(megabytes=2_000, seconds=120)
BASE = "python -c pass"
HELP = "primum --help"
STATUS = "primum status, four rollouts"
MOST_SHOWN = 8
NO_LEDGER = 3


def startup(folder: Path, *, rounds: int, demo_home: Path) -> list[str]:
    """
    Measure and return a section.

    :param demo_home: where a demo has written its ledger
    """
    empty = {"PRIMUM_HOME": str(folder / "empty")}
    full = {"PRIMUM_HOME": str(demo_home)}
    commands: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {
        BASE: ((sys.executable, "-c", "pass"), {}),
        HELP: ((*PRIMUM, "--help"), {}),
        "primum status, no ledger yet": ((*PRIMUM, "status"), empty),
        STATUS: ((*PRIMUM, "status"), full),
        "prefect --help": ((str(BIN / "prefect"), "--help"), {}),
        "mlflow --help": ((str(BIN / "mlflow"), "--help"), {}),
    }
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (command, settings) in commands.items():
            fine = (NO_LEDGER,) if settings == empty else (0,)
            runs[name].append(measured(command, folder=folder, allowance=ALLOWED, settings=settings, fine=fine))
    return [
        "## Start-up",
        "",
        f"{rounds} rounds, one process each, the commands in turn. Seconds: median (smallest-largest).",
        "",
        *table(
            ("command", "seconds", "processor seconds", "peak MB", f"times {BASE}"), [_row(one, runs) for one in runs]
        ),
        *_loaded("What `primum --help` loads", (*PRIMUM, "--help"), folder, {}),
        *_loaded("What `primum status` loads", (*PRIMUM, "status"), folder, full),
    ]


def _row(name: str, runs: Mapping[str, Sequence[Measured]]) -> tuple[str, ...]:
    here = runs[name]
    busy = [run.processor for run in here]
    return (
        f"`{name}`",
        spread([run.seconds for run in here]),
        spread(busy),
        megabytes(here),
        ratio(busy, [run.processor for run in runs[BASE]]),
    )


def _loaded(title: str, command: Sequence[str], folder: Path, settings: Mapping[str, str]) -> list[str]:
    """Where the start goes, by ``python -X importtime``: the packages that take longest, in one run."""
    measured((command[0], "-X", "importtime", *command[1:]), folder=folder, allowance=ALLOWED, settings=settings)
    spent: Counter[str] = Counter()
    for line in (folder / "output.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("import time:") and "imported package" not in line:
            own, _, name = line.removeprefix("import time:").split("|")
            spent[name.strip().partition(".")[0]] += int(own)
    shown = ", ".join(f"{name} {took / 1_000:.0f}" for name, took in spent.most_common(MOST_SHOWN))
    return [
        f"{title}, in ms by package (one run, slowed by counting): {shown}; in all {spent.total() / 1_000:.0f}.",
        "",
    ]


def run_demo(folder: Path) -> Path:
    """Run the demo unmeasured, for its ledger, and return its home."""
    home = folder / "demo"
    subprocess.run([*PRIMUM, "demo", "--home", str(home)], check=True, capture_output=True, cwd=folder)
    return home
