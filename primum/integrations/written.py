"""What a person wrote: the text of a file, and its values with the place of each."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

LARGEST_FILE = 256 * 1024

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with a file, in one sentence, and where; lines and columns begin at 1."""

    line: int
    column: int
    sentence: str


class Unreadable(Exception):
    """The text is not YAML, or not YAML that is safe to read; carries its ``Problem``."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


@dataclass(kw_only=True)
class Written:
    """One value as it was written: its plain form, its place, and those of its keys and items."""

    line: int
    column: int
    shape: Literal["scalar", "list", "group"]
    value: Plain
    raw: str = ""
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    items: dict[str | int, "Written"] = field(default_factory=dict)
    weight: int = 1
    finished: bool = True

    def at(self, loc: tuple[int | str, ...]) -> "Written | None":
        """Return what was written at a path of keys and positions, if anything was."""
        found: Written | None = self
        for step in loc:
            found = found.items.get(step) if found else None
        return found


def text_of(path: Path) -> str:
    """
    Read a file that a person wrote.

    :raises Unreadable: if it is missing, no plain file, larger than 256 KB, or not UTF-8
    """
    try:
        if not path.is_file():
            raise Unreadable(at_the_top(f"There is no file {path.name} here; check the name and the folder."))
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Unreadable(at_the_top(f"{path.name} could not be read ({error.strerror}).")) from None
    if len(content) > LARGEST_FILE:
        raise Unreadable(at_the_top(f"{path.name} is larger than 256 KB; a file that a person writes is smaller."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise Unreadable(
            Problem(line=line, column=column, sentence=f"{path.name} is not UTF-8 text; save it as UTF-8.")
        ) from None


def at_the_top(sentence: str) -> Problem:
    """Return a problem of the file as a whole."""
    return Problem(line=1, column=1, sentence=sentence)
