"""
The paths of a test statistic from look to look, by recursive integration (Armitage, McPherson & Rowe 1969).

The score S(t) = z * sqrt(t) has independent normal increments with mean ``drift`` and variance 1
per unit of information. Between looks the paths that have crossed no boundary are kept as mass at
Gauss-Legendre nodes (Jennison & Turnbull 2000, chapter 19).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from primum.evidence.intervals import bisect, normal_quantile

Array = NDArray[np.float64]

# Beyond 7.8 standard errors of its mean a path has a probability below 1e-14.
FARTHEST = 7.8
# A panel of 20 Gauss-Legendre nodes integrates a normal density 9 standard deviations wide to 1e-12;
# what is integrated is a product of two, up to a root of 2 narrower.
PANEL = 20
NODES_PER_DEVIATION = 2.2
MOST_NODES = 2_400
NEWTON_STEPS = 60
SMALLEST = 1e-290
FAR_OUT = 100.0
BOTH = 2
"""The sides of a two-sided design."""


class LooksRefused(ValueError):
    """Looks that no boundary can be computed for; the message says what looks must be."""


@dataclass(frozen=True, kw_only=True)
class Paths:
    """
    The paths before the look number ``look`` (from 0) that have crossed nothing so far.

    ``times`` is the information at all looks, in units in which ``drift`` is the mean of z at 1.
    """

    times: tuple[float, ...]
    drift: float = 0.0
    look: int = 0
    scores: Array = field(default_factory=lambda: np.zeros(1))
    mass: Array = field(default_factory=lambda: np.ones(1))

    def above(self, bound: float) -> float:
        """Return the probability that z at this look is above a bound, after crossing nothing before."""
        return 0.0 if bound == math.inf else float(self.mass @ _lower_tail(-self._distances(bound)))

    def below(self, bound: float) -> float:
        """Return the probability that z at this look is below a bound, after crossing nothing before."""
        return 0.0 if bound == -math.inf else float(self.mass @ _lower_tail(self._distances(bound)))

    def crossing(self, bound: float, sides: int) -> float:
        """Return the probability above a bound, or beyond it on either side."""
        return self.above(bound) + (self.below(-bound) if sides == BOTH else 0.0)

    def critical(self, alpha: float, sides: int = 1) -> float:
        """Return the bound that z at this look crosses with this probability; infinite for none."""
        if alpha <= 0:
            return math.inf
        start = min(normal_quantile(1 - alpha / sides), FARTHEST) + abs(self.drift) * self._root
        return self._newton(alpha, sides, start)

    def futile(self, beta: float) -> float:
        """Return the bound that z at this look stays below with this probability; minus infinity for none."""
        if beta <= 0:
            return -math.inf
        mirrored = replace(self, drift=-self.drift, scores=-self.scores)
        return -mirrored.critical(beta)

    def beyond(self, low: float, high: float) -> "Paths":
        """Return the paths with z between two bounds at this look, as they stand before the next one."""
        mean = self.drift * self._root
        low, high = max(low, mean - FARTHEST), min(high, mean + FARTHEST)
        ahead = replace(self, look=self.look + 1, scores=np.zeros(0), mass=np.zeros(0))
        if low >= high:
            return ahead
        nodes, weights = _nodes(low, high, narrowest=self._narrowest / self._root)
        scores, step = nodes * self._root, self._step
        apart = np.subtract.outer(scores - self.drift * step * step, self.scores)
        apart *= 1 / step
        np.square(apart, out=apart)
        apart *= -0.5
        density = np.exp(apart, out=apart) @ self.mass * (self._root / step / math.sqrt(2 * math.pi))
        return replace(ahead, scores=scores, mass=weights * density)

    @property
    def _root(self) -> float:
        return math.sqrt(self.times[self.look])

    @property
    def _step(self) -> float:
        return math.sqrt(self.times[self.look] - (self.times[self.look - 1] if self.look else 0.0))

    @property
    def _narrowest(self) -> float:
        """The standard deviation of the way to this look or from it, whichever is smaller."""
        if self.look + 1 == len(self.times):
            return self._step
        return min(self._step, math.sqrt(self.times[self.look + 1] - self.times[self.look]))

    def _distances(self, bound: float) -> Array:
        step = self._step
        return (bound * self._root - self.drift * step * step - self.scores) / step

    def _newton(self, alpha: float, sides: int, start: float) -> float:
        # The logarithm of the crossing probability is concave: from above, Newton's steps never overshoot.
        bound, rate = start, self._root / self._step / math.sqrt(2 * math.pi)
        for _ in range(NEWTON_STEPS):
            reached = self.crossing(bound, sides)
            if reached < SMALLEST or abs(bound) > FAR_OUT:
                break
            slope = rate * float(self.mass @ np.exp(-0.5 * self._distances(bound) ** 2))
            if sides == BOTH:
                slope += rate * float(self.mass @ np.exp(-0.5 * self._distances(-bound) ** 2))
            if not slope > 0:
                break
            move = math.log(reached / alpha) * reached / slope
            bound += move
            if abs(move) < 1e-13 * max(1.0, abs(bound)):
                return bound
        return bisect(lambda at: self.crossing(at, sides) - alpha, low=-2 * FARTHEST, high=40.0)


def crossed(
    *, times: Sequence[float], upper: Sequence[float], lower: Sequence[float] = (), sides: int = 1, drift: float = 0.0
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """
    Return the probability of first crossing the upper and the lower boundary at each look.

    :param times: information at each look, in units in which ``drift`` is the mean of z at 1
    :param lower: lower bounds; without them none for one side, the mirrored upper ones for two
    """
    bounds = tuple(lower) or tuple(-bound if sides == BOTH else -math.inf for bound in upper)
    paths, above, below = Paths(times=tuple(times), drift=drift), [], []
    for look, (high, low) in enumerate(zip(upper, bounds, strict=True)):
        above.append(paths.above(high))
        below.append(paths.below(low))
        if look + 1 < len(upper):
            paths = paths.beyond(low, high)
    return tuple(above), tuple(below)


def _lower_tail(z: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(z), dtype=np.float64)


def _nodes(low: float, high: float, *, narrowest: float) -> tuple[Array, Array]:
    panels = max(1, math.ceil(NODES_PER_DEVIATION * (high - low) / narrowest / PANEL))
    if panels * PANEL > MOST_NODES:
        raise LooksRefused(
            "Two looks lie too close together for an exact boundary; count data that arrived since as one look."
        )
    nodes, weights = panelled(panels=panels, points=PANEL)
    return low + (high - low) * nodes, (high - low) * weights


@lru_cache(maxsize=64)
def panelled(*, panels: int, points: int) -> tuple[Array, Array]:
    """Return Gauss-Legendre nodes and weights on 0 to 1, as so many equal panels; not to be written to."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    starts = np.arange(panels) / panels
    placed = (starts[:, None] + (nodes[None, :] + 1) / (2 * panels)).reshape(-1)
    return placed, np.tile(weights / (2 * panels), panels)
