"""Figures as text: smallest, middle and largest, and tables in Markdown."""

import statistics
from collections.abc import Iterable, Sequence

from benchmarks.processes import Measured


def spread(values: Sequence[float]) -> str:
    """Return the median, and the smallest and largest if there are several."""
    if len(values) == 1:
        return seconds(values[0])
    return f"{seconds(statistics.median(values))} ({seconds(min(values))}-{seconds(max(values))})"


def seconds(value: float) -> str:
    """Return seconds with as many digits as mean something."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"  # noqa: PLR2004 -- as many digits as mean something


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the median of the ratios of each round; a round's neighbours had the same noise."""
    middle = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
    return f"{middle:.2f}" if middle < 10 else f"{middle:.0f}"  # noqa: PLR2004 -- as many digits as mean something


def megabytes(runs: Iterable[Measured]) -> str:
    """Return the largest peak memory of some runs."""
    return f"{max(run.megabytes for run in runs):,.0f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table; all columns but the first are aligned to the right."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return [_line(head), _line(marks), *map(_line, rows), ""]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
