"""The kind of monitor of outcomes that holds observed against expected, with exact limits."""

import math
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import numpy as np
from pydantic import Field

from primum.evidence.watching.carried_error import Critical
from primum.evidence.watching.kinds_charts import LABELS, OBSERVED, unknown_outcomes
from primum.evidence.watching.limits_in_words import bound, overlapping
from primum.evidence.watching.monitor_kind import (
    Design,
    MonitorKind,
    Reading,
    Watch,
    hidden,
    reading_at,
)
from primum.evidence.watching.series import Array, Charts, Series
from primum.evidence.watching.windows_of_counts import MANY, Volume, level_at, mean_run, volume_of_events
from primum.roadmap.parts import Share

EXACT = (
    "Mean run length, at least: the exact limits of one period, from which nothing goes on to the next, so that a "
    "period means what it means alone; exactly what comes of it at the declared volume is printed."
)
LIMITS = "exact Poisson limits of observed over expected (Garwood 1936)"


class ObservedExpected(Watch):
    """How far from what is expected is too far."""

    sides: Literal["high", "both"] = Field(description="Whether fewer than expected is named, too.")
    window: int = Field(ge=1, description="So many of the latest periods are counted together.")
    volume: Share = Field(description="Events expected at one place in the window, about; for the design.")

    @property
    def tails(self) -> int:
        """How many sides alarm."""
        return 2 if self.sides == "both" else 1


def critical_events(expected: Array, alpha: float) -> tuple[Array, Array]:
    """Return the most events that are too few (-1: none) and the fewest that are too many, each with this chance."""
    from scipy.special import pdtr, pdtrik

    known = np.isfinite(expected) & (expected > 0)
    mean = np.where(known, expected, 1.0)
    high = np.ceil(np.nan_to_num(pdtrik(1 - alpha, mean))) + 1
    for _ in range(3):
        high = np.where((high > 0) & (_at_least(high - 1, mean) <= alpha), high - 1, high)
        high = np.where(_at_least(high, mean) > alpha, high + 1, high)
    possible = pdtr(0.0, mean) <= alpha
    low = np.where(possible, np.floor(np.nan_to_num(pdtrik(alpha, mean))), -1.0)
    for _ in range(3):
        low = np.where((low >= 0) & (pdtr(np.maximum(low, 0.0), mean) > alpha), low - 1, low)
        low = np.where(possible & (pdtr(low + 1, mean) <= alpha), low + 1, low)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _at_least(events: Array, mean: Array) -> Array:
    from scipy.special import pdtrc

    return np.asarray(np.where(events <= 0, 1.0, pdtrc(np.maximum(events - 1, 0.0), mean)), dtype=np.float64)


def windowed(charts: Charts, columns: tuple[str, ...], *, window: int) -> tuple[Array, ...]:
    """Return sums over the latest periods in which all columns are known; NaN where the last period is not."""
    known = charts.known(*columns)[:, -window:]
    sums = (np.where(known, charts[column][:, -window:], 0.0).sum(axis=1) for column in columns)
    return tuple(np.where(known[:, -1], total, np.nan) for total in sums)


def exact_limits(*, observed: Array, expected: Array, alpha: float) -> tuple[Array, Array]:
    """Return the exact limits of observed over expected, each end an exact bound at alpha; NaN where unknown."""
    from scipy.special import gammaincinv

    known = np.isfinite(observed) & np.isfinite(expected) & (expected > 0)
    x, mean = np.where(known, observed, 0.0), np.where(known, expected, np.nan)
    lower = np.where(x > 0, gammaincinv(np.maximum(x, 1.0), alpha), 0.0)
    return lower / mean, gammaincinv(x + 1, 1 - alpha) / mean


def volume_of(parameters: ObservedExpected) -> Volume:
    """Return what one place has in a window if as many events happen as are expected."""
    return volume_of_events(expected=float(Fraction(parameters.volume)), window=parameters.window)


def limits_in_windows(parameters: ObservedExpected, *, alpha: float) -> Critical:
    """Return the counts that alarm in the windows of the declared volume, each with this chance on all its sides."""
    expected = volume_of(parameters).of_windows * float(Fraction(parameters.volume)) / MANY
    low, high = critical_events(expected, alpha / parameters.tails)
    low = low if parameters.sides == "both" else np.full(low.shape, -1.0)
    return Critical(low=low, high=high, could=np.isfinite(high), if_low=None, if_high=None)


