"""YAML as a tree that remembers where everything was written; what cannot be read safely is refused."""

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Protocol

from primum.integrations.written import LARGEST_FILE, Plain, Problem, Unreadable, Written, at_the_top

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

# What aliases may blow a file up to, in characters; twice the largest file.
LARGEST_TREE = 2 * LARGEST_FILE
MOST_EVENTS = 20_000
DEEPEST = 32
LONGEST_NUMBER = 18

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)

ADVICE = {
    "mapping values are not allowed here": "a colon stands where none may; quote the text or mend the indentation",
    "could not find expected ':'": "a key without its colon; write `key: value`",
    "found unexpected end of stream": "a quote is opened and never closed",
    "expected <block end>, but found '?'": "the indentation does not match the lines above",
    "expected <block end>, but found '-'": "the indentation does not match the lines above",
    "expected <block end>, but found '<block mapping start>'": "the indentation does not match the lines above",
    "expected '<document start>', but found ('<block mapping start>',)": "the indentation differs from the first line",
    "expected ',' or ']', but got '<stream end>'": "a list is opened with [ and never closed",
    "expected ',' or '}', but got '<stream end>'": "a group is opened with { and never closed",
}


class Mark(Protocol):
    """A place in a text; lines and columns begin at 0."""

    line: int
    column: int


class Event(Protocol):
    """What ruamel reports while it reads; not every event has every attribute."""

    start_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    implicit: tuple[bool, bool]


def tree_of(text: str) -> tuple[Written, tuple[Problem, ...]]:
    """
    Return the tree of one YAML 1.2 document, and everything in it that cannot stay.

    Repeated keys, merge keys, tags and numbers that are not finite are problems to report with the
    rest; the tree keeps the first of two equal keys.

    :raises Unreadable: if it is no YAML, more than one document, empty, deeper than 32 levels, has
        more than 20,000 parts, or grows by its aliases to more than 512 KB
    """
    if tab := _TAB_INDENT.search(text):
        line = text.count("\n", 0, tab.start()) + 1
        raise Unreadable(
            Problem(line=line, column=len(tab.group()), sentence="This line begins with a tab; indent with spaces.")
        )
    builder = _Builder()
    for event in _events(text):
        builder.take(event)
    if builder.root is None:
        raise Unreadable(at_the_top("The file is empty; `primum init` writes one to start from."))
    return builder.root, tuple(builder.problems)


def _events(text: str) -> Iterator[Event]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        raise Unreadable(_marked(error)) from None
    except YAMLError as error:
        raise Unreadable(_unmarked(text, error)) from None
    except (ValueError, OverflowError):
        raise Unreadable(at_the_top("A quoted text holds an escape that stands for no character.")) from None


def _marked(error: "MarkedYAMLError") -> Problem:
    mark = error.problem_mark or error.context_mark
    words = str(error.problem or error.context)
    advice = ADVICE.get(words) or ", ".join(str(part) for part in (error.context, words) if part)
    return Problem(
        line=mark.line + 1, column=mark.column + 1, sentence=f"This is not YAML: {' '.join(advice.split())}."
    )


def _unmarked(text: str, error: "YAMLError") -> Problem:
    position = getattr(error, "position", 0)
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return Problem(line=line, column=column, sentence="A control character stands here; delete it.")


def _cannot_be_kept(text: str) -> bool:
    if _NOT_FINITE.fullmatch(text):
        return True
    return bool(_FLOAT.fullmatch(text)) and (len(text) > LONGEST_NUMBER or not math.isfinite(float(text)))


