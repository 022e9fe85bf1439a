"""A console served on a real socket, and browsers of people who are signed in to it."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import httpx
import uvicorn
from fastapi import FastAPI

from primum.actions import sessions
from primum.actions.workplace import Workplace
from primum.ledger.people_tables import Account
from primum.web.app import console_app
from primum.web.desk import Desk
from primum.web.session_cookies import cookie_name
from tests.factories import MORNING

READY_SECONDS = 20
# A busy machine has time; where time is the question, a test says so itself.
PATIENCE = 60


@dataclass
class Clock:
    """A clock that a test sets."""

    at: datetime = MORNING

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True, kw_only=True)
class Console:
    """A console that answers at an address, and the clock on its wall."""

    desk: Desk
    clock: Clock
    closing: contextlib.ExitStack

    @property
    def address(self) -> str:
        return self.desk.address

    def browser(self, **options) -> httpx.Client:
        """Return a browser of nobody; it says where its forms come from, as they do, and closes with the console."""
        headers = {"Origin": self.address, "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
        options = {"timeout": PATIENCE} | options
        client = httpx.Client(base_url=self.address, headers=headers | options.pop("headers", {}), **options)
        return self.closing.enter_context(client)

    def browser_of(self, person: str, *, administrator: bool = False, at: datetime | None = None) -> httpx.Client:
        """Return a browser in which somebody has signed in; its forms carry the session's secret in a header."""
        have_account(person, place=self.desk.workplace, administrator=administrator)
        opened = sessions.begin(person=person, method="password", at=at or self.clock.at, workplace=self.desk.workplace)
        browser = self.browser(headers={"X-CSRF-Token": opened.session.csrf})
        browser.cookies.set(cookie_name(self.desk), opened.cookie)
        return browser


def have_account(person: str, *, place: Workplace, administrator: bool = False) -> None:
    """See to it that a person has an account, without a password."""
    with place.ledger.transaction() as tx:
        if tx.session.get(Account, person) is None:
            tx.session.add(Account(person=person, administrator=administrator, made_at=MORNING))


@contextlib.contextmanager
def console(place: Workplace, *, at: datetime = MORNING, **options) -> Iterator[Console]:
    """Serve a workplace's console on a free port until the block ends."""
    clock = Clock(at=at)
    with listening() as door:
        desk = Desk(workplace=place, clock=clock, address=f"http://127.0.0.1:{door.getsockname()[1]}")
        with served(console_app(desk, **options), door=door), contextlib.ExitStack() as closing:
            yield Console(desk=desk, clock=clock, closing=closing)


@contextlib.contextmanager
def listening() -> Iterator[socket.socket]:
    """A socket that listens on a free port of this machine."""
    # Named as TCP, or asyncio leaves Nagle's algorithm on and each answer waits 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", 0))
        door.listen(128)
        yield door


@contextlib.contextmanager
def served(app: FastAPI, *, door: socket.socket) -> Iterator[None]:
    """Serve an application on a socket, in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="auto"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    until = time.monotonic() + READY_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(READY_SECONDS)
