"""Exact tests of many counts at once: from which count on a share is too high or too low."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.watching.series import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Critical:
    """
    Counts that alarm: at or below ``low``, at or above ``high``; -1 and n + 1 where none does.

    ``could_low`` and ``could_high`` say whether any count could; a limit that is not declared always could.
    """

    low: Array
    high: Array
    could_low: NDArray[np.bool_]
    could_high: NDArray[np.bool_]

    def alarms(self, events: Array) -> NDArray[np.bool_]:
        """Return where counts alarm; what is not known does not."""
        return np.asarray((events <= self.low) | (events >= self.high), dtype=bool)

    @property
    def could(self) -> NDArray[np.bool_]:
        """Where every declared limit could be passed."""
        return self.could_low & self.could_high


def critical_counts(*, n: Array, at_least: Array | None, at_most: Array | None, alpha: float) -> Critical:
    """
    Return the counts among n that alarm, each side with the chance alpha at most if the share is the limit itself.

    :param n: units; NaN or 0 where there are none
    :param at_least: shares below which to alarm; ``None`` if no share is too low
    """
    units = np.where(np.isfinite(n) & (n > 0), np.rint(np.where(np.isfinite(n), n, 0.0)), 0.0)
    low, high = np.full(units.shape, -1.0), units + 1
    could_low = could_high = np.ones(units.shape, dtype=bool)
    if at_most is not None:
        high = _first_too_many(units, np.broadcast_to(at_most, units.shape), alpha)
        could_high = high <= units
    if at_least is not None:
        others = _first_too_many(units, 1 - np.broadcast_to(at_least, units.shape), alpha)
        low = units - others
        could_low = others <= units
    return Critical(low=low, high=high, could_low=could_low & (units > 0), could_high=could_high & (units > 0))


def units_needed(*, share: float, alpha: float) -> int:
    """Return how many units make the share of all of them significantly more than this one; 1 at least."""
    if share <= 0:
        return 1
    return max(1, math.ceil(math.log(alpha) / math.log(share) - 1e-9)) if share < 1 else 0


def _first_too_many(n: Array, share: Array, alpha: float) -> Array:
    """Return the smallest count with P(X >= count) <= alpha, which may be n + 1."""
    from scipy.special import bdtrik

    inside = np.clip(share, 1e-12, 1 - 1e-12)
    guess = np.nan_to_num(np.ceil(bdtrik(1 - alpha, np.maximum(n, 1.0), inside)), nan=0.0)
    count = np.clip(guess, 0.0, n + 1)
    for _ in range(3):
        count = np.where((count <= n) & (_at_least(count, n, share) > alpha), count + 1, count)
    for _ in range(3):
        fewer = count - 1
        count = np.where((fewer >= 0) & (_at_least(fewer, n, share) <= alpha), fewer, count)
    return np.asarray(np.maximum(count, np.where(share <= 0, 1.0, 0.0)), dtype=np.float64)


def _at_least(count: Array, n: Array, share: Array) -> Array:
    """Return P(X >= count) for whole n."""
    from scipy.special import bdtrc

    found = bdtrc(np.clip(count - 1, 0.0, n), n.astype(np.int64), np.clip(share, 0.0, 1.0))
    return np.asarray(np.where(count <= 0, 1.0, np.where(count > n, 0.0, found)), dtype=np.float64)


def chance_of_alarm(*, critical: Critical, n: Array, share: Array) -> Array:
    """Return the exact chance that a count among n alarms if the share is this one."""
    from scipy.special import bdtr

    low = np.where(critical.low >= 0, bdtr(np.maximum(critical.low, 0.0), n.astype(np.int64), share), 0.0)
    return np.asarray(low + _at_least(critical.high, n, share), dtype=np.float64)