class _Builder:
    """Builds the tree from events without recursion, so that depth and aliases are bounded."""

    def __init__(self) -> None:
        self.root: Written | None = None
        self.problems: list[Problem] = []
        self._open: list[Written] = []
        self._key: list[tuple[str, int, int] | None] = []
        self._anchors: dict[str, Written] = {}
        self._documents = 0
        self._events = 0

    def take(self, event: Event) -> None:
        """Add one event; the name of its class says what it is."""
        self._events += 1
        if self._events > MOST_EVENTS:
            raise Unreadable(self._here(event, f"The file has more than {MOST_EVENTS:,} parts; write less."))
        match type(event).__name__:
            case "DocumentStartEvent":
                self._document(event)
            case "ScalarEvent":
                self._add(self._scalar(event), event)
            case "AliasEvent":
                self._add(self._alias(event), event)
            case "SequenceStartEvent" | "MappingStartEvent":
                self._begin(event)
            case "SequenceEndEvent" | "MappingEndEvent":
                self._end()

    def _here(self, event: Event, sentence: str) -> Problem:
        return Problem(line=event.start_mark.line + 1, column=event.start_mark.column + 1, sentence=sentence)

    def _complain(self, event: Event, sentence: str) -> None:
        self.problems.append(self._here(event, sentence))

    def _document(self, event: Event) -> None:
        self._documents += 1
        if self._documents > 1:
            raise Unreadable(self._here(event, "A second document begins here; a file holds one."))

    def _begin(self, event: Event) -> None:
        shape: Literal["list", "group"] = "list" if type(event).__name__.startswith("Sequence") else "group"
        if len(self._open) >= DEEPEST:
            raise Unreadable(self._here(event, f"The file is nested deeper than {DEEPEST} levels."))
        node = self._node(event, shape, [] if shape == "list" else {})
        node.finished = False
        self._add(node, event)
        self._open.append(node)
        self._key.append(None)

    def _end(self) -> None:
        node = self._open.pop()
        self._key.pop()
        node.finished = True
        if self._open:
            self._open[-1].weight += node.weight - 1
            self._check_weight(self._open[-1])

    def _node(self, event: Event, shape: Literal["scalar", "list", "group"], value: Plain, raw: str = "") -> Written:
        mark = event.start_mark
        node = Written(
            line=mark.line + 1, column=mark.column + 1, shape=shape, value=value, raw=raw, weight=1 + len(raw)
        )
        if event.tag is not None:
            self._complain(event, f"The tag {event.tag} is not read here; write the value itself.")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _scalar(self, event: Event) -> Written:
        value: Plain = event.value
        if event.implicit[0]:
            value = self._plain(event)
        return self._node(event, "scalar", value, raw=event.value)

    def _plain(self, event: Event) -> Plain:
        """Read an unquoted scalar by the core schema of YAML 1.2: NO, on and 12:30 are text."""
        text: str = event.value
        if _NULL.fullmatch(text):
            return None
        if _BOOL.fullmatch(text):
            return text.lower() == "true"
        if _cannot_be_kept(text):
            self._complain(
                event, f"{text[:LONGEST_NUMBER]} is no number that can be kept exactly; write text in quotes."
            )
            return text
        if _INT.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _alias(self, event: Event) -> Written:
        node = self._anchors.get(str(event.anchor))
        if node is None:
            raise Unreadable(
                self._here(event, f"*{event.anchor} refers to &{event.anchor}, which is not written above it.")
            )
        if not node.finished:
            raise Unreadable(self._here(event, f"*{event.anchor} stands inside what it refers to."))
        return node

    def _add(self, node: Written, event: Event) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.shape == "list" and isinstance(parent.value, list):
            parent.items[len(parent.value)] = node
            parent.value.append(node.value)
        elif self._key[-1] is None:
            self._take_key(node, event)
            return
        else:
            self._take_value(parent, node)
        parent.weight += node.weight
        self._check_weight(parent)

    def _check_weight(self, node: Written) -> None:
        if node.weight > LARGEST_TREE:
            words = "Its aliases repeat so much that the file grows beyond 512 KB; write the values out."
            raise Unreadable(Problem(line=node.line, column=node.column, sentence=words))

    def _take_key(self, node: Written, event: Event) -> None:
        if node.shape != "scalar":
            raise Unreadable(self._here(event, "A key is one word, not a list or a group."))
        if node.raw == "<<":
            self._complain(event, "Merge keys (<<) are not read here; write the keys out.")
        self._key[-1] = (node.raw, event.start_mark.line + 1, event.start_mark.column + 1)

    def _take_value(self, parent: Written, node: Written) -> None:
        key, line, column = self._key[-1] or ("", parent.line, parent.column)
        self._key[-1] = None
        if key in parent.keys:
            first = parent.keys[key]
            words = f"`{key}` stands here a second time; the first is in line {first[0]}, column {first[1]}. Keep one."
            self.problems.append(Problem(line=line, column=column, sentence=words))
            return
        parent.keys[key] = (line, column)
        parent.items[key] = node
        if isinstance(parent.value, dict) and key != "<<":
            parent.value[key] = node.value
