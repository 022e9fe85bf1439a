"""Short messages: refusals, reminders, answers to /gates, enrolment, and notices that say where to look and no more."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from primum.chat.rendering.blocks import Message, context, message, section
from primum.chat.rendering.lines import LONGEST_NAME, LONGEST_TITLE, incident_line, task_line, waiting_line
from primum.chat.rendering.personal_views import IncidentLine, TaskLine, WaitingLine
from primum.chat.rendering.texts import counted, escaped, in_utc, link, listed, moment, shortened
from primum.chat.rendering.views import Link
from primum.chat.rendering.wording import role_words
from primum.roadmap.roles import Role

LONGEST_SENTENCE = 1_500
MOST_COMMANDS = 20
NO_SECRETS = "Primum never asks for a password in Slack."


class Step(StrEnum):
    """How much of a gate's time has gone when somebody is reminded."""

    HALF = "half"
    NEARLY = "ninety"


GONE = {Step.HALF: "Half of the time has gone.", Step.NEARLY: "Nine tenths of the time have gone."}


def refusal(*, sentence: str, page: Link | None = None) -> Message:
    """Return why somebody may not do this, in the action's own words, seen by them alone."""
    said = escaped(sentence, longest=LONGEST_SENTENCE)
    where = [f"See {link(page.url, label=page.label)}."] if page else []
    return message(sentence, blocks=[section(f"*Nothing was recorded.* {said}", *where)])


def form_came_too_late(*, page: Link) -> Message:
    """Return where to answer when Slack gave no time to open the form; nothing was lost, since nothing was signed."""
    text = "Slack did not let the form open in time. Press the button again, or answer on the page."
    return message(text, blocks=[section(text, link(page.url, label=page.label))])


def reminder(line: WaitingLine, *, step: Step) -> Message:
    """Return the reminder to the holder of a seat, at half and at nine tenths of a gate's time."""
    lead = f"{GONE[step]} Gate {line.gate} waits for your seat as {role_words(line.role)}."
    ends = "Without a decision by then, nothing moves on."
    return message(f"{lead}{_until(line.open_until)}", blocks=[section(f"*{GONE[step]}*", waiting_line(line), ends)])


def deputy_asked(line: WaitingLine, *, absent: str) -> Message:
    """Return the message to a deputy when the person they stand in for has not answered."""
    name = shortened(absent, longest=LONGEST_NAME)
    lead = f"{name} has not answered; you stand in for them as {role_words(line.role)}."
    return message(
        f"{lead} Gate {line.gate}.{_until(line.open_until)}", blocks=[section(f"*{escaped(lead)}*", waiting_line(line))]
    )


def governance_told(
    *, gate: str, title: str, empty: Sequence[Role], open_until: datetime | None, page: Link
) -> Message:
    """Return the message to the governance group when seats stay empty although deputies were asked."""
    seats = listed(dict.fromkeys(role_words(role) for role in empty)) or "none"
    told = f"Gate {gate} is about to expire; nobody has answered as {seats}."
    ends = f"Open until {moment(open_until)}. " if open_until else ""
    return message(
        f"{told}{_until(open_until)}",
        blocks=[
            section(
                f"*{escaped(told)}*",
                escaped(title, longest=LONGEST_TITLE),
                f"{ends}Without a decision by then, nothing moves on. {link(page.url, label=page.label)}",
            )
        ],
    )


def signatures_void(*, gate: str, title: str, page: Link) -> Message:
    """Return what people who signed learn when something the gate was bound to changed (P4)."""
    told = f"Your signature on gate {gate} no longer counts: something it was bound to changed."
    shown = [f"*{escaped(told)}*", escaped(title, longest=LONGEST_TITLE), "A new evaluation asks you again."]
    return message(told, blocks=[section(*shown, link(page.url, label=page.label))])


