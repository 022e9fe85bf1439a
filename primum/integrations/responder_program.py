"""
Runs one Python function as an assistant, in a process of its own: questions in, answers out, one JSON line each.

Started as a program by ``primum.integrations.responders``. What the function prints goes nowhere, so that
no answer ends in a log; it may take so much memory and write no file.
"""

import importlib.util
import json
import os
import resource
import sys
from collections.abc import Callable

Answer = Callable[..., object]


def limit(*, megabytes: int) -> None:
    """Take away what an assistant does not need: more memory than this, files, and dumps of its memory."""
    for kind, most in (
        (resource.RLIMIT_AS, megabytes * 1024 * 1024),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def function_of(path: str, name: str) -> Answer:
    """Return the function of a file."""
    spec = importlib.util.spec_from_file_location("responder", path)
    assert spec is not None and spec.loader is not None  # noqa: PT018 -- a .py file always has both
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Answer = getattr(module, name)
    return found


def serve(answer: Answer, *, into: int) -> None:
    """Answer each line of standard input until it ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        said = answer(messages=asked["messages"], language=asked["language"])
        reply = said if isinstance(said, dict) else {"answer": said}
        os.write(into, json.dumps(reply).encode() + b"\n")


def main() -> None:
    """Keep the pipe for answers, silence everything else, and serve."""
    path, name, megabytes = sys.argv[1:]
    pipe = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.dont_write_bytecode = True
    limit(megabytes=int(megabytes))
    serve(function_of(path, name), into=pipe)


if __name__ == "__main__":
    main()
