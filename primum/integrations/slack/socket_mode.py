"""Socket Mode: outbound connections on which Slack delivers, each watched, all reported on."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from primum.integrations.slack.answers import Answer
from primum.integrations.slack.parsing import Envelope
from primum.integrations.slack.socket_line import NOT_CONNECTED, Rhythm, SocketAccess, SocketLine, Take, Tally, trouble

LOGGER = logging.getLogger(__name__)


class TooManyConnections(Exception):
    """Something else is connected as the same app and would get some of the clicks; the message says what to do."""


class NoHello(Exception):
    """A connection opened and Slack said nothing on it."""


@dataclass(frozen=True, kw_only=True)
class SocketHealth:
    """
    How the connections are: how many of those wanted are open, and how long the quietest has been silent.

    ``others`` is how many connections of the same app Slack counts beyond ours, ``sessions`` how many were opened so
    far, ``taken`` and ``failed`` how many deliveries were acknowledged and were not.
    """

    wanted: int
    open: int
    silent_seconds: float
    others: int
    sessions: int
    restarts: int
    taken: int
    failed: int
    problem: str

    @property
    def holds(self) -> bool:
        """True if every connection is open and Slack hands nothing to anybody else."""
        return self.open == self.wanted and self.others == 0


async def listen(
    *,
    access: SocketAccess,
    take: Take,
    report: Callable[[SocketHealth], None],
    stop: asyncio.Event,
    rhythm: Rhythm | None = None,
) -> None:
    """
    Hold the connections open until ``stop`` is set, through refreshes, drops, silence and outages.

    ``take`` is given each envelope and returns the answer to acknowledge it with, or None to leave it; what it raises
    is counted and leaves the envelope. It must deduplicate: Slack may deliver twice. ``report`` is called about
    once a second. While Slack is not reached the figures say so and nothing is raised.

    :raises TooManyConnections: if at the start more connections are counted than are ours (slack.md 3.1)
    """
    switchboard = _Switchboard(access=access, take=take, report=report, rhythm=rhythm or Rhythm())
    try:
        await switchboard.run(stop)
    finally:
        await switchboard.close()


async def greeting(access: SocketAccess, *, rhythm: Rhythm | None = None) -> int:
    """
    Open one connection, wait for Slack's hello, close, and return how many others Slack counts.

    :raises NoHello: if nothing is heard in ten seconds
    :raises NotSent, OSError, aiohttp.ClientError, SlackClientError, TimeoutError: if Slack is not reached
    """
    tally, kept = Tally(), rhythm or Rhythm()
    line = SocketLine(access=access, take=_nobody, rhythm=kept, tally=tally)
    try:
        await line.connect()
        await asyncio.wait_for(line.greeted.wait(), kept.connecting)
    except TimeoutError:
        raise NoHello("Slack said nothing on a new connection in time; a proxy may hold websockets back.") from None
    finally:
        await line.close()
    return tally.others


class _Switchboard:
    """All connections of one app, and the watchdog over them."""

    def __init__(
        self, *, access: SocketAccess, take: Take, report: Callable[[SocketHealth], None], rhythm: Rhythm
    ) -> None:
        self._access, self._take, self._report, self._rhythm = access, take, report, rhythm
        self._tally, self._lines = Tally(), dict[int, SocketLine]()
        self._restarts, self._not_before = 0, dict[int, float]()
        self._patience = list(rhythm.patience)
        self._is_settled = False

    async def run(self, stop: asyncio.Event) -> None:
        """Open what is not open, until told to stop."""
        # Beside the watching, which may wait for a connection.
        reporting = asyncio.ensure_future(self._keep_reporting())
        try:
            while not stop.is_set():
                for number in range(self._access.connections):
                    await self._watch(number)
                await self._settle(stop)
                await _wait(stop, self._rhythm.watch)
        finally:
            reporting.cancel()

    async def _keep_reporting(self) -> None:
        while True:
            self._report(self._health())
            await asyncio.sleep(self._rhythm.watch)

    async def close(self) -> None:
        """End all connections and report that."""
        for number in list(self._lines):
            await self._end(number)
        self._report(self._health())

    async def _watch(self, number: int) -> None:
        """Open this connection if there is none, again if it has been silent for too long."""
        line = self._lines.get(number)
        if line is not None and self._silence(line) <= self._rhythm.stale:
            return
        if line is not None:
            LOGGER.warning("A connection to Slack is silent; it is opened again.")
            self._restarts += 1
            await self._end(number)
        if asyncio.get_running_loop().time() >= self._not_before.get(number, 0.0):
            await self._open(number)

    async def _open(self, number: int) -> None:
        line = SocketLine(access=self._access, take=self._take, rhythm=self._rhythm, tally=self._tally)
        try:
            await line.connect()
            await asyncio.wait_for(line.greeted.wait(), self._rhythm.connecting)
        except NOT_CONNECTED as problem:
            self._tally.problem = trouble(problem)
            self._not_before[number] = asyncio.get_running_loop().time() + self._rhythm.ping
            await line.close()
            return
        self._lines[number] = line

    async def _settle(self, stop: asyncio.Event) -> None:
        """At the start, refuse to share the app; those of a process that has just ended are counted a while longer."""
        if len(self._lines) < self._access.connections:
            return
        if self._is_settled:
            await self._recount()
            return
        if not self._tally.others:
            self._is_settled = True
            return
        if not self._patience:
            raise TooManyConnections(
                f"Slack counts {self._tally.others} more connections of this app than are ours, and each click goes "
                "to any one of them. Stop the other Primum, or make an app of its own for each."
            )
        for number in list(self._lines):
            await self._end(number)
        await _wait(stop, self._patience.pop(0))

    async def _recount(self) -> None:
        """Ask again whether there are others: Slack still counts a connection of ours that broke without a word."""
        since = asyncio.get_running_loop().time() - self._tally.counted_at
        if self._tally.others and since > self._rhythm.recount:
            await self._lines[0].renew()

    async def _end(self, number: int) -> None:
        await self._lines.pop(number).close()

    def _silence(self, line: SocketLine) -> float:
        return asyncio.get_running_loop().time() - line.heard_at

    def _health(self) -> SocketHealth:
        open_now = [line for line in self._lines.values() if line.is_open]
        return SocketHealth(
            wanted=self._access.connections,
            open=len(open_now),
            silent_seconds=max((self._silence(line) for line in self._lines.values()), default=float("inf")),
            others=self._tally.others,
            sessions=self._tally.sessions,
            restarts=self._restarts,
            taken=self._tally.taken,
            failed=self._tally.failed,
            problem=self._tally.problem,
        )


async def _nobody(received: Envelope) -> Answer | None:  # noqa: ARG001 -- a check takes nothing in
    return None


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