def task_due(line: TaskLine) -> Message:
    """Return what the owner of something left to do learns when it is due soon or overdue."""
    state = "overdue: the gate is closed again" if line.overdue else "due soon"
    told = f"Something an approval left to you is {state}."
    return message(f"{told} Gate {line.gate}.", blocks=[section(f"*{told}*", task_line(line))])


def gates_listed(lines: Sequence[WaitingLine], *, page: Link) -> Message:
    """Return the answer to ``/gates``: what waits for whoever asked."""
    told = f"{counted(len(lines), 'gate waits', 'gates wait')} for you." if lines else "Nothing waits for you."
    more = f"All gates: {link(page.url, label=page.label)}"
    return message(told, blocks=[section(f"*{told}*", *map(waiting_line, lines)), context(more)])


def commands(known: Mapping[str, str]) -> Message:
    """Return the answer to ``/gates help``: each command as it is typed, with what it does."""
    shown = list(known.items())[:MOST_COMMANDS]
    lines = [f"`{escaped(typed)}` {escaped(does)}" for typed, does in shown]
    return message("What /gates can do.", blocks=[section("*What you can type*", *lines), context(NO_SECRETS)])


def done(*, sentence: str, page: Link) -> Message:
    """Return that a command was carried out, seen by whoever typed it alone."""
    said = escaped(sentence, longest=LONGEST_SENTENCE)
    return message(sentence, blocks=[section(f"*Recorded.* {said}", link(page.url, label=page.label))])


def form_offered(*, sentence: str, page: Link) -> Message:
    """Return that a form was opened over Slack, and the page that does the same."""
    said = escaped(sentence, longest=LONGEST_SENTENCE)
    return message(sentence, blocks=[section(said, link(page.url, label=page.label))])


def enrolled(*, name: str, roles: Sequence[Role]) -> Message:
    """Return that a Slack account now stands for a person."""
    held = listed(role_words(role) for role in roles) or "no role"
    told = f"This Slack account now stands for {shortened(name, longest=LONGEST_NAME)}, {held}."
    what = "Gates that wait for you come to the gate channel; reminders and the digest come here."
    return message(told, blocks=[section(f"*{escaped(told, longest=LONGEST_SENTENCE)}*", what)])


def incident_notice(line: IncidentLine) -> Message:
    """Return the notice of an incident: its id, its severity, its page, and nothing else (P9)."""
    told = f"Incident {line.incident}, severity {line.severity}."
    return message(told, blocks=[section("*An incident was reported.*", incident_line(line))])


def suspension_notice(*, rollout: str, suspension: str, page: Link) -> Message:
    """Return the notice that a rollout is back to standard care: its id and its page, no name and no reason."""
    told = f"Rollout {rollout} is suspended: standard care from now on."
    return _notice(told, f"Suspension {escaped(suspension)}", page)


def resumption_notice(*, rollout: str, suspension: str, page: Link) -> Message:
    """Return the notice that a suspended rollout goes on."""
    return _notice(f"Rollout {rollout} goes on.", f"Suspension {escaped(suspension)} is lifted", page)


def channel_frozen(*, channel: str, page: Link) -> Message:
    """Return what an administrator learns when a gate channel is no longer private to the organisation."""
    told = "A gate channel is no longer private, or is shared with another organisation. Signing from it is closed."
    return _notice(told, f"Channel {escaped(channel)}", page)


def account_locked(*, name: str, page: Link) -> Message:
    """Return what an administrator learns when somebody failed five times to show who they are."""
    told = f"Five failed attempts to sign as {shortened(name, longest=LONGEST_NAME)}; their account is locked."
    return _notice(told, "If it was not them, somebody else has tried", page)


def _notice(told: str, detail: str, page: Link) -> Message:
    shown = section(f"*{escaped(told)}*", f"{detail}. {link(page.url, label=page.label)}")
    return message(told, blocks=[shown])


def _until(at: datetime | None) -> str:
    return f" Open until {in_utc(at)}." if at else ""
