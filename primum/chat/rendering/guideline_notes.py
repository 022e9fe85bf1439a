"""What people are told when a guideline changes and when past advice is looked back at: words and counts, no unit."""

from primum.chat.rendering.blocks import Message, message, section
from primum.chat.rendering.texts import escaped, link
from primum.chat.rendering.views import Link

LONGEST_NAME = 80
LONGEST_WORDS = 1_500


def guideline_published(*, rollout: str, follows: str, guideline: str, words: str, page: Link) -> Message:
    """Return what the people of a rollout learn when a new version of a guideline it follows is published."""
    told = f"{guideline} is published; rollout {rollout} follows {follows}."
    shown = [f"*{escaped(told, longest=4 * LONGEST_NAME)}*", escaped(words, longest=LONGEST_WORDS)]
    return message(told, blocks=[section(*shown, link(page.url, label=page.label))])


def look_back_told(*, rollout: str, guideline: str, words: str, page: Link) -> Message:
    """Return what people learn of a look-back: how it stands in counts, and where its page is."""
    told = f"Look-back of rollout {rollout} after {guideline}."
    where = f"The worklist stays where the data are. {link(page.url, label=page.label)}"
    return message(
        f"{told} {words}",
        blocks=[section(f"*{escaped(told, longest=4 * LONGEST_NAME)}*", escaped(words, longest=LONGEST_WORDS), where)],
    )
