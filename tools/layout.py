"""How a generated page is laid out: head, source, paragraphs, tables."""

from collections.abc import Iterable, Sequence

HEAD = "<!-- Written by `make docs`; change the source named below and write it again. -->"


def document(title: str, *parts: str, source: str) -> str:
    """Return a whole page in Markdown; empty parts are left out."""
    body = "\n\n".join(part for part in parts if part)
    return f"{HEAD}\n\n# {title}\n\nSource: `{source}`\n\n{body}\n"


def title_of(text: str) -> str:
    """Return the title of a page."""
    return text.splitlines()[2].removeprefix("# ")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; without rows, nothing."""
    lines = [tuple(head), ("---",) * len(head), *rows]
    if len(lines) == 2:  # noqa: PLR2004 -- the head and its rule
        return ""
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def plain(text: str | None) -> str:
    """Return a text on one line."""
    return " ".join((text or "").split())


def _cell(value: object) -> str:
    return plain(str(value)).replace("|", "\\|")
