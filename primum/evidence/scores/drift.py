"""
Has the input changed: distances of two distributions, tests of them, and both over many columns at once.

Everything is on counts: of categories, or of values that both samples share as points. With many rows every
difference is significant, so an effect size stands beside each p value, and p values of several columns are adjusted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.score_bins import Floats
from primum.evidence.shares.contingency import ChiSquare, chi_square_tail
from primum.evidence.shares.multiplicity import ADJUSTMENTS

Integers = NDArray[np.int64]
USUAL_LEAST = 50


class TooFewRows(ValueError):
    """Drift was asked for in too few rows; the sentence has the numbers."""


@dataclass(frozen=True, kw_only=True)
class Association:
    """A chi-square test of a table, with Cramer's V; ``None`` where the table has one row or column with counts."""

    test: ChiSquare
    cramers_v: float | None


@dataclass(frozen=True, kw_only=True)
class Distance:
    """The largest distance of two distribution functions (Kolmogorov-Smirnov) with its p value."""

    statistic: float
    p: float


@dataclass(frozen=True, kw_only=True)
class Shift:
    """How far one column moved: the effect (Cramer's V or the Kolmogorov-Smirnov distance), and both distances."""

    column: str
    effect: float
    stability_index: float
    jensen_shannon: float
    p: float
    reference: int
    current: int
    adjusted_p: float | None = None
    adjusted: str = "raw"


def stability_index(reference: Sequence[int] | Integers, current: Sequence[int] | Integers) -> float:
    """
    Return the population stability index, the symmetric Kullback-Leibler divergence in nats (Jeffreys).

    Infinite where one side never saw a category that the other has; categories that neither has are left out.

    :raises TooFewRows: if a side has no rows
    """
    p, q = _shares(reference, current)
    if ((p == 0) | (q == 0)).any():
        return math.inf
    return float(((q - p) * np.log(q / p)).sum())


def jensen_shannon(reference: Sequence[int] | Integers, current: Sequence[int] | Integers) -> float:
    """
    Return the Jensen-Shannon divergence in bits, 0 (equal) to 1 (nothing shared); its root is a metric (Lin 1991).

    :raises TooFewRows: if a side has no rows
    """
    p, q = _shares(reference, current)
    middle = (p + q) / 2
    return max(0.0, _divergence(p, middle) / 2 + _divergence(q, middle) / 2)


