"""The lines that a digest, a Home tab and a list of gates have in common; each is safe and bounded."""

from primum.chat.rendering.personal_views import (
    AlarmLine,
    DecidedLine,
    DelegationLine,
    IncidentLine,
    StoppedLine,
    TaskLine,
    WaitingLine,
)
from primum.chat.rendering.texts import escaped, link, moment
from primum.chat.rendering.wording import ANSWERS, HEADINGS, role_words

LONGEST_TITLE = 90
LONGEST_NAME = 80
LONGEST_WORD = 60
LED_TO = {
    "warn": "Nothing was stopped.",
    "hold": "The rollout is held: it widens no further.",
    "rollback": "The rollout is suspended: standard care from now on.",
}
"""What an alarm led to, by its action."""


def waiting_line(one: WaitingLine) -> str:
    """Return a gate that waits: its page, where it leads, on which seat, until when."""
    seat = role_words(one.role)
    seat = f"{seat} for {escaped(one.on_behalf_of, longest=LONGEST_NAME)}" if one.on_behalf_of else seat
    until = f", open until {moment(one.open_until)}" if one.open_until else ""
    title = escaped(one.title, longest=LONGEST_TITLE)
    way = escaped(one.way, longest=LONGEST_WORD)
    return f"\u2022 {link(one.page.url, label=one.gate)} {title}, {way}: your seat as {seat}{until}"


def task_line(one: TaskLine) -> str:
    """Return something left to be done: its page and when it is due; what it is stays there."""
    overdue = "*overdue* since" if one.overdue else "due"
    title = escaped(one.title, longest=LONGEST_TITLE)
    return f"\u2022 {link(one.page.url, label=one.gate)} {title}: something left to do, {overdue} {moment(one.due)}"


def decided_line(one: DecidedLine) -> str:
    """Return a gate that was decided, or what this person answered, with the page of its record."""
    mine = f"you {ANSWERS[one.answer]}; now: " if one.answer else ""
    title = escaped(one.title, longest=LONGEST_TITLE)
    return f"\u2022 {link(one.page.url, label=one.gate)} {title}: {mine}{HEADINGS[one.state].lower()}, {moment(one.at)}"


def incident_line(one: IncidentLine) -> str:
    """Return an incident by its id, its severity and its page; what happened is told to those who sign in (P9)."""
    return f"\u2022 {link(one.page.url, label=one.incident)}, severity {escaped(one.severity, longest=LONGEST_WORD)}"


def alarm_line(one: AlarmLine) -> str:
    """Return an alarm to answer: its monitor, what it led to, and its page, where the number stands (P9)."""
    monitor = escaped(one.monitor, longest=LONGEST_NAME) or "the watch itself"
    title, led = escaped(one.title, longest=LONGEST_TITLE), LED_TO.get(one.action, "")
    return f"\u2022 {link(one.page.url, label='An alarm')} of {monitor}, {title}. {led}".rstrip()


def stopped_line(one: StoppedLine) -> str:
    """Return a rollout that is suspended, with its page; why is told to those who sign in (P9)."""
    return f"\u2022 {escaped(one.title, longest=LONGEST_TITLE)}: standard care, {link(one.page.url, label='its page')}"


def delegation_line(one: DelegationLine) -> str:
    """Return who stands in for whom, on which seat, until when."""
    person, deputy = (escaped(name, longest=LONGEST_NAME) for name in (one.person, one.deputy))
    return f"\u2022 {deputy} for {person}, {role_words(one.role)}, until {moment(one.until)}"
