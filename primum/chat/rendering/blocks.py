"""Slack's blocks as plain dictionaries, each within its limits (docs.slack.dev, Block Kit)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from primum.chat.rendering.texts import escaped, fitting, plain

Block = dict[str, Any]
Message = dict[str, Any]
Modal = dict[str, Any]

MOST_BLOCKS = 50
MOST_BLOCKS_IN_A_VIEW = 100
LONGEST_HEADER = 150
LONGEST_SECTION = 3_000
LONGEST_FIELD = 2_000
LONGEST_CONTEXT = 2_000
LONGEST_BUTTON = 75
LONGEST_VALUE = 2_000
LONGEST_ALT = 2_000
LONGEST_OPTION = 75
LONGEST_TITLE = 24
MOST_CHOICES = 100
# Slack takes 40,000 characters of top-level text; a notification shows a line or two.
LONGEST_NOTIFICATION = 1_000


def words(text: str, *, longest: int) -> Block:
    """Return a plain text object of somebody's words; emoji names stay letters."""
    return {"type": "plain_text", "text": plain(text, longest=longest) or "-", "emoji": False}


def markup(text: str) -> Block:
    """Return a marked-up text object of text that is safe already; Slack links nothing in it by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> Block:
    """Return a heading."""
    return {"type": "header", "text": words(text, longest=LONGEST_HEADER)}


def section(*lines: str, block_id: str = "") -> Block:
    """Return a paragraph of marked-up lines, as many as fit."""
    block = {"type": "section", "text": markup(fitting(lines, longest=LONGEST_SECTION))}
    return block | ({"block_id": block_id} if block_id else {})


def fields(texts: Sequence[str]) -> Block:
    """Return up to ten short marked-up texts, side by side where there is room."""
    return {"type": "section", "fields": [markup(text) for text in texts]}


def context(*lines: str) -> Block:
    """Return small print, marked up."""
    return {"type": "context", "elements": [markup(fitting(lines, longest=LONGEST_CONTEXT))]}


def said(text: str) -> Block:
    """Return small print that a person wrote: no marks, no emoji; the text is safe already."""
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def picture(*, file: str, alt: str, title: str) -> Block:
    """Return an uploaded figure with its words for those who do not see it."""
    block: Block = {
        "type": "image",
        "slack_file": {"id": file},
        "alt_text": plain(alt, longest=LONGEST_ALT) or "Figure",
    }
    return block | ({"title": words(title, longest=LONGEST_HEADER)} if title else {})


def button(label: str, *, action: str, value: str, spoken: str) -> Block:
    """Return a button; ``spoken`` is what a screen reader says. No style: a colour would favour an answer."""
    return {
        "type": "button",
        "text": words(label, longest=LONGEST_BUTTON),
        "action_id": action,
        "value": value,
        "accessibility_label": plain(spoken, longest=LONGEST_BUTTON),
    }


def actions(buttons: Sequence[Block], *, block_id: str) -> Block:
    """Return a row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(buttons)}


def message(text: str, *, blocks: Sequence[Block]) -> Message:
    """Return a message: ``text`` for notifications and screen readers, made safe here, and its blocks."""
    return {"text": escaped(text, longest=LONGEST_NOTIFICATION) or "Primum", "blocks": list(blocks)}


def option(text: str, *, value: str, description: str = "") -> Block:
    """Return one choice of a list."""
    block: Block = {"text": words(text, longest=LONGEST_OPTION), "value": value}
    return block | ({"description": words(description, longest=LONGEST_OPTION)} if description else {})


def choices(options: Iterable[Block]) -> list[Block]:
    """Return the choices of a list, each value once, as many as Slack takes."""
    return list({one["value"]: one for one in options}.values())[:MOST_CHOICES]


def asked(label: str, *, block_id: str, element: Mapping[str, Any], hint: str = "", optional: bool = False) -> Block:
    """Return one input of a form, with its label and what to know about it."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": words(label, longest=LONGEST_SECTION),
        "element": dict(element),
        "optional": optional,
    }
    return block | ({"hint": words(hint, longest=LONGEST_CONTEXT)} if hint else {})


def modal(title: str, *, blocks: Sequence[Block], submit: str = "", close: str = "Close") -> Modal:
    """Return a window over Slack; with ``submit`` it is a form."""
    view: Modal = {
        "type": "modal",
        "title": words(title, longest=LONGEST_TITLE),
        "close": words(close, longest=LONGEST_TITLE),
        "blocks": list(blocks),
    }
    return view | ({"submit": words(submit, longest=LONGEST_TITLE)} if submit else {})
