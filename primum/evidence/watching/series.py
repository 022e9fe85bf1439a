"""The counts a monitor works on: per period, site and group, with the counts of a baseline beside them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Level = Literal["site", "rollout"]

EVERYBODY = "all"
BASELINE = "baseline"
ALL_SITES = ""


class SeriesRefused(ValueError):
    """Counts that do not fit the sites, groups and periods they are for; the sentence says which."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """
    One stored count: a column of one period, site and group.

    ``period`` is ``baseline`` for what the watched periods are compared with. ``value`` is ``None`` where
    the site did not report. A column with levels, as drift needs, is written ``column=level``.
    """

    period: str
    site: str
    column: str
    value: float | None
    group: str = EVERYBODY


@dataclass(frozen=True, kw_only=True)
class Place:
    """One chart's place: a site (empty: all sites together) and a group of people."""

    site: str
    group: str

    @property
    def words(self) -> str:
        """The place as a sentence begins."""
        site = f"At {self.site}" if self.site else "Over all sites"
        return site if self.group == EVERYBODY else f"{site}, {self.group}"


@dataclass(frozen=True, kw_only=True)
class Charts:
    """Columns as charts: one row for each place, one column for each period; NaN where not reported."""

    places: tuple[Place, ...]
    periods: tuple[str, ...]
    columns: Mapping[str, Array]
    smallest_cell: int

    def __getitem__(self, column: str) -> Array:
        return self.columns[column]

    def known(self, *columns: str) -> NDArray[np.bool_]:
        """Return where all these columns are known."""
        found = np.ones((len(self.places), len(self.periods)), dtype=bool)
        for column in columns:
            found &= np.isfinite(self.columns[column])
        return found

    def shown(self, count: float) -> str:
        """Return a count of people in words; one below the smallest cell is not printed (P9)."""
        if not math.isfinite(count):
            return "an unknown number"
        if 0 < count < self.smallest_cell:
            return f"fewer than {self.smallest_cell}"
        return f"{count:,.0f}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """
    The counts of one monitor: arrays of shape (sites, groups, periods), periods oldest first.

    :param counts: column -> counts; NaN where a site did not report
    :param baseline: column -> counts of shape (sites, groups), for kinds that compare with a baseline
    :param smallest_cell: counts above 0 and below it are not printed in sentences
    :raises SeriesRefused: if an array has another shape
    """

    sites: tuple[str, ...]
    periods: tuple[str, ...]
    counts: Mapping[str, Array]
    groups: tuple[str, ...] = (EVERYBODY,)
    baseline: Mapping[str, Array] = field(default_factory=dict)
    smallest_cell: int = 0

    def __post_init__(self) -> None:
        shape = (len(self.sites), len(self.groups), len(self.periods))
        for counts, wanted in ((self.counts, shape), (self.baseline, shape[:2])):
            for column, values in counts.items():
                if values.shape != wanted:
                    raise SeriesRefused(
                        f"The counts of '{column}' have the shape {values.shape}; "
                        f"{len(self.sites)} sites, {len(self.groups)} groups and {len(self.periods)} periods "
                        f"need {wanted}."
                    )

    @property
    def columns(self) -> frozenset[str]:
        """The columns that are counted; of a column with levels, its name."""
        return frozenset(column.partition("=")[0] for column in self.counts)

    def levels(self, column: str) -> tuple[str, ...]:
        """Return the levels that a column has in the periods or in the baseline, in the order of their names."""
        names = {*self.counts, *self.baseline}
        return tuple(sorted(name.partition("=")[2] for name in names if name.startswith(f"{column}=")))

    def places(self, level: Level) -> tuple[Place, ...]:
        """Return the places of the charts: every site and group, or every group over all sites."""
        sites = self.sites if level == "site" else (ALL_SITES,)
        return tuple(Place(site=site, group=group) for site in sites for group in self.groups)

    def charts(self, columns: Sequence[str], *, level: Level = "site") -> Charts:
        """
        Return columns as charts; over all sites a period is the sum of the sites that reported it.

        A column that is not counted is NaN everywhere, and a count that cannot be is NaN where it stands.
        """
        places = self.places(level)
        shape = (len(places), len(self.periods))
        return Charts(
            places=places,
            periods=self.periods,
            columns={column: self._chart(column, level).reshape(shape) for column in columns},
            smallest_cell=self.smallest_cell,
        )

    def before(self, column: str, *, level: Level = "site") -> Array:
        """Return the baseline of a column for each place; NaN where there is none."""
        values = self.baseline.get(column)
        if values is None:
            return np.full(len(self.places(level)), np.nan)
        known = _possible(values)
        return (known if level == "site" else _summed(known)).reshape(-1)

    def _chart(self, column: str, level: Level) -> Array:
        values = self.counts.get(column)
        if values is None:
            sites = len(self.sites) if level == "site" else 1
            return np.full((sites, len(self.groups), len(self.periods)), np.nan)
        known = _possible(values)
        return known if level == "site" else _summed(known)


def series_of(tallies: Iterable[Tally], *, smallest_cell: int = 0) -> Series:
    """
    Return stored counts as a series; sites, groups and periods come in the order of their names.

    What no tally tells is NaN, except a level of a column of which other levels are told there: that is 0.
    """
    rows = list(tallies)
    sites, groups = (tuple(sorted({getattr(row, name) for row in rows})) for name in ("site", "group"))
    periods = tuple(sorted({row.period for row in rows} - {BASELINE}))
    shape = (len(sites), len(groups), len(periods))
    counts: dict[str, Array] = {}
    baseline: dict[str, Array] = {}
    places = [{name: place for place, name in enumerate(names)} for names in (sites, groups, periods)]
    for row in rows:
        value = math.nan if row.value is None else float(row.value)
        s, g = places[0][row.site], places[1][row.group]
        if row.period == BASELINE:
            baseline.setdefault(row.column, np.full(shape[:2], np.nan))[s, g] = value
        else:
            counts.setdefault(row.column, np.full(shape, np.nan))[s, g, places[2][row.period]] = value
    for found in (counts, baseline):
        _levels_are_complete(found)
    return Series(
        sites=sites, groups=groups, periods=periods, counts=counts, baseline=baseline, smallest_cell=smallest_cell
    )


def _levels_are_complete(counts: dict[str, Array]) -> None:
    """Set a level that was not told to 0 where another level of its column was told."""
    for column in {name.partition("=")[0] for name in counts if "=" in name}:
        names = [name for name in counts if name.startswith(f"{column}=")]
        told = np.any([np.isfinite(counts[name]) for name in names], axis=0)
        for name in names:
            counts[name] = np.where(told & np.isnan(counts[name]), 0.0, counts[name])


def _possible(values: Array) -> Array:
    """Return counts with those that nobody can count, below 0 or infinite, as not known."""
    return np.where(np.isfinite(values) & (values >= 0), values, np.nan)


def _summed(values: Array) -> Array:
    """Return the sum over sites of what is known; NaN where no site reported."""
    known = np.isfinite(values)
    return np.where(known.any(axis=0), np.where(known, values, 0.0).sum(axis=0), np.nan)[None]
