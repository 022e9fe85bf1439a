"""What one process of the allocation part does: enrol, ask again, take over a list, draw again; each a process."""

import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processes import ROOT
from primum.actions import protocol_lock, registration
from primum.actions.allocation import LIST, SEED, Allocated, Enrolled, allocate_many
from primum.actions.allocation_report import allocation_report
from primum.actions.workplace import Workplace, open_workplace
from primum.settings import Settings

ROLLOUT, LEAD, SUBMITTER = "rehearsal-only", "amara-okafor", "noah-kim"
SITES = 40
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ARMS = "arms.txt"


def opened(folder: Path) -> Workplace:
    """Open the installation of a measurement."""
    return open_workplace(Settings(home=folder / "home"))


def prepare(folder: Path) -> None:
    """Bring a rollout into its pilot, its protocol locked, as a granted gate would."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    place = opened(folder)
    file = folder / "examples" / ROLLOUT / "rollout.yaml"
    submission = registration.register(path=file, person=SUBMITTER, at=AT, workplace=place)
    protocol_lock.lock(
        submission=submission, person=submission.person(LEAD), reason="A measurement is about to begin.",
        change="lock", channel="cli", authentication="benchmark", zone="UTC", at=AT, workplace=place,
    )  # fmt: skip
    with place.ledger.transaction() as tx:
        row = tx.lock_rollout(ROLLOUT)
        assert row is not None
        row.stage = "pilot"
        tx.session.add(row)
        tx.record(kind="rollout.promoted", rollout=ROLLOUT, person=SUBMITTER, at=AT, body={})
    place.ledger.close()


def units(count: int, *, arms: Path | None = None) -> Iterator[Enrolled]:
    """Yield units at forty sites; with the arms of a list, where there is one."""
    drawn = arms.read_text(encoding="ascii").split() if arms else [""] * count
    for number in range(count):
        site = f"site-{number * 7 % SITES + 1:02d}"
        yield Enrolled(unit=f"P-{number:07d}", values={"site": site}, arm=drawn[number])


def enrol(folder: Path, count: int) -> dict[str, object]:
    """Allocate every unit, and keep the arms."""
    with (folder / ARMS).open("w", encoding="ascii") as file:
        return _asked(folder, units(count), write=lambda one: file.write(f"{one.arm}\n"))


def ask_again(folder: Path, count: int) -> dict[str, object]:
    """Ask for every unit's arm in another process."""
    return _asked(folder, units(count))


def take_over(folder: Path, count: int) -> dict[str, object]:
    """Take over the list of all arms, as if somebody else had drawn it."""
    return _asked(folder, units(count, arms=folder / ARMS), method=LIST)


def draw_again(folder: Path, count: int) -> dict[str, object]:
    """Draw every arm from the seed again and compare it with the ledger's."""
    place = opened(folder)
    report = allocation_report(rollout=ROLLOUT, workplace=place, recompute=True)
    place.ledger.close()
    assert report.units == count, f"{report.units} units are in the ledger, {count} were enrolled"
    return {"otherwise": report.otherwise, "imbalance": report.imbalance, "allowed": report.allowed}


def _asked(
    folder: Path,
    asked: Iterator[Enrolled],
    *,
    method: str = SEED,
    write: Callable[[Allocated], object] = lambda _: None,
) -> dict[str, object]:
    place, drawn, new = opened(folder), hashlib.sha256(), 0
    every: Iterator[Allocated] = allocate_many(
        rollout=ROLLOUT, units=asked, person=SUBMITTER, at=AT, workplace=place, method=method, progress=_far
    )
    for one in every:
        drawn.update(f"{one.unit} {one.stratum} {one.arm}\n".encode())
        new += one.new
        write(one)
    place.ledger.close()
    return {"digest": drawn.hexdigest(), "new": new}


def _far(units: int) -> None:
    print(f"{units:,} units", flush=True)


STEPS = {step.__name__.replace("_", "-"): step for step in (enrol, ask_again, take_over, draw_again)}

if __name__ == "__main__":
    name, where, how_many = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if name == "prepare":
        prepare(where)
        found: dict[str, object] = {}
    else:
        began = time.perf_counter()
        found = STEPS[name](where, how_many)
        found["work"] = time.perf_counter() - began
    print("\n" + json.dumps(found))
