"""Steps of the watch, each for a process of its own: a ledger full of counts, and one tick over it."""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from benchmarks.watching import MONITORS, PERIODS, SITES
from primum.actions import monitoring
from primum.actions.workplace import Workplace
from primum.ledger import monitor_reading
from primum.ledger.database import Ledger
from primum.ledger.monitor_tables import MonitorCounts, MonitorReport
from primum.ledger.tables import RolloutRecord, new_id
from primum.roadmap.periods import period_of
from primum.settings import Settings

BEGAN = datetime(2026, 1, 5, 6, tzinfo=UTC)
NOW = BEGAN + timedelta(weeks=PERIODS + 1)
CHART = {"run_length": 500, "multiplicity": "each"}
LIMIT = {**CHART, "window": "1"}
PAIR = ("n", "events", "control_n", "control_events")
PLAN = (
    ("performance-cusum", {**CHART, "acceptable": "1/20", "worse": "1/10", "volume": 200}, ("n", "events")),
    ("outcomes-cusum", {**CHART, "ratio": "3/2", "volume": "10"}, ("expected", "observed")),
    ("outcomes-oe", {**CHART, "sides": "both", "window": "1", "volume": "10"}, ("expected", "observed")),
    ("override-rate", {**LIMIT, "at_least": "2/100", "at_most": "1/2", "volume": "300"}, ("shown", "overridden")),
    ("canary", {**LIMIT, "at_most": "1/20", "volume": "60"}, ("asked", "changed")),
    ("against-control", {**LIMIT, "at_least": "4/5", "volume": "60"}, PAIR),
    (
        "calibration",
        {**LIMIT, "bands": "1/2", "volume": "1/5: 90, 7/10: 60", "odds": "3/2"},
        ("scored=0.2", "positive=0.2", "scored=0.7", "positive=0.7"),
    ),
    ("review-coverage", {"at_least": "1/10"}, ("outputs", "reviewed")),
    ("overdue-reviews", {"at_most": 3}, ("held", "late")),
    ("energy", {"kwh": "2", "kg_co2e": "1"}, ("answers", "kwh", "kg_co2e")),
)
# Column: its smallest and largest count; what is drawn lies between.
DRAWN = {
    "n": (200, 200),
    "events": (4, 16),
    "observed": (4, 16),
    "expected": (10, 10),
    "shown": (150, 350),
    "overridden": (20, 60),
    "asked": (60, 60),
    "changed": (0, 3),
    "control_n": (150, 250),
    "control_events": (4, 14),
    "scored=0.2": (100, 100),
    "positive=0.2": (14, 26),
    "scored=0.7": (50, 50),
    "positive=0.7": (30, 40),
    "outputs": (200, 200),
    "reviewed": (25, 60),
    "held": (50, 50),
    "late": (0, 3),
    "answers": (1_000, 1_000),
    "kwh": (0.8, 1.6),
    "kg_co2e": (0.3, 0.8),
}


def write(folder: Path, size: int) -> dict[str, float]:
    """Fill a new ledger with rollouts in sustain and the counts of their monitors."""
    rng = np.random.default_rng(20261122)
    monitors = [_monitor(number) for number in range(MONITORS)]
    with _ledger(folder) as ledger:
        for number in range(size):
            name = f"rollout-{number:05d}"
            with ledger.transaction() as tx:
                tx.session.add(_record(name, monitors))
                rows = list(_rows(name, rng))
                for row in rows:
                    row["report"] = f"{name}-counts"
                tx.session.execute(insert(MonitorCounts), rows)
                tx.session.add(_report(name, rows))
                tx.record(kind="rollout.registered", rollout=name, person="bench", at=BEGAN, body={})
    return {}


def tick(folder: Path, number: int) -> dict[str, float]:
    """Let every monitor read, so many weeks after the counts began to be late."""
    with _ledger(folder) as ledger:
        place = Workplace(ledger=ledger, settings=Settings(home=folder))
        begin, used = time.perf_counter(), time.process_time()
        done = monitoring.watch(at=NOW + timedelta(days=number), person="bench", workplace=place)
        seconds, processor = time.perf_counter() - begin, time.process_time() - used
    return {"seconds": seconds, "processor": processor, "readings": done.readings, "alarms": len(done.alarms)}


def _ledger(folder: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{folder / 'ledger.db'}", key=folder / "key")


def _monitor(number: int) -> dict[str, object]:
    kind, parameters, _ = PLAN[number % len(PLAN)]
    return {
        "id": f"monitor-{number:02d}",
        "kind": kind,
        "title": f"Monitor {number} of a measurement",
        "owner": "ml-ops",
        "cadence": {"days": 1},
        "action": "warn",
        "nature": "signal",
        "parameters": parameters,
        "source": {"file": "local", "words": "made for a measurement"},
    }


def _record(name: str, monitors: list[dict[str, object]]) -> RolloutRecord:
    sites = [{"id": f"site-{site:02d}", "timezone": "UTC"} for site in range(SITES)]
    spec = {"rollout": {"monitors": monitors}, "people": {"people": []}, "sites": sites, "smallest_cell": 10}
    return RolloutRecord(
        id=name,
        title=name,
        institution="Bench",
        kind="rollout",
        stage="sustain",
        stage_since=BEGAN,
        tier="high",
        policy_id="p",
        policy_digest="sha256:p",
        bundle_digest="sha256:b",
        bundle="{}",
        spec=json.dumps(spec),
        spec_path="rollout.yaml",
        registered_by="bench",
        registered_at=BEGAN,
    )


def _rows(name: str, rng: np.random.Generator) -> Iterator[dict[str, object]]:
    for number in range(MONITORS):
        columns = PLAN[number % len(PLAN)][2]
        for week in range(PERIODS):
            period = period_of((BEGAN + timedelta(weeks=week)).date(), form="week")
            for site in range(SITES):
                counts = {column: _drawn(column, rng) for column in columns}
                yield {
                    "rollout": name,
                    "monitor": f"monitor-{number:02d}",
                    "period": period,
                    "site": f"site-{site:02d}",
                    "subgroup": "all",
                    "version": 1,
                    "counts": json.dumps(counts, separators=(",", ":")),
                }


def _drawn(column: str, rng: np.random.Generator) -> float:
    low, high = DRAWN[column]
    drawn = float(rng.uniform(low, high))
    return round(drawn) if isinstance(low, int) else drawn


def _report(name: str, rows: list[dict[str, object]]) -> MonitorReport:
    return MonitorReport(
        id=f"{name}-counts",
        rollout=name,
        monitor="all",
        rows=len(rows),
        corrected=0,
        digest=monitor_reading.counts_digest(rows),
        salt=new_id(),
        person="bench",
        channel="bench",
        at=BEGAN,
    )


if __name__ == "__main__":
    print(json.dumps({"write": write, "tick": tick}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
