"""How large a table may be, and the one exception that every refusal of a table is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from primum.roadmap.rollout import Evidence

T = TypeVar("T")


class SourceRefused(Exception):
    """A table was refused; the message names table and column and counts rows, and shows no value (P9)."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    What a table may claim before it is read.

    ``expansion`` is how many bytes one byte on disk may turn into; below ``expanded_floor`` bytes in
    all nobody asks, since small tables of few different values compress very well.
    """

    bytes_on_disk: int = 4 << 30
    rows: int = 200_000_000
    columns: int = 2_000
    header_bytes: int = 1 << 20
    footer_bytes: int = 16 << 20
    expansion: int = 200
    expanded_floor: int = 64 << 20
    expanded_bytes: int = 16 << 30
    text_bytes: int = 1 << 16
    label_letters: int = 1_000
    seconds_to_connect: int = 10

    def expanded_at_most(self, on_disk: int) -> int:
        """Return how many bytes a file of this size may turn into."""
        return min(self.expanded_bytes, max(self.expanded_floor, self.expansion * on_disk))


LIMITS = Limits()


def refused(evidence: Evidence, sentence: str) -> SourceRefused:
    """Return the refusal of a table; the sentence continues after its name and kind."""
    return SourceRefused(f"Table '{evidence.name}' ({evidence.kind}) {sentence}")


def attempt(action: Callable[[], T], *, problems: tuple[type[BaseException], ...], refusal: SourceRefused) -> T:
    """
    Return what the action returns, or raise the refusal with no trace of the library's own words.

    Libraries quote the rows they stumble over; a refusal therefore has neither cause nor context (P9).
    """
    try:
        return action()
    except SourceRefused:
        raise
    except problems:
        pass
    raise refusal
