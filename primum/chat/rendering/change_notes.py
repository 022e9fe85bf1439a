"""What people are told of a guideline change: what was done, what is missing now, and its page; no count, no unit."""

from primum.chat.rendering.blocks import Message, message, section
from primum.chat.rendering.texts import escaped, link
from primum.chat.rendering.views import Link

LONGEST_TOLD = 400
LONGEST_MISSING = 600


def change_told(*, told: str, missing: str, page: Link) -> Message:
    """Return one step of a guideline change as a message, with what it waits for."""
    shown = [f"*{escaped(told, longest=LONGEST_TOLD)}*"]
    if missing:
        shown.append(escaped(missing, longest=LONGEST_MISSING))
    return message(told, blocks=[section(*shown, link(page.url, label=page.label))])
