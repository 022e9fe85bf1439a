"""
CUSUMs of many places whose volume varies: each period's limit spends what is due of the false alarms, exactly.

A limit that is fixed beforehand suits one volume. Here the distribution of the chart, if all is well, is
carried on from period to period for the volumes there really were, and the limit is the lowest whose
false alarms so far stay within 1 - (1 - alpha)^t (Zhang & Woodall 2015; what a period leaves over goes on to the
next, as in a group-sequential boundary). So the mean run length is 1 / alpha for any volumes.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from primum.evidence.watching.charts import ChartRefused

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Law = Literal["binomial", "poisson"]

# The chart counts in eighths of an event: fine enough for its reference, coarse enough to be fast.
PARTS = 4
LARGEST_CHART = 2**13
LONGEST_LOOK_AHEAD = 250
# A limit is a sum of probabilities; what they are off by must not move it.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Rates:
    """The rate that is acceptable and the one to be noticed; events per unit, or per event expected."""

    law: Law
    acceptable: float
    worse: float

    def __post_init__(self) -> None:
        if not 0 < self.acceptable < self.worse or (self.law == "binomial" and self.worse >= 1):
            raise ChartRefused(
                f"Rates {self.acceptable:g} and {self.worse:g} cannot be charted; they are above 0 and rise, "
                "and shares stay below 1."
            )

    @property
    def reference(self) -> float:
        """Events per unit at which both rates are equally likely (Moustakides 1986)."""
        if self.law == "poisson":
            return (self.worse - self.acceptable) / math.log(self.worse / self.acceptable)
        none = -math.log((1 - self.worse) / (1 - self.acceptable))
        return none / (none + math.log(self.worse / self.acceptable))

    @property
    def gain(self) -> float:
        """What an event adds to the log likelihood ratio."""
        gain = math.log(self.worse / self.acceptable)
        return gain if self.law == "poisson" else gain + math.log((1 - self.acceptable) / (1 - self.worse))


@dataclass(frozen=True, kw_only=True, eq=False)
class Limits:
    """
    Limits of shape (places, periods), in eighths of an event, infinite where none is read; and the error spent by then.

    ``down`` is what the chart loses in each period.
    """

    at: Array
    down: Whole
    spent: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class ChartPaths:
    """The charts' levels and limits in events, and the index of the period that signalled first (-1: none did)."""

    levels: Array
    limits: Array
    first: Whole


def watched(*, events: Array, units: Array, rates: Rates, alpha: float) -> ChartPaths:
    """
    Return the charts of several places; a period without units is not read, and passes no time.

    :param events: counts of shape (places, periods); NaN where not known
    :param units: people, or expected events, of the same shape
    :param alpha: chance of a false alarm in one period of one chart
    """
    read = np.isfinite(events) & np.isfinite(units) & (units > 0)
    counted = np.where(read, events, 0.0)
    limits = limits_for(units=np.where(read, units, 0.0), rates=rates, alpha=alpha)
    levels, level = np.zeros(counted.shape), np.zeros(len(counted))
    for period in range(counted.shape[1]):
        level = np.maximum(0.0, level + PARTS * counted[:, period] - limits.down[:, period])
        levels[:, period] = level
    signals = read & (counted > 0) & (levels >= limits.at)
    first = np.where(signals.any(axis=1), signals.argmax(axis=1), -1)
    return ChartPaths(levels=levels / PARTS, limits=limits.at / PARTS, first=first)


def limits_for(*, units: Array, rates: Rates, alpha: float) -> Limits:
    """
    Return the limits of charts with so many units in each period.

    :raises ChartRefused: if the volumes are too large for an exact chart
    """
    # Places with the same volumes have the same limits.
    volumes, places = np.unique(np.asarray(units, dtype=np.float64), axis=0, return_inverse=True)
    found = _limits(rates, alpha, volumes.shape, volumes.tobytes())
    places = places.reshape(-1)
    return Limits(at=found.at[places], down=found.down[places], spent=found.spent[places])


