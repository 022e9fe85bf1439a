"""Answering an alarm from Slack: whether somebody may is asked before the form opens, and again when it comes back."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from primum.actions.alarm_answers import SOME_WORDS, CannotAcknowledge, acknowledge_alarm, why_not
from primum.actions.submission import UnknownPerson
from primum.actions.suspension import CannotSuspend, person_at
from primum.chat import members
from primum.chat.members import Members, NotCounted
from primum.chat.office import Office
from primum.chat.rendering import answers
from primum.chat.rendering.alarm_form import ACTION, ALARM_ID, CALLBACK, AlarmFormView, alarm_form
from primum.chat.rendering.blocks import Modal
from primum.chat.rendering.form_values import errors
from primum.chat.rendering.views import Link
from primum.integrations.slack.payloads import FormSent
from primum.ledger import monitor_reading, reading
from primum.ledger.monitor_tables import MonitorAlarm
from primum.roadmap.monitors import Found

__all__ = ["ACTION", "CALLBACK", "answer", "window"]

CHANNEL = "slack"
NOT_ENROLLED = "This Slack account is not tied to anybody known to Primum, so it cannot answer from here."
NOT_OURS = "This button is not one of ours any more; answer the alarm on its page."
REFUSALS = (CannotAcknowledge, CannotSuspend, NotCounted, UnknownPerson)


def window(alarm: str, *, person: str, at: datetime, office: Office) -> Modal:
    """Return the form of an alarm, or the one reason why this person may not answer it."""
    found = _found(alarm, office)
    page = _page(found[0] if found else None, office)
    if found is None:
        return answers.refused(sentence=NOT_OURS, page=page)
    row, title = found
    try:
        who = person_at(row.rollout, id_=person, workplace=office.workplace)
    except REFUSALS as refused:
        return answers.refused(sentence=str(refused), page=page)
    with office.workplace.ledger.reading() as session:
        problem = why_not(row, person=who, done=SOME_WORDS, session=session, at=at)
    if problem:
        return answers.refused(sentence=problem, page=page)
    return alarm_form(AlarmFormView(alarm=row.id, monitor=row.monitor, title=title, page=page))


def answer(form: FormSent, *, at: datetime, office: Office, known: Members) -> dict[str, Any]:
    """Record what was found and done, and return what takes the form's place."""
    found = _found(form.metadata, office)
    page = _page(found[0] if found else None, office)
    person = members.person_of(form.member, workplace=office.workplace)
    if found is None or person is None:
        sentence = NOT_ENROLLED if person is None else NOT_OURS
        return answers.updated(answers.refused(sentence=sentence, page=page))
    behind = next((one for one in Found if one == form.written("found")), None)
    if behind is None:
        return errors({"found": "Choose what was behind it."})
    try:
        known.look(form.member, at=at)
        acknowledge_alarm(
            alarm=found[0].id,
            person=person_at(found[0].rollout, id_=person, workplace=office.workplace),
            found=behind,
            done=form.written("done"),
            channel=CHANNEL,
            at=at,
            workplace=office.workplace,
        )
    except REFUSALS as refused:
        return answers.updated(answers.refused(sentence=str(refused), page=page))
    sentence = f"The alarm of {found[0].monitor or 'the watch itself'} is answered; its chart begins anew."
    return answers.updated(answers.signed(sentence=sentence, page=page))


def _found(alarm: str, office: Office) -> tuple[MonitorAlarm, str] | None:
    """The alarm, if there is one of this id, and the title of its rollout; nothing a button carries is trusted."""
    if not ALARM_ID.fullmatch(alarm):
        return None
    with office.workplace.ledger.reading() as session:
        row = monitor_reading.alarm(session, alarm=alarm)
        record = reading.rollout(session, rollout=row.rollout) if row else None
    return (row, record.title if record else row.rollout) if row else None


def _page(row: MonitorAlarm | None, office: Office) -> Link:
    if row is None:
        return office.page("/inbox", label="What waits for me")
    return office.page(f"/rollouts/{quote(row.rollout)}/monitors#alarm-{row.id}", label="its page")
