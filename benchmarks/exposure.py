"""How many questions of the point of care are answered in a second, and how long each waits."""

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import exposure_peer
from benchmarks.exposure_server import ROLLOUT, question, write_questions
from benchmarks.processes import ROOT, Failed
from benchmarks.report import table

SIZES = (10_000, 1_000_000)
SECONDS = 5.0
READY_SECONDS = 60
EMPTY = "empty route of FastAPI"
MEANS = (
    "Questions over 16 connections that stay open, asked by another process as fast as they are answered, each time "
    f"about another of 50,000 units (or of all, if there are fewer). Each server runs alone for {SECONDS:.0f} s, in "
    "turn with the others, all in one process of uvicorn with the same settings. Every answer of ours asks the ledger "
    "whether anything changed, looks the unit's arm up, and is written to the log of answers before it goes out. The "
    "empty route gets the same questions and reads none of them. Both cores are used: one by the server, one by "
    "whoever asks. The share is that of the empty route's answers a second, the median of the rounds; the share by "
    "processor compares microseconds the servers used for an answer, which neighbours on the machine stretch less."
)
HEAD = ("server", "answers a second", "median, ms", "99 %, ms", "processor, µs", "share", "share by processor")


@dataclass(frozen=True, kw_only=True)
class Server:
    """One of those that are compared: how it is started, and what it is asked."""

    name: str
    command: Sequence[str]
    questions: Path


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one server did in one round."""

    rate: float
    p50: float
    p99: float
    processor: float


def exposure(folder: Path, *, rounds: int, sizes: Sequence[int] = SIZES, seconds: float = SECONDS) -> list[str]:
    """Measure and return a section."""
    made = folder / "exposure"
    made.mkdir()
    servers, notes = [_empty(made), *(_ours(made, units) for units in sizes)], list[str]()
    try:
        servers.append(_peer(made))
    except Failed as failed:
        notes = ["", f"No public server beside it: {failed}"]
    found: dict[str, list[Round]] = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            found[server.name].append(_measured(server, folder=made, seconds=seconds))
    return ["## The point of care", "", MEANS, "", *table(HEAD, _rows(found)), *notes]


def _empty(folder: Path) -> Server:
    file = folder / "empty.json"
    asked = [question(path="/empty", unit=f"P-{number:07d}", key="x" * 55) for number in range(1_000)]
    write_questions(file, questions=asked, wanted="nothing")
    return Server(name=EMPTY, command=_step("empty", folder), questions=file)


def _ours(folder: Path, units: int) -> Server:
    home = folder / f"units-{units}"
    home.mkdir()
    subprocess.run([*_step("prepare", home), str(units)], cwd=ROOT, check=True)
    return Server(name=f"Primum, {units:,} units", command=_step("ours", home), questions=home / "questions.json")


def _peer(folder: Path) -> Server:
    file = folder / "peer.json"
    path = f"/ofrep/v1/evaluate/flags/{ROLLOUT}"
    write_questions(file, questions=[question(path=path, unit=f"P-{n:07d}") for n in range(50_000)], wanted='"key"')
    command = exposure_peer.command(folder, flag=ROLLOUT)
    return Server(name=f"fast-feature {exposure_peer.VERSION}, one flag", command=command, questions=file)


def _step(name: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.exposure_server", name, str(folder)]


def _measured(server: Server, *, folder: Path, seconds: float) -> Round:
    with _running(server, folder) as (process, port):
        before = _processor(process.pid)
        ask = [sys.executable, "-m", "benchmarks.exposure_load", str(port), str(server.questions), str(seconds)]
        ended = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=False)
        used = _processor(process.pid) - before
    if ended.returncode:
        raise Failed(f"{server.name}: {ended.stderr[-2000:]}")
    said: Mapping[str, float] = json.loads(ended.stdout)
    return Round(rate=said["rate"], p50=said["p50"], p99=said["p99"], processor=1e6 * used / said["answers"])


@contextmanager
def _running(server: Server, folder: Path) -> "Iterator[tuple[subprocess.Popen[bytes], int]]":
    port = _free_port()
    with (folder / "server.txt").open("wb") as log:
        process = subprocess.Popen([*server.command, str(port)], cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_for(process, port, folder / "server.txt")
            yield process, port
        finally:
            process.terminate()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Failed(f"The server did not start:\n{log.read_text()[-2000:]}")


def _processor(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    parts = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
        return port


def _rows(found: Mapping[str, Sequence[Round]]) -> list[tuple[str, ...]]:
    return [
        (
            name,
            f"{_middle(one.rate for one in rounds):,.0f}",
            f"{_middle(one.p50 for one in rounds):.1f}",
            f"{_middle(one.p99 for one in rounds):.1f}",
            f"{_middle(one.processor for one in rounds):.0f}",
            f"{_middle(one.rate / base.rate for one, base in zip(rounds, found[EMPTY], strict=True)):.2f}",
            f"{_middle(base.processor / one.processor for one, base in zip(rounds, found[EMPTY], strict=True)):.2f}",
        )
        for name, rounds in found.items()
    ]


def _middle(values: "Iterator[float]") -> float:
    return statistics.median(values)
