"""What Slack would refuse in a message, a form or a Home tab, and what must never stand in one."""

import re
from collections.abc import Iterator
from typing import Any

from primum.chat.rendering.texts import width

# Our own marks, the only angle brackets there may be: links to our pages, and moments in the reader's zone.
OURS = re.compile(
    r"<https://primum\.example\.org[^<>|\s]*\|[^<>|\n]+>"
    r"|<!date\^\d+\^\{date_short_pretty\} at \{time\}\|\d{1,2} \w{3} \d{4}, \d\d:\d\d UTC>"
)
ENTITY = re.compile(r"&(?:amp|lt|gt);")
LENGTHS = {
    ("header", "text"): 150,
    ("section", "text"): 3_000,
    ("section", "fields"): 2_000,
    ("context", "elements"): 2_000,
    ("button", "text"): 75,
    ("input", "label"): 2_000,
    ("input", "hint"): 2_000,
    ("option", "text"): 75,
    ("option", "description"): 75,
    ("image", "title"): 2_000,
    ("view", "title"): 24,
    ("view", "submit"): 24,
    ("view", "close"): 24,
}
VALUES = {"value": 2_000, "action_id": 255, "block_id": 255, "alt_text": 2_000, "accessibility_label": 75}
PLAIN_ONLY = {"header", "button", "input", "view", "image"}
KNOWN = {"header", "section", "context", "actions", "image", "input"}
MOST = {"fields": 10, "elements": 25, "options": 100}


def problems(shown: dict[str, Any]) -> list[str]:
    """Return a sentence for everything Slack would refuse."""
    view = shown.get("type") in {"modal", "home"}
    return [*_whole(shown, view=view), *_walk(shown, "view" if view else "message")]


def strings(shown: object) -> Iterator[str]:
    """Yield every text in a rendered thing, keys aside."""
    if isinstance(shown, str):
        yield shown
    elif isinstance(shown, dict):
        for value in shown.values():
            yield from strings(value)
    elif isinstance(shown, list):
        for value in shown:
            yield from strings(value)


def texts(shown: object) -> Iterator[str]:
    """Yield every text that Slack reads for marks, mentions and links."""
    if isinstance(shown, dict):
        if shown.get("type") in {"mrkdwn", "plain_text"}:
            yield shown["text"]
            return
        yield from (shown[key] for key in ("text", "alt_text") if isinstance(shown.get(key), str))
        for value in shown.values():
            yield from texts(value)
    elif isinstance(shown, list):
        for value in shown:
            yield from texts(value)


def unsafe(shown: object) -> list[str]:
    """Return the texts in which something stands that Slack would read as a link, a mention or an entity."""
    bare = ((text, ENTITY.sub("", OURS.sub("", text))) for text in texts(shown))
    return [text for text, left in bare if set("<>&") & set(left)]


def _whole(shown: dict[str, Any], *, view: bool) -> Iterator[str]:
    blocks = shown["blocks"]
    if not 0 < len(blocks) <= (100 if view else 50):
        yield f"{len(blocks)} blocks"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "a block_id twice"
    if not view and not 0 < width(shown["text"]) <= 4_000:
        yield "no text for notifications, or too long"
    if any(block["type"] == "input" for block in blocks) and "submit" not in shown:
        yield "inputs without submit"
    if shown.get("type") == "modal" and width(shown.get("private_metadata", "")) > 3_000:
        yield "metadata too long"
    yield from (f"unknown block {block['type']}" for block in blocks if block["type"] not in KNOWN)


def _walk(found: object, kind: str) -> Iterator[str]:
    if isinstance(found, list):
        for one in found:
            yield from _walk(one, kind)
    if not isinstance(found, dict):
        return
    kind = "option" if "value" in found and "type" not in found else found.get("type", kind)
    kind = "view" if kind in {"modal", "home"} else kind
    yield from _own(found, kind)
    for key, value in found.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and one.get("type") in {"mrkdwn", "plain_text"}:
                yield from _text(one, kind, key)
            else:
                yield from _walk(one, kind)


def _own(found: dict[str, Any], kind: str) -> Iterator[str]:
    for key, most in VALUES.items():
        longest = 150 if kind == "option" and key == "value" else most
        if key in found and not 0 < width(found[key]) <= longest:
            yield f"{kind}.{key} has {width(found[key])} of {longest}"
    for key, largest in MOST.items():
        most = 10 if kind in {"checkboxes", "radio_buttons", "context"} else largest
        if key in found and not 0 < len(found[key]) <= most:
            yield f"{kind}.{key} has {len(found[key])} of {most}"
    ids = [one["action_id"] for one in found.get("elements", []) if "action_id" in one]
    if len(ids) != len(set(ids)):
        yield "an action_id twice"
    if found.get("max_length", 1) > 3_000:
        yield "max_length"


def _text(text: dict[str, Any], kind: str, key: str) -> Iterator[str]:
    longest = LENGTHS[kind, key]
    if not 0 < width(text["text"]) <= longest:
        yield f"{kind}.{key} has {width(text['text'])} of {longest}"
    if kind in PLAIN_ONLY and text["type"] != "plain_text":
        yield f"{kind}.{key} is marked up"
    if text["type"] == "mrkdwn" and text.get("verbatim") is not True:
        yield f"{kind}.{key} is not verbatim"
