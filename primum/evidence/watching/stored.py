"""Stored counts as the series a monitor reads: many rows at once, and what was dealt with before left out."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from primum.evidence.watching.series import ALL_SITES, BASELINE, EVERYBODY, Array, Series, SeriesRefused

StoredRow = Sequence[str]
"""Period, site, group, the counts of that place as a JSON object of numbers, and whatever else."""

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
    told, at, of, texts = (tuple(map(itemgetter(place), rows)) for place in range(4))
    counts = _counts(texts)
    sites, groups, periods = (tuple(sorted(set(names))) for names in (at, of, told))
    periods = tuple(period for period in periods if period != BASELINE)
    shape = (len(sites), len(groups), len(periods))
    where = [_numbers(names, known) for names, known in ((at, sites), (of, groups), (told, periods))]
    watched = where[2] >= 0
    found: dict[str, Array] = {}
    baseline: dict[str, Array] = {}
    for column in sorted({name for one in counts for name in one}):
        values = _values(counts, column)
        found[column] = np.full(shape, np.nan)
        found[column][tuple(place[watched] for place in where)] = values[watched]
        if not watched.all():
            baseline[column] = np.full(shape[:2], np.nan)
            baseline[column][tuple(place[~watched] for place in where[:2])] = values[~watched]
    for some in (found, baseline):
        _complete_levels(some)
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
    if not set(map(type, read)) <= {dict}:
        raise SeriesRefused("Stored counts cannot be read; they are no table of numbers. Run `primum audit verify`.")
    counts: list[dict[str, float]] = read
    return counts


def _numbers(names: Sequence[str], known: Sequence[str]) -> NDArray[np.intp]:
    """The place of each name among those that are known; -1 for the baseline, which is no period."""
    places = {BASELINE: -1, **{name: place for place, name in enumerate(known)}}
    return np.fromiter(map(places.__getitem__, names), np.intp, count=len(names))


def _values(counts: Sequence[Mapping[str, float]], column: str) -> Array:
    try:
        values = np.array(_of(counts, column), np.float64)
    except (TypeError, ValueError):
        values = np.empty((0, 0))
    if values.shape != (len(counts),):
        raise SeriesRefused(f"A stored count of '{column}' is no number. Run `primum audit verify`.")
    return values


def _of(counts: Sequence[Mapping[str, float]], column: str) -> list[float]:
    try:
        return list(map(itemgetter(column), counts))
    except KeyError:
        return [one.get(column, math.nan) for one in counts]


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
