"""The limits of blocks that the stand-in enforces, written apart from the product's own lint."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

TEXTS = {
    ("section", "text"): 3000,
    ("header", "text"): 150,
    ("button", "text"): 75,
    ("option", "text"): 75,
    ("modal", "title"): 24,
    ("modal", "submit"): 24,
    ("modal", "close"): 24,
    ("input", "label"): 2000,
    ("input", "hint"): 2000,
}
LISTS = {("section", "fields"): 10, ("context", "elements"): 10, ("actions", "elements"): 25}
KNOWN = {
    "actions",
    "context",
    "divider",
    "header",
    "image",
    "input",
    "markdown",
    "rich_text",
    "section",
    "table",
    "video",
}


def fault_in_blocks(blocks: Any, *, most: int) -> str | None:
    if not isinstance(blocks, list) or len(blocks) > most:
        return "invalid_blocks"
    ids = Counter(block.get("block_id") for block in blocks if block.get("block_id"))
    if any(count > 1 for count in ids.values()):
        return "invalid_blocks"
    if any(block.get("type") not in KNOWN for block in blocks):
        return "invalid_blocks"
    return "invalid_blocks" if any(_is_wrong(part) for block in blocks for part in _parts(block)) else None


def fault_in_view(view: Any, *, kinds: tuple[str, ...]) -> str | None:
    if not isinstance(view, dict) or view.get("type") not in kinds:
        return "invalid_arguments"
    if len(view.get("private_metadata", "")) > 3000 or len(view.get("callback_id", "")) > 255:
        return "invalid_arguments"
    if view["type"] == "modal" and (not view.get("title") or _is_wrong(view)):
        return "invalid_arguments"
    blocks = view.get("blocks")
    if not blocks:
        return "invalid_arguments"
    if view["type"] == "modal" and not view.get("submit") and any(block.get("type") == "input" for block in blocks):
        return "invalid_arguments"
    return "invalid_arguments" if fault_in_blocks(blocks, most=100) else None


def _parts(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, list):
        for one in found:
            yield from _parts(one)
    elif isinstance(found, dict):
        yield found
        for one in found.values():
            yield from _parts(one)


def _is_wrong(part: dict[str, Any]) -> bool:
    kind = part.get("type", "option")
    texts = (part.get(name) for (owner, name) in TEXTS if owner == kind)
    if any(isinstance(text, dict) and not text.get("text") for text in texts):
        return True
    for (owner, name), most in TEXTS.items():
        text = part.get(name)
        if owner == kind and isinstance(text, dict) and len(text.get("text", "")) > most:
            return True
    if any(len(part.get(name, ())) > most for (owner, name), most in LISTS.items() if owner == kind):
        return True
    fields = part.get("fields", ()) if kind == "section" else ()
    too_long = len(part.get("value") or "") > 2000 if kind == "button" else False
    return too_long or any(len(field.get("text", "")) > 2000 for field in fields)
