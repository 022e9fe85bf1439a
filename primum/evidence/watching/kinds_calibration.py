"""The kind of monitor that notices scores which no longer mean what they say, in exact tests by band of risk."""

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from pydantic import Field, field_validator

from primum.evidence.watching.carried_error import carried, of_this_account
from primum.evidence.watching.exact_limits import Flags
from primum.evidence.watching.kinds_charts import LABELS, unknown_outcomes
from primum.evidence.watching.kinds_shares import windows
from primum.evidence.watching.limits_in_words import overlapping
from primum.evidence.watching.monitor_kind import Design, MonitorKind, Reading, Watch, hidden, reading_at
from primum.evidence.watching.scored_events import sides_of
from primum.evidence.watching.series import Array, Charts, Series

DESIGNED = (
    "Mean run length, nearly, where a period has some events: exact tests in each band and on both sides, and the "
    "error a period leaves over goes on to the next."
)
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
class CriticalBand:
    """One band of scores: which scores lie in it, and the counts of shape (places, periods) that alarm."""

    words: str
    inside: Flags
    low: Array
    high: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """One band of scores at each place: cases, events, events expected, and the counts that alarm."""

    words: str
    n: Array
    events: Array
    expected: Array
    low: Array
    high: Array


def design_of_calibration(parameters: Calibration) -> Design:
    """Return how often it alarms if scores mean what they say."""
    bands = len(parameters.edges) - 1
    return Design(
        run_length=float(parameters.run_length),
        false_alarm=1 / parameters.run_length,
        charts=parameters.charts,
        words=(
            f"{parameters.words}, and over {bands} band{'s' * (bands > 1)} of scores together; less often where hardly "
            f"any events are expected.{overlapping(parameters.window)}"
        ),
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
    n, events = of_this_account(*(_windowed(charts, name, levels, parameters.window) for name in (CASES, EVENTS)))
    possible = (events <= n).all(axis=2) & (n.sum(axis=2) > 0) & (n.sum(axis=2) <= MOST_CASES)
    n, events = n * possible[:, :, None], events * possible[:, :, None]
    bands = _bands(parameters, scores, n, events) if levels else []
    return tuple(
        _calibrated(charts, place, [one for one in bands if one.n[place] > 0])
        if possible[place, -1]
        else unknown_outcomes(labels, place, method=METHOD)
        for place in range(len(charts.places))
    )


def critical_bands(parameters: Calibration, *, n: Array, scores: Array, alpha: float) -> list[CriticalBand]:
    """
    Return the counts of events that alarm in each band that has scores, so that all of them together spend alpha.

    :param n: cases of shape (places, periods, scores)
    """
    found = [
        (f"scores above {low:.3g} up to {high:.3g}", (scores > low) & (scores <= high))
        for low, high in pairwise(parameters.edges)
    ]
    bands = [(words, inside) for words, inside in found if inside.any()]
    sides = [sides_of(n=n[:, :, inside], scores=scores[inside], alpha=alpha / (2 * len(found))) for _, inside in bands]
    looser = carried(
        chance=np.concatenate([one.chance for one in sides], axis=2),
        looser=np.concatenate([one.looser for one in sides], axis=2),
        alpha=alpha,
        read=n.sum(axis=2) > 0,
    ).looser
    return [
        CriticalBand(
            words=words,
            inside=inside,
            low=side.low + looser[:, :, 2 * place],
            high=side.high - looser[:, :, 2 * place + 1],
        )
        for place, ((words, inside), side) in enumerate(zip(bands, sides, strict=True))
    ]


def _bands(parameters: Calibration, scores: Array, n: Array, events: Array) -> list[Band]:
    cases, seen = n[:, -1], events[:, -1]
    return [
        Band(
            words=one.words,
            n=cases[:, one.inside].sum(axis=1),
            events=seen[:, one.inside].sum(axis=1),
            expected=cases[:, one.inside] @ scores[one.inside],
            low=one.low[:, -1],
            high=one.high[:, -1],
        )
        for one in critical_bands(parameters, n=n, scores=scores, alpha=parameters.of_one(len(n)))
    ]


def _windowed(charts: Charts, name: str, levels: list[str], window: int) -> Array:
    """Return counts in the windows up to each period, of shape (places, periods, levels); 0 where not reported."""
    sums = [np.nan_to_num(windows(charts, (f"{name}={level}",), window=window)[0]) for level in levels]
    return np.stack(sums, axis=2) if sums else np.zeros((len(charts.places), len(charts.periods), 0))


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
        designed=DESIGNED,
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
        remembers=True,
    ),
)
