"""The command /gates: what waits for me, delegate, stop a rollout, enrol; each answer is seen by its author alone."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from primum.actions import delegation, directory, suspension
from primum.actions.delegation import CannotDelegate
from primum.actions.resubmission import submitted
from primum.actions.submission import UnknownPerson
from primum.actions.suspension import CannotSuspend
from primum.chat import direct, incident_form, members
from primum.chat.asking import end_of
from primum.chat.incident_form import NotOneRollout
from primum.chat.members import Members, NotCounted
from primum.chat.office import Office
from primum.chat.rendering import notes
from primum.chat.rendering.blocks import Message
from primum.chat.rendering.wording import role_words
from primum.integrations.slack.answers import said
from primum.integrations.slack.payloads import Command, Member

CHANNEL = "slack"
MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
KNOWN: Mapping[str, str] = {
    "/gates": "what waits for your seat",
    "/gates suspend ROLLOUT why": "sends a rollout back to standard care at once; one person is enough",
    "/gates delegate @deputy until 2026-12-31 why": "somebody with the same role signs for you until the end of a day",
    "/gates incident ROLLOUT": "a form to report what happened, or nearly did; choices, no words about a patient",
    "/gates enrol CODE": "ties this Slack account to you; the code comes from whoever looks after Primum",
    "/gates help": "this list",
}


class Misspelt(Exception):
    """A command was not understood; the message shows how it is typed."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A command, who gave it and when, and what it is answered with."""

    command: Command
    rest: str
    at: datetime
    office: Office
    known: Members

    def person(self) -> str:
        """
        Return the person who gave the command.

        :raises NotCounted: if this account is tied to nobody
        """
        found = members.person_of(self.command.member, workplace=self.office.workplace)
        if found is None:
            raise NotCounted(
                "This Slack account is not tied to anybody known to Primum. "
                "Ask whoever looks after Primum for a code and type /gates enrol with it."
            )
        return found


REFUSALS = (CannotDelegate, CannotSuspend, Misspelt, NotCounted, NotOneRollout, UnknownPerson)


def answer(command: Command, *, at: datetime, office: Office, known: Members) -> tuple[dict[str, Any], bool]:
    """Carry out a command; return what its author sees, and whether it was a code that did not work."""
    word, _, rest = command.words.strip().partition(" ")
    deed = DEEDS.get(word.lower(), _help)
    try:
        message, wrong_code = deed(Asked(command=command, rest=rest.strip(), at=at, office=office, known=known)), False
    except REFUSALS as refused:
        message, wrong_code = notes.refusal(sentence=str(refused), page=office.page()), deed is _enrol
    body = said(message["text"], blocks=tuple(message["blocks"])).body
    return dict(body or {}), wrong_code


def _list(asked: Asked) -> Message:
    lines = list(direct.waiting(person=asked.person(), at=asked.at, office=asked.office))
    return notes.gates_listed(lines, page=asked.office.page(label="the board"))


def _help(asked: Asked) -> Message:  # noqa: ARG001 -- every command is answered in the same way
    return notes.commands(KNOWN)


def _incident(asked: Asked) -> Message:
    """Open a form of choices; nothing about a patient is typed into Slack (P9)."""
    page = asked.office.page("/incidents/report", label="Report it on this page")
    zone = asked.known.look(asked.command.member, at=asked.at).zone
    opened = incident_form.open_form(
        trigger=asked.command.trigger,
        person=asked.person(),
        words=asked.rest,
        zone=zone,
        at=asked.at,
        office=asked.office,
    )
    said = "The form is open; or report it on the page." if opened else "Slack did not let the form open in time."
    return notes.form_offered(sentence=said, page=page)


def _suspend(asked: Asked) -> Message:
    """Stopping asks nobody but the ledger: not Slack, not the rollout's other files (P10)."""
    rollout, _, reason = asked.rest.partition(" ")
    if not rollout or not reason.strip():
        raise Misspelt("Say which rollout and why, in a few words: /gates suspend ROLLOUT why.")
    workplace = asked.office.workplace
    person = suspension.person_at(rollout, id_=asked.person(), workplace=workplace)
    suspension.suspend(rollout=rollout, person=person, reason=reason.strip(), at=asked.at, workplace=workplace)
    sentence = f"Rollout {rollout} is suspended: standard care from now on."
    return notes.done(sentence=sentence, page=asked.office.rollout_page(rollout))


def _delegate(asked: Asked) -> Message:
    person, (deputy, until, reason) = asked.person(), _who_until_why(asked)
    zone = asked.known.look(asked.command.member, at=asked.at).zone
    workplace, done = asked.office.workplace, []
    known = directory.directory(workplace)
    for rollout in known.of_rollouts:
        shared = known.roles(person=person, rollout=rollout, at=asked.at) & known.roles(
            person=deputy, rollout=rollout, at=asked.at
        )
        for role in sorted(shared):
            delegation.delegate(
                submission=submitted(rollout=rollout, workplace=workplace),
                person=person,
                deputy=deputy,
                role=role,
                ends_at=end_of(until, zone=zone),
                reason=reason,
                channel=CHANNEL,
                at=asked.at,
                workplace=workplace,
            )
            done.append(f"{role_words(role)} at {rollout}")
    name = directory.name_of(deputy, workplace=workplace)
    if not done:
        raise CannotDelegate(f"{name} holds no role that you hold; a deputy holds the same role.")
    sentence = f"{name} signs for you until the end of {until:%-d %B %Y}: {', '.join(done)}."
    return notes.done(sentence=sentence, page=asked.office.page("/people", label="People and seats"))


def _who_until_why(asked: Asked) -> tuple[str, date, str]:
    found = re.fullmatch(r"\s*(\S+)\s+until\s+(\S+)\s*(.*)", asked.rest, flags=re.DOTALL)
    mention = MENTION.fullmatch(found[1]) if found else None
    if found is None or mention is None:
        raise Misspelt("Say to whom, until when and why: /gates delegate @deputy until 2026-12-31 why.")
    member = Member(team=asked.command.member.team, user=mention[1])
    deputy = members.person_of(member, workplace=asked.office.workplace)
    if deputy is None:
        raise Misspelt("This person is not tied to anybody known to Primum; choose somebody who is.")
    try:
        return deputy, date.fromisoformat(found[2]), found[3]
    except ValueError:
        raise Misspelt("A day is written as year, month and day, such as 2026-12-31.") from None


def _enrol(asked: Asked) -> Message:
    workplace = asked.office.workplace
    if not asked.rest:
        raise Misspelt("Type the code you were given: /gates enrol CODE.")
    member = asked.command.member
    found = asked.known.look(member, at=asked.at)
    person = members.enrol(code=asked.rest, member=member, found=found, at=asked.at, workplace=workplace)
    known = directory.directory(workplace)
    roles = {role for one in known.of_rollouts for role in known.roles(person=person, rollout=one, at=asked.at)}
    return notes.enrolled(name=directory.name_of(person, workplace=workplace), roles=sorted(roles))


DEEDS: Mapping[str, Callable[[Asked], Message]] = {
    "": _list,
    "list": _list,
    "help": _help,
    "suspend": _suspend,
    "stop": _suspend,
    "delegate": _delegate,
    "incident": _incident,
    "enrol": _enrol,
    "enroll": _enrol,
}
