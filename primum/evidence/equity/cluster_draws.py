"""Counts by cluster and level, and draws from them: whole clusters, patients inside them, or both."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Counts

Array = NDArray[np.float64]
Resample = Literal["clusters", "patients", "both"]

# Numbers held at once by one chunk of draws; 4 MB stay near the processor.
NUMBERS_AT_ONCE = 500_000


@dataclass(frozen=True, kw_only=True, eq=False)
class ClusterTable:
    """
    Events and units of each column in each cluster, and which columns make a level's quantity.

    ``events`` and ``n`` are clusters x columns. ``contrasts`` is levels x columns: the identity for
    rates, +1 and -1 for a difference of two arms. ``strata`` are clusters' groups (such as the arm
    they were randomised to); clusters are drawn within them.
    """

    levels: tuple[str, ...]
    events: Counts
    n: Counts
    contrasts: Array
    strata: NDArray[np.int64]

    @property
    def clusters(self) -> int:
        """Number of clusters with units."""
        return len(self.n)

    @property
    def values(self) -> tuple[Fraction, ...]:
        """The quantity of each level as an exact fraction; a column without units counts as 0."""
        totals = zip(self.events.sum(axis=0).tolist(), self.n.sum(axis=0).tolist(), strict=True)
        rates = [Fraction(events, n) if n else Fraction(0) for events, n in totals]
        return tuple(
            sum((int(sign) * rate for sign, rate in zip(row, rates, strict=True)), Fraction(0))
            for row in self.contrasts.tolist()
        )


def cluster_table(
    *,
    levels: tuple[str, ...],
    events: Counts,
    n: Counts,
    contrasts: Array | None = None,
    strata: NDArray[np.int64] | None = None,
) -> ClusterTable:
    """
    Return a table without empty clusters, its clusters in an order that does not depend on their names.

    :param events: clusters x columns; ``n`` likewise; columns are the levels unless ``contrasts`` says otherwise
    """
    order = [row for row in _canonical_order(events, n) if n[row].any()]
    groups = np.zeros(len(n), np.int64) if strata is None else strata
    return ClusterTable(
        levels=levels,
        events=events[order],
        n=n[order],
        contrasts=np.eye(n.shape[1]) if contrasts is None else contrasts,
        strata=groups[order],
    )


def draws(
    table: ClusterTable, *, seed: int, replicates: int, resample: Resample
) -> Iterator[tuple[Array, NDArray[np.float64]]]:
    """Yield chunks of drawn rates (draws x columns) and their covariances (draws x columns x columns)."""
    draw, columns = np.random.default_rng(seed), table.n.shape[1]
    size = max(1, NUMBERS_AT_ONCE // (table.clusters * columns + 4 * columns * columns))
    of_scheme = {"clusters": _whole_clusters, "patients": _patients, "both": _both}[resample]
    for start in range(0, replicates, size):
        yield of_scheme(table, draw, min(size, replicates - start))


def _whole_clusters(table: ClusterTable, draw: np.random.Generator, size: int) -> tuple[Array, Array]:
    weights = np.zeros((size, table.clusters))
    for stratum in np.unique(table.strata):
        (members,) = np.nonzero(table.strata == stratum)
        weights[:, members] = draw.multinomial(len(members), np.full(len(members), 1 / len(members)), size=size)
    rates, units = rates_of(weights @ table.events, weights @ table.n)
    return rates, covariance_of(events=table.events, n=table.n, rates=rates, units=units, weights=weights)


def _patients(table: ClusterTable, draw: np.random.Generator, size: int) -> tuple[Array, Array]:
    rates, units = rates_of(table.events.sum(axis=0), table.n.sum(axis=0))
    drawn = draw.binomial(table.n.sum(axis=0), np.nan_to_num(rates), size=(size, len(rates))) / units
    return drawn, diagonal(drawn * (1 - drawn) / units)


def _both(table: ClusterTable, draw: np.random.Generator, size: int) -> tuple[Array, Array]:
    chosen = np.empty((size, table.clusters), np.int64)
    for stratum in np.unique(table.strata):
        (members,) = np.nonzero(table.strata == stratum)
        chosen[:, members] = members[draw.integers(0, len(members), size=(size, len(members)))]
    n = table.n[chosen]
    share = table.events / np.maximum(table.n, 1)
    events = draw.binomial(n, share[chosen])
    rates, units = rates_of(events.sum(axis=1), n.sum(axis=1))
    return rates, covariance_of(events=events, n=n, rates=rates, units=units)


def rates_of(events: Array | Counts, n: Array | Counts) -> tuple[Array, Array]:
    """Return rates and units as floats; both are not a number where there are no units."""
    units = np.where(n > 0, n, np.nan)
    return events / units, units


def covariance_of(
    *, events: Array | Counts, n: Array | Counts, rates: Array, units: Array, weights: Array | None = None
) -> Array:
    """Return the covariance of ratios by linearisation: sums over clusters of residual products."""
    away = (events - rates[..., None, :] * n) / units[..., None, :]
    if weights is not None:
        away *= np.sqrt(weights)[..., None]
    return np.asarray(np.swapaxes(away, -1, -2) @ away)


def diagonal(values: Array) -> Array:
    """Return matrices with these values on their diagonal."""
    whole = np.zeros((*values.shape, values.shape[-1]))
    place = np.arange(values.shape[-1])
    whole[..., place, place] = values
    return whole


def small_sample(clusters: int) -> float:
    """Return the factor C / (C - 1) of a variance between C clusters."""
    return clusters / (clusters - 1) if clusters > 1 else 1.0


def _canonical_order(events: Counts, n: Counts) -> list[int]:
    """Return clusters by what they hold, so that neither their names nor those of levels change a draw."""
    columns = np.lexsort((events.sum(axis=0), n.sum(axis=0)))
    pairs = [list(zip(units, seen, strict=True)) for units, seen in zip(n.tolist(), events.tolist(), strict=True)]
    return sorted(range(len(n)), key=lambda row: (sorted(pairs[row]), [pairs[row][place] for place in columns]))
