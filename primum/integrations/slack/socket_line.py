"""
One connection of Socket Mode: Slack's own client, with what it leaves open closed.

As the library ships, it closes the old session of a refresh before it opens the new one, acknowledges on whichever
session is current, waits for its next ping to notice that a connection is gone, and repeats a single-use address for
ever. Here the new session opens first, an acknowledgement goes out where its envelope came in, and what ends is
replaced at once. Its pings, its lock and its way to ask for an address are kept.
"""

import asyncio
import json
import logging
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import ClientWebSocketResponse, WSMsgType
from slack_sdk.errors import SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from primum.integrations.slack.answers import Answer, envelope
from primum.integrations.slack.fields import Malformed
from primum.integrations.slack.parsing import Envelope, parse_envelope
from primum.integrations.slack.refusals import NotSent, RateLimited, told_apart
from primum.integrations.slack.web_api import SECONDS, SLACK, proxy_for, quiet

LOGGER = logging.getLogger(__name__)
# Its messages at lower levels have the address of a connection, which is a password.
LIBRARY_LOGGER = "slack_sdk.socket_mode.aiohttp"
NOT_CONNECTED = (NotSent, OSError, aiohttp.ClientError, SlackClientError, TimeoutError)
# How long a session that is replaced may still finish what it delivered.
FINISHING_SECONDS = 3.0
# How long to wait for a farewell from a session that may be dead.
CLOSING_SECONDS = 2.0

Take = Callable[[Envelope], Awaitable[Answer | None]]


@dataclass(frozen=True, kw_only=True)
class SocketAccess:
    """What Socket Mode needs: the app-level token, where Slack is, and how many connections are ours."""

    app_token: str = field(repr=False)
    base_url: str = SLACK
    proxy: str | None = None
    trusted: ssl.SSLContext | None = None
    connections: int = 2


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """
    How often what is done, in seconds.

    ``patience`` is how long others may still be counted at the start, ``recount`` when to ask again later on.
    """

    ping: float = 3.0
    stale: float = 20.0
    watch: float = 1.0
    connecting: float = 10.0
    patience: tuple[float, ...] = (2.0, 5.0)
    recount: float = 60.0


@dataclass(kw_only=True)
class Tally:
    """What all connections of one app have in common: the sessions, what was counted, and the last trouble."""

    live: int = 0
    # The most of ours that Slack may have counted, for each line that waits for its hello: a session that is replaced
    # ends at some moment between the two.
    most_since: dict[object, int] = field(default_factory=dict)
    others: int = 0
    counted_at: float = 0.0
    sessions: int = 0
    taken: int = 0
    failed: int = 0
    problem: str = ""
    not_before: float = 0.0

    def begins(self, line: object) -> None:
        """Count a session that is being opened."""
        self.live += 1
        self.most_since = {one: max(most, self.live) for one, most in self.most_since.items()} | {line: self.live}

    def ends(self) -> None:
        """Count a session that ended, or was never opened."""
        self.live -= 1

    def greeted(self, line: object, *, seen: object, now: float) -> None:
        """Note how many connections Slack counts beyond ours."""
        self.counted_at = now
        ours = self.most_since.pop(line, self.live)
        self.others = max(0, (seen if isinstance(seen, int) else 0) - ours)
        self.problem = ""


