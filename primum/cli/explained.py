"""How the derivation of an estimate is printed: plain text of 100 columns, or plain values for JSON."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from primum.evidence.explanations.working import Step, Working

WIDTH = 100
# Behind these an expression of R goes on, whatever follows on the next line.
GOES_ON = re.compile(r"(?<=[,;{+\-*/]) ")
# Wider symbols and values stand on a line of their own.
WIDEST = (18, 30)


def as_text(workings: Sequence["Working"]) -> str:
    """Return derivations as text without colours, at most 100 columns wide."""
    return "\n\n\n".join("\n".join(_lines(working)) for working in workings)


def as_plain(workings: Sequence["Working"]) -> list[dict[str, object]]:
    """Return derivations as JSON-ready dictionaries."""
    return [asdict(working) for working in workings]


def _lines(working: "Working") -> Iterator[str]:
    yield from _wrapped(working.title, indent=0)
    yield "=" * min(WIDTH, len(working.title))
    yield from _part("Counts", _table(working.columns, working.cells))
    yield from _part("Formula", (line for one in working.formula.splitlines() for line in _wrapped(one)))
    yield from _part("Steps", _steps(working.steps))
    yield from _part("Result", _wrapped(working.result))
    yield from _part("Reference", _wrapped(working.reference))
    yield from _part("Check in R", _code(working.check_in))


def _part(heading: str, lines: Iterable[str]) -> Iterator[str]:
    known = [line for line in lines if line.strip()]
    if known:
        yield ""
        yield heading
        yield from known


def _wrapped(text: str, *, indent: int = 2) -> list[str]:
    return textwrap.wrap(text, width=WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not columns:
        return []
    every = [columns, *rows]
    widths = [max(len(row[place]) for row in every) for place in range(len(columns))]
    return [
        f"  {line}".rstrip()
        for row in every
        for line in ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))]
    ]


def _steps(steps: Sequence["Step"]) -> Iterator[str]:
    symbols = min(WIDEST[0], max((len(step.symbol) for step in steps), default=0))
    values = min(WIDEST[1], max((len(step.value) for step in steps), default=0))
    for step in steps:
        head = f"  {step.symbol.ljust(symbols)}  {step.value.ljust(values)}  "
        indent = " " * (symbols + values + 6)
        if len(head) > len(indent):
            yield from _wrapped(head.strip())
            head = indent
        yield from textwrap.wrap(step.meaning, width=WIDTH, initial_indent=head, subsequent_indent=indent)


def _code(code: str) -> Iterator[str]:
    line = " "
    for piece in GOES_ON.split(code):
        if len(line) + 1 + len(piece) > WIDTH and line.strip():
            yield line
            line = "   "
        line = f"{line} {piece}"
    yield line
