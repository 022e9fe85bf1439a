"""Direct messages: to whom Slack lets us speak, and what each kind of news says to them."""

from collections.abc import Iterator
from datetime import datetime

from primum.actions import directory, identities, inbox
from primum.actions.outbox import Letter
from primum.actions.workplace import Workplace
from primum.chat import posting
from primum.chat.office import Office
from primum.chat.posting import Place
from primum.chat.rendering import notes
from primum.chat.rendering.blocks import Message
from primum.chat.rendering.personal_views import AuditLine, TaskLine, WaitingLine
from primum.chat.rendering.thread import thread_line
from primum.chat.rendering.views import Link
from primum.chat.rendering.wording import way
from primum.integrations.slack.payloads import Member
from primum.integrations.slack.refusals import Refused
from primum.ledger import people_reading, reading, signing_reading
from primum.roadmap.gates import GateState
from primum.roadmap.roles import Role
from primum.roadmap.stages import GateName, Stage

# Nobody is there to read it, now or later.
NOBODY = frozenset({"user_disabled", "user_not_found", "user_not_visible", "users_not_found", "cannot_dm_bot"})
TO_ADMINISTRATORS = frozenset({"account.locked", "step-up.locked"})
STEPS = {"seat 1/2": notes.Step.HALF, "seat 9/10": notes.Step.NEARLY}


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


def told_by(letter: Letter, *, office: Office) -> tuple[str, ...]:
    """Return the people a message of the outbox is for, by id, each once."""
    if letter.kind in TO_ADMINISTRATORS:
        return administrators(office.workplace)
    named = letter.body.get("people")
    single = letter.body.get("person") if letter.kind.startswith("gate.reminded") else None
    return tuple(dict.fromkeys([*(named if isinstance(named, list) else []), *([single] if single else [])]))


def message_for(letter: Letter, *, person: str, line: AuditLine | None, office: Office, at: datetime) -> Message | None:
    """Return what a message of the outbox says to one person; ``None`` where it says nothing to them."""
    if letter.kind in TO_ADMINISTRATORS:
        name = directory.name_of(str(letter.body.get("person", "")), workplace=office.workplace)
        return notes.account_locked(name=name, page=office.page("/people", label="People"))
    if letter.kind == "gate.void":
        return notes.signatures_void(gate=letter.gate or "", title=_title(letter, office), page=_page(letter, office))
    if letter.kind.startswith("contingency."):
        return _task(letter, office)
    if letter.kind.startswith("gate.reminded"):
        return _reminder(letter, person, at, office)
    return thread_line(line) if line is not None else None


def _task(letter: Letter, office: Office) -> Message | None:
    with office.workplace.ledger.reading() as session:
        row = signing_reading.contingency(session, contingency=str(letter.body.get("contingency", "")))
    if row is None or row.closed_at is not None:
        return None
    overdue = letter.kind == "contingency.overdue"
    return notes.task_due(
        TaskLine(
            gate=row.gate_id,
            title=_title(letter, office),
            due=row.due_at,
            page=office.gate_page(row.gate_id),
            overdue=overdue,
        )
    )


def _reminder(letter: Letter, person: str, at: datetime, office: Office) -> Message | None:
    """Remind of what still waits now; who has signed meanwhile is left in peace."""
    step = str(letter.body.get("step", ""))
    with office.workplace.ledger.reading() as session:
        gate = reading.gate(session, gate=letter.gate or "")
    if gate is None or gate.state != GateState.AWAITING_SEATS:
        return None
    if "governance" in step:
        roles = tuple(role for role in Role if role in (letter.body.get("empty") or letter.body.get("seats") or ()))
        return notes.governance_told(
            gate=gate.id,
            title=_title(letter, office),
            empty=roles,
            open_until=gate.expires_at,
            page=office.gate_page(gate.id),
        )
    waits = [one for one in waiting(person=person, at=at, office=office) if one.gate == gate.id]
    if not waits:
        return None
    if "deputy" in step:
        return notes.deputy_asked(waits[0], absent=waits[0].on_behalf_of or "The holder of this seat")
    return notes.reminder(waits[0], step=STEPS.get(step, notes.Step.NEARLY if "9" in step else notes.Step.HALF))


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


def _title(letter: Letter, office: Office) -> str:
    with office.workplace.ledger.reading() as session:
        row = reading.rollout(session, rollout=letter.rollout)
    return row.title if row else letter.rollout


def _page(letter: Letter, office: Office) -> Link:
    return office.gate_page(letter.gate) if letter.gate else office.rollout_page(letter.rollout)