class SocketLine(SocketModeClient):
    """One connection that is replaced whenever it ends; made inside a running loop, and closed there."""

    def __init__(self, *, access: SocketAccess, take: Take, rhythm: Rhythm, tally: Tally) -> None:
        """Make a line that is not open yet."""
        web = AsyncWebClient(
            base_url=access.base_url, timeout=SECONDS, ssl=access.trusted, logger=quiet(), retry_handlers=[]
        )
        web.proxy = access.proxy or proxy_for(access.base_url)
        logger = logging.getLogger(LIBRARY_LOGGER)
        logger.setLevel(logging.CRITICAL)
        super().__init__(app_token=access.app_token, logger=logger, web_client=web, ping_interval=rhythm.ping)
        self._access, self._take, self._rhythm, self._tally = access, take, rhythm, tally
        self._in_flight: dict[ClientWebSocketResponse, set[asyncio.Task[Any]]] = defaultdict(set)
        self._work: set[asyncio.Task[None]] = set()
        self.heard_at = asyncio.get_running_loop().time()
        self.greeted = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """True if a session is open and Slack has greeted it."""
        return self.current_session is not None and not self.current_session.closed and self.greeted.is_set()

    async def connect(self) -> None:
        """
        Open a session, and then retire the one before.

        :raises NotSent, OSError, aiohttp.ClientError, SlackClientError, TimeoutError: if Slack is not reached
        """
        before = self.current_session
        self._tally.begins(self)
        try:
            session = await self._new_session()
        except BaseException:
            self._tally.ends()
            raise
        self._tally.sessions += 1
        self.current_session, self.stale, self.last_ping_pong_time = session, False, None
        self._heard()
        # The one before reads on until it is closed. The monitor before may be who connects: it ends at its next pause.
        self.message_receiver = self._begin(self.receive_messages())
        self.message_receiver.add_done_callback(lambda _: self._tally.ends())
        if self.current_session_monitor is not None:
            self.current_session_monitor.cancel()
        self.current_session_monitor = asyncio.ensure_future(self.monitor_current_session())
        if before is not None:
            self._begin(self._retire(before))

    async def _new_session(self) -> ClientWebSocketResponse:
        async with asyncio.timeout(self._rhythm.connecting):
            url = self.wss_uri or await self.issue_new_wss_url()
            # It is good once.
            self.wss_uri = None
            return await self.aiohttp_client_session.ws_connect(
                url,
                autoping=False,
                heartbeat=self.ping_interval,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING_SECONDS),
                proxy=self._access.proxy or proxy_for(url),
                ssl=self._access.trusted or True,
            )

    async def issue_new_wss_url(self) -> str:
        """
        Ask for an address to connect to; it is good once.

        :raises NotSent: if Slack does not give one, or wants us to wait
        """
        now = asyncio.get_running_loop().time()
        if now < self._tally.not_before:
            raise RateLimited("Slack wants fewer connections.", retry_after=round(self._tally.not_before - now))
        try:
            with told_apart("apps.connections.open"):
                return str((await self.web_client.apps_connections_open(app_token=self.app_token))["url"])
        except RateLimited as problem:
            self._tally.not_before = now + problem.retry_after
            raise

    async def receive_messages(self) -> None:
        """Take in what one session delivers, and replace it at once when it ends."""
        session = self.current_session
        assert session is not None
        while not self.closed and not session.closed:
            message = await session.receive()
            if message.type in (WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG):
                self._heard()
            if message.type == WSMsgType.TEXT:
                task = self._begin(self._told(session, message.data))
                self._in_flight[session].add(task)
                task.add_done_callback(self._in_flight[session].discard)
            elif message.type == WSMsgType.PING:
                await session.pong(message.data)
            elif message.type == WSMsgType.PONG:
                self.last_ping_pong_time = _sent_at(message.data)
            elif message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                await session.close()
        if session is self.current_session and not self.closed:
            self._begin(self._replace(force=False))

    async def close(self) -> None:
        """End the line; what it delivered may finish for three seconds."""
        self.closed = True
        if self.current_session is not None:
            await self._finish(self.current_session)
        await super().close()  # type: ignore[no-untyped-call]
        for task in (*self._work, self.message_processor, self.current_session_monitor):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.wait((task,))

    async def _told(self, session: ClientWebSocketResponse, text: str) -> None:
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            return
        kind = told.get("type") if isinstance(told, dict) else None
        if kind == "hello":
            self._tally.greeted(self, seen=told.get("num_connections"), now=asyncio.get_running_loop().time())
            self.greeted.set()
        elif kind == "disconnect":
            await self.renew()
        elif kind is not None:
            await self._deliver(session, told)

    async def _deliver(self, session: ClientWebSocketResponse, told: Mapping[str, Any]) -> None:
        try:
            received = parse_envelope(told)
        except Malformed as problem:
            LOGGER.warning("Slack sent something that was not understood: %s", problem)
            return
        answer = await self._take(received)
        if answer is not None:
            await self._acknowledge(session, received, answer)

    async def _acknowledge(self, session: ClientWebSocketResponse, received: Envelope, answer: Answer) -> None:
        told = json.dumps(envelope(received.id, answer=answer, accepts_answer=received.accepts_answer))
        # Where it came in; if that has ended meanwhile, where Slack still hears us.
        for one in (session, self.current_session):
            if one is not None and not one.closed:
                try:
                    await one.send_str(told)
                except (ConnectionError, aiohttp.ClientError):
                    continue
                self._tally.taken += 1
                return
        self._tally.failed += 1

    async def renew(self) -> None:
        """Open another session in the place of the present one, if Slack is reached."""
        await self._replace(force=True)

    async def _replace(self, *, force: bool) -> None:
        try:
            await self.connect_to_new_endpoint(force=force)
        except NOT_CONNECTED as problem:
            # The monitor, and after it the watchdog, tries again.
            self._tally.problem = trouble(problem)

    async def _retire(self, session: ClientWebSocketResponse) -> None:
        await self._finish(session)
        await session.close()

    async def _finish(self, session: ClientWebSocketResponse) -> None:
        tasks = self._in_flight.pop(session, set())
        if tasks:
            await asyncio.wait(tasks, timeout=FINISHING_SECONDS)

    def _heard(self) -> None:
        self.heard_at = asyncio.get_running_loop().time()

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._tally.failed += 1
            # Neither its message nor its traceback: what people wrote may be in them.
            LOGGER.error("Something that Slack delivered was not taken: %s", type(task.exception()).__name__)


def _sent_at(pong: bytes) -> float | None:
    """Return when the ping was sent that this answers, none if it was not one of the library's."""
    try:
        return float(bytes(pong).decode().rpartition(":")[2])
    except ValueError:
        return None


def trouble(problem: BaseException) -> str:
    """Return why Slack is not reached, as one sentence without an address."""
    return str(problem) if isinstance(problem, NotSent) else f"Slack is not reached: {type(problem).__name__}."
