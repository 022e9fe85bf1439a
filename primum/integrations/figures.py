"""The figures of a gate: estimates by site and subgroup, gaps against the limit, looks against the boundary."""

from collections.abc import Sequence
from dataclasses import dataclass

from primum.evidence.trials.sequential import LookResult
from primum.integrations.figures_forest import draw_forest
from primum.integrations.figures_looks import draw_looks
from primum.integrations.figures_rows import (
    forest_in_words,
    look_row,
    looks_in_words,
    rows_of,
    shared_levels,
    slug,
    verdict_words,
)
from primum.roadmap.estimates import Estimate
from primum.roadmap.policy import Threshold


@dataclass(frozen=True, kw_only=True)
class Figure:
    """
    One figure in every form it is needed in.

    ``svg`` stands inside a page, ``png`` in MLflow or a message, ``alt`` says it in words, and
    ``columns`` with ``rows`` are the data table that stands beside it.
    """

    name: str
    title: str
    svg: str
    png: bytes
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class NothingToDraw(ValueError):
    """A figure was asked for without a single value in it."""


def forest(
    estimates: Sequence[Estimate], *, title: str, threshold: Threshold | None = None, name: str = "forest"
) -> Figure:
    """
    Return a forest plot: one row for each estimate, its interval, and the policy's line if there is one.

    Shares are drawn in per cent and gaps in points; suppressed and unknown rows keep their place.

    :raises NothingToDraw: if no estimate is known
    """
    rows = rows_of(estimates, threshold=threshold)
    title = ": ".join((title, *shared_levels(estimates).values()))
    if not any(row.drawn for row in rows):
        raise NothingToDraw(f"'{title}' has no known estimate among its {len(rows)}; show its table instead.")
    alt = forest_in_words(rows, title=title, threshold=threshold)
    svg, png = draw_forest(rows, title=title, threshold=threshold, name=slug(name), alt=alt)
    columns = ("Group", "Counts", "Value", "Interval", "Policy")
    cells = tuple((row.label, row.counts, row.value, row.interval, verdict_words(row.outcome)) for row in rows)
    return Figure(name=slug(name), title=title, svg=svg, png=png, alt=alt, columns=columns, rows=cells)


def gaps(estimates: Sequence[Estimate], *, title: str, threshold: Threshold, name: str = "gaps") -> Figure:
    """
    Return the gap of every group to the best one, against the line that no gap may reach (P5.6).

    :raises NothingToDraw: if no gap is known
    """
    return forest(estimates, title=title, threshold=threshold, name=name)


def looks(results: Sequence[LookResult], *, title: str, planned_units: int, name: str = "looks") -> Figure:
    """
    Return the looks at a trial: the boundary of the plan over information and every observed z.

    :raises NothingToDraw: if there is no look at all
    """
    ordered = tuple(sorted(results, key=lambda look: look.information))
    if not ordered:
        raise NothingToDraw(f"'{title}' has no look; plan the looks in the protocol.")
    alt = looks_in_words(ordered, title=title, planned_units=planned_units)
    svg, png = draw_looks(ordered, title=title, planned_units=planned_units, name=slug(name), alt=alt)
    columns = ("Look at", "Planned", "Boundary", "Observed z", "Result")
    cells = tuple(look_row(look, planned_units) for look in ordered)
    return Figure(name=slug(name), title=title, svg=svg, png=png, alt=alt, columns=columns, rows=cells)
