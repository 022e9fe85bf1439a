"""
The program that keeps Slack and the ledger together: it hears, it delivers, it repairs, until it is told to stop.

Everything it does may be done twice, and by two of them at once; what it was doing when it died is done by the next.
"""

import asyncio
import logging
import random
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

from primum.actions import outbox
from primum.chat import gate_posts, members, personal, receipts
from primum.chat.conversation import Conversation
from primum.chat.delivery import SlackDestination, trouble_of
from primum.chat.office import Office
from primum.integrations import heartbeats
from primum.integrations.slack.answers import Answer
from primum.integrations.slack.refusals import NotSent
from primum.ledger.refusals import LedgerUnreachable

if TYPE_CHECKING:
    from primum.integrations.slack.parsing import Envelope
    from primum.integrations.slack.socket_line import SocketAccess
    from primum.integrations.slack.socket_mode import SocketHealth

LOGGER = logging.getLogger(__name__)
IDLE_SECONDS = 1.0
# While Slack is away, as long at most; a lane has its own pause in the ledger.
LONGEST_REST = timedelta(seconds=30)
# Forms are answered inside the acknowledgement: as many at once as people press Send together.
ANSWERING = 16
EVERY = {
    "catch up": timedelta(seconds=10),
    "repair": timedelta(minutes=2),
    "homes": timedelta(minutes=1),
    "prune": timedelta(minutes=10),
    "members": timedelta(days=1),
}


@dataclass(kw_only=True)
class Upkeep:
    """What is done now and then: worked off after a crash, compared, published, forgotten."""

    office: Office
    conversation: Conversation
    last: dict[str, datetime] = field(default_factory=dict)

    def turn(self, *, at: datetime) -> None:
        """
        Do what is due.

        :raises NotSent: if Slack did not answer; what is left is due again with the next turn
        """
        work: dict[str, Callable[[], object]] = {
            "catch up": lambda: self.conversation.catch_up(at=at, older_than=self._patience()),
            "repair": lambda: gate_posts.repair(at=at, office=self.office),
            "homes": lambda: personal.refresh_homes(at=at, office=self.office),
            "prune": lambda: receipts.prune(at=at, workplace=self.office.workplace),
            "members": lambda: members.check_all(at=at, office=self.office),
        }
        for name, do in work.items():
            if name not in self.last or at - self.last[name] >= EVERY[name]:
                do()
                self.last[name] = at

    def _patience(self) -> timedelta:
        """The first time nothing of ours is under way: whatever is there was left by another process."""
        return EVERY["catch up"] * 2 if self.last else timedelta(0)


class Deliverer:
    """The thread that works off the outbox and looks after everything else, one turn after the other."""

    def __init__(self, *, office: Office, conversation: Conversation, stop: Event, wake: Event) -> None:
        self._office, self._stop, self._wake = office, stop, wake
        self._destination = SlackDestination(office=office, sleep=lambda seconds: _ignore(stop.wait(seconds)))
        self._upkeep = Upkeep(office=office, conversation=conversation)

    def run(self) -> None:
        """Go on until told to stop; nothing that happens in one turn ends it."""
        while not self._stop.is_set():
            rest = self._safe_turn()
            self._wake.clear()
            # A decision wakes it from idling, but not from a rest that Slack asked for.
            if rest is None:
                self._wake.wait(IDLE_SECONDS)
            else:
                self._stop.wait(min(rest, LONGEST_REST).total_seconds())

    def turn(self, *, at: datetime) -> timedelta | None:
        """
        Deliver what is due until nothing is, then do the rest; return how long Slack wants to be left alone, if at all.

        :raises LedgerUnreachable: if the ledger does not answer
        """
        while not self._stop.is_set():
            done = outbox.work_off(
                destination=self._destination, at=at, jitter=random.random, workplace=self._office.workplace
            )
            if done.pause is not None:
                return done.pause
            if not done.delivered:
                break
        try:
            self._upkeep.turn(at=at)
        except NotSent as problem:
            return trouble_of(problem).pause or timedelta(seconds=5)
        return None

    def _safe_turn(self) -> timedelta | None:
        try:
            return self.turn(at=self._office.clock())
        except LedgerUnreachable as away:
            LOGGER.warning("%s", away)
        except Exception as fault:  # noqa: BLE001 -- its words may hold anything; the next turn tries again
            LOGGER.error("A turn of the delivery to Slack failed: %s", type(fault).__name__)  # noqa: TRY400 -- a traceback could hold what a person wrote
        return timedelta(seconds=5)


def _ignore(_: object) -> None:
    return None


async def serve(*, office: Office, access: "SocketAccess | None", stop: asyncio.Event) -> None:
    """
    Hear Slack over Socket Mode, unless ``access`` is ``None``, and deliver to it, until ``stop`` is set.

    :raises TooManyConnections: if something else is connected as the same app
    """
    ending, wake = Event(), Event()
    conversation = Conversation(office=office, wake=wake.set)
    deliverer = Deliverer(office=office, conversation=conversation, stop=ending, wake=wake)
    thread = Thread(target=deliverer.run, name="slack-delivery")
    thread.start()
    try:
        if access is None:
            await _beat_until(stop, office)
        else:
            await _listen(access, conversation, office, stop)
    finally:
        ending.set()
        wake.set()
        await asyncio.to_thread(thread.join)
        await asyncio.to_thread(conversation.close)
        heartbeats.stop(home=office.workplace.home, part=heartbeats.SLACK)


async def _listen(access: "SocketAccess", conversation: Conversation, office: Office, stop: asyncio.Event) -> None:
    from primum.integrations.slack.socket_mode import listen

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(ANSWERING, thread_name_prefix="slack-answer") as pool:

        async def take(received: "Envelope") -> Answer | None:
            return await loop.run_in_executor(pool, lambda: conversation.take(received.payload, at=office.clock()))

        await listen(access=access, take=take, report=lambda health: _report(health, office), stop=stop)


def _report(health: "SocketHealth", office: Office) -> None:
    at = office.clock()
    silent = health.silent_seconds
    heard = at - timedelta(seconds=silent) if health.open and silent != float("inf") else None
    before = heartbeats.last_beat(home=office.workplace.home, part=heartbeats.SLACK)
    last = heard or (before.heard_at if before else None)
    heartbeats.beat(home=office.workplace.home, part=heartbeats.SLACK, at=at, heard_at=last)


async def _beat_until(stop: asyncio.Event, office: Office) -> None:
    while not stop.is_set():
        at = office.clock()
        heartbeats.beat(home=office.workplace.home, part=heartbeats.SLACK, at=at, heard_at=at)
        try:
            await asyncio.wait_for(stop.wait(), IDLE_SECONDS)
        except TimeoutError:
            continue


async def serve_until_told(*, office: Office, access: "SocketAccess | None") -> None:
    """
    Serve until this process is told to stop by SIGTERM or Ctrl-C.

    :raises TooManyConnections: if something else is connected as the same app
    """
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for told in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(told, stop.set)
    await serve(office=office, access=access, stop=stop)
