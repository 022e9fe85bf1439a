"""What Slack would refuse in a message, a form or a Home tab, and what must never stand in one."""

import re
from collections.abc import Iterator
from typing import Any

from primum.integrations.slack import blocks_lint

# Our own marks, the only angle brackets there may be: links to our pages, and moments in the reader's zone.
OURS = re.compile(
    r"<https://primum\.example\.org[^<>|\s]*\|[^<>|\n]+>"
    r"|<!date\^\d+\^\{date_short_pretty\} at \{time\}\|\d{1,2} \w{3} \d{4}, \d\d:\d\d UTC>"
)
ENTITY = re.compile(r"&(?:amp|lt|gt);")


def problems(shown: dict[str, Any]) -> list[str]:
    """Return a sentence for everything Slack would refuse, and for marked-up text in which it would find links."""
    loose = [text["text"] for text in _objects(shown) if text["type"] == "mrkdwn" and text.get("verbatim") is not True]
    return [*blocks_lint.problems(shown), *(f"Not verbatim: {text}" for text in loose)]


def texts(shown: object) -> Iterator[str]:
    """Yield every text that Slack reads for marks, mentions and links."""
    yield from (one["text"] for one in _objects(shown))
    yield from _bare(shown)


def _bare(shown: object) -> Iterator[str]:
    if isinstance(shown, dict):
        if shown.get("type") in {"mrkdwn", "plain_text"}:
            return
        yield from (shown[key] for key in ("text", "alt_text") if isinstance(shown.get(key), str))
        for value in shown.values():
            yield from _bare(value)
    elif isinstance(shown, list):
        for value in shown:
            yield from _bare(value)


def unsafe(shown: object) -> list[str]:
    """Return the texts in which something stands that Slack would read as a link, a mention or an entity."""
    bare = ((text, ENTITY.sub("", OURS.sub("", text))) for text in texts(shown))
    return [text for text, left in bare if set("<>&") & set(left)]


def _objects(shown: object) -> Iterator[dict[str, Any]]:
    if isinstance(shown, dict):
        if shown.get("type") in {"mrkdwn", "plain_text"}:
            yield shown
        for value in shown.values():
            yield from _objects(value)
    elif isinstance(shown, list):
        for value in shown:
            yield from _objects(value)
