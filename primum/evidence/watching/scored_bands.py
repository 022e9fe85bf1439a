"""Bands of scores: the counts of events that alarm in each, how often that is, and how soon it tells a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from primum.evidence.watching.carried_error import carried
from primum.evidence.watching.exact_limits import Flags
from primum.evidence.watching.overlapping_windows import SEED, mean_first_alarm, runs_of
from primum.evidence.watching.scored_events import sides_of
from primum.evidence.watching.series import Array
from primum.evidence.watching.windows_of_counts import PERIODS, Volume

# Paths that are drawn to see how long a change stays unnoticed.
PATHS = 2_000
# Where fewer are noticed in all periods looked at, no mean can be told.
FEWEST_NOTICED = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class CriticalBand:
    """One band of scores: which scores lie in it, and the counts of shape (places, periods) that alarm."""

    words: str
    inside: Flags
    low: Array
    high: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Bands:
    """The bands that have scores, and what each period spends on false alarms, of shape (places, periods)."""

    bands: list[CriticalBand]
    spent: Array


def critical_bands(edges: Sequence[float], *, n: Array, scores: Array, alpha: float) -> Bands:
    """
    Return the counts of events that alarm in each band that has scores, so that all of them together spend alpha.

    :param edges: where bands end, from 0 to 1
    :param n: cases of shape (places, periods, scores)
    """
    found = [
        (f"scores above {low:.3g} up to {high:.3g}", (scores > low) & (scores <= high)) for low, high in pairwise(edges)
    ]
    bands = [(words, inside) for words, inside in found if inside.any()]
    sides = [sides_of(n=n[:, :, inside], scores=scores[inside], alpha=alpha / (2 * len(found))) for _, inside in bands]
    carry = carried(
        chance=np.concatenate([one.chance for one in sides], axis=2),
        looser=np.concatenate([one.looser for one in sides], axis=2),
        alpha=alpha,
        read=n.sum(axis=2) > 0,
    )
    looser = carry.looser
    found_bands = [
        CriticalBand(
            words=words,
            inside=inside,
            low=side.low + looser[:, :, 2 * place],
            high=side.high - looser[:, :, 2 * place + 1],
        )
        for place, ((words, inside), side) in enumerate(zip(bands, sides, strict=True))
    ]
    return Bands(bands=found_bands, spent=carry.spent)


def full_windows(cases: Mapping[float, int], *, window: int) -> Array:
    """Return the cases of each score in the window that ends with each period, of shape (1, periods, scores)."""
    volumes = [Volume(units=count, window=window, share=score) for score, count in cases.items()]
    return np.stack([one.of_windows for one in volumes], axis=2)


def mean_first_run(spent: Array, *, window: int, tests: int, charts: int) -> float | None:
    """
    Return the mean periods to the first false alarm of so many places alike; ``None`` if none ever comes.

    :param spent: the chance of a false alarm in each period of one place
    :param tests: of each place so many tails are watched that hardly ever alarm together
    """
    firsts = spent
    if window > 1:
        place = np.minimum(np.arange(len(spent)), 2 * window - 1)
        hazards = runs_of(window).hazards(spent / tests)
        firsts = tests * hazards[np.arange(len(spent)), np.minimum(place, hazards.shape[1] - 1)]
    firsts = np.clip(firsts, 0.0, 1 - 1e-9)
    often = -np.log1p(-firsts[min(2 * window, len(spent) // 2) :]).mean() if window > 1 else -np.log1p(-firsts).mean()
    if often <= 0:
        return None
    hazards = np.append(firsts, -np.expm1(-often))
    return mean_first_alarm(hazards=hazards[None, :], weights=np.ones(1), charts=charts)


def mean_delay(found: Bands, cases: Mapping[float, int], *, window: int, odds: float) -> float | None:
    """
    Return the mean periods until odds so many times what scores say are noticed; ``None`` if hardly ever.

    The windows are full of periods in which all was well when it begins.

    :param found: the bands of ``full_windows`` of these cases
    """
    chosen = np.random.default_rng(SEED)
    later = PERIODS - (window - 1)
    sums = []
    for score, count in cases.items():
        sizes = np.resize(Volume(units=count, window=window, share=score).of_periods, PERIODS).astype(np.int64)
        worse = odds * score / (1 - score + odds * score)
        chance = np.where(np.arange(PERIODS) < window - 1, score, worse)
        upto = np.cumsum(chosen.binomial(sizes, chance, size=(PATHS, PERIODS)), axis=1)
        before = np.concatenate([np.zeros((PATHS, 1)), upto[:, :-window]], axis=1)
        sums.append(upto[:, window - 1 :] - before)
    events = np.stack(sums, axis=2)
    alarms = np.zeros((PATHS, later), dtype=bool)
    for one in found.bands:
        seen = events[:, :, one.inside].sum(axis=2)
        alarms |= (seen <= one.low[0, window - 1 :]) | (seen >= one.high[0, window - 1 :])
    first = np.where(alarms.any(axis=1), alarms.argmax(axis=1) + 1, later)
    return float(first.sum() / alarms.any(axis=1).sum()) if alarms.any(axis=1).mean() > FEWEST_NOTICED else None