@lru_cache(maxsize=512)
def _limits(rates: Rates, alpha: float, shape: tuple[int, int], volumes: bytes) -> Limits:
    units = np.frombuffer(volumes, dtype=np.float64).reshape(shape)
    room = PARTS * math.ceil(math.log(1 / alpha) / rates.gain + 3)
    while room <= LARGEST_CHART:
        found = _Walk(rates, alpha, units, room).limits()
        if found is not None:
            return found
        room *= 2
    raise ChartRefused("These volumes are too large for an exact chart; count in shorter periods or by site.")


class _Walk:
    """The distribution of the charts' levels if all is well, period by period."""

    def __init__(self, rates: Rates, alpha: float, units: Array, room: int) -> None:
        self.alpha, self.units, self.room = alpha, units, room
        self.down = _downs(rates, units)
        self.steps = Steps(rates.law, rates.acceptable, units, self.down, room)
        self.alive = self.steps.start(len(units))
        self.spent, self.read = np.zeros(len(units)), np.zeros(len(units), dtype=np.int64)

    def limits(self) -> Limits | None:
        """Return the limits, or nothing if a limit would lie beyond the room there is."""
        at, spent = np.full(self.units.shape, np.inf), np.zeros(self.units.shape)
        for period in range(self.units.shape[1]):
            here = self._limit(period)
            if here is None:
                return None
            at[:, period], spent[:, period] = here, self.spent
        return Limits(at=at, down=self.down, spent=spent)

    def _limit(self, period: int) -> Array | None:
        going = self.units[:, period] > 0
        without, with_events, over = self.steps.moved(self.alive, period)
        self.read += going
        due = np.maximum(0.0, -np.expm1(self.read * math.log1p(-self.alpha)) - self.spent) + ROUNDING
        tails = np.cumsum(with_events[:, ::-1], axis=1)[:, ::-1] + over[:, None]
        if (going & (over > due)).any():
            return None
        beyond = (tails <= due[:, None]) & going[:, None]
        signalled = np.where(beyond, with_events, 0.0).sum(axis=1) + np.where(going, over, 0.0)
        self.spent = self.spent + signalled
        self.alive = without + np.where(beyond, 0.0, with_events)
        return np.where(going, self.room - beyond.sum(axis=1), np.inf)


class Steps:
    """How the levels of charts move in one period; moves beyond the room are summed instead of carried out."""

    def __init__(self, law: Law, true: float, units: Array, down: Whole, room: int) -> None:
        pairs = np.stack([units.reshape(-1), down.reshape(-1).astype(np.float64)], axis=1)
        cells, places = np.unique(pairs, axis=0, return_inverse=True)
        self.room, self.cell, self.down = room, places.reshape(units.shape), down
        self.none, self.waves, self.below = _moves(law, true, cells[:, 0], cells[:, 1].astype(np.int64), room)

    def start(self, charts: int) -> Array:
        """Return charts that are all at 0."""
        alive = np.zeros((charts, self.room))
        alive[:, 0] = 1.0
        return alive

    def moved(self, alive: Array, period: int) -> tuple[Array, Array, Array]:
        """Return where charts are after a period without any event, and with events, and how many are beyond."""
        cell, room = self.cell[:, period], self.room
        none, total = self.none[cell], alive.sum(axis=1)
        levels = np.fft.irfft(np.fft.rfft(alive, 2 * room, axis=1) * self.waves[cell], 2 * room, axis=1)[:, :room]
        levels = np.maximum(levels, 0.0)
        levels[:, 0] = (alive * self.below[cell]).sum(axis=1)
        over = np.maximum(0.0, total * (1 - none) - levels.sum(axis=1))
        return self._without(alive, period) * none[:, None], levels, over

    def _without(self, alive: Array, period: int) -> Array:
        padded = np.concatenate([alive, np.zeros((len(alive), 1))], axis=1)
        taken = np.minimum(np.arange(self.room)[None, :] + self.down[:, period, None], self.room)
        moved = np.take_along_axis(padded, taken, axis=1)
        moved[:, 0] += alive.sum(axis=1) - moved.sum(axis=1)
        return moved


