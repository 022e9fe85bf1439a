"""
A process for somebody else's code: sets limits on itself, then runs one function of one file, or one command.

Run as a program by ``primum.integrations.training``, by its path and isolated (``python -I``). It knows
nothing of Primum: it gets two paths, has no key and no secret in its environment, and its own folder.
"""

import importlib.util
import json
import os
import resource
import sys
from pathlib import Path

LARGEST_FILE = 2**31


def limit(*, memory_mb: int, cpu_seconds: int) -> None:
    """Limit this process and its children: memory, time of the processor, size of a file, no core dump."""
    most = memory_mb * 2**20
    for what, value in (
        (resource.RLIMIT_AS, most),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def call(*, file: Path, function: str, request: Path, output: Path) -> None:
    """Call the trainer's function with the request as a mapping and the folder for what it makes."""
    described = importlib.util.spec_from_file_location("trainer", file)
    if described is None or described.loader is None:
        raise SystemExit(3)
    module = importlib.util.module_from_spec(described)
    sys.modules["trainer"] = module
    described.loader.exec_module(module)
    getattr(module, function)(json.loads(request.read_text(encoding="utf-8")), output)


def main(arguments: list[str]) -> None:
    """Run ``call FILE FUNCTION REQUEST OUTPUT`` or ``exec COMMAND ...`` under the limits given first."""
    memory_mb, cpu_seconds, how, *rest = arguments
    limit(memory_mb=int(memory_mb), cpu_seconds=int(cpu_seconds))
    if how == "exec":
        os.execvp(rest[0], rest)  # noqa: S606 -- the command is the hospital's own
    file, function, request, output = rest
    call(file=Path(file), function=function, request=Path(request), output=Path(output))


if __name__ == "__main__":
    main(sys.argv[1:])
