"""One process, measured from outside: seconds, processor seconds, peak memory, and what it printed."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
LOOK_EVERY = 0.2
# The start-up is that of the installed command; `python -m` would add the search for the module.
PRIMUM = (sys.executable, "-c", "from primum.cli.main import run; run()")


class Failed(Exception):
    """A measured process ended with an error; a figure from it would mean nothing."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What one process may take before it is stopped; the machine is shared."""

    megabytes: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run of one process; ``stopped`` says why it was ended early, if it was."""

    seconds: float
    processor: float
    megabytes: float
    report: Mapping[str, float]
    stopped: str = ""


def measured(
    command: Sequence[str],
    *,
    folder: Path,
    allowance: Allowance,
    settings: Mapping[str, str] | None = None,
    fine: tuple[int, ...] = (0,),
) -> Measured:
    """
    Run a command to its end and return what it took.

    Peak memory is that of the largest process among the command and the children it waited for; the
    kernel counts this process into it before the command is loaded, so nothing below 15 MB can be seen.

    :param folder: where it runs, and where its output is kept
    :param fine: the exit codes that are no failure
    :raises Failed: if it ends with another code
    """
    log = folder / "output.txt"
    begin = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, env=_environment(settings or {})
        )
        guard = _Guard(process=process, allowance=allowance)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    stopped = guard.end()
    text = log.read_text(encoding="utf-8", errors="replace")
    report = _report(text)
    if not stopped and process.returncode not in fine:
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{text[-2000:]}")
    return Measured(
        seconds=seconds,
        processor=used.ru_utime + used.ru_stime,
        megabytes=max(used.ru_maxrss / 1024, *(value for name, value in report.items() if name.endswith(", MB")), 0.0),
        report=report,
        stopped=stopped,
    )


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """No one's own settings and no bytecode written: a first run measures the same as a second."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PRIMUM_", "PYTHON"))}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **settings}


def _report(text: str) -> dict[str, float]:
    """The last line, if it is the JSON of one of our own steps."""
    last = text.rstrip().rpartition("\n")[2]
    return dict(json.loads(last)) if last.startswith("{") and last.endswith("}") else {}


class _Guard:
    """Looks at the process from a thread and kills it when it takes more than it may."""

    def __init__(self, *, process: subprocess.Popen[bytes], allowance: Allowance) -> None:
        self.process = process
        self.allowance = allowance
        self.stopped = ""
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        begin = time.perf_counter()
        while not self.over.wait(LOOK_EVERY):
            seconds = time.perf_counter() - begin
            if _resident(self.process.pid) > self.allowance.megabytes:
                self.stopped = f"stopped above {self.allowance.megabytes:,.0f} MB after {seconds:,.0f} s"
            elif seconds > self.allowance.seconds:
                self.stopped = f"stopped after {seconds:,.0f} s"
            if self.stopped:
                os.kill(self.process.pid, 9)
                return

    def end(self) -> str:
        self.over.set()
        self.thread.join()
        return self.stopped


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
