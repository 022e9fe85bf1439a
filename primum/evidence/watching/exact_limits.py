"""Exact tests of many counts at once: from which count on a share, or a ratio of two rates, is too high."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from primum.evidence.watching.series import Array

# Beyond so many standard deviations lies less than one in a million million.
FARTHEST = 7.2
# So many chances at once; more of them would wait for the memory.
MOST_CELLS = 400_000
# Two neighbouring counts are never so unlike that a product of a window's ratios is too large for a number.
STEEPEST = 1e20


class Law(Protocol):
    """How counts are distributed if a limit is just met; ``total`` is the largest a count can be."""

    @property
    def total(self) -> Array:
        """The largest that a count can be, at each place; 0 where nothing is known."""

    def at_least(self, count: Array) -> Array:
        """Return the chance of so many or more."""

    def first(self, alpha: float) -> Array:
        """Return the smallest count with P(X >= count) <= alpha, which may be total + 1."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Binomial:
    """
    Events among n units of which each has one with the same chance.

    :param n: units of any shape; NaN or 0 where there are none
    """

    n: Array
    share: float

    @cached_property
    def total(self) -> Array:
        """The units, in whole numbers."""
        return np.rint(np.where(np.isfinite(self.n) & (self.n > 0), self.n, 0.0))

    def at_least(self, count: Array) -> Array:
        """Return the chance of so many or more."""
        return _at_least(count, self.total, self.share)

    def first(self, alpha: float) -> Array:
        """Return the smallest count with P(X >= count) <= alpha, which may be total + 1."""
        # Places of the same size have the same limit.
        sizes, which = np.unique(self.total, return_inverse=True)
        return _first_too_many(sizes, self.share, alpha)[which].reshape(self.total.shape)


def _first_too_many(n: Array, share: float, alpha: float) -> Array:
    from scipy.special import bdtrik

    inside = min(max(share, 1e-12), 1 - 1e-12)
    guess = np.nan_to_num(np.ceil(bdtrik(1 - alpha, np.maximum(n, 1.0), inside)), nan=0.0)
    count = np.clip(guess, 0.0, n + 1)
    for _ in range(3):
        count = np.where((count <= n) & (_at_least(count, n, share) > alpha), count + 1, count)
    for _ in range(3):
        fewer = count - 1
        count = np.where((fewer >= 0) & (_at_least(fewer, n, share) <= alpha), fewer, count)
    return np.asarray(np.maximum(count, 1.0 if share <= 0 else 0.0), dtype=np.float64)


