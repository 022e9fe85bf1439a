"""
The largest distance of two distributions over the levels there are: how often chance alone makes it so large.

The usual p value of the Kolmogorov-Smirnov test is for values without ties. Bins are nothing but ties, and with ten of
them the test alarms half as often as asked, with three hardly ever. Given the levels of both samples together, the
distances at the ends of the levels are those of a Brownian bridge at these points, for large samples, with the
variance of drawing without replacement; a bridge forgets, so its chance of staying within a limit is carried on from
level to level (Schroer & Trenkler 1995 do the same by counting paths; Doob 1949 for the bridge). With few rows the
ways are counted (``ordered_ties``) wherever it might change what is decided.
"""

import math

import numpy as np

from primum.evidence.designs.paths import panelled
from primum.evidence.watching.exact_limits import Flags
from primum.evidence.watching.ordered_ties import exact_chance
from primum.evidence.watching.series import Array

# A level from which the bridge moves less (a variance) than this is looked at together with the next; the nodes could
# not tell them apart. With more levels than so many, that would matter, and all points between are taken instead.
CLOSEST = 1e-3
MOST_LEVELS = 300
# A level so near an end that the limit lies this many standard deviations away adds nothing.
FARTHEST = 6.0
# A few levels, not close together, say of most places at small cost that nothing moved.
FEW_LEVELS = (0.2, 0.4, 0.6, 0.8)
NOT_CLOSE = 0.05
NODES = 16
DEVIATIONS_OF_A_PANEL = 10.0
# So many kernels at once are kept in memory.
MOST_CELLS = 1_000_000


# With so many rows on the smaller side, or fewer, what is near a decision is counted exactly. Near is within a factor
# of e to this over the square root of the rows: so far the limit for large samples is off at most.
MOST_ROWS = 1_000
NEAR = 5.0


def chance_of_distance(
    *, distance: Array, one: Array, other: Array, sure: float | Array, worth: float | Array
) -> Array:
    """
    Return how often two samples from one distribution are so far apart.

    For large samples; with few rows and a chance from ``sure`` to ``worth``, or near these, exactly. Farther away it
    is an upper bound of what is less than ``sure``, and a lower bound of what is above ``worth``: what a test decides
    is the same, and the test of many places is fast.

    :param distance: the largest distance of the two distribution functions, one for each place
    :param one: counts of shape (places, levels), levels in their order
    :param other: of the same shape
    """
    from scipy.special import kolmogorov

    n, m = one.sum(axis=1), other.sum(axis=1)
    rows = np.maximum(n + m, 2.0)
    shares = np.clip(np.cumsum(one + other, axis=1) / rows[:, None], 0.0, 1.0)[:, :-1]
    z = distance * np.sqrt(n * m * (rows - 1)) / rows
    # At every point between the levels, too, it would be more frequent; at a few of them alone it is rarer.
    most = np.asarray(kolmogorov(z), dtype=np.float64)
    if shares.shape[1] > MOST_LEVELS:
        return most
    chance = _of_bridge(z, shares, most, sure=np.broadcast_to(sure, z.shape), worth=np.broadcast_to(worth, z.shape))
    few = (np.minimum(n, m) > 0) & (np.minimum(n, m) <= MOST_ROWS)
    near = np.exp(NEAR / np.sqrt(np.maximum(np.minimum(n, m), 1.0)))
    for place in np.flatnonzero(few & (chance * near > sure) & (chance < worth * near)):
        chance[place] = exact_chance(one=one[place], other=other[place])
    return chance


def _of_bridge(z: Array, shares: Array, most: Array, *, sure: Array, worth: Array) -> Array:
    chance = np.where(most <= sure, most, _at_one_level(z, shares))
    for levels, closest in ((_few(shares), NOT_CLOSE), (shares, CLOSEST)):
        asked = (chance <= worth) & (most > sure)
        found = _beyond(z[asked], levels[asked], closest=closest)
        chance[asked] = np.clip(found, chance[asked], most[asked])
    return np.asarray(np.clip(chance, 0.0, 1.0), dtype=np.float64)


