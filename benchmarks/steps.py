"""What one measured process does: a step of a gate, a whole gate, or the demo. Ends with one line of JSON."""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.rollouts import kind_in
from benchmarks.stopwatch import LIBRARIES, Stopwatch, at_imports, started

if TYPE_CHECKING:
    from primum.actions.submission import Submission
    from primum.settings import Settings

# The days of the examples are fixed, so that evidence is as old in each run.
DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Work = Callable[[], object]


def _submission(folder: Path) -> "Submission":
    from primum.actions.submission import read_submission

    return read_submission(folder / "rollout.yaml")


def expectations(folder: Path) -> Work:
    """Map the table to its contract and hold it against its suites."""
    from primum.actions import intake

    read = _submission(folder)
    tables = intake.inspect_tables(submission=read, stage=read.rollout.enters_at)
    return lambda: intake.check_data(submission=read, tables=tables)


def count(folder: Path) -> Work:
    """Hash the table again and count it."""
    from primum.actions import evaluation, intake

    read = _submission(folder)
    tables = intake.inspect_tables(submission=read, stage=read.rollout.enters_at)
    return lambda: evaluation.count_tables(submission=read, tables=tables, checks=())


def gate(folder: Path) -> Work:
    """Take the rollout through its stage up to its gate, in an empty home, with ledger, MLflow run and page."""

    def whole() -> None:
        from primum.actions import workplace
        from primum.actions.reporting import gate_report
        from primum.actions.runs import run_stage
        from primum.web import pages

        place = workplace.open_workplace(_settings(folder / "home"))
        ran = run_stage(path=folder / "rollout.yaml", person="noah-kim", at=DAY, workplace=place)
        report = gate_report(gate=ran.gate, submission=ran.submission, workplace=place)
        pages.write_gate_page(report, submission=ran.submission, workplace=place)

    return whole


def demo(folder: Path) -> Work:
    """Run the demo as its command does."""

    def whole() -> None:
        from primum.cli.demo import demo

        demo(folder=folder / "demo", interactive=False)

    return whole


def _settings(home: Path) -> "Settings":
    from primum.settings import Settings, quiet_telemetry

    quiet_telemetry()
    return Settings(
        home=home,
        database_url=f"sqlite:///{home}/primum.db",
        tracking_uri=f"sqlite:///{home}/mlflow.db",
        artifacts=home / "artifacts",
        ledger_key=home / "ledger.key",
    )


def scan(folder: Path) -> Work:
    """Decode the columns the contract needs."""
    kind = kind_in(folder)
    return lambda: peers.scan(folder / "table.parquet", columns=kind.columns, labels=kind.keys)


def scan_keys(folder: Path) -> Work:
    """Decode the columns that are counted by."""
    kind = kind_in(folder)
    return lambda: peers.scan(folder / "table.parquet", columns=kind.keys, labels=kind.keys)


def pandas_count(folder: Path) -> Work:
    """Count with pandas."""
    kind = kind_in(folder)
    return lambda: peers.group(folder / "table.parquet", keys=kind.keys)


def by_hand(folder: Path) -> Work:
    """Do what a team does without Primum."""
    kind = kind_in(folder)
    return lambda: peers.gate_by_hand(folder / "table.parquet", kind=kind, store=folder / "by_hand.db")


STEPS: Mapping[str, Callable[[Path], Work]] = {
    step.__name__: step for step in (expectations, count, gate, demo, scan, scan_keys, pandas_count, by_hand)
}
TAKEN_APART = frozenset({"gate", "demo"})


def main(name: str, folder: Path) -> None:
    """Do one step and print what its work took, the loading of libraries apart."""
    watch = started() if name in TAKEN_APART else _only_imports()
    work = STEPS[name](folder)
    watch.restart()
    work()
    watch.stop()
    if name in TAKEN_APART:
        watch.weigh()
    loading = watch.spent.pop(LIBRARIES, 0.0), watch.processor.pop(LIBRARIES, 0.0)
    report = {
        "work": sum(watch.spent.values()),
        "work, processor": sum(watch.processor.values()),
        LIBRARIES: loading[0],
        **watch.spent,
        **{f"{label}, MB": megabytes for label, megabytes in watch.peaks.items()},
    }
    print("\n" + json.dumps(report))


def _only_imports() -> Stopwatch:
    watch = Stopwatch()
    at_imports(watch)
    return watch


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