def association(table: Sequence[Sequence[int]] | Integers) -> Association:
    """Return Pearson's chi-square test of a table of counts without correction, and Cramer's V (1946)."""
    counts = np.asarray(table, dtype=np.float64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    rows, columns = counts.shape
    degrees = max(0, rows - 1) * max(0, columns - 1)
    if not degrees:
        return Association(test=ChiSquare(statistic=None, degrees=0, p=None), cramers_v=None)
    n = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / n
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return Association(
        test=ChiSquare(statistic=statistic, degrees=degrees, p=chi_square_tail(statistic, degrees=degrees)),
        cramers_v=math.sqrt(statistic / (n * min(rows - 1, columns - 1))),
    )


def kolmogorov_smirnov(reference: Sequence[int] | Integers, current: Sequence[int] | Integers) -> Distance:
    """
    Return the two-sample test on counts at the same ordered points, with the asymptotic p value (as scipy).

    With ties, as in bins, the p value is too large rather than too small.

    :raises TooFewRows: if a side has no rows
    """
    from scipy.stats import kstwo

    one, other = _arrays(reference, current)
    m, n = float(one.sum()), float(other.sum())
    statistic = float(np.abs(np.cumsum(one) / m - np.cumsum(other) / n).max())
    size = max(1, round(m * n / (m + n)))
    return Distance(statistic=statistic, p=float(np.clip(kstwo.sf(statistic, size), 0.0, 1.0)))


def wasserstein(
    reference: Sequence[int] | Integers, current: Sequence[int] | Integers, *, points: Sequence[float] | Floats
) -> float:
    """
    Return the mean distance that values must be moved to turn one sample into the other, in the values' unit.

    :param points: the value of each count, ascending
    :raises TooFewRows: if a side has no rows
    """
    one, other = _arrays(reference, current)
    apart = np.abs(np.cumsum(one) / one.sum() - np.cumsum(other) / other.sum())
    return float((apart[:-1] * np.diff(np.asarray(points, dtype=np.float64))).sum())


def counts_at_shared_points(reference: Floats, current: Floats) -> tuple[Floats, Integers, Integers]:
    """Return the distinct values of two samples, ascending, and how often each has them; NaN is left out."""
    one, other = reference[~np.isnan(reference)], current[~np.isnan(current)]
    values = np.unique(np.concatenate([one, other]))
    return values, _counted(one, values), _counted(other, values)


def shift_of_categories(
    *, column: str, reference: Mapping[str, int], current: Mapping[str, int], least: int = USUAL_LEAST
) -> Shift:
    """
    Return how far the mix of categories moved.

    :param least: the fewest rows a side must have
    :raises TooFewRows: if a side has fewer
    """
    names = sorted(set(reference) | set(current))
    one, other = ([counts.get(name, 0) for name in names] for counts in (reference, current))
    _enough(column, sum(one), sum(other), least)
    found = association([one, other])
    return _shift(column, one, other, effect=found.cramers_v or 0.0, p=1.0 if found.test.p is None else found.test.p)


def shift_of_values(
    *,
    column: str,
    reference: Sequence[int] | Integers,
    current: Sequence[int] | Integers,
    least: int = USUAL_LEAST,
) -> Shift:
    """
    Return how far a distribution moved, from counts at the same ordered points or bins.

    :param least: the fewest rows a side must have
    :raises TooFewRows: if a side has fewer
    """
    _enough(column, int(np.sum(reference)), int(np.sum(current)), least)
    found = kolmogorov_smirnov(reference, current)
    return _shift(column, reference, current, effect=found.statistic, p=found.p)


def adjusted(shifts: Sequence[Shift], *, method: str = "holm") -> tuple[Shift, ...]:
    """Return the shifts of several columns with p values adjusted for their number (a name of ``ADJUSTMENTS``)."""
    from dataclasses import replace

    p_values = ADJUSTMENTS[method]([one.p for one in shifts]) if shifts else ()
    return tuple(
        replace(one, adjusted_p=p, adjusted=f"{method} over {len(shifts)} columns")
        for one, p in zip(shifts, p_values, strict=True)
    )


def _shift(
    column: str, one: Sequence[int] | Integers, other: Sequence[int] | Integers, *, effect: float, p: float
) -> Shift:
    return Shift(
        column=column,
        effect=effect,
        stability_index=stability_index(one, other),
        jensen_shannon=jensen_shannon(one, other),
        p=p,
        reference=int(np.sum(one)),
        current=int(np.sum(other)),
    )


def _enough(column: str, reference: int, current: int, least: int) -> None:
    if min(reference, current) < max(1, least):
        raise TooFewRows(
            f"The column '{column}' has {reference:,} reference rows and {current:,} current ones; "
            f"drift is judged from {max(1, least):,} on each side."
        )


def _arrays(reference: Sequence[int] | Integers, current: Sequence[int] | Integers) -> tuple[Floats, Floats]:
    one, other = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if not (one.sum() > 0 and other.sum() > 0):
        raise TooFewRows("One side has no rows, so there is nothing to compare.")
    return one, other


def _shares(reference: Sequence[int] | Integers, current: Sequence[int] | Integers) -> tuple[Floats, Floats]:
    one, other = _arrays(reference, current)
    seen = (one + other) > 0
    return one[seen] / one.sum(), other[seen] / other.sum()


def _divergence(p: Floats, q: Floats) -> float:
    seen = p > 0
    return float((p[seen] * np.log2(p[seen] / q[seen])).sum())


def _counted(sample: Floats, values: Floats) -> Integers:
    return np.bincount(np.searchsorted(values, sample), minlength=len(values)).astype(np.int64)
