"""Were the arms alike at the start: standardised mean differences of amounts, shares and categories."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from primum.evidence.counts.moments import Moments
from primum.evidence.intervals import Group, Interval, two_sided_z


class NoBalance(ValueError):
    """Balance was asked for where it has no value; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Standardised:
    """A difference in units of the pooled standard deviation, with its interval; 0.1 is often taken as small."""

    value: float
    interval: Interval


def difference_of_means(*, first: Moments, second: Moments, confidence: float) -> Standardised:
    """
    Return (mean1 - mean2) / sqrt((s1^2 + s2^2) / 2) (Austin 2009), with the interval of Hedges & Olkin 1985.

    :raises NoBalance: if a side has fewer than two values, or no value differs though the means do
    """
    if first.mean is None or second.mean is None or first.variance is None or second.variance is None:
        raise NoBalance(
            f"There are {first.n:,} and {second.n:,} values; a standardised difference needs two on each side."
        )
    return _standardised(
        first.mean - second.mean, (first.variance + second.variance) / 2, (first.n, second.n), confidence
    )


def difference_of_shares(*, first: Group, second: Group, confidence: float) -> Standardised:
    """
    Return (p1 - p2) / sqrt((p1 q1 + p2 q2) / 2) (Austin 2009).

    :raises NoBalance: if a side is empty, or all of one side and none of the other have it
    """
    if not (first.n and second.n):
        raise NoBalance(f"There are {first.n:,} and {second.n:,} units; a standardised difference needs both sides.")
    spread = (first.p * (1 - first.p) + second.p * (1 - second.p)) / 2
    return _standardised(first.p - second.p, spread, (first.n, second.n), confidence)


def difference_of_categories(*, first: Sequence[int], second: Sequence[int], confidence: float) -> Standardised:
    """
    Return the Mahalanobis distance of two mixes of categories, never negative (Yang & Dalton 2012).

    :param first: counts by category, in the same order as ``second``
    :raises NoBalance: if a side is empty, or the mixes share too little to have a distance
    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if not (one.sum() and other.sum()):
        raise NoBalance("One side has no units; a standardised difference needs both.")
    seen = (one + other) > 0
    p, q = one[seen][1:] / one.sum(), other[seen][1:] / other.sum()
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    if len(p) and np.linalg.matrix_rank(covariance) < len(p):
        raise NoBalance("A category has all units of one side and none of the other; that distance has no limit.")
    square = float((p - q) @ np.linalg.solve(covariance, p - q)) if len(p) else 0.0
    return _standardised(math.sqrt(max(0.0, square)), 1.0, (int(one.sum()), int(other.sum())), confidence)


def _standardised(difference: float, variance: float, sizes: tuple[int, int], confidence: float) -> Standardised:
    if variance == 0 and difference != 0:
        raise NoBalance("Nothing varies within the sides and yet they differ; that difference has no limit.")
    value = difference / math.sqrt(variance) if variance else 0.0
    n = sum(sizes)
    half = two_sided_z(confidence) * math.sqrt(n / (sizes[0] * sizes[1]) + value**2 / (2 * n))
    return Standardised(value=value, interval=Interval(lower=value - half, upper=value + half))