def _moves(law: Law, true: float, units: Array, down: Whole, room: int) -> tuple[Array, NDArray[np.complex128], Array]:
    """Return for each volume: the chance of no event, the transform of its moves, and the chance to fall to 0."""
    first = (down - room) // PARTS
    x = first[:, None] + np.arange(2 * room // PARTS + 2)[None, :]
    chances, before = _chances(law, true, units[:, None], x)
    none = np.exp(units * (math.log1p(-true) if law == "binomial" else -true))
    summed = before[:, :1] + np.cumsum(chances, axis=1)
    offsets = PARTS * x - down[:, None]
    kept = (np.abs(offsets) < room) & (x > 0)
    moves = np.zeros((len(units), 2 * room))
    rows = np.broadcast_to(np.arange(len(units))[:, None], x.shape)
    moves[rows[kept], offsets[kept] % (2 * room)] = chances[kept]
    fewest = (down[:, None] - np.arange(room)[None, :]) // PARTS - first[:, None]
    below = np.take_along_axis(summed, np.maximum(fewest, 0), axis=1) - none[:, None]
    return none, np.fft.rfft(moves, axis=1), np.maximum(below, 0.0)


def _chances(law: Law, true: float, units: Array, x: Whole) -> tuple[Array, Array]:
    """Return the probability of each count, 0 where it cannot be, and that of fewer than the first."""
    from scipy.special import bdtr, gammaln, pdtr, xlog1py, xlogy

    possible = (x >= 0) & ((x <= units) if law == "binomial" else True)
    count = np.where(possible, x, 0.0)
    fewer = x[:, :1] - 1.0
    if law == "binomial":
        ways = gammaln(units + 1) - gammaln(count + 1) - gammaln(units - count + 1)
        logarithm = ways + xlogy(count, true) + xlog1py(units - count, -true)
        before = bdtr(np.clip(fewer, 0.0, units), units.astype(np.int64), true)
    else:
        logarithm = xlogy(count, units * true) - units * true - gammaln(count + 1)
        before = pdtr(np.maximum(fewer, 0.0), units * true)
    return np.where(possible, np.exp(logarithm), 0.0), np.where(fewer >= 0, before, 0.0)


def _downs(rates: Rates, units: Array) -> Whole:
    """Return what the charts lose in each period; the rounding of one period is made good in the next."""
    whole = np.rint(np.cumsum(units, axis=1) * rates.reference * PARTS).astype(np.int64)
    return np.diff(whole, axis=1, prepend=0)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Mean periods to a signal at a constant volume: if all is well, and if the worse rate is there from the start."""

    quiet: float
    delay: float


@lru_cache(maxsize=1024)
def expected_run(*, rates: Rates, alpha: float, volume: float) -> Expected:
    """
    Return the mean run lengths at so many units in each period: exact for 250 periods, and carried on from there.

    :raises ChartRefused: unless the volume is above 0
    """
    if not volume > 0:
        raise ChartRefused(f"A chart of {volume:g} units in a period has nothing to read; the volume is above 0.")
    units = np.full((1, LONGEST_LOOK_AHEAD), volume)
    limits = limits_for(units=units, rates=rates, alpha=alpha)
    periods = np.arange(1, LONGEST_LOOK_AHEAD + 1)
    wanted = (1 - alpha) ** periods
    over = float(np.mean((1 - limits.spent[0]) / wanted))
    return Expected(quiet=over / alpha, delay=_delay(rates, units, limits))


def _delay(rates: Rates, units: Array, limits: Limits) -> float:
    room = max(PARTS, int(limits.at.max()))
    steps = Steps(rates.law, rates.worse, units, limits.down, room)
    alive, left = steps.start(1), [1.0]
    for period in range(units.shape[1]):
        without, with_events, _ = steps.moved(alive, period)
        with_events[:, np.arange(room) >= limits.at[0, period]] = 0.0
        alive = without + with_events
        left.append(float(alive.sum()))
        if left[-1] < 1e-9:  # noqa: PLR2004 -- so few are left that the mean does not move
            break
    # From here on the chance to be noticed stays what it was in the last period.
    return sum(left) + left[-1] ** 2 / max(left[-2] - left[-1], 1e-12)
