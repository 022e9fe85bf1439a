"""What Slack would refuse in a message, a form or a Home tab, said before it is sent."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from primum.integrations.slack.blocks_table import (
    ANY,
    BLOCKS,
    BLOCKS_IN_MESSAGE,
    ELEMENTS,
    LONGEST_ID,
    LONGEST_MESSAGE,
    MARKED_UP,
    PARTS,
    VIEWS,
    Shape,
)

Plain = Mapping[str, Any]
TEXT_NAMES = frozenset({"type", "text", "emoji", "verbatim"})


def problems(found: Plain) -> tuple[str, ...]:
    """
    Return what is wrong with a message or a view, one sentence each with its place; none if Slack takes it.

    A view has a ``type``; a message has none, and ``text`` and ``blocks``. Covers what ``slack_sdk.models`` lets
    through: 51 blocks, a field of 2,001 characters, an id used twice, an empty text, an input without a submit
    button, unknown kinds and keys (slack.md 1.6). No colour, no words: what they say is for the renderer's own tests.
    """
    kind = found.get("type")
    if kind is None:
        return tuple(_in_message(found))
    if kind not in VIEWS:
        return (f"A view is a modal or a home, not {kind!r}.",)
    return (*_in_object(found, shape=VIEWS[kind], at=kind, free={"type"}), *_in_view(found))


def _in_message(found: Plain) -> Iterator[str]:
    text, blocks = found.get("text"), found.get("blocks") or []
    if not isinstance(text, str) or not text.strip():
        yield "message.text is empty; a phone and a screen reader show it."
    elif _length(text) > LONGEST_MESSAGE:
        yield _too_long("message.text", _length(text), LONGEST_MESSAGE)
    if len(blocks) > BLOCKS_IN_MESSAGE:
        yield f"message has {len(blocks)} blocks; Slack takes {BLOCKS_IN_MESSAGE}."
    yield from _in_blocks(blocks)
    if any(isinstance(block, dict) and block.get("type") == "input" for block in blocks):
        yield "message has an input; our messages have buttons that open forms."


def _in_view(found: Plain) -> Iterator[str]:
    blocks = found.get("blocks")
    each = blocks if isinstance(blocks, list) else []
    yield from _in_blocks(each)
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in each)
    if has_input and found["type"] == "modal" and not found.get("submit"):
        yield "modal has an input and no submit; Slack refuses that."


def _in_blocks(blocks: list[Any]) -> Iterator[str]:
    for number, block in enumerate(blocks):
        at = f"blocks[{number}]"
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(kind, str) or kind not in BLOCKS:
            yield f"{at} is of a kind that is not in our table: {kind!r}."
            continue
        yield from _in_object(block, shape=BLOCKS[kind], at=at, free={"type", "block_id"})
        yield from _in_id(block, "block_id", at=at)
        for name in BLOCKS[kind].holds:
            yield from _in_elements(block, name, shape=BLOCKS[kind], at=at)
        yield from _twice([one.get("action_id") for one in _held(block)], what="action_id", at=at)
    yield from _twice([one.get("block_id") for one in blocks if isinstance(one, dict)], what="block_id", at="blocks")


def _in_elements(block: Plain, name: str, *, shape: Shape, at: str) -> Iterator[str]:
    for number, element in enumerate(_several(block.get(name))):
        place = f"{at}.{name}[{number}]"
        kind = element.get("type") if isinstance(element, dict) else None
        if kind not in shape.holds[name]:
            yield f"{place} is {kind!r}, which Slack does not take there."
        elif kind in ELEMENTS:
            yield from _in_element(element, kind=kind, at=place)


def _in_element(element: Plain, *, kind: str, at: str) -> Iterator[str]:
    yield from _in_object(element, shape=ELEMENTS[kind], at=at, free={"type"})
    yield from _in_id(element, "action_id", at=at)
    if kind == "button" and element.get("style") not in (None, "primary", "danger"):
        yield f"{at}.style is neither primary nor danger."
    for name, shape in PARTS.items():
        for number, part in enumerate(_several(element.get(name))):
            place = f"{at}.{name}[{number}]"
            yield from _in_object(part, shape=shape, at=place, free=frozenset())
            if shape is not PARTS["confirm"] and kind not in MARKED_UP and _is_marked_up(part):
                yield f"{place}.text is mrkdwn; a menu takes plain_text."
    values = [one.get("value") for one in _several(element.get("options")) if isinstance(one, dict)]
    yield from _twice(values, what="value", at=f"{at}.options")


def _in_object(found: object, *, shape: Shape, at: str, free: set[str] | frozenset[str]) -> Iterator[str]:
    """Hold one object against its row of the table."""
    if not isinstance(found, dict):
        yield f"{at} is not an object."
        return
    for name in sorted(shape.needs - found.keys()):
        yield f"{at}.{name} is missing."
    if shape.one_of and len(shape.one_of & found.keys()) == 0:
        yield f"{at} has none of {', '.join(sorted(shape.one_of))}."
    for name, value in found.items():
        if name not in shape.needs | shape.may | free:
            yield f"{at}.{name} is a name that Slack does not know there."
        elif value is None:
            yield f"{at}.{name} is null; leave it out."
        else:
            yield from _in_value(value, name=name, shape=shape, at=f"{at}.{name}")


def _in_value(value: object, *, name: str, shape: Shape, at: str) -> Iterator[str]:
    if name in shape.lists:
        least, most = shape.lists[name]
        if not isinstance(value, list) or not least <= len(value) <= most:
            yield f"{at} has {len(_several(value))} entries; Slack takes {least} to {most}."
    if name in shape.texts:
        most, kinds = shape.texts[name]
        for one in _several(value):
            if not (name in shape.holds and isinstance(one, dict) and one.get("type") not in ANY):
                yield from _in_text(one, most=most, kinds=kinds, at=at)
    if name in shape.strings:
        yield from _in_string(value, most=shape.strings[name], at=at)
    if name in shape.numbers:
        least, most = shape.numbers[name]
        if type(value) is not int or not least <= value <= most:
            yield f"{at} is not a whole number from {least} to {most}."


def _in_text(found: object, *, most: int, kinds: tuple[str, ...], at: str) -> Iterator[str]:
    if not isinstance(found, dict) or found.get("type") not in kinds:
        yield f"{at} is not a text of the kind {' or '.join(kinds)}."
        return
    yield from _in_string(found.get("text"), most=most, at=f"{at}.text")
    for name in sorted(found.keys() - TEXT_NAMES):
        yield f"{at}.{name} is a name that Slack does not know there."


def _in_string(found: object, *, most: int, at: str) -> Iterator[str]:
    if not isinstance(found, str) or not found.strip():
        yield f"{at} is empty; Slack refuses that."
    elif _length(found) > most:
        yield _too_long(at, _length(found), most)


def _in_id(found: Plain, name: str, *, at: str) -> Iterator[str]:
    value = found.get(name)
    if value is not None and (not isinstance(value, str) or not 1 <= len(value) <= LONGEST_ID):
        yield f"{at}.{name} has to be 1 to {LONGEST_ID} characters."


def _twice(values: list[Any], *, what: str, at: str) -> Iterator[str]:
    for value, count in Counter(str(value) for value in values if value is not None).items():
        if count > 1:
            yield f"{at} has the {what} {value!r} {count} times; each may be there once."


def _too_long(at: str, length: int, most: int) -> str:
    return f"{at} has {length} characters; Slack takes {most}."


def _length(text: str) -> int:
    # Slack does not say whether an emoji is one character or, as in JavaScript, two; two is the safe answer.
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _several(found: object) -> list[Any]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _held(block: Plain) -> list[Plain]:
    names = ("elements", "accessory", "element")
    return [one for name in names for one in _several(block.get(name)) if isinstance(one, dict)]


def _is_marked_up(part: object) -> bool:
    text = part.get("text") if isinstance(part, dict) else None
    return isinstance(text, dict) and text.get("type") == "mrkdwn"
