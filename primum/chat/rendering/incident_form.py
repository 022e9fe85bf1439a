"""The form behind /gates incident: choices only, so that no word about a patient is ever typed into Slack (P9)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from primum.chat.rendering.blocks import Block, Modal, asked, choices, context, modal, option, section
from primum.chat.rendering.texts import escaped, link
from primum.chat.rendering.views import Link
from primum.roadmap.incidents import Category, Harm, Severity

CALLBACK = "incident.form"
HOURS = 24
SEVERITIES: Mapping[Severity, str] = {
    Severity.NEAR_MISS: "It was caught before it reached anybody",
    Severity.MINOR: "Little harm, no more care was needed",
    Severity.MODERATE: "Harm that needed more care",
    Severity.SERIOUS: "Serious or lasting harm; confirmed, it stops the rollout",
    Severity.DEATH: "A patient died",
}
NO_WORDS = (
    "Nothing about a patient is typed into Slack. Words that name nobody, and the key of the encounter, are added on "
    "the page of the incident."
)


@dataclass(frozen=True, kw_only=True)
class IncidentFormView:
    """Of which rollout, at which sites, and now."""

    rollout: str
    title: str
    sites: Sequence[str]
    now: datetime
    page: Link


def incident_form(view: IncidentFormView) -> Modal:
    """Return the form; it carries the rollout's id back."""
    blocks = [
        section(f"*{escaped(view.title)}*", link(view.page.url, label=view.page.label)),
        _select("site", "At which site?", [option(one, value=one) for one in view.sites], first=True),
        asked("How bad was it, or could it have been?", block_id="severity", element=_severities()),
        _select("category", "What kind of thing was it?", _words(Category), initial=str(Category.OTHER)),
        _select("harm", "What came of it, if you know?", _words(Harm), optional=True),
        asked("On which day?", block_id="day", element=_day(view.now)),
        _select("hour", "At about what hour?", _hours(), initial=f"{view.now.hour:02d}"),
        context(NO_WORDS),
    ]
    made = modal("Report an incident", blocks=blocks, submit="Report", close="Cancel")
    return made | {"callback_id": CALLBACK, "private_metadata": view.rollout}


def _severities() -> Block:
    offered = [option(_plain(one).capitalize(), value=str(one), description=words) for one, words in SEVERITIES.items()]
    return {"type": "radio_buttons", "action_id": "severity", "options": offered}


def _words(kind: Iterable[StrEnum]) -> list[Block]:
    return [option(_plain(one).capitalize(), value=str(one)) for one in kind]


def _hours() -> list[Block]:
    return [option(f"{hour:02d}:00 to {hour:02d}:59", value=f"{hour:02d}") for hour in range(HOURS)]


def _day(now: datetime) -> Block:
    return {"type": "datepicker", "action_id": "day", "initial_date": now.date().isoformat()}


def _select(
    name: str, label: str, options: Sequence[Block], *, initial: str = "", first: bool = False, optional: bool = False
) -> Block:
    offered = choices(options)
    chosen = next((one for one in offered if one["value"] == initial), offered[0] if first and offered else None)
    element = {"type": "static_select", "action_id": name, "options": offered}
    return asked(
        label, block_id=name, element=element | ({"initial_option": chosen} if chosen else {}), optional=optional
    )


def _plain(word: str) -> str:
    return word.replace("-", " ")
