"""Reading what Slack sends, one field at a time: the right kind of value, or a sentence."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

LONGEST_ID = 255
LONGEST_TEXT = 20_000
# A command has about fifteen fields, an interaction one.
MOST_FIELDS = 60

Plain = Mapping[str, Any]


class Malformed(Exception):
    """What arrived is not what Slack sends; the message names the field and quotes no value."""


def read_json(text: str | bytes) -> Plain:
    """
    Return a JSON object.

    :raises Malformed: if the text is no JSON, too deep, or something else than an object
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("The body is not JSON; Slack sends a JSON object.") from None
    return an_object(found, name="body")


def read_form(body: bytes) -> Plain:
    """
    Return the fields of a form; each may be there once.

    :raises Malformed: if the body is no form in UTF-8, or a field is repeated
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Malformed("The body is not a form; Slack sends named fields.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("A field of the form is repeated; Slack sends each once.")
    return fields


def an_object(found: object, *, name: str) -> Plain:
    """
    Return the value if it is a JSON object.

    :raises Malformed: if it is not
    """
    if not isinstance(found, dict):
        raise Malformed(f"{name} is not an object; Slack sends one there.")
    return found


def inside(whole: Plain, name: str) -> Plain:
    """
    Return the object in this field.

    :raises Malformed: if there is none
    """
    return an_object(whole.get(name), name=name)


def inside_or_nothing(whole: Plain, name: str) -> Plain:
    """
    Return the object in this field, empty if the field is missing or null.

    :raises Malformed: if something else is there
    """
    return {} if whole.get(name) is None else inside(whole, name)


def several(whole: Plain, name: str) -> list[Any]:
    """
    Return the list in this field, empty if the field is missing or null.

    :raises Malformed: if something else is there
    """
    found = whole.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise Malformed(f"{name} is not a list; Slack sends one there.")
    return found


def text(whole: Plain, name: str) -> str:
    """
    Return the text in this field, empty if the field is missing or null.

    :raises Malformed: if it is no text, too long, or has characters that no database keeps
    """
    found = whole.get(name)
    if found is None:
        return ""
    return some_text(found, name=name)


def some_text(found: object, *, name: str) -> str:
    """
    Return the value if it is text that can be kept.

    :raises Malformed: if it is no text, too long, has a NUL or half of a character
    """
    if not isinstance(found, str):
        raise Malformed(f"{name} is not text; Slack sends text there.")
    if len(found) > LONGEST_TEXT:
        raise Malformed(f"{name} is longer than {LONGEST_TEXT} characters; Slack sends less.")
    # PostgreSQL refuses a NUL, UTF-8 a lone surrogate.
    if re.search("[\x00\ud800-\udfff]", found):
        raise Malformed(f"{name} has a character that is none; Slack sends whole characters.")
    return found


def an_id(whole: Plain, name: str) -> str:
    """
    Return the identifier in this field.

    :raises Malformed: if it is missing, empty, too long, or has a space or a control character
    """
    found = an_id_or_nothing(whole, name)
    if not found:
        raise Malformed(f"{name} is missing; Slack sends it.")
    return found


def an_id_or_nothing(whole: Plain, name: str) -> str:
    """
    Return the identifier in this field, empty if it is missing.

    :raises Malformed: if it is too long, or has a space or a control character
    """
    found = text(whole, name)
    if len(found) > LONGEST_ID or re.search(r"[\s\x00-\x1f\x7f]", found):
        raise Malformed(f"{name} is not an identifier; Slack sends short ones without spaces.")
    return found


def is_true(whole: Plain, name: str) -> bool:
    """Return whether this field says yes; a form says it in words, JSON as a truth value."""
    return whole.get(name) in (True, "true", "1")
