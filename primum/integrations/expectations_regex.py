"""Patterns in the spelling of a database, where it means on plain ASCII what Python means by them."""

import re
from collections.abc import Iterable
from re import _constants as marks  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

# PostgreSQL counts no further.
MOST_REPEATS = 255
CATEGORIES = {
    marks.CATEGORY_DIGIT: "0-9",
    marks.CATEGORY_WORD: "0-9A-Za-z_",
}
LAST_ASCII = 127


class _NotSaid(Exception):
    """The pattern uses what databases read otherwise."""


def translated(pattern: str, *, boundary: str) -> str | None:
    r"""
    Return the pattern for RE2 or PostgreSQL, or ``None`` if it means something else there.

    Whether a text matches is the same for each text of ASCII letters; greed does not matter to that.

    :param boundary: how the end of a word is written, ``\b`` or ``\y``
    """
    try:
        read = parser.parse(pattern)
        flags = read.state.flags & ~re.UNICODE
        if flags & ~re.IGNORECASE:
            return None
        text = _sequence(read, boundary=boundary, last=True)
    except (_NotSaid, re.error, RecursionError, OverflowError):
        return None
    return f"(?i){text}" if flags & re.IGNORECASE else text


def _sequence(nodes: Iterable[Any], *, boundary: str, last: bool) -> str:
    listed = list(nodes)
    return "".join(
        _node(op, value, boundary=boundary, last=last and at == len(listed) - 1)
        for at, (op, value) in enumerate(listed)
    )


def _node(op: object, value: Any, *, boundary: str, last: bool) -> str:  # noqa: ANN401 -- the parser's own values
    if op is marks.LITERAL:
        return _letter(value)
    if op is marks.NOT_LITERAL:
        return f"[^{_letter(value)}]"
    if op is marks.ANY:
        return r"[^\n]"
    if op is marks.IN:
        return _set(value)
    if op is marks.AT:
        return _place(value, boundary=boundary, last=last)
    if op is marks.BRANCH:
        return f"(?:{'|'.join(_sequence(one, boundary=boundary, last=last) for one in value[1])})"
    if op is marks.SUBPATTERN and not (value[1] or value[2]):
        return f"(?:{_sequence(value[3], boundary=boundary, last=last)})"
    if op in {marks.MAX_REPEAT, marks.MIN_REPEAT}:
        return _repeat(value, boundary=boundary)
    raise _NotSaid


def _letter(code: int) -> str:
    if code > LAST_ASCII or code == 0:
        raise _NotSaid
    letter = chr(code)
    return letter if letter.isalnum() or letter in " _\n\t\r" else f"\\{letter}" if letter.isprintable() else _no()


def _no() -> str:
    raise _NotSaid


def _set(parts: Iterable[Any]) -> str:
    text = ""
    for op, value in parts:
        if op is marks.NEGATE:
            text += "^"
        elif op is marks.LITERAL:
            text += _letter(value)
        elif op is marks.RANGE:
            text += f"{_letter(value[0])}-{_letter(value[1])}"
        elif op is marks.CATEGORY and value in CATEGORIES:
            text += CATEGORIES[value]
        else:
            raise _NotSaid
    return f"[{text}]"


def _place(where: object, *, boundary: str, last: bool) -> str:
    if where in {marks.AT_BEGINNING, marks.AT_BEGINNING_STRING}:
        return "^"
    if where is marks.AT_END_STRING and last:
        return "$"
    if where is marks.AT_END and last:
        # Python's own $ stands before a last line break, too.
        return r"\n?$"
    if where is marks.AT_BOUNDARY:
        return boundary
    raise _NotSaid


def _repeat(value: Any, *, boundary: str) -> str:  # noqa: ANN401 -- the parser's own values
    low, high, nodes = value
    if low > MOST_REPEATS or (high is not marks.MAXREPEAT and high > MOST_REPEATS):
        raise _NotSaid
    times = f"{{{low},}}" if high is marks.MAXREPEAT else f"{{{low},{high}}}"
    return f"(?:{_sequence(nodes, boundary=boundary, last=False)}){times}"
