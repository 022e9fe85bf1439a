"""What people are told of reports that are owed, serious ones nobody confirmed, and sites that stay silent."""

from collections.abc import Mapping
from datetime import datetime

from primum.chat.rendering.blocks import Message, message, section
from primum.chat.rendering.texts import escaped, in_utc, link
from primum.chat.rendering.views import Link

OVER = ".over"
KINDS: Mapping[str, tuple[str, str]] = {
    "incident.clock-reminded": (
        "A report to a regulator is owed, incident {incident}.",
        "A report to a regulator is overdue, incident {incident}. Nothing is promoted until it is submitted.",
    ),
    "incident.unconfirmed": (
        "A serious incident waits for somebody to confirm or grade it, {incident}.",
        "Nobody confirmed a serious incident in time, {incident}.",
    ),
    "site.silent": (
        "Site {site} has not said that it has seen the suspension of {rollout}.",
        "Site {site} did not say in time that it has seen the suspension of {rollout}. Call there.",
    ),
}


def is_care(kind: str) -> bool:
    """Return whether a message is one of these."""
    return kind.removesuffix(OVER) in KINDS


def care_due(*, kind: str, about: Mapping[str, object], rollout: str, page: Link) -> Message:
    """Return what is owed, until when, and where it is done: ids, no words of an incident and no name (P9)."""
    running, over = KINDS[kind.removesuffix(OVER)]
    named = {"incident": about.get("incident", ""), "site": about.get("site", ""), "rollout": rollout}
    told = (over if kind.endswith(OVER) else running).format(**named)
    due = _moment(str(about.get("due", "")))
    until = f"{'It was due by' if kind.endswith(OVER) else 'Until'} {in_utc(due)}." if due else ""
    lines = [line for line in (f"*{escaped(told)}*", escaped(until), link(page.url, label=page.label)) if line]
    return message(f"{told} {until}".strip(), blocks=[section(*lines)])


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
