"""Measure: ``python -m benchmarks``; what it prints can be kept with ``--write``."""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.allocation import UNITS, allocation
from benchmarks.bootstrap import bootstrap
from benchmarks.clicks import clicks
from benchmarks.evaluation import evaluation
from benchmarks.exposure import exposure
from benchmarks.machine import described
from benchmarks.one_gate import one_gate
from benchmarks.processes import Allowance
from benchmarks.startup import run_demo, startup
from benchmarks.suites import suites
from benchmarks.watching import watching
from benchmarks.whole_demo import whole_demo

PARTS = ("startup", "demo", "gate", "evaluation", "bootstrap", "suites", "clicks", "allocation", "exposure", "watching")
IN_ROUNDS = {"clicks": clicks, "exposure": exposure, "watching": watching}
SIZES = (10_000, 100_000, 1_000_000)


def main() -> None:
    """Measure the parts that were asked for, in a folder that is removed afterwards."""
    asked = _arguments().parse_args()
    lines = ["# Results", "", *described(at=datetime.now(UTC)), ""]
    with tempfile.TemporaryDirectory(prefix="primum-bench-") as made:
        folder = Path(made)
        if "demo" in asked.only:
            lines += whole_demo(folder, rounds=asked.rounds)
        if "startup" in asked.only:
            home = folder / "demo" if "demo" in asked.only else run_demo(folder)
            lines += startup(folder, rounds=max(asked.rounds, 5), demo_home=home)
        if "gate" in asked.only:
            allowance = Allowance(megabytes=asked.most_memory * 1_000, seconds=asked.most_seconds)
            lines += one_gate(folder, sizes=asked.rows, rounds=asked.rounds, allowance=allowance)
        if "evaluation" in asked.only:
            allowance = Allowance(megabytes=asked.most_memory * 1_000, seconds=asked.most_seconds)
            lines += evaluation(folder, sizes=asked.rows, rounds=asked.rounds, allowance=allowance)
        if "suites" in asked.only:
            allowance = Allowance(megabytes=asked.most_memory * 1_000, seconds=asked.most_seconds)
            lines += suites(folder, sizes=asked.rows, rounds=asked.rounds, allowance=allowance)
        for name in asked.only:
            lines += IN_ROUNDS[name](folder, rounds=asked.rounds) if name in IN_ROUNDS else []
        if "allocation" in asked.only:
            lines += allocation(folder, units=asked.units)
    if "bootstrap" in asked.only:
        lines += bootstrap(rounds=asked.rounds)
    text = "\n".join(lines).rstrip() + "\n"
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure side by side; never a test.")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="these parts only")
    parser.add_argument("--rows", nargs="+", type=int, default=SIZES, help="lengths of the tables")
    parser.add_argument("--units", type=int, default=UNITS, help="units that the allocation part enrols")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run, in turn with the others")
    parser.add_argument("--most-memory", type=float, default=10, metavar="GB", help="stop a process above")
    parser.add_argument("--most-seconds", type=float, default=1_800, metavar="S", help="stop a process after")
    parser.add_argument("--write", type=Path, metavar="FILE", help="keep what is printed")
    return parser


if __name__ == "__main__":
    main()
