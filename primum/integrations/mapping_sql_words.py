"""Tables, columns and values in the words of a database, whichever it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# What Python and Arrow call white space.
BLANKS = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B)])) + "".join(
    map(chr, [0x2028, 0x2029, 0x202F, 0x205F, 0x3000])
)


class NotInSql(Exception):
    """This database cannot give the table as its contract has it; the table is read into memory instead."""


class Raw(StrEnum):
    """What a raw column is to its database."""

    TEXT = "text"
    WHOLE = "whole"
    REAL = "real"
    TRUTH = "truth"
    MOMENT = "moment"
    BARE = "bare"
    NOTHING = "nothing"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Words:
    """
    How a database spells what every database has.

    Each is a template over ``{0}`` (and ``{1}``); ``moment`` gives null for a day that no calendar has, if it can.
    """

    text: str
    trim: str
    bytes: str
    matches: str
    moment: str


Ask = Callable[[str], Sequence[Sequence[Any]]]


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A raw table in a database: what to select from, what its columns are, how to ask, and its language."""

    source: str
    raws: Mapping[str, Raw]
    ask: Ask
    words: Words


def name_of(name: str) -> str:
    """Return a column's name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in quotes."""
    return "'" + text.replace("'", "''") + "'"


def edge(text: str) -> str:
    """Say whether a text begins where the blanks of the alphabet are; the others need no long look."""
    return f"({text} < '!' OR {text} >= {literal(chr(0x85))})"


def around(text: str) -> str:
    """Say whether a text begins or ends where the blanks are."""
    return f"{edge(text)} OR {edge(f'right({text}, 1)')}"


def trimmed(text: str, words: Words) -> str:
    """Return the text without blanks around it."""
    return f"CASE WHEN {around(text)} THEN {words.trim.format(text, literal(BLANKS))} ELSE {text} END"


def blank(text: str, words: Words) -> str:
    """Say whether a text is nothing but blanks."""
    return f"({edge(text)} AND {words.trim.format(text, literal(BLANKS))} = '')"


def known(text: str, words: Words) -> str:
    """Return the text, or null where it is nothing but blanks."""
    return f"CASE WHEN {blank(text, words)} THEN NULL ELSE {text} END"
