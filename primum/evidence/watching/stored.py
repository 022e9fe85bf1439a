"""Stored counts as the series a monitor reads: many rows at once, and what was dealt with before left out."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from primum.evidence.watching.series import ALL_SITES, BASELINE, EVERYBODY, Array, Series, SeriesRefused

StoredRow = tuple[str, str, str, str]
"""Period, site, group, and the counts of that place as a JSON object of numbers."""

Place = tuple[str, str]
Number = int | float


@dataclass(frozen=True, kw_only=True)
class CountsLine:
    """Counts as a site reports them: of one period, at one place, for one group of people; never of one person."""

    period: str
    site: str
    counts: Mapping[str, Number]
    group: str = EVERYBODY


def stored_series(
    rows: Sequence[StoredRow], *, anew: Mapping[Place, str] | None = None, smallest_cell: int = 0
) -> Series:
    """
    Return stored counts as a series; sites, groups and periods come in the order of their names.

    What no row tells is NaN, except a level of a column of which other levels are told there: that is 0.

    :param anew: by site and group, the last period that its chart no longer looks at; an empty site means all sites
    :raises SeriesRefused: if the counts of a row cannot be read
    """
    counts = _counts([row[3] for row in rows])
    sites, groups = (tuple(sorted({row[place] for row in rows})) for place in (1, 2))
    periods = tuple(sorted({row[0] for row in rows} - {BASELINE}))
    shape = (len(sites), len(groups), len(periods))
    places = [{name: place for place, name in enumerate(names)} for names in (sites, groups, periods)]
    where = np.array([[places[0][row[1]], places[1][row[2]], places[2].get(row[0], -1)] for row in rows], np.intp)
    where = where.reshape(-1, 3)
    watched = where[:, 2] >= 0
    found: dict[str, Array] = {}
    baseline: dict[str, Array] = {}
    for column in sorted({name for one in counts for name in one}):
        values = _values(counts, column)
        found[column] = np.full(shape, np.nan)
        found[column][tuple(where[watched].T)] = values[watched]
        if not watched.all():
            baseline[column] = np.full(shape[:2], np.nan)
            baseline[column][tuple(where[~watched, :2].T)] = values[~watched]
    for told in (found, baseline):
        _complete_levels(told)
    _begin_anew(found, anew or {}, sites=sites, groups=groups, periods=periods)
    return Series(
        sites=sites, groups=groups, periods=periods, counts=found, baseline=baseline, smallest_cell=smallest_cell
    )


def _counts(texts: Sequence[str]) -> list[dict[str, float]]:
    try:
        # One text is read many times faster than many.
        read = json.loads(f"[{','.join(texts)}]")
    except ValueError:
        raise SeriesRefused("Stored counts cannot be read; they are no JSON. Run `primum audit verify`.") from None
    if not all(isinstance(one, dict) for one in read):
        raise SeriesRefused("Stored counts cannot be read; they are no table of numbers. Run `primum audit verify`.")
    counts: list[dict[str, float]] = read
    return counts


def _values(counts: Sequence[Mapping[str, float]], column: str) -> Array:
    try:
        return np.array([one.get(column, math.nan) for one in counts], np.float64)
    except (TypeError, ValueError):
        raise SeriesRefused(f"A stored count of '{column}' is no number. Run `primum audit verify`.") from None


def _complete_levels(counts: dict[str, Array]) -> None:
    for column in {name.partition("=")[0] for name in counts if "=" in name}:
        names = [name for name in counts if name.startswith(f"{column}=")]
        told = np.any([np.isfinite(counts[name]) for name in names], axis=0)
        for name in names:
            counts[name] = np.where(told & np.isnan(counts[name]), 0.0, counts[name])


def _begin_anew(
    counts: Mapping[str, Array],
    anew: Mapping[Place, str],
    *,
    sites: Sequence[str],
    groups: Sequence[str],
    periods: Sequence[str],
) -> None:
    """Make unknown what an alarm that was dealt with already spoke of."""
    for (site, group), last in anew.items():
        over = np.array([period <= last for period in periods], bool)
        at = np.array([site in (ALL_SITES, one) for one in sites], bool)
        of = np.array([group == one for one in groups], bool)
        for values in counts.values():
            values[np.ix_(at, of, over)] = np.nan
