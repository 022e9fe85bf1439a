"""The direct message of a working morning; none where there is nothing to say."""

from collections.abc import Iterator

from primum.chat.rendering.blocks import Block, Message, context, header, message, section
from primum.chat.rendering.lines import alarm_line, decided_line, incident_line, task_line, waiting_line
from primum.chat.rendering.personal_views import DigestView
from primum.chat.rendering.texts import counted, link, listed


def digest(view: DigestView) -> Message | None:
    """Return the digest of a person, or ``None`` when nothing waits, is due, was decided or happened."""
    counts = [
        (len(view.waiting), "gate waiting for you", "gates waiting for you"),
        (len(view.due_soon), "due soon", "due soon"),
        (len(view.alarms), "alarm to answer", "alarms to answer"),
        (len(view.tasks), "thing left to do", "things left to do"),
        (len(view.incidents), "incident", "incidents"),
        (len(view.decided), "decided yesterday", "decided yesterday"),
    ]
    told = [counted(number, one, many) for number, one, many in counts if number]
    if not told:
        return None
    return message(f"Primum today: {listed(told)}.", blocks=list(_blocks(view)))


def _blocks(view: DigestView) -> Iterator[Block]:
    yield header("Primum today")
    parts = (
        ("Waiting for you", [waiting_line(one) for one in view.waiting]),
        ("Due soon", [waiting_line(one) for one in view.due_soon]),
        ("Alarms to answer", [alarm_line(one) for one in view.alarms]),
        ("Left to do", [task_line(one) for one in view.tasks]),
        ("Incidents", [incident_line(one) for one in view.incidents]),
        ("Decided yesterday", [decided_line(one) for one in view.decided]),
    )
    for title, lines in parts:
        if lines:
            yield section(f"*{title}*", *lines)
    yield context(f"All of it: {link(view.page.url, label=view.page.label)}.")