@lru_cache(maxsize=4096)
def level_of_outcomes(parameters: ObservedExpected, charts: int) -> float:
    """Return with which chance one of so many charts alarms in a window, so that first alarms come as asked."""
    if parameters.window == 1:
        return parameters.of_one(charts)
    return level_at(
        lambda alpha: limits_in_windows(parameters, alpha=alpha),
        (volume_of(parameters),),
        run_length=parameters.run_length,
        charts=parameters.together(charts),
        tests=parameters.tails,
    )


def _attained(parameters: ObservedExpected, chance: float) -> float | None:
    together = parameters.together(parameters.charts)
    if parameters.window > 1:
        critical = limits_in_windows(parameters, alpha=level_of_outcomes(parameters, parameters.charts))
        return mean_run(critical, (volume_of(parameters),), charts=together)
    worst = -math.expm1(together * math.log1p(-chance))
    return 1 / worst if worst > 0 else None


def design_of_limits(parameters: ObservedExpected) -> Design:
    """Return how often it alarms first where as many events happen as are expected, at the declared volume."""
    alpha, mean = level_of_outcomes(parameters, parameters.charts), np.array([float(Fraction(parameters.volume))])
    low, high = critical_events(mean, alpha / parameters.tails)
    chance = float(_at_least(high, mean)[0])
    few = ""
    if parameters.sides == "both":
        chance += 1 - float(_at_least(low + 1, mean)[0])
        few = f", or {low[0]:,.0f} or fewer," if low[0] >= 0 else ""
    attained = _attained(parameters, chance)
    often = "never" if attained is None else f"once in {attained:,.1f}"
    return Design(
        run_length=float(parameters.run_length),
        attained=attained,
        false_alarm=1 / parameters.run_length,
        charts=parameters.charts,
        words=(
            f"{parameters.words}{bound(parameters.window)}; with {mean[0]:.3g} expected in a window it does so {often} "
            f"and it is {high[0]:,.0f} or more{few} that alarm.{overlapping(parameters.window)}"
        ),
        method=LIMITS,
    )


def read_observed_expected(series: Series, parameters: ObservedExpected) -> tuple[Reading, ...]:
    """Say at every place whether the exact limits of observed over expected leave out 1."""
    columns = ("observed", "expected")
    charts = series.charts((*columns, *LABELS), level=parameters.level)
    observed, expected = windowed(charts, columns, window=parameters.window)
    alpha = level_of_outcomes(parameters, len(charts.places)) / parameters.tails
    critical = critical_events(expected, alpha)
    ends = exact_limits(observed=observed, expected=expected, alpha=alpha)
    return tuple(
        _ratio(charts, place, parameters, (observed, expected), (*critical, *ends))
        if expected[place] > 0
        else unknown_outcomes(charts, place, method=LIMITS)
        for place in range(len(charts.places))
    )


def _ratio(
    charts: Charts,
    place: int,
    parameters: ObservedExpected,
    counts: tuple[Array, Array],
    limits: tuple[Array, Array, Array, Array],
) -> Reading:
    seen, mean = (float(one[place]) for one in counts)
    fewest, most, lower, upper = (float(one[place]) for one in limits)
    high, low = seen >= most, parameters.sides == "both" and seen <= fewest
    small = hidden(charts, seen)
    found = "" if small else f" (O/E {seen / mean:.3g}, exact limits {lower:.3g} to {upper:.3g})"
    side = "; that is more than chance explains" if high else "; that is fewer than chance explains" if low else ""
    return reading_at(
        charts,
        place,
        state="alarm" if high or low else "quiet",
        n=seen,
        statistic=None if small else seen / mean,
        limit=(fewest if low else most) / mean,
        sentence=f"{charts.shown(seen)} events where {mean:.3g} are expected{found}{side}.",
        method=LIMITS,
        measure="high" if high else "low" if low else "",
    )


KINDS_OF_OUTCOMES = (
    MonitorKind(
        name="outcomes-oe",
        notices="sites with more (or fewer) deaths or other outcomes than their patients' risks expect",
        designed=EXACT,
        needs=OBSERVED,
        may_have=LABELS,
        serves=("P2.2", "GI3", "R4.2"),
        parameters=ObservedExpected,
        designing=design_of_limits,
        reading=read_observed_expected,
    ),
)
