"""What a form turns into once it was submitted: the link to sign with, a receipt, a refusal."""

from datetime import datetime
from typing import Any

from primum.chat.rendering.blocks import Block, Modal, context, modal, section
from primum.chat.rendering.texts import escaped, link, moment
from primum.chat.rendering.views import Link

LONGEST_SENTENCE = 1_500


def updated(view: Modal) -> dict[str, Any]:
    """Return the answer that puts another window in the place of a submitted form."""
    return {"response_action": "update", "view": view}


def step_up(*, url: str, until: datetime, gate: str) -> Modal:
    """Return the window with the one-time link; nothing is signed yet."""
    return _window(
        "Continue to sign",
        section("*Not signed yet.* One step is left: show on our page that it is you."),
        section(f"*{link(url, label='Continue to sign')}*"),
        context(
            f"The link works once, for five minutes (until {moment(until)}), for you alone and this evidence alone. "
            "Do not pass it on. When it has ended, press the button under the gate's message again.",
            f"Gate {escaped(gate)}",
        ),
    )


def signed(*, sentence: str, page: Link) -> Modal:
    """Return the window after a signature or delegation was written; ``sentence`` says what was written."""
    return _window(
        "Done",
        section(f"*Recorded.* {escaped(sentence, longest=LONGEST_SENTENCE)}"),
        section(f"The ledger has it; {link(page.url, label=page.label)} shows it."),
    )


def refused(*, sentence: str, page: Link) -> Modal:
    """Return the window of a refusal; ``sentence`` is the action's own, unchanged."""
    return _window(
        "Not possible",
        section(f"*Nothing was recorded.* {escaped(sentence, longest=LONGEST_SENTENCE)}"),
        section(f"See {link(page.url, label=page.label)}."),
    )


def already_signed(*, sentence: str, page: Link) -> Modal:
    """Return the window for somebody who signed before: the first signature stands, and nothing was doubled."""
    return _window(
        "Already signed",
        section(f"*Your signature stands.* {escaped(sentence, longest=LONGEST_SENTENCE)}"),
        section(f"Nothing was added. See {link(page.url, label=page.label)}."),
    )


def _window(title: str, *blocks: Block) -> Modal:
    return modal(title, blocks=blocks)