def _at_one_level(z: Array, shares: Array) -> Array:
    from scipy.special import ndtr

    widest = np.sqrt((shares * (1 - shares)).max(axis=1, initial=0.0))
    return np.asarray(np.where(widest > 0, 2 * ndtr(-z / np.maximum(widest, 1e-12)), 1.0), dtype=np.float64)


def _few(shares: Array) -> Array:
    """Return of each place the levels nearest to a few shares, in their order."""
    if not shares.size:
        return shares
    places = [np.abs(shares - share).argmin(axis=1) for share in FEW_LEVELS]
    return np.take_along_axis(shares, np.stack(places, axis=1), axis=1)


def _beyond(z: Array, shares: Array, *, closest: float) -> Array:
    """Return the chance that a Brownian bridge is at z or farther from 0 at one of these points at least."""
    found = np.zeros(len(z))
    new, moves = _looked_at(z, shares, closest=closest)
    least = np.where(new, moves, 1.0).min(axis=1, initial=1.0)
    # Places that need about as many nodes go together.
    panels = np.ceil(2 * z / np.sqrt(least) / DEVIATIONS_OF_A_PANEL).astype(int).clip(1)
    for count in np.unique(panels):
        here = np.flatnonzero(panels == count)
        step = max(1, MOST_CELLS // (count * NODES) ** 2)
        for begin in range(0, len(here), step):
            part = here[begin : begin + step]
            found[part] = 1 - _within(z[part], shares[part], new[part], panels=int(count))
    return found


def _looked_at(z: Array, shares: Array, *, closest: float) -> tuple[Flags, Array]:
    """Return which levels are looked at, and the variance with which the bridge moves to each from the last such."""
    new, moves, at = np.zeros(shares.shape, dtype=bool), np.ones(shares.shape), np.zeros(len(z))
    for level, share in enumerate(shares.T):
        moves[:, level] = (share - at) * (1 - share) / (1 - at)
        far = share * (1 - share) * FARTHEST**2 >= z * z
        new[:, level] = (moves[:, level] >= closest) & far
        at = np.where(new[:, level], share, at)
    return new, moves


def _within(z: Array, shares: Array, new: Flags, *, panels: int) -> Array:
    """Return the chance that a bridge is within z of 0 at all the points that are looked at."""
    places, weights = panelled(panels=panels, points=NODES)
    levels, widths = z[:, None] * (2 * places - 1)[None, :], 2 * z[:, None] * weights[None, :]
    # Before the first level the bridge is at 0.
    at, density = np.zeros(len(z)), np.zeros(levels.shape)
    for share, here in zip(shares.T, new.T, strict=True):
        if here.any():
            moved = _moved(levels, widths * density, at=at, to=np.where(here, share, (1 + at) / 2))
            density = np.where(here[:, None], moved, density)
            at = np.where(here, share, at)
    return np.asarray(np.where(at > 0, (widths * density).sum(axis=1), 1.0), dtype=np.float64)


def _moved(levels: Array, masses: Array, *, at: Array, to: Array) -> Array:
    """Return the density of bridges at the next point, of those that are within their limits so far."""
    spread = np.sqrt((to - at) * (1 - to) / (1 - at))[:, None]
    drawn = ((1 - to) / (1 - at))[:, None]
    first = np.exp(-0.5 * (levels / spread) ** 2)
    kernel = np.exp(-0.5 * ((levels[:, :, None] - drawn[:, :, None] * levels[:, None, :]) / spread[:, :, None]) ** 2)
    later = (kernel @ masses[:, :, None])[:, :, 0]
    return np.asarray(np.where((at > 0)[:, None], later, first) / (math.sqrt(2 * math.pi) * spread), dtype=np.float64)
