"""The kind of monitor that notices scores which no longer mean what they say, in exact tests by band of risk."""

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from pydantic import Field, field_validator

from primum.evidence.watching.kinds_charts import LABELS, unknown_outcomes
from primum.evidence.watching.kinds_shares import EXACT
from primum.evidence.watching.monitor_kind import Design, MonitorKind, Reading, Watch, hidden, reading_at
from primum.evidence.watching.series import Array, Charts, Series

METHOD = "exact Poisson-binomial test of the events the scores expect, in each band of scores"
CASES, EVENTS = "scored", "positive"
# The distribution of a sum is as long as the sum; a place with more cases reports in shorter periods.
MOST_CASES = 100_000


class Calibration(Watch):
    """In which bands scores are held against outcomes."""

    bands: str = Field(default="", description="Scores at which a band ends, separated by commas, such as `1/5, 1/2`.")
    window: int = Field(ge=1, description="So many of the latest periods are counted together.")

    @field_validator("bands")
    @classmethod
    def _rise(cls, text: str) -> str:
        edges = [Fraction(one.strip()) for one in text.split(",") if one.strip()]
        if edges != sorted(set(edges)) or any(not 0 < edge < 1 for edge in edges):
            raise ValueError("the ends of bands rise and lie between 0 and 1")
        return text

    @property
    def edges(self) -> tuple[float, ...]:
        """Where bands end, from 0 to 1."""
        return (0.0, *(float(Fraction(one.strip())) for one in self.bands.split(",") if one.strip()), 1.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """One band of scores at each place: cases, events, events expected, and the counts that alarm."""

    words: str
    n: Array
    events: Array
    expected: Array
    low: Array
    high: Array


def sums_of_events(*, n: Array, scores: Array) -> Array:
    """
    Return the exact distribution of the number of events if the scores mean what they say (Poisson-binomial).

    :param n: cases of shape (places, scores)
    :return: probabilities of 0, 1, 2 ... events, one row for each place
    """
    size = 2 ** math.ceil(math.log2(float(n.sum(axis=1).max(initial=1.0)) + 2))
    turns = np.exp(-2j * math.pi * np.arange(size // 2 + 1) / size)
    # A score of exactly 1/2 has a transform of 0 at the half turn, which has no logarithm.
    step = 1 - scores[:, None] + scores[:, None] * turns[None, :]
    waves = np.exp(n @ np.log(np.where(step == 0, 1e-300, step)))
    return np.maximum(np.fft.irfft(waves, size, axis=1), 0.0)


def band(*, words: str, n: Array, events: Array, scores: Array, alpha: float) -> Band:
    """Return one band with the counts of events that alarm, each side with the chance alpha at most."""
    chances = sums_of_events(n=n, scores=scores)
    at_most = np.cumsum(chances, axis=1)
    at_least = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1]
    return Band(
        words=words,
        n=n.sum(axis=1),
        events=events.sum(axis=1),
        expected=n @ scores,
        low=(at_most <= alpha).sum(axis=1) - 1.0,
        high=chances.shape[1] - (at_least <= alpha).sum(axis=1).astype(np.float64),
    )


def design_of_calibration(parameters: Calibration) -> Design:
    """Return how often it alarms at most if scores mean what they say."""
    bands = len(parameters.edges) - 1
    return Design(
        run_length=float(parameters.run_length),
        false_alarm=1 / parameters.run_length,
        charts=parameters.charts,
        words=f"{parameters.words}, at least, and over {bands} band{'s' * (bands > 1)} of scores together.",
        method=METHOD,
    )


def read_calibration(series: Series, parameters: Calibration) -> tuple[Reading, ...]:
    """Say at every place whether as many events happen as the scores say, in each band."""
    levels = sorted(series.levels(CASES), key=_score)
    scores = np.array([_score(level) for level in levels])
    if not levels or not ((scores > 0) & (scores < 1)).all():
        levels, scores = [], np.zeros(0)
    charts = series.charts([f"{name}={level}" for name in (CASES, EVENTS) for level in levels], level=parameters.level)
    labels = series.charts(tuple(LABELS), level=parameters.level)
    n, events = (_windowed(charts, name, levels, parameters.window) for name in (CASES, EVENTS))
    possible = (events <= n).all(axis=1) & (n.sum(axis=1) > 0) & (n.sum(axis=1) <= MOST_CASES)
    n, events = n * possible[:, None], events * possible[:, None]
    bands = _bands(parameters, scores, n, events, len(charts.places)) if levels else []
    return tuple(
        _calibrated(charts, place, [one for one in bands if one.n[place] > 0])
        if possible[place]
        else unknown_outcomes(labels, place, method=METHOD)
        for place in range(len(charts.places))
    )


def _bands(parameters: Calibration, scores: Array, n: Array, events: Array, places: int) -> list[Band]:
    edges = parameters.edges
    alpha = parameters.of_one(places) / (2 * (len(edges) - 1))
    found = []
    for low, high in pairwise(edges):
        inside = (scores > low) & (scores <= high)
        words = f"scores above {low:.3g} up to {high:.3g}"
        if inside.any():
            found.append(
                band(words=words, n=n[:, inside], events=events[:, inside], scores=scores[inside], alpha=alpha)
            )
    return found


def _windowed(charts: Charts, name: str, levels: list[str], window: int) -> Array:
    sums = []
    for level in levels:
        values = charts[f"{name}={level}"]
        sums.append(np.where(np.isfinite(values[:, -1]), np.nan_to_num(values[:, -window:]).sum(axis=1), 0.0))
    return np.stack(sums, axis=1) if sums else np.zeros((len(charts.places), 0))


def _calibrated(charts: Charts, place: int, bands: list[Band]) -> Reading:
    over = [one for one in bands if one.events[place] >= one.high[place] or one.events[place] <= one.low[place]]
    shown = over or bands
    worst = max(shown, key=lambda one: abs(float(one.events[place]) - float(one.expected[place])))
    seen, expected = float(worst.events[place]), float(worst.expected[place])
    high = seen >= expected
    said = "; ".join(
        f"{charts.shown(float(one.events[place]))} events among {charts.shown(float(one.n[place]))} with {one.words} "
        f"where they say {float(one.expected[place]):.3g}"
        for one in shown
    )
    n = sum(float(one.n[place]) for one in bands)
    reachable = all(one.high[place] <= one.n[place] for one in bands)
    tail = "that is more than chance explains" if over else "that is as they say"
    if not over and not reachable:
        tail = "there are too few cases to tell that from chance"
    return reading_at(
        charts,
        place,
        state="alarm" if over else "quiet" if reachable else "insufficient",
        n=n,
        statistic=None if hidden(charts, seen) else seen / expected,
        limit=float(worst.high[place] if high else worst.low[place]) / expected,
        needed=0 if over or reachable else 1,
        sentence=f"{said}; {tail}.",
        method=METHOD,
        measure=worst.words if over else "",
    )


def _score(level: str) -> float:
    try:
        return float(level)
    except ValueError:
        return math.nan


KINDS_OF_CALIBRATION = (
    MonitorKind(
        name="calibration",
        notices="scores that no longer mean what they say, among low or among high ones",
        designed=EXACT,
        needs=MappingProxyType(
            {
                f"{CASES}=<score>": "cases with a known outcome by their score: `scored=0.05` for a bin around 0.05",
                f"{EVENTS}=<score>": "those of them with the event: `positive=0.05`",
            }
        ),
        may_have=LABELS,
        serves=("P3.3", "GI3"),
        parameters=Calibration,
        designing=design_of_calibration,
        reading=read_calibration,
    ),
)
