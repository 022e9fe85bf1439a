"""Direct messages: to whom Slack lets us speak, and what waits for them."""

from collections.abc import Iterator
from datetime import datetime

from primum.actions import directory, identities, inbox
from primum.actions.workplace import Workplace
from primum.chat import posting
from primum.chat.office import Office
from primum.chat.posting import Place
from primum.chat.rendering.blocks import Message
from primum.chat.rendering.personal_views import WaitingLine
from primum.chat.rendering.wording import way
from primum.integrations.slack.payloads import Member
from primum.integrations.slack.refusals import Refused
from primum.ledger import people_reading
from primum.roadmap.roles import Role
from primum.roadmap.stages import GateName, Stage

# Nobody is there to read it, now or later.
NOBODY = frozenset({"user_disabled", "user_not_found", "user_not_visible", "users_not_found", "cannot_dm_bot"})


def members_of(person: str, *, office: Office) -> tuple[Member, ...]:
    """Return the Slack accounts that stand for a person now."""
    found = identities.of(person=person, kind=identities.SLACK, workplace=office.workplace)
    return tuple(Member(team=one.realm, user=one.subject) for one in found)


def tell(*, name: str, member: Member, message: Message, at: datetime, office: Office, person: str = "") -> bool:
    """
    Send a direct message once under its name; return whether there is anybody to read it.

    :raises NotSent: if Slack did not take it
    """
    try:
        channel = office.slack.open_dm(user=member.user)
    except Refused as refused:
        if refused.error in NOBODY:
            return False
        raise
    posting.post(Place(name=name, channel=channel, person=person or None), message=message, at=at, office=office)
    return True


def administrators(workplace: Workplace) -> tuple[str, ...]:
    """Return who manages this installation now."""
    with workplace.ledger.reading() as session:
        rows = people_reading.accounts(session)
    return tuple(one.person for one in rows if one.administrator and one.ended_at is None)


def waiting(*, person: str, at: datetime, office: Office) -> Iterator[WaitingLine]:
    """Yield the gates that wait for a person, the soonest end first."""
    rollouts = directory.readable(person=person, at=at, workplace=office.workplace)
    found = inbox.inbox(person=person, rollouts=rollouts, at=at, workplace=office.workplace)
    for one in found.seats:
        name = GateName(one.gate.split(".")[1])
        yield WaitingLine(
            gate=one.gate,
            title=one.title,
            way=way(stage=Stage(one.stage), name=name),
            role=Role(one.role),
            page=office.gate_page(one.gate),
            open_until=one.expires_at,
            on_behalf_of=one.for_name,
        )
