import os
import shutil
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from primum.actions import registration
from primum.integrations import orchestrator, orchestrator_registration
from primum.ledger import reading
from primum.ledger.tables import Entry
from tests import engine
from tests.engine import Engine

pytestmark = pytest.mark.faults

REPLAY = "pancreatitis-prevention-replay"
ASKER = "noah-kim"
# Prefect misses a heartbeat after 90 seconds; looking for what is missed takes it some more.
MISSED_SECONDS = 240


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def begun(running: Engine) -> str:
    """A pilot in the middle of its evaluation."""
    folder = running.home.with_name("rollouts")
    shutil.copytree(engine.ROOT / "examples", folder, dirs_exist_ok=True)
    with running.workplace() as place:
        registration.register(
            path=folder / REPLAY / "rollout.yaml", person=ASKER, at=datetime.now(UTC), workplace=place
        )
    run = running.begin("pilot", rollout=REPLAY, requested_by=ASKER)
    log = running.home / "logs" / "worker.log"
    assert engine.wait_for(lambda: b"'check_expectations-" in log.read_bytes(), seconds=120)
    return run


def killed(running: Engine, words: str) -> int:
    """Kill the one process of this command line, its leash aside."""
    processes = engine.processes_of(running.home).items()
    (number,) = (one for one, command in processes if words in command and "leash" not in command)
    os.kill(number, signal.SIGKILL)
    return number


def one_gate_was_left(home: Path) -> bool:
    with engine.opened(home) as place, place.ledger.reading() as session:
        gates = [(gate.id, gate.state) for gate in reading.gates(session)]
        kinds = list(session.exec(select(Entry.kind)))
    once = ("rollout.registered", "evidence.registered", "gate.ready", "gate.awaiting-seats")
    assert [kinds.count(kind) for kind in once] == [1, 1, 1, 1]
    return gates == [(f"{REPLAY}.G2.1", "awaiting-seats")]


def test_a_killed_server_comes_back_and_the_run_ends_with_one_gate(home):
    with engine.up(home) as running:
        run = begun(running)

        server = killed(running, " prefect server start ")
        assert engine.wait_for(lambda: server not in engine.processes_of(home) and running.answers(), seconds=120)
        running.wait(run, seconds=MISSED_SECONDS)
        orchestrator.begin_lost_runs_again(at=datetime.now(UTC) + timedelta(minutes=1), api_url=running.api)
        ended = running.wait(run, states=("COMPLETED", "FAILED"))
        # The reconciler is on the server's schedule; otherwise this is refused.
        orchestrator.reach(api_url=running.api)

    assert ended["state_name"] == "Awaiting seats"
    assert one_gate_was_left(home)


def test_a_run_lost_with_its_worker_is_begun_again_before_the_worker_is(home):
    with engine.up(home) as running:
        run = begun(running)

        killed(running, " prefect worker start ")
        ended = running.wait(run, states=("COMPLETED", "FAILED"), seconds=MISSED_SECONDS)

    assert (ended["state_name"], ended["run_count"]) == ("Awaiting seats", 2)
    assert one_gate_was_left(home)


def test_a_run_that_falls_silent_is_missed_and_begun_again(home):
    with engine.up(home) as running:
        orchestrator_registration.watch(api_url=running.api)
        run = begun(running)

        process = int(running.run(run)["infrastructure_pid"].rpartition(":")[2])
        os.kill(process, signal.SIGSTOP)
        missed = running.wait(run, states=("CRASHED",), seconds=MISSED_SECONDS)
        os.kill(process, signal.SIGKILL)
        time.sleep(orchestrator.SETTLING.total_seconds())
        orchestrator.begin_lost_runs_again(at=datetime.now(UTC) + timedelta(minutes=1), api_url=running.api)
        ended = running.wait(run, states=("COMPLETED", "FAILED"))

    assert missed["state"]["message"] == "Its process fell silent."
    assert (ended["state_name"], ended["run_count"]) == ("Awaiting seats", 2)
    assert one_gate_was_left(home)


def test_when_everything_was_killed_the_next_start_begins_again(home):
    with engine.up(home) as running:
        run = begun(running)
        running.process.kill()
        assert engine.wait_for(lambda: not engine.processes_of(home), seconds=60)

    with engine.up(home) as running:
        ended = running.wait(run, states=("COMPLETED", "FAILED"))

    assert (ended["state_name"], ended["run_count"]) == ("Awaiting seats", 2)
    assert one_gate_was_left(home)
