"""What people are told of monitors: an alarm, what it led to, and where it is answered; no count, no name (P9)."""

from collections.abc import Mapping

from primum.chat.rendering.alarm_form import alarm_button
from primum.chat.rendering.blocks import Message, message, section
from primum.chat.rendering.lines import LED_TO
from primum.chat.rendering.texts import counted, escaped, link
from primum.chat.rendering.views import Link

RAISED, ANSWERED = "alarm.raised", "alarm.acknowledged"
HELD, LIFTED, WALKED_BACK = "rollout.held", "rollout.hold-lifted", "exposure.walked-back"
KINDS = frozenset({RAISED, ANSWERED, HELD, LIFTED, WALKED_BACK})


def is_of_watch(kind: str) -> bool:
    """Return whether a message is about monitors, holds or a review that failed."""
    return kind in KINDS


def is_for_all(kind: str, about: Mapping[str, object]) -> bool:
    """Return whether the gate channel is told: of everything but a warning, which is for its owner."""
    return kind in KINDS and not (kind == RAISED and about.get("action") == "warn") and kind != ANSWERED


def watch_notice(*, kind: str, about: Mapping[str, object], rollout: str, page: Link) -> Message:
    """Return what happened, what follows from it, and where it is answered; one alarm has its button."""
    told, detail = _said(kind, about, rollout)
    shown = section(f"*{escaped(told)}*", f"{escaped(detail)} {link(page.url, label=page.label)}".strip())
    raised = about.get("alarms")
    alone = [str(one) for one in raised] if kind == RAISED and isinstance(raised, list) and len(raised) == 1 else []
    return message(f"{told} {detail}".strip(), blocks=[shown, *map(alarm_button, alone)])


def _said(kind: str, about: Mapping[str, object], rollout: str) -> tuple[str, str]:
    monitor = str(about.get("monitor") or "")
    if kind == RAISED:
        alarms = about.get("alarms")
        number = len(alarms) if isinstance(alarms, list) else 1
        who = f"The monitor {monitor} of {rollout} raised" if monitor else f"Monitors of {rollout} did not read:"
        led = LED_TO.get(str(about.get("action")), "")
        return f"{who} {counted(number, 'alarm')}.", f"{led} Its owner says what was found and done."
    if kind == ANSWERED:
        return f"An alarm of the monitor {monitor} of {rollout} was answered.", ""
    if kind == HELD:
        return f"Rollout {rollout} is held: it widens no further.", "What it reaches already goes on."
    if kind == LIFTED:
        return f"Rollout {rollout} is held no longer.", ""
    return f"A review of {rollout} failed; exposure went back to {about.get('to', 'less')}.", ""
