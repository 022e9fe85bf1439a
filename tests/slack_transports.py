"""The conversation served over real sockets in both ways that Slack delivers: Socket Mode, and signed HTTP."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from primum.chat.conversation import Conversation
from primum.integrations.slack.answers import Answer
from primum.integrations.slack.parsing import Envelope
from primum.ledger import reading
from primum.roadmap.people import Role
from primum.web.app import console_app
from primum.web.desk import Desk
from tests import consoles
from tests.slack_at_work import Clinic
from tests.slack_listening import QUICK, Listening, listening
from tests.slack_server import Answered, Person, View

APPROVE, REJECT = "gate.approve", "gate.reject"
REASON = "I read the tables and the figures myself."
SIGNED = {"reason": REASON, "meaning": "approval"}
PEOPLE = {
    "amara-okafor": ("U0AMARA", Role.CLINICAL_LEAD),
    "leila-haddad": ("U0LEILA", Role.ETHICIST),
    "tomas-silva": ("U0TOMAS", Role.PATIENT_REPRESENTATIVE),
    "mei-lin": ("U0MEI", Role.TECHNOLOGIST),
}


@dataclass(kw_only=True)
class Ward:
    """A clinic whose Slack is connected, and what its people do there."""

    clinic: Clinic
    conversation: Conversation
    sockets: Listening | None = None

    def begin(self) -> None:
        """Enrol everybody and bring the gate's message to the channel."""
        for person, (user, _) in PEOPLE.items():
            self.clinic.enrol(person, user)
        self.clinic.deliver()

    def press(self, person: str, action: str = APPROVE) -> Answered:
        return self.clinic.slack.press(self.clinic.message, action, by=self.clinic.members[person])

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

    @property
    def votes(self) -> list[tuple[str, str]]:
        """Who gave which answer, in the ledger."""
        with self.clinic.place.ledger.reading() as session:
            return [(vote.person, str(vote.answer)) for vote in reading.votes(session, gate=self.clinic.gate)]


@contextmanager
def over_sockets(clinic: Clinic, **options: Any) -> Iterator[Ward]:
    """Connect a clinic by Socket Mode."""
    conversation = Conversation(office=clinic.office)

    async def take(envelope: Envelope) -> Answer | None:
        return await asyncio.to_thread(conversation.take, envelope.payload, at=clinic.clock())

    with listening(clinic.slack, take=take, rhythm=options.get("rhythm", QUICK)) as found:
        clinic.slack.wait(lambda: found.holds)
        clinic.slack.delivers_to(None)
        try:
            yield Ward(clinic=clinic, conversation=conversation, sockets=found)
        finally:
            conversation.close()


@contextmanager
def over_http(clinic: Clinic) -> Iterator[Ward]:
    """Connect a clinic by signed HTTP to the console's own routes, served on a real socket."""
    slack = clinic.slack
    slack.world.clock = lambda: clinic.clock().timestamp()
    with consoles.listening() as door:
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        app = console_app(Desk(workplace=clinic.place, clock=clinic.clock, address=address))
        app.state.conversation = Conversation(office=clinic.office)
        with consoles.served(app, door=door):
            slack.delivers_to(address)
            try:
                yield Ward(clinic=clinic, conversation=app.state.conversation)
            finally:
                app.state.conversation.close()


TRANSPORTS: dict[str, Callable[..., AbstractContextManager[Ward]]] = {"sockets": over_sockets, "http": over_http}
