"""The kind of monitor that notices scores which no longer mean what they say, in exact tests by band of risk."""

import math
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import numpy as np
from pydantic import Field, field_validator

from primum.evidence.watching.carried_error import of_this_account
from primum.evidence.watching.kinds_charts import LABELS, unknown_outcomes
from primum.evidence.watching.kinds_shares import windows
from primum.evidence.watching.limits_in_words import bound, overlapping
from primum.evidence.watching.monitor_kind import Design, MonitorKind, Reading, Watch, hidden, reading_at
from primum.evidence.watching.overlapping_windows import level_of_windows
from primum.evidence.watching.scored_bands import critical_bands, full_windows, mean_delay, mean_first_run
from primum.evidence.watching.series import Array, Charts, Series
from primum.roadmap.parts import Share

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
    volume: str = Field(
        description="Cases of one place in the window by score, about, such as `1/10: 80, 7/10: 20`; for the design."
    )
    odds: Share = Field(description="So many times the odds that scores say; how soon that is noticed is printed.")

    @field_validator("bands")
    @classmethod
    def _rise(cls, text: str) -> str:
        edges = [Fraction(one.strip()) for one in text.split(",") if one.strip()]
        if edges != sorted(set(edges)) or any(not 0 < edge < 1 for edge in edges):
            raise ValueError("the ends of bands rise and lie between 0 and 1")
        return text

    @field_validator("volume")
    @classmethod
    def _has_cases(cls, text: str) -> str:
        try:
            found = _cases(text)
        except (ValueError, ZeroDivisionError):
            raise ValueError("say cases by score, such as `1/10: 80, 7/10: 20`") from None
        if not found or any(not 0 < score < 1 for score in found) or min(found.values()) < 1:
            raise ValueError("scores lie between 0 and 1, and each has a case at least")
        return text

    @property
    def cases(self) -> dict[float, int]:
        """How many cases of each score a place has in a window."""
        return _cases(self.volume)

    @property
    def tails(self) -> int:
        """On how many sides of bands a place may alarm."""
        return 2 * (len(self.edges) - 1)

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


def level_of_calibration(parameters: Calibration, charts: int) -> float:
    """Return with which chance one of so many charts alarms in a window, so that first alarms come as asked."""
    if parameters.window == 1:
        return parameters.of_one(charts)
    return level_of_windows(
        window=parameters.window,
        run_length=float(parameters.run_length),
        charts=parameters.together(charts),
        tests=parameters.tails,
    )


def design_of_calibration(parameters: Calibration) -> Design:
    """Return how often it alarms first if scores mean what they say, and how soon if they do not."""
    bands, cases, window = len(parameters.edges) - 1, parameters.cases, parameters.window
    n, scores = full_windows(cases, window=window), np.array(list(cases))
    found = critical_bands(
        parameters.edges, n=n, scores=scores, alpha=level_of_calibration(parameters, parameters.charts)
    )
    together = parameters.together(parameters.charts)
    attained = mean_first_run(found.spent[0], window=window, tests=parameters.tails, charts=together)
    delay = mean_delay(found, cases, window=window, odds=float(Fraction(parameters.odds)))
    often = "never" if attained is None else f"once in {attained:,.1f}"
    soon = "hardly ever noticed" if delay is None else f"noticed after {delay:,.1f} periods on average"
    return Design(
        run_length=float(parameters.run_length),
        attained=attained,
        false_alarm=1 / parameters.run_length,
        delay=delay,
        charts=parameters.charts,
        words=(
            f"{parameters.words}, and over {bands} band{'s' * (bands > 1)} of scores together"
            f"{bound(window)}; with {n.max(axis=1).sum():,.0f} cases in a window it does so {often}, and "
            f"events with {parameters.odds} times the odds that scores say are {soon}.{overlapping(window)}"
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
        for one in critical_bands(
            parameters.edges, n=n, scores=scores, alpha=level_of_calibration(parameters, len(n))
        ).bands
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


def _cases(text: str) -> dict[float, int]:
    pairs = (one.split(":") for one in text.split(",") if one.strip())
    return {float(Fraction(score.strip())): int(count) for score, count in pairs}


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
