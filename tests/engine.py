"""A real `primum up` for tests: Prefect server, MLflow server and worker, begun once for a file of tests."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from primum.actions.workplace import Workplace, open_workplace
from primum.settings import Settings

ROOT = Path(__file__).parents[1]
UP = "from primum.cli.main import run; run()"
READY = "primum status"
STARTING_SECONDS = 180


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A running `primum up` and the way to ask its Prefect server."""

    home: Path
    api: str
    mlflow: str
    console: str
    process: subprocess.Popen

    @property
    def said(self) -> str:
        """What the terminal has printed so far."""
        return self.home.with_name("up.log").read_text()

    def ask(self, path: str, body: dict | None = None):
        request = Request(f"{self.api}{path}", headers={"Content-Type": "application/json"})
        if body is not None:
            request.data = json.dumps(body).encode()
        found = wait_for(lambda: _answer(request), seconds=20)
        assert found, f"{path} did not answer"
        return found[0]

    def begin(self, flow: str, **parameters: str) -> str:
        known = self.ask(f"/deployments/name/{flow}/{flow}")["id"]
        return self.ask(f"/deployments/{known}/create_flow_run", {"parameters": parameters})["id"]

    def run(self, run: str) -> dict:
        return self.ask(f"/flow_runs/{run}")

    def tasks(self, run: str) -> dict[str, dict]:
        found = self.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
        return {one["name"].rpartition("-")[0]: one for one in found}

    def wait(self, run: str, *, states=("COMPLETED", "FAILED", "CRASHED"), seconds: float = 120) -> dict:
        """Wait until a run is in one of these states of Prefect's."""
        found = wait_for(lambda: (one := self.run(run))["state_type"] in states and one, seconds=seconds)
        assert found, f"the run is {self.run(run)['state']}"
        return found

    def ran(self, flow: str, **parameters: str) -> dict:
        """Begin a flow and wait for its end."""
        return self.wait(self.begin(flow, **parameters))

    def begun(self, flow: str, rollout: str) -> list[dict]:
        """Return the runs of a flow that another run began for a rollout."""
        filters = {"flow_runs": {"tags": {"all_": [f"rollout:{rollout}"]}}, "deployments": {"name": {"any_": [flow]}}}
        return self.ask("/flow_runs/filter", filters)

    def registered(self) -> dict[str, list[str]]:
        """Return the names of all that was registered."""
        kinds = ("deployments", "work_pools", "automations")
        return {kind: sorted(one["name"] for one in self.ask(f"/{kind}/filter", {})) for kind in kinds}

    def workers(self) -> set[str]:
        return {one["name"] for one in self.ask("/work_pools/primum/workers/filter", {})}

    def answers(self) -> bool:
        try:
            return self.ask("/health") is True
        except OSError:
            return False

    def artifact(self, key: str) -> dict:
        return self.ask(f"/artifacts/{key}/latest")

    def events(self, gate: str) -> list[str]:
        wanted = {"filter": {"resource": {"id": [f"primum.gate.{gate}"]}}}
        return sorted(event["event"] for event in self.ask("/events/filter", wanted)["events"])

    @contextmanager
    def workplace(self) -> Iterator[Workplace]:
        """Open the ledger that the flows write to."""
        with opened(self.home) as place:
            yield place


def _answer(request: Request) -> tuple | None:
    """Return what the server says; nothing while its database is busy, as Prefect's own client does."""
    try:
        with urlopen(request, timeout=30) as answer:
            return (json.loads(answer.read() or b"null"),)
    except HTTPError as refused:
        if refused.code != 503:
            raise
        return None


@contextmanager
def opened(home: Path) -> Iterator[Workplace]:
    place = open_workplace(Settings(home=home))
    try:
        yield place
    finally:
        place.ledger.close()


@contextmanager
def up(home: Path) -> Iterator[Engine]:
    """Run `primum up` until the block ends; then it must end by itself and leave nobody behind."""
    prefect, mlflow, console = free_ports()
    log = home.with_name("up.log")
    ports = ("--prefect-port", str(prefect), "--mlflow-port", str(mlflow), "--console-port", str(console))
    command = [sys.executable, "-c", UP, "up", *ports]
    with log.open("wb") as told:
        process = subprocess.Popen(command, env=environment(home), stdout=told, stderr=told, cwd=home.parent)
    try:
        assert wait_for(lambda: READY in log.read_text() or process.poll() is not None, seconds=STARTING_SECONDS)
        assert process.poll() is None, log.read_text()
        api, pages, desk = (f"http://127.0.0.1:{port}" for port in (prefect, mlflow, console))
        yield Engine(home=home, api=f"{api}/api", mlflow=pages, console=desk, process=process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def end(process: subprocess.Popen) -> None:
    """End a process that leads its group, and after ten seconds everything that is left of the group."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        # Prefect's worker does not hear a signal that comes while it starts.
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def environment(home: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PRIMUM_", "PREFECT_"))}
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return inherited | {"PRIMUM_HOME": str(home), "PYTHONPATH": paths}


def free_ports() -> tuple[int, ...]:
    with ExitStack() as held:
        doors = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        return tuple(door.getsockname()[1] for door in doors)


def wait_for(ask, *, seconds: float):
    """Ask until the answer is true or the time is over; return the last answer."""
    until = time.monotonic() + seconds
    while not (answer := ask()) and time.monotonic() < until:
        time.sleep(0.1)
    return answer


def processes_of(home: Path) -> dict[int, str]:
    """Return what is running with this home in its environment: numbers and command lines."""
    needle = f"PRIMUM_HOME={home}".encode()
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and needle in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return found


def prefect_says(home: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{home / 'prefect.db'}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()
