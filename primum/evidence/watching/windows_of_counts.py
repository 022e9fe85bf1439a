"""
When windows of whole counts alarm first: at the limits they really have, at the volume that was declared.

Counts are whole, and few events are far from normal: an alarm of three events where one is expected lasts as long as
the first of them lies in the window. So the level that normal sums need (``overlapping_windows``) is a beginning only.
The limits it gives are tried at the declared volume, looking back from alarms as there, and the level is moved until
the first alarm comes when it was asked for.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from primum.evidence.watching.carried_error import LOOK_AHEAD, Critical, run_length
from primum.evidence.watching.exact_limits import FARTHEST
from primum.evidence.watching.overlapping_windows import LARGEST_TAIL, SEED, level_of_windows, mean_first_alarm
from primum.evidence.watching.series import Array

# Looked at: the periods of one account, of which the later ones go on for ever.
PERIODS = 104
MOST_DRAWS, FEWEST_DRAWS = 160, 20
MOST_NUMBERS = 2_000_000
TRIES = 6
CLOSE_ENOUGH = 0.015
TOO_SOON = 2.0
MOST, LEAST = 1 - 1e-9, 1e-3
# Units so many that their events are as good as Poisson; what is drawn from below holds no more.
MANY = 100_000_000


@dataclass(frozen=True, kw_only=True)
class Volume:
    """
    What one place has in a window of so many periods, each with as many units.

    :param share: the chance of an event that each unit has if a limit is just met
    """

    units: int
    window: int
    share: float

    @property
    def of_periods(self) -> Array:
        """The units of each period of a window, as even as whole numbers are."""
        return np.diff(np.floor(np.arange(self.window + 1) * self.units / self.window)).astype(np.int64)

    @property
    def of_windows(self) -> Array:
        """The units of the window that ends with each period, of shape (1, periods); the first are not full."""
        upto = np.concatenate([[0], np.cumsum(np.resize(self.of_periods, PERIODS))])
        ends = np.arange(1, PERIODS + 1)
        return np.asarray(upto[ends] - upto[np.maximum(ends - self.window, 0)], dtype=np.float64)[None, :]


def volume_of_events(*, expected: float, window: int) -> Volume:
    """Return a volume of very many units of which so many have an event in a window."""
    return Volume(units=MANY, window=window, share=expected / MANY)


def chances_of_first(critical: Critical, volume: Volume) -> Array:
    """
    Return the chance that each period alarms first, given that none before it did; at one place.

    :param critical: the counts that alarm in ``volume.of_windows``
    """
    window = volume.window
    chance, met = _met(critical, volume)
    events = _drawn(met, volume)
    upto = np.concatenate([np.zeros((*events.shape[:2], 1)), events.cumsum(axis=2)], axis=2)
    # Further back than two windows nothing hangs together with the latest.
    sums = upto[:, :, 1 + window : 3 * window + 1] - upto[:, :, 1 : 2 * window + 1]
    sums = sums[:, :, : 2 * window]
    low, high = (_back(one[0], 2 * window, beyond) for one, beyond in ((critical.low, -1.0), (critical.high, np.inf)))
    quiet = (sums > low[:, None, :]) & (sums < high[:, None, :])
    # How often none of so many windows before an alarm alarmed: of none, of the last one, of the last two ...
    alone = np.ones((PERIODS, 2 * window + 1))
    alone[:, 1:] = np.logical_and.accumulate(quiet, axis=2).mean(axis=1)
    found = np.zeros(PERIODS)
    for now in range(PERIODS):
        before = np.arange(max(0, now - 2 * window), now)
        some = (chance[before] * alone[before, 2 * window - now + before]).sum()
        found[now] = min(MOST, chance[now] * alone[now, -1] / max(1 - some, LEAST))
    return found


def _back(one: Array, length: int, beyond: float) -> Array:
    """Return for each period what was in the periods before it, the latest first, and this before the first one."""
    padded = np.concatenate([np.full(length, beyond, dtype=one.dtype), one])
    return np.asarray(padded[length + np.arange(PERIODS)[:, None] - 1 - np.arange(length)[None, :]])


def _met(critical: Critical, volume: Volume) -> tuple[Array, Array]:
    """Return how often each period alarms, and counts that do, as often as they come."""
    from scipy.special import bdtr

    draws, units = _draws(volume), volume.of_windows[0]
    ranks = np.random.default_rng(SEED).permuted(np.tile((np.arange(draws) + 0.5) / draws, (PERIODS, 1)), axis=1)
    met, chance = np.zeros((PERIODS, draws)), np.zeros(PERIODS)
    for now in range(PERIODS):
        mean, spread = units[now] * volume.share, math.sqrt(max(1.0, units[now] * volume.share))
        counts = np.arange(max(0, int(mean - FARTHEST * spread)), min(units[now], mean + FARTHEST * spread + 30) + 1)
        chances = np.diff(bdtr(counts, int(units[now]), volume.share), prepend=0.0)
        chances *= (counts <= critical.low[0, now]) | (counts >= critical.high[0, now])
        chance[now] = chances.sum()
        if chance[now] > 0:
            upto = np.cumsum(chances) / chance[now]
            met[now] = counts[np.searchsorted(upto, ranks[now]).clip(0, len(counts) - 1)]
    return chance, met


def _draws(volume: Volume) -> int:
    return int(np.clip(MOST_NUMBERS / (3 * volume.window * PERIODS), FEWEST_DRAWS, MOST_DRAWS))


def _drawn(met: Array, volume: Volume) -> Array:
    """Return, of shape (periods, draws, periods back), events of which those of one window come to what was met."""
    window, chosen = volume.window, np.random.default_rng(SEED + 1)
    every = np.resize(volume.of_periods, PERIODS)
    sizes = np.concatenate([every[:, None], _back(every, 3 * window - 1, 0)], axis=1)
    events = np.zeros((*met.shape, 3 * window), dtype=np.int64)
    left, units = met.astype(np.int64), sizes[:, :window].sum(axis=1)
    for place in range(window):
        size = sizes[:, place]
        drawn = chosen.hypergeometric(size[:, None], (units - size)[:, None], left)
        events[:, :, place] = drawn
        left, units = left - drawn, units - size
    events[:, :, window:] = chosen.binomial(sizes[:, None, window:], volume.share, size=(*met.shape, 2 * window))
    return events


def mean_run(critical: Critical, volumes: Sequence[Volume], *, charts: int) -> float | None:
    """
    Return the mean periods to the first alarm of so many places alike; ``None`` if none ever comes.

    :param volumes: one for each limit that may just be met; the shorter run counts
    """
    runs = [_run(chances_of_first(critical, one), one.window, charts) for one in volumes]
    return min((one for one in runs if one is not None), default=None)


def units_ahead(volume: Volume) -> Array:
    """Return the units of a place, of shape (1, periods), that its first alarm is designed on."""
    return np.full((1, LOOK_AHEAD), float(volume.units)) if volume.window == 1 else volume.of_windows


def first_alarm(critical: Critical, volumes: Sequence[Volume], *, charts: int) -> float | None:
    """Return the mean periods to the first alarm, exactly for single periods; ``None`` if none ever comes."""
    if volumes[0].window == 1:
        return run_length(critical, together=charts)
    return mean_run(critical, volumes, charts=charts)


def _run(firsts: Array, window: int, charts: int) -> float | None:
    later = firsts[min(2 * window, PERIODS // 2) :]
    often = -np.log1p(-later).mean()
    if often <= 0:
        return None
    hazards = np.append(firsts, -np.expm1(-often))
    return mean_first_alarm(hazards=hazards[None, :], weights=np.ones(1), charts=charts)


def level_at(
    limits: Callable[[float], Critical],
    volumes: Sequence[Volume],
    *,
    run_length: float,
    charts: int,
    tests: int = 1,
) -> float:
    """
    Return with which chance a window may alarm, so that the first alarm comes after so many periods on average.

    :param limits: the counts that alarm in ``Volume.of_windows`` if each may do so with this chance
    :param volumes: one for each limit that may just be met; the shorter run counts
    :param tests: of each place so many tails are watched that hardly ever alarm together
    """
    best = level = level_of_windows(window=volumes[0].window, run_length=run_length, charts=charts, tests=tests)
    off = math.inf
    for _ in range(TRIES):
        run = mean_run(limits(level), volumes, charts=charts)
        if run is None:
            break
        ratio = math.log(run / run_length)
        # Rather a little later than asked for than sooner, where limits of whole counts leave no other choice.
        if (found := ratio if ratio > 0 else -TOO_SOON * ratio) < off:
            best, off = level, found
        if off < CLOSE_ENOUGH:
            break
        level = min(LARGEST_TAIL, level * run / run_length)
    return best
