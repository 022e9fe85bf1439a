"""A button that was pressed: who it is and whether they may is asked first, then the form opens, or a reason does."""

from collections.abc import Callable
from datetime import datetime

from primum.actions.resubmission import submitted
from primum.actions.submission import UnknownPerson
from primum.actions.unfinished import rollout_of
from primum.chat import alarm_form, channels, direct, members
from primum.chat.asking import CannotAsk, asking_for
from primum.chat.members import Members, NotCounted
from primum.chat.office import Office
from primum.chat.rendering import answers, notes
from primum.chat.rendering.blocks import Message, Modal
from primum.chat.rendering.buttons import ACTIONS, Deed, UnreadableValue, read
from primum.chat.rendering.forms import form
from primum.chat.rendering.views import Link, Subject
from primum.integrations.configuration import ConfigurationRefused
from primum.integrations.slack.payloads import Click
from primum.integrations.slack.refusals import Refused

# Slack's pages and its answers name a trigger that came too late in five ways.
TOO_LATE = frozenset(
    {"exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id", "trigger_exchanged", "trigger_expired"}
)
FROZEN = "Signing from this channel is closed, since others can read it; sign on the gate's page."


def press(click: Click, *, at: datetime, office: Office, known: Members) -> None:
    """
    Open the form that a button of ours asks for; whoever may not have it learns why, alone.

    Where Slack gives no time to open it, the person gets a link to the page instead.

    :raises NotSent: if Slack could not be asked; it is tried again
    """
    if click.action == alarm_form.ACTION:
        page = office.page("/inbox", label="What waits for me")
        _open(click, page, lambda: _alarm(click, page, at=at, office=office, known=known), at=at, office=office)
        return
    deed = ACTIONS.get(click.action)
    if deed is None:
        return
    try:
        subject = read(click.value)
    except UnreadableValue as unreadable:
        _say(click, notes.refusal(sentence=str(unreadable), page=office.page(label="the board")), at, office)
        return
    page = office.gate_page(subject.gate)
    _open(click, page, lambda: _view(click, deed, subject, at=at, office=office, known=known), at=at, office=office)


def _open(click: Click, page: Link, view: Callable[[], Modal], *, at: datetime, office: Office) -> None:
    try:
        window = view()
    except NotCounted as refused:
        _say(click, notes.refusal(sentence=str(refused), page=page), at, office)
        return
    try:
        office.slack.open_view(trigger=click.trigger, view=window)
    except Refused as refused:
        if refused.error not in TOO_LATE:
            raise
        name = f"late:{click.key}"
        direct.tell(name=name, member=click.member, message=notes.form_came_too_late(page=page), at=at, office=office)


def _alarm(click: Click, page: Link, *, at: datetime, office: Office, known: Members) -> Modal:
    person = members.person_of(click.member, workplace=office.workplace)
    if person is None:
        raise NotCounted(NOT_ENROLLED)
    known.look(click.member, at=at)
    if click.channel == office.channel and channels.is_frozen(office=office):
        return answers.refused(sentence=FROZEN, page=page)
    return alarm_form.window(str(click.value), person=person, at=at, office=office)


def _view(click: Click, deed: Deed, subject: Subject, *, at: datetime, office: Office, known: Members) -> Modal:
    person = members.person_of(click.member, workplace=office.workplace)
    if person is None:
        raise NotCounted(NOT_ENROLLED)
    zone = known.look(click.member, at=at).zone
    page = office.gate_page(subject.gate)
    if click.channel == office.channel and channels.is_frozen(office=office):
        return answers.refused(sentence=FROZEN, page=page)
    try:
        submission = submitted(rollout=rollout_of(subject.gate), workplace=office.workplace)
        return form(
            asking_for(
                deed=deed, subject=subject, person=person, submission=submission, at=at, zone=zone, office=office
            )
        )
    except CannotAsk as refused:
        window = answers.already_signed if refused.calm else answers.refused
        return window(sentence=str(refused), page=page)
    except (ConfigurationRefused, UnknownPerson) as refused:
        return answers.refused(sentence=str(refused), page=page)


def _say(click: Click, message: Message, at: datetime, office: Office) -> None:
    """Say something to one person alone: where they pressed if that is possible, else directly."""
    if click.channel:
        try:
            office.slack.post_ephemeral(
                channel=click.channel, user=click.member.user, text=message["text"], blocks=message["blocks"]
            )
        except Refused:
            pass
        else:
            return
    # Another organisation's user id must not lead to a person of ours.
    if members.person_of(click.member, workplace=office.workplace) is not None:
        direct.tell(name=f"said:{click.key}", member=click.member, message=message, at=at, office=office)


NOT_ENROLLED = (
    "This Slack account is not tied to anybody known to Primum, so it cannot sign. "
    "Ask whoever looks after Primum for a code and type /gates enrol with it."
)
