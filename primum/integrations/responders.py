"""One door to an assistant that is tried: over HTTP, or a Python function in a process of its own. Keeps no text."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from primum.integrations import responder_program
from primum.roadmap.conversations import Responder

if TYPE_CHECKING:
    import httpx

LARGEST_ANSWER = 200_000
BLOCK = 65_536
NO_JSON = 'The responder did not answer with JSON such as {"answer": "..."}.'


class NoAnswer(Exception):
    """An answer did not come, or was none; the message never holds what was asked or said."""


class ResponderRefused(Exception):
    """The responder cannot be started or asked at all; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One answer, and the priorities of its rules if the responder tells them."""

    text: str
    flows: dict[str, int]


class Door(Protocol):
    """Asks an assistant one thing."""

    def ask(self, messages: Sequence[dict[str, str]], *, language: str) -> Answered:
        """
        Return the answer to a conversation so far.

        :raises NoAnswer: if none came in time, or it was not one
        """
        ...


@contextmanager
def opened(responder: Responder, *, base: Path) -> Iterator[Door]:
    """
    Open the door to a responder, and close it: its process ends with it.

    :raises ResponderRefused: if the program is not there, or the token's variable is not set
    """
    if responder.address:
        yield from _over_http(responder)
        return
    program = _Program(responder=responder, command=_command(responder, base), folder=base)
    try:
        yield program
    finally:
        program.stop()


def _over_http(responder: Responder) -> Iterator[Door]:
    import httpx

    headers = {}
    if responder.token_variable:
        if responder.token_variable not in os.environ:
            raise ResponderRefused(f"The responder's token is in {responder.token_variable}, and that is not set.")
        headers["Authorization"] = f"Bearer {os.environ[responder.token_variable]}"
    with httpx.Client(headers=headers, timeout=responder.seconds, follow_redirects=False) as client:
        yield _Http(responder=responder, client=client)


@dataclass(frozen=True, kw_only=True)
class _Http:
    responder: Responder
    client: "httpx.Client"

    def ask(self, messages: Sequence[dict[str, str]], *, language: str) -> Answered:
        import httpx

        asked = {"messages": list(messages), "language": language}
        try:
            reply = self.client.post(self.responder.address, json=asked)
        except httpx.HTTPError as error:
            raise NoAnswer(f"The responder did not answer ({type(error).__name__}).") from None
        if reply.status_code != httpx.codes.OK:
            raise NoAnswer(f"The responder answered with the status {reply.status_code}.")
        return _read(reply.content)


@dataclass(kw_only=True)
class _Program:
    responder: Responder
    command: tuple[str, ...]
    folder: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    def ask(self, messages: Sequence[dict[str, str]], *, language: str) -> Answered:
        running = self._running()
        assert running.stdin is not None
        try:
            running.stdin.write(json.dumps({"messages": list(messages), "language": language}).encode() + b"\n")
            running.stdin.flush()
            return _read(self._line(running))
        except (NoAnswer, OSError) as error:
            self.stop()
            raise NoAnswer(str(error) if isinstance(error, NoAnswer) else "The program has ended.") from None

    def _running(self) -> "subprocess.Popen[bytes]":
        if self.process is None:
            # Nothing of our environment: no secret of ours is the assistant's to read.
            self.process = subprocess.Popen(  # noqa: S603 -- the hospital's own program, named in its own file
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.folder,
                env={"PATH": os.defpath, "LANG": "C.UTF-8"},
                start_new_session=True,
            )
        return self.process

    def _line(self, running: "subprocess.Popen[bytes]") -> bytes:
        assert running.stdout is not None
        until, content = time.monotonic() + self.responder.seconds, b""
        with selectors.DefaultSelector() as ready:
            ready.register(running.stdout, selectors.EVENT_READ)
            while not content.endswith(b"\n"):
                if not ready.select(max(0.0, until - time.monotonic())):
                    raise NoAnswer(f"The program did not answer within {self.responder.seconds} s and was ended.")
                block = os.read(running.stdout.fileno(), BLOCK)
                content += block
                if not block or len(content) > LARGEST_ANSWER:
                    raise NoAnswer("The program ended without an answer." if not block else "The answer is too long.")
        return content

    def stop(self) -> None:
        """End the process, if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    _closed(pipe)
        self.process = None


def _closed(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return


def _command(responder: Responder, base: Path) -> tuple[str, ...]:
    file, _, name = responder.program.partition(":")
    path = (base / file).resolve()
    if not path.is_file():
        raise ResponderRefused(f"There is no file {file} beside the file that names it as the responder.")
    megabytes = str(responder.memory_megabytes)
    return (sys.executable, "-I", str(Path(responder_program.__file__)), str(path), name, megabytes)


def _read(content: bytes) -> Answered:
    try:
        said = json.loads(content)
        flows = {str(name): int(priority) for name, priority in (said.get("flows") or {}).items()}
    except (ValueError, TypeError, AttributeError):
        raise NoAnswer(NO_JSON) from None
    if not isinstance(said.get("answer"), str):
        raise NoAnswer(NO_JSON)
    return Answered(text=said["answer"], flows=flows)
