"""A command run in a process of its own that may ask for no outside host."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

WATCHING = Path(__file__).parent / "watching"
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, kw_only=True)
class Watched:
    """How a watched command ended, what it printed and which outside hosts it asked for."""

    code: int
    out: str
    err: str
    lookups: tuple[str, ...]


def run_watched(*command: str, cwd: Path, timeout: int = 300, **variables: str) -> Watched:
    """Run ``primum`` with these words, in a folder, with name resolution watched."""
    seen = cwd / "lookups.txt"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PRIMUM_")}
    environment = clean | {
        "PYTHONPATH": f"{WATCHING}{os.pathsep}{ROOT}",
        "WATCHED_LOOKUPS": str(seen),
        "COLUMNS": "160",
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", "from primum.cli.main import run; run()", *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    lookups = tuple(seen.read_text(encoding="utf-8").split()) if seen.exists() else ()
    return Watched(code=done.returncode, out=done.stdout, err=done.stderr, lookups=lookups)


@pytest.fixture(scope="session")
def primum_command():
    """The function that runs a watched command."""
    return run_watched
