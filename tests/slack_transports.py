"""The whole Slack client served over real sockets in both ways that Slack delivers: Socket Mode, and signed HTTP."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from primum.chat import receipts
from primum.chat.conversation import Conversation
from primum.chat.service import serve
from primum.integrations.slack.socket_line import SocketAccess
from primum.ledger import reading
from primum.web.app import console_app
from primum.web.desk import Desk
from tests import consoles
from tests.slack_at_work import Clinic
from tests.slack_listening import access_to
from tests.slack_server import Answered, Message, Person, View

APPROVE, REJECT = "gate.approve", "gate.reject"
REASON = "I read the tables and the figures myself."
SIGNED = {"reason": REASON, "meaning": "approval"}
USERS = {
    "amara-okafor": "U0AMARA",
    "leila-haddad": "U0LEILA",
    "tomas-silva": "U0TOMAS",
    "mei-lin": "U0MEI",
}


@dataclass(kw_only=True)
class Ward:
    """A clinic whose Slack is connected, and what its people do there."""

    clinic: Clinic

    def begin(self) -> None:
        """Enrol everybody, and wait for the gate's message: first its place, then its words and buttons."""
        for person, user in USERS.items():
            self.clinic.enrol(person, user)
        self.clinic.slack.wait(lambda: self.clinic.shown and self.message.blocks)
        self.settled()

    @property
    def message(self) -> Message:
        """The gate's message; this client posts one, and notices about the rollout after it."""
        return self.clinic.shown[0]

    def press(self, person: str, action: str = APPROVE) -> Answered:
        return self.clinic.slack.press(self.message, action, by=self.clinic.members[person])

    def form(self, person: str, action: str = APPROVE) -> View:
        """Press, and return the form that opens."""
        member = self.clinic.members[person]
        before = self.clinic.slack.form_of(member)
        assert self.press(person, action).is_acknowledged
        return self.opened(member, instead_of=before)

    def opened(self, member: Person, *, instead_of: View | None = None) -> View:
        """Wait for a form in front of somebody, another than this one."""
        slack = self.clinic.slack
        return slack.wait(lambda: (shown := slack.form_of(member)) is not instead_of and shown)

    def submit(self, view: View, person: str, **values: Any) -> Answered:
        member = self.clinic.members[person]
        return self.clinic.slack.submit(view, {**SIGNED, **values}, by=member)

    def settled(self, *, seconds: float = 10) -> None:
        """Wait until everything that was acknowledged is worked off."""
        soon = self.clinic.clock() + timedelta(seconds=1)
        self.clinic.slack.wait(lambda: not receipts.undone(before=soon, workplace=self.clinic.place), seconds=seconds)

    @property
    def votes(self) -> list[tuple[str, str]]:
        """Who gave which answer, in the ledger."""
        with self.clinic.place.ledger.reading() as session:
            return [(vote.person, str(vote.answer)) for vote in reading.votes(session, gate=self.clinic.gate)]


@contextmanager
def over_sockets(clinic: Clinic) -> Iterator[Ward]:
    """Connect a clinic by Socket Mode."""
    with _served(clinic, access=access_to(clinic.slack)):
        clinic.slack.wait(lambda: len(clinic.slack.sockets) == 2)
        clinic.slack.delivers_to(None)
        yield Ward(clinic=clinic)


@contextmanager
def over_http(clinic: Clinic) -> Iterator[Ward]:
    """Connect a clinic by signed HTTP to the console's own routes, on a real socket."""
    clinic.slack.world.clock = lambda: clinic.clock().timestamp()
    with consoles.listening() as door, _served(clinic, access=None):
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        app = console_app(Desk(workplace=clinic.place, clock=clinic.clock, address=address))
        app.state.conversation = Conversation(office=clinic.office)
        with consoles.served(app, door=door):
            clinic.slack.delivers_to(address)
            try:
                yield Ward(clinic=clinic)
            finally:
                app.state.conversation.close()


TRANSPORTS: dict[str, Callable[[Clinic], AbstractContextManager[Ward]]] = {
    "sockets": over_sockets,
    "http": over_http,
}


@contextmanager
def _served(clinic: Clinic, *, access: SocketAccess | None) -> Iterator[None]:
    """Run the program that hears and delivers, in a thread of its own."""
    stop, loop = asyncio.Event(), asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve(office=clinic.office, access=access, stop=stop))

    thread = threading.Thread(target=run, name="Slack's client")
    thread.start()
    try:
        yield
    finally:
        clinic.slack.behave()
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        assert not thread.is_alive()
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
