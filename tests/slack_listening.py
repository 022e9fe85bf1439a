"""The real Socket Mode door run in a thread, on a stand-in for Slack, for tests."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from primum.integrations.slack import answers
from primum.integrations.slack.answers import Answer
from primum.integrations.slack.parsing import Envelope
from primum.integrations.slack.socket_line import Rhythm, SocketAccess
from primum.integrations.slack.socket_mode import SocketHealth, TooManyConnections, listen
from tests.slack_server import SlackServer

QUICK = Rhythm(ping=1.0, stale=6.0, watch=0.2, connecting=3.0, patience=(0.2,), recount=1.0)


@dataclass(kw_only=True)
class Listening:
    """What was heard so far, and how the connections are."""

    heard: list[Envelope] = field(default_factory=list)
    health: list[SocketHealth] = field(default_factory=list)
    ended: BaseException | None = None

    @property
    def now(self) -> SocketHealth | None:
        return self.health[-1] if self.health else None

    @property
    def holds(self) -> bool:
        return self.now is not None and self.now.holds


def access_to(slack: SlackServer, *, connections: int = 2) -> SocketAccess:
    return SocketAccess(app_token=slack.app_token, base_url=slack.api, connections=connections)


@contextmanager
def listening(
    slack: SlackServer,
    *,
    take: Callable[[Envelope], Awaitable[Answer | None]] | None = None,
    rhythm: Rhythm = QUICK,
) -> Iterator[Listening]:
    """Listen until the block ends."""
    found, loop = Listening(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def hear(envelope: Envelope) -> Answer | None:
        found.heard.append(envelope)
        return answers.acknowledged() if take is None else await take(envelope)

    def run() -> None:
        asyncio.set_event_loop(loop)
        work = listen(access=access_to(slack), take=hear, report=found.health.append, stop=stop, rhythm=rhythm)
        try:
            loop.run_until_complete(work)
        except TooManyConnections as problem:
            found.ended = problem

    thread = threading.Thread(target=run, name="Slack's sockets")
    thread.start()
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        assert not thread.is_alive()
        loop.close()