def _at_least(count: Array, n: Array, share: float) -> Array:
    """Return P(X >= count) for whole n."""
    from scipy.special import bdtrc

    found = bdtrc(np.clip(count - 1, 0.0, n), n.astype(np.int64), min(max(share, 0.0), 1.0))
    return np.asarray(np.where(count <= 0, 1.0, np.where(count > n, 0.0, found)), dtype=np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class OfTwo:
    """
    Events of one group given the events of two, if its rate is so many times that of the other.

    Exact if the ratio is 1, and for any ratio where events are rare (then it is Przyborowski & Wilenski's 1940).
    Otherwise the distribution also depends on the rate itself, and that is the one which all events show.

    :param n: people of the group; NaN or 0 where there are none
    :param other: people of the other
    :param events: events of both together; NaN where they are not known
    """

    n: Array
    other: Array
    events: Array
    ratio: float

    @cached_property
    def total(self) -> Array:
        """The events of both groups, in whole numbers; 0 where a group is empty."""
        known = np.isfinite(self.events) & (self.n > 0) & (self.other > 0)
        return np.rint(np.where(known, self.events, 0.0))

    @property
    def share(self) -> Array:
        """The share of all events that the group has on average."""
        with np.errstate(invalid="ignore", divide="ignore"):
            weight = self.ratio * self.n
            return np.asarray(np.nan_to_num(weight / (weight + self.other), nan=0.5), dtype=np.float64)

    def at_least(self, count: Array) -> Array:
        """Return the chance of so many or more."""
        first, tails = self._tails
        place = np.clip(count.reshape(-1) - first, 0, tails.shape[1] - 1).astype(np.int64)
        found = np.take_along_axis(tails, place[:, None], axis=1)[:, 0]
        found = np.where(count.reshape(-1) - first >= tails.shape[1], 0.0, found)
        return np.asarray(found.reshape(count.shape), dtype=np.float64)

    def first(self, alpha: float) -> Array:
        """Return the smallest count with P(X >= count) <= alpha, which may be total + 1."""
        first, tails = self._tails
        # Chances only fall from count to count.
        return np.asarray((first + (tails > alpha).sum(axis=1)).reshape(self.total.shape), dtype=np.float64)

    @cached_property
    def _tails(self) -> tuple[Array, Array]:
        """The smallest count that matters at each place, and the chances of it or more, of one more or more ..."""
        # What is no whole number of people is rounded, and never to nobody.
        n, other = (
            np.maximum(1.0, np.rint(np.where(self.total > 0, one, 1.0))).reshape(-1) for one in (self.n, self.other)
        )
        events = np.minimum(self.total.reshape(-1), n + other)
        first, width, odds = _window(n, other, events, self.ratio)
        tails = np.zeros((len(first), width))
        step = max(1, MOST_CELLS // width)
        for begin in range(0, len(first), step):
            part = slice(begin, begin + step)
            chances = _noncentral(n[part], other[part], events[part], (first[part], width), odds[part])
            tails[part] = np.minimum(1.0, np.cumsum(chances[:, ::-1], axis=1)[:, ::-1])
        return first, tails


def _window(n: Array, other: Array, events: Array, ratio: float) -> tuple[Array, int, Array]:
    """Return from which count on chances matter, over how many counts, and the odds ratio of the two groups."""
    most = (1 - 1e-9) / max(1.0, ratio)
    base = np.clip(events / (ratio * n + other), 1e-12, most)
    odds = ratio * (1 - base) / (1 - ratio * base)
    mean = events * ratio * n / (ratio * n + other)
    spread = np.sqrt(
        1 / (1 / np.maximum(n * ratio * base * (1 - ratio * base), 1e-9) + 1 / (other * base * (1 - base)))
    )
    lowest, highest = np.maximum(0.0, events - other), np.minimum(n, events)
    reach = FARTHEST * spread + 10
    first = np.clip(np.floor(mean - reach), lowest, np.maximum(lowest, highest))
    last = np.clip(np.ceil(mean + reach), first, np.maximum(first, highest))
    return first, int((last - first).max(initial=0.0)) + 1, odds


def _noncentral(n: Array, other: Array, events: Array, window: tuple[Array, int], odds: Array) -> Array:
    """Return the chances of Fisher's noncentral hypergeometric distribution (Cornfield 1956), by their ratios."""
    first, width = window
    x = first[:, None] + np.arange(width - 1)[None, :]
    up = np.maximum(0.0, (n[:, None] - x) * (events[:, None] - x)) * odds[:, None]
    down = (x + 1) * np.maximum(1.0, other[:, None] - events[:, None] + x + 1)
    ratios = np.minimum(up / down, STEEPEST)
    chances = np.concatenate([np.ones((len(first), 1)), np.cumprod(ratios, axis=1)], axis=1)
    return np.asarray(chances / chances.sum(axis=1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tests:
    """
    One-sided exact tests: the fewest counts that alarm, their chance, and the chance if one count fewer alarmed.

    ``looser`` is infinite where that count would be none at all.
    """

    count: Array
    chance: Array
    looser: Array


def tests_of(law: Law, *, alpha: float) -> Tests:
    """Return the tests that alarm with a chance of alpha at most."""
    count = np.maximum(law.first(alpha), 1.0)
    fewer = np.where((count > 1) & (law.total > 0), law.at_least(count - 1), np.inf)
    return Tests(count=count, chance=np.where(law.total > 0, law.at_least(count), 0.0), looser=fewer)


def units_needed(*, share: float, alpha: float) -> int:
    """Return how many units make the share of all of them significantly more than this one; 1 at least."""
    if share <= 0:
        return 1
    return max(1, math.ceil(math.log(alpha) / math.log(share) - 1e-9)) if share < 1 else 0


Flags = NDArray[np.bool_]
