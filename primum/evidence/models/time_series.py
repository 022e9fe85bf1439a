"""Interrupted time series: level and slope before and after a start, with errors that allow for serial correlation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from primum.evidence.models.effects import Effect, NoEstimate, effect
from primum.evidence.models.grouped import Floats, Numbers

FEWEST_POINTS = 3


@dataclass(frozen=True, kw_only=True)
class Interrupted:
    """
    A segmented regression.

    ``before`` is the slope before, ``level`` the jump at the start, ``slope`` the change of slope
    after it; ``lags`` were allowed for, and ``durbin_watson`` is near 2 without serial correlation.
    """

    before: Effect
    level: Effect
    slope: Effect
    lags: int
    durbin_watson: float
    points: tuple[int, int]


def interrupted_time_series(
    *,
    values: Sequence[float],
    start: int,
    confidence: float,
    lags: int | None = None,
    seasons: int = 0,
) -> Interrupted:
    """
    Fit level and slope before and after a start (Wagner et al. 2002; Bernal, Cummins & Gasparrini 2017).

    Errors are Newey and West's 1987 with the small-sample factor n / (n - terms); Student's t.

    :param values: one number for each period, in order of time
    :param start: how many periods lie before the start
    :param lags: serial correlation up to so many periods; the integer part of 4 (n / 100)^(2/9) if left out
    :param seasons: periods of a year, for one term per season; 0 for none
    :raises NoEstimate: with fewer than three periods before or after, or none left over for the residual
    """
    y = np.asarray(values, dtype=np.float64)
    after = len(y) - start
    if min(start, after) < FEWEST_POINTS:
        raise NoEstimate(f"There are {start} periods before and {after} after; a slope needs three on each side.")
    if not np.all(np.isfinite(y)):
        raise NoEstimate("A period has no value; leave the series out or fill the gap before.")
    x = _segments(len(y), start, seasons)
    beta, covariance, residual, used = newey_west(x, y, lags=lags)
    left = len(y) - x.shape[1]
    terms = [
        effect(
            value=float(beta[place]), error=float(covariance[place, place]) ** 0.5, confidence=confidence, degrees=left
        )
        for place in (1, 2, 3)
    ]
    spread = float((residual**2).sum())
    return Interrupted(
        before=terms[0],
        level=terms[1],
        slope=terms[2],
        lags=used,
        durbin_watson=float((np.diff(residual) ** 2).sum()) / spread if spread else 2.0,
        points=(start, after),
    )


def newey_west(design: Floats, values: Numbers, *, lags: int | None = None) -> tuple[Floats, Floats, Floats, int]:
    """
    Return coefficients, their Newey-West covariance, residuals and the lags used.

    :param design: periods x terms, in order of time
    :raises NoEstimate: if the terms cannot be told apart, or none is left over for the residual
    """
    y = np.asarray(values, dtype=np.float64)
    n, terms = design.shape
    if n <= terms or np.linalg.matrix_rank(design) < terms:
        raise NoEstimate(f"{n} periods do not determine {terms} terms; a longer series is needed.")
    used = int(4 * (n / 100) ** (2 / 9)) if lags is None else lags
    bread = np.linalg.inv(design.T @ design)
    beta = bread @ (design.T @ y)
    residual = y - design @ beta
    scores = design * residual[:, None]
    meat = scores.T @ scores
    for lag in range(1, min(used, n - 1) + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat = meat + (1 - lag / (used + 1)) * (cross + cross.T)
    covariance = bread @ meat @ bread * n / (n - terms)
    return beta, np.asarray(covariance, dtype=np.float64), residual, used


def _segments(n: int, start: int, seasons: int) -> Floats:
    time = np.arange(1, n + 1, dtype=np.float64)
    later = (time > start).astype(np.float64)
    columns = [np.ones(n), time, later, later * (time - start - 1)]
    if seasons > 1:
        season = np.arange(n) % seasons
        columns += [(season == one).astype(np.float64) for one in range(1, seasons)]
    return np.column_stack(columns)
