"""Asks over and over on some connections that stay open; prints how many were answered and how long each waited."""

import json
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

CONNECTIONS = 16
LARGEST = 65_536
PERMILLE_99 = 0.99


class Refused(Exception):
    """An answer was not the one that is measured."""


@dataclass(kw_only=True)
class Line:
    """One connection: what it waits for, since when."""

    door: socket.socket
    began: float = 0.0
    heard: bytearray = field(default_factory=bytearray)

    def ask(self, question: bytes) -> None:
        """Send a question whole."""
        self.heard.clear()
        self.began = time.perf_counter()
        self.door.sendall(question)

    def hear(self, *, wanted: bytes) -> bool:
        """
        Take in what came; return whether the answer is whole.

        :raises Refused: if it is not of status 200, or lacks what is wanted
        """
        self.heard += self.door.recv(LARGEST)
        head, separator, body = self.heard.partition(b"\r\n\r\n")
        if not separator:
            return False
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or b"-1")
        if not head.startswith(b"HTTP/1.1 200") or length < 0:
            raise Refused(bytes(self.heard[:600]).decode("latin-1"))
        if len(body) < length:
            return False
        if wanted not in body:
            raise Refused(bytes(body).decode("latin-1"))
        return True


def asked(*, port: int, questions: Sequence[bytes], seconds: float, wanted: bytes) -> list[float]:
    """Ask on every connection, each again as soon as it was answered, and return how long each question waited."""
    rest, waits = cycle(questions), list[float]()
    with selectors.DefaultSelector() as watched:
        lines = [Line(door=_opened(port)) for _ in range(CONNECTIONS)]
        for line in lines:
            watched.register(line.door, selectors.EVENT_READ, line)
            line.ask(next(rest))
        until = time.perf_counter() + seconds
        while (now := time.perf_counter()) < until:
            for key, _ in watched.select(timeout=until - now):
                line = key.data
                if line.hear(wanted=wanted):
                    waits.append(time.perf_counter() - line.began)
                    line.ask(next(rest))
        for line in lines:
            line.door.close()
    return waits


def _opened(port: int) -> socket.socket:
    door = socket.create_connection(("127.0.0.1", port), timeout=30)
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return door


def summed(waits: Sequence[float], *, seconds: float) -> dict[str, float]:
    """Return answers a second, and the middle and the 99th percentile of the waits in milliseconds."""
    ordered = sorted(waits)
    return {
        "rate": len(ordered) / seconds,
        "p50": 1_000 * ordered[len(ordered) // 2],
        "p99": 1_000 * ordered[int(len(ordered) * PERMILLE_99)],
    }


def main(port: int, file: Path, seconds: float) -> None:
    """Read the questions from a file, ask for half a second to warm up and then for so long; print the summary."""
    told = json.loads(file.read_text(encoding="utf-8"))
    questions = [one.encode() for one in told["questions"]]
    wanted = told["wanted"].encode()
    first = asked(port=port, questions=questions[: len(questions) // 10], seconds=0.5, wanted=wanted)
    waits = asked(port=port, questions=questions, seconds=seconds, wanted=wanted)
    said = {"answers": len(first) + len(waits), **summed(waits, seconds=seconds)}
    print(json.dumps(said))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))
