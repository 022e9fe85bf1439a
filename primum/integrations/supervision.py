"""Keeping a handful of programs running: started together, restarted when one dies, ended together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from primum.integrations import leash

Say = Callable[[str], None]

LOOK_EVERY_SECONDS = 0.2
TELL_EVERY_SECONDS = 5.0
GRACE_SECONDS = 15.0
# What a dead service leaves behind (a worker: its flow runs) has so long to say so to the Prefect server.
SWEEP_SECONDS = 5.0
BACK_OFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
STEADY_AFTER_SECONDS = 60.0
LARGEST_LOG = 5_000_000
LAST_LINES = 8


class ServiceFailed(Exception):
    """A service could not be started; the message is shown to the person."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A program to keep running, how one sees that it is ready, and what runs to its end before it starts again."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    is_ready: Callable[[], bool]
    address: str | None = None
    patience_seconds: float = 180.0
    before_again: "Service | None" = None


@dataclass(kw_only=True)
class Attended:
    """A service with the process that runs it now."""

    service: Service
    process: subprocess.Popen[bytes]
    since: float
    deaths: int = 0
    again_at: float | None = None


@dataclass(kw_only=True)
class Supervisor:
    """Starts services, watches them, and ends them; one per terminal."""

    say: Say
    attended: list[Attended] = field(default_factory=list)
    asked_to_stop: int = 0

    def listen(self) -> None:
        """Stop at the first Ctrl-C, SIGTERM or hang-up; at the second, at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self.asked_to_stop += 1
        if self.asked_to_stop > 1:
            for one in self.attended:
                _signal_group(one.process, signal.SIGKILL)

    def start(self, *services: Service) -> bool:
        """
        Start services beside each other and wait until all are ready; false if asked to stop meanwhile.

        :raises ServiceFailed: if one ends or is not ready in time, with the last lines of its log
        """
        began = time.monotonic()
        waiting = [self._attend(service) for service in services]
        told = began
        while waiting and not self.asked_to_stop:
            waiting = [one for one in waiting if not self._came_up(one)]
            if time.monotonic() - told > TELL_EVERY_SECONDS and waiting:
                told = time.monotonic()
                self.say(f"… {', '.join(one.service.name for one in waiting)}: {told - began:.0f} s")
            time.sleep(LOOK_EVERY_SECONDS if waiting else 0)
        return not self.asked_to_stop

    def begin(self, service: Service) -> None:
        """Start a service and wait for nothing; one that ends is started again like the others."""
        self._attend(service)
        self.say(f"{service.name} is started.")

    def run(self, service: Service) -> None:
        """
        Run a program to its end, or until asked to stop.

        :raises ServiceFailed: if it fails or takes too long, with the last lines of its log
        """
        self.say(f"… {service.name}")
        one = self._attend(service)
        until = one.since + service.patience_seconds
        while one.process.poll() is None and not self.asked_to_stop and time.monotonic() < until:
            time.sleep(LOOK_EVERY_SECONDS)
        code = one.process.poll()
        self.attended.remove(one)
        end(one.process, grace=0.0)
        if code != 0 and not self.asked_to_stop:
            raise ServiceFailed(f"{service.name} did not work.\n{last_lines(service.log)}")

    def _attend(self, service: Service) -> Attended:
        one = Attended(service=service, process=started(service), since=time.monotonic())
        self.attended.append(one)
        return one

    def _came_up(self, one: Attended) -> bool:
        service = one.service
        if one.process.poll() is not None:
            raise ServiceFailed(f"{service.name} ended while it was starting.\n{last_lines(service.log)}")
        if service.is_ready():
            self.say(f"{service.name} is ready{f': {service.address}' if service.address else ''}.")
            return True
        if time.monotonic() - one.since > service.patience_seconds:
            seconds = f"{service.patience_seconds:.0f}"
            raise ServiceFailed(f"{service.name} was not ready after {seconds} s.\n{last_lines(service.log)}")
        return False

    def watch(self) -> None:
        """Keep every service running until asked to stop."""
        while not self.asked_to_stop:
            for one in self.attended:
                self._look_after(one)
            time.sleep(LOOK_EVERY_SECONDS)

    def _look_after(self, one: Attended) -> None:
        now = time.monotonic()
        if one.again_at is None and one.process.poll() is not None:
            end(one.process, grace=SWEEP_SECONDS)
            deaths = 0 if now - one.since > STEADY_AFTER_SECONDS else one.deaths
            self._put_off(one, deaths=deaths + 1, because=f"ended by itself ({one.process.returncode})")
        elif one.again_at is not None and now >= one.again_at:
            self._start_again(one)

    def _put_off(self, one: Attended, *, deaths: int, because: str) -> None:
        pause = BACK_OFF_SECONDS[min(deaths, len(BACK_OFF_SECONDS)) - 1]
        one.deaths, one.again_at = deaths, time.monotonic() + pause
        self.say(f"{one.service.name} {because}; starting it again in {pause:.0f} s.")

    def _start_again(self, one: Attended) -> None:
        if one.service.before_again is not None:
            try:
                self.run(one.service.before_again)
            except ServiceFailed as problem:
                self._put_off(one, deaths=one.deaths + 1, because=f"has to wait: {problem}")
                return
        if not self.asked_to_stop:
            one.process, one.since, one.again_at = started(one.service), time.monotonic(), None
            self.say(f"{one.service.name} was started again.")

    def stop(self) -> None:
        """End everything, the last started first, each with its children; nobody is left behind."""
        while self.attended:
            one = self.attended[-1]
            end(one.process, grace=0.0 if self.asked_to_stop > 1 else GRACE_SECONDS)
            self.attended.pop()


def started(service: Service) -> subprocess.Popen[bytes]:
    """Start a service on a leash, in a process group of its own, its output in its log."""
    service.log.parent.mkdir(parents=True, exist_ok=True)
    if service.log.is_file() and service.log.stat().st_size > LARGEST_LOG:
        service.log.replace(service.log.with_suffix(".log.1"))
    with service.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 -- our own command, without a shell
            [sys.executable, "-I", leash.__file__, *service.command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(service.environment),
            cwd=service.folder,
            start_new_session=True,
        )


def last_lines(log: Path) -> str:
    """Return the end of a log and where the rest is."""
    lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:] if log.is_file() else []
    return "\n".join([*(f"    {line}" for line in lines if line.strip()), f"The whole log is {log}."])


def end(process: subprocess.Popen[bytes], *, grace: float) -> None:
    """Ask a process group to end, wait, then insist; also for children whose parent is gone already."""
    until = time.monotonic() + grace
    _signal_group(process, signal.SIGTERM if grace else signal.SIGKILL)
    while _signal_group(process, 0) and time.monotonic() < until:
        process.poll()
        time.sleep(LOOK_EVERY_SECONDS / 4)
    _signal_group(process, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> bool:
    """Signal a group while it is ours; a closed leash means that it was ended before."""
    if process.stdin is None or process.stdin.closed:
        return False
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
