"""The button under an alarm and the form behind it: what was behind it, and what was found and done."""

import re
from dataclasses import dataclass

from primum.chat.rendering.blocks import Block, Modal, actions, asked, button, choices, context, modal, option, section
from primum.chat.rendering.texts import escaped, link
from primum.chat.rendering.views import Link
from primum.roadmap.monitors import SHORTEST, Found

ACTION = "alarm.answer"
CALLBACK = "alarm.form"
LONGEST_WORDS = 2_000
ALARM_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
FOUND = {
    Found.REAL: "Real: something was wrong",
    Found.FALSE: "False: nothing was wrong",
    Found.UNCLEAR: "Unclear",
}


@dataclass(frozen=True, kw_only=True)
class AlarmFormView:
    """Which alarm, of which monitor and rollout, and the page where its numbers stand (P9)."""

    alarm: str
    monitor: str
    title: str
    page: Link


def alarm_button(alarm: str) -> Block:
    """Return the button that opens the form of one alarm; it does nothing by itself."""
    return actions(
        [button("Answer\u2026", action=ACTION, value=alarm, spoken="Answer: opens a form for this alarm")],
        block_id=f"alarm.answer.{alarm}",
    )


def alarm_form(view: AlarmFormView) -> Modal:
    """Return the form; it carries the alarm's id back."""
    monitor = escaped(view.monitor) or "the watch itself"
    offered = choices([option(words, value=str(found)) for found, words in FOUND.items()])
    blocks = [
        section(f"*{monitor}*, {escaped(view.title)}", link(view.page.url, label=view.page.label)),
        asked(
            "What was behind it?",
            block_id="found",
            element={"type": "static_select", "action_id": "found", "options": offered},
        ),
        asked(
            "What was found and done?",
            block_id="done",
            element={
                "type": "plain_text_input",
                "action_id": "done",
                "multiline": True,
                "min_length": SHORTEST,
                "max_length": LONGEST_WORDS,
            },
            hint=f"At least {SHORTEST} characters, in your own words. Name no patient: no name, number or date.",
        ),
        context("A hold is lifted and a suspension resumed by decisions of their own."),
    ]
    made = modal("Answer an alarm", blocks=blocks, submit="Record", close="Cancel")
    return made | {"callback_id": CALLBACK, "private_metadata": view.alarm}
