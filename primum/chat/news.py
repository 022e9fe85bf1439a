"""What each kind of news says to one person, made when it is sent: who has signed meanwhile is left in peace."""

from datetime import datetime, timedelta
from urllib.parse import quote

from primum.actions import digests, directory
from primum.actions.outbox import Letter
from primum.chat import change_news, direct, guideline_news, personal
from primum.chat.direct import administrators
from primum.chat.office import Office
from primum.chat.rendering import notes
from primum.chat.rendering.blocks import Message
from primum.chat.rendering.care import care_due, is_care
from primum.chat.rendering.digest import digest
from primum.chat.rendering.personal_views import AuditLine, TaskLine
from primum.chat.rendering.thread import thread_line
from primum.chat.rendering.views import Link
from primum.chat.rendering.watching import is_of_watch, watch_notice
from primum.ledger import reading, signing_reading
from primum.roadmap.gates import GateState
from primum.roadmap.roles import Role

TO_ADMINISTRATORS = frozenset({"account.locked", "step-up.locked"})
HALF = "seat 1/2"
# A digest that could not be sent in the morning is not sent in the afternoon.
MORNING = timedelta(hours=4)


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
    if letter.kind in change_news.KINDS:
        return change_news.change_news(letter, office=office)
    if letter.kind in guideline_news.KINDS:
        return guideline_news.guideline_news(letter, office=office)
    if letter.kind == digests.KIND:
        return _digest(letter, person, at, office)
    if letter.kind == "gate.void":
        return notes.signatures_void(gate=letter.gate or "", title=_title(letter, office), page=_page(letter, office))
    if letter.kind.startswith("contingency."):
        return _task(letter, office)
    if letter.kind.startswith("gate.reminded"):
        return _reminder(letter, person, at, office)
    if is_care(letter.kind):
        return care_message(letter, office=office)
    if is_of_watch(letter.kind):
        return watch_message(letter, office=office)
    return thread_line(line) if line is not None else None


def watch_message(letter: Letter, *, office: Office) -> Message:
    """Return what a monitor raised or a review led to; it needs no file of the rollout."""
    there = office.page(f"/rollouts/{quote(letter.rollout)}/monitors", label="its monitors")
    return watch_notice(kind=letter.kind, about=letter.body, rollout=letter.rollout, page=there)


def care_message(letter: Letter, *, office: Office) -> Message:
    """Return what is owed after an incident or a stop; it needs no file of the rollout."""
    there = office.page(f"/rollouts/{quote(letter.rollout)}/suspension", label="who has seen it")
    if incident := str(letter.body.get("incident", "")):
        there = office.page(f"/incidents/{quote(incident)}", label="its page")
    return care_due(kind=letter.kind, about=letter.body, rollout=letter.rollout, page=there)


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
        roles = tuple(role for role in Role if role in (letter.body.get("empty") or ()))
        return notes.governance_told(
            gate=gate.id,
            title=_title(letter, office),
            empty=roles,
            open_until=gate.expires_at,
            page=office.gate_page(gate.id),
        )
    waits = [one for one in direct.waiting(person=person, at=at, office=office) if one.gate == gate.id]
    if not waits:
        return None
    if "deputy" in step:
        return notes.deputy_asked(waits[0], absent=waits[0].on_behalf_of or "The holder of this seat")
    return notes.reminder(waits[0], step=notes.Step.HALF if step == HALF else notes.Step.NEARLY)


def _digest(letter: Letter, person: str, at: datetime, office: Office) -> Message | None:
    if at - letter.created_at > MORNING:
        return None
    return digest(personal.digest_of(person, at=at, office=office))


def _title(letter: Letter, office: Office) -> str:
    with office.workplace.ledger.reading() as session:
        row = reading.rollout(session, rollout=letter.rollout)
    return row.title if row else letter.rollout


def _page(letter: Letter, office: Office) -> Link:
    return office.gate_page(letter.gate) if letter.gate else office.rollout_page(letter.rollout)
