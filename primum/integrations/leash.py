"""
A leash: runs one command, and ends it with all its children when whoever started it is gone.

Run as a program by ``primum.integrations.supervision``; its standard input is a pipe that nobody writes
to and that closes when the supervisor ends, however it ends. It leads the process group of what it runs.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence

GRACE_SECONDS = 10
LOOK_EVERY_SECONDS = 0.2


def run(command: Sequence[str]) -> int:
    """Run a command until it ends or the starter is gone; return its exit code."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        # A handler, not SIG_IGN: the command is in the same group, gets the signal too, and must not inherit deafness.
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 -- the command that was handed to us by ourselves, without a shell
    while child.poll() is None:
        if _starter_is_gone():
            _end_the_group(child)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def _starter_is_gone() -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], LOOK_EVERY_SECONDS)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1)


def _end_the_group(child: subprocess.Popen[bytes]) -> None:
    os.killpg(0, signal.SIGTERM)
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
