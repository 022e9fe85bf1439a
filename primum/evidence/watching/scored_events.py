"""How many events there are if scores mean what they say: exact distributions, and the counts that alarm."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.watching.exact_limits import FARTHEST, MOST_CELLS
from primum.evidence.watching.series import Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Sums:
    """
    The exact distribution of the number of events in many cells: chances of ``first`` and the counts that follow it.

    What lies outside has a chance of less than one in a million million.
    """

    first: Array
    chances: Array

    def tests(self, *, n: Array, alpha: float) -> "Sides":
        """Return the counts that alarm on each side with a chance of alpha at most."""
        at_most = np.minimum(1.0, np.cumsum(self.chances, axis=1))
        at_least = np.minimum(1.0, np.cumsum(self.chances[:, ::-1], axis=1)[:, ::-1])
        high, low = (at_least > alpha).sum(axis=1), (at_most <= alpha).sum(axis=1) - 1
        few, many = self.first + low, self.first + high
        return Sides(
            low=few,
            high=many,
            chance=np.stack([_at(at_most, low), _at(at_least, high)], axis=1),
            looser=np.stack(
                [
                    np.where(few + 1 < n, _at(at_most, low + 1), np.inf),
                    np.where(many > 1, _at(at_least, high - 1), np.inf),
                ],
                axis=1,
            ),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Sides:
    """Counts that alarm in many cells, the chance of each side, and that chance if one count more (or fewer) did."""

    low: Array
    high: Array
    chance: Array
    looser: Array


def _at(tails: Array, place: NDArray[np.intp]) -> Array:
    """Return the chance at a place, 0 beyond both ends."""
    inside = (place >= 0) & (place < tails.shape[1])
    found = np.take_along_axis(tails, np.clip(place, 0, tails.shape[1] - 1)[:, None], axis=1)[:, 0]
    return np.where(inside, found, 0.0)


def sums_of_events(*, n: Array, scores: Array) -> Sums:
    """
    Return the exact distribution of the number of events if the scores mean what they say (Poisson-binomial).

    By its characteristic function (Hong 2013), at as many points as the counts that matter.

    :param n: cases of shape (cells, scores)
    """
    from scipy.fft import next_fast_len

    total, mean, spread = n.sum(axis=1), n @ scores, np.sqrt(n @ (scores * (1 - scores)))
    reach = np.minimum(total + 2, 2 * (FARTHEST * spread + 10)).max(initial=1.0)
    size = next_fast_len(math.ceil(reach), real=True)
    first = np.clip(np.floor(mean) - size // 2, 0.0, np.maximum(0.0, total + 1 - size))
    turns = np.exp(-2j * math.pi * np.arange(size // 2 + 1) / size)
    # A score of exactly 1/2 has a transform of 0 at the half turn, which has no logarithm.
    step = 1 - scores[:, None] + scores[:, None] * turns[None, :]
    logarithms = np.log(np.where(step == 0, 1e-300, step))
    waves = np.fft.irfft(np.exp(n @ logarithms), size, axis=1)
    places = (first[:, None].astype(np.int64) + np.arange(size)[None, :]) % size
    return Sums(first=first, chances=np.maximum(np.take_along_axis(waves, places, axis=1), 0.0))


def sides_of(*, n: Array, scores: Array, alpha: float) -> Sides:
    """Return the counts of events that alarm, each side with the chance alpha at most; of shape (places, periods)."""
    cells = n.reshape(-1, len(scores))
    step = max(1, MOST_CELLS // (2 * int(FARTHEST * math.sqrt(cells.sum(axis=1).max(initial=1.0)) + 20)))
    parts = [
        sums_of_events(n=part, scores=scores).tests(n=part.sum(axis=1), alpha=alpha)
        for begin in range(0, max(1, len(cells)), step)
        for part in (cells[begin : begin + step],)
    ]
    low, high, chance, looser = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("low", "high", "chance", "looser")
    )
    shape = n.shape[:2]
    return Sides(
        low=low.reshape(shape),
        high=high.reshape(shape),
        chance=chance.reshape(*shape, 2),
        looser=looser.reshape(*shape, 2),
    )
