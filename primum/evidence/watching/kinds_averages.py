"""The kind of monitor that keeps an average which forgets: performance lately, at places with many cases."""

from fractions import Fraction

import numpy as np
from pydantic import Field

from primum.evidence.watching.charts_averages import average_run, averages, limits_of
from primum.evidence.watching.charts_spending import Rates
from primum.evidence.watching.kinds_charts import (
    LABELS,
    SHARES,
    ShareChart,
    chart_stands,
    events_said,
    rates_of,
    unknown_outcomes,
)
from primum.evidence.watching.monitor_kind import Design, MonitorKind, Reading, hidden, reading_at
from primum.evidence.watching.series import Array, Charts, Series
from primum.roadmap.parts import Share

EWMA = "one-sided EWMA of mid-p normal scores with limits that spend false alarms evenly (Lancaster 1961)"


class ShareAverage(ShareChart):
    """An average that forgets, too."""

    weight: Share = Field(description="Weight of the newest period, such as 1/5.")
    least_variance: int = Field(ge=1, description="n p (1 - p) of a period; with less, normal scores do not hold.")


def normal_scores(*, events: Array, units: Array, acceptable: float) -> Array:
    """
    Return mid-p normal scores of counts: standard normal, nearly, where the acceptable share is true.

    No event is always a score below 0. NaN where units are unknown.
    """
    from scipy.special import bdtr, ndtri

    known = np.isfinite(events) & (units > 0)
    x, n = np.where(known, events, 0.0), np.where(known, units, 1.0).astype(np.int64)
    at_most = bdtr(x, n, acceptable)
    fewer = np.where(x > 0, bdtr(np.maximum(x - 1, 0.0), n, acceptable), 0.0)
    middle = np.clip((at_most + fewer) / 2, 1e-300, 1 - 1e-16)
    return np.where(known, ndtri(middle), np.nan)


def _alpha(parameters: ShareAverage, charts: int = 1) -> float:
    return parameters.of_one(max(charts, parameters.charts))


def design_of_average(parameters: ShareAverage) -> Design:
    """Return how the average behaves at its declared volume."""
    weight, rates, alpha = float(Fraction(parameters.weight)), rates_of(parameters), _alpha(parameters)
    variance = parameters.volume * rates.acceptable * (1 - rates.acceptable)
    shift = parameters.volume * (rates.worse - rates.acceptable) / variance**0.5
    delay = average_run(weight=weight, alpha=alpha, shift=round(shift, 6))
    attained = average_run(weight=weight, alpha=alpha, shift=0.0) * alpha * parameters.run_length
    change = f"a rise from {rates.acceptable:.3g} to {rates.worse:.3g} among {parameters.volume:,} units in a period"
    return Design(
        run_length=float(parameters.run_length),
        attained=attained,
        false_alarm=1 / parameters.run_length,
        delay=delay,
        charts=parameters.charts,
        words=f"{parameters.words}; {change} is noticed after {delay:.1f} periods on average.",
        method=EWMA,
    )


def read_averages(series: Series, parameters: ShareAverage) -> tuple[Reading, ...]:
    """Say at every place whether the share of events has been high lately."""
    charts = series.charts(("n", "events", "unlabelled", "expected_events"), level=parameters.level)
    known = charts.known("n", "events") & (charts["events"] <= charts["n"])
    rates, weight = rates_of(parameters), float(Fraction(parameters.weight))
    least = float(np.ceil(parameters.least_variance / (rates.acceptable * (1 - rates.acceptable))))
    units = np.where(known & (charts["n"] >= least), np.rint(charts["n"]), np.nan)
    path = averages(normal_scores(events=charts["events"], units=units, acceptable=rates.acceptable), weight=weight)
    limits = limits_of(np.isfinite(units), weight=weight, alpha=_alpha(parameters, len(charts.places)))
    spread = (weight / (2 - weight)) ** 0.5
    return tuple(
        _average(charts, place, rates, least, (path[place] / spread, limits[place] / spread))
        for place in range(len(charts.places))
    )


def _average(charts: Charts, place: int, rates: Rates, least: float, found: tuple[Array, Array]) -> Reading:
    path, limits = found
    over = path > limits
    n, events = charts["n"][place], charts["events"][place]
    first = int(over.argmax()) if over.any() else -1
    if first < 0 and not n[-1] >= least:
        missing = least - n[-1] if n[-1] > 0 and not hidden(charts, n[-1]) else least
        return unknown_outcomes(charts, place, method=EWMA, needed=int(missing))
    if first < 0 and not 0 <= events[-1] <= n[-1]:
        return unknown_outcomes(charts, place, method=EWMA)
    said = events_said(charts, rates, events=events[first], units=n[first], period=charts.periods[first])
    small = hidden(charts, events[first])
    level, limit = None if small else float(path[first]), float(limits[first])
    stands = chart_stands("the average", level=level, unit="deviations", limit=limit, signalled=first >= 0)
    return reading_at(
        charts,
        place,
        state="alarm" if first >= 0 else "quiet",
        n=n[-1],
        statistic=level,
        limit=limit,
        since=charts.periods[first] if first >= 0 else "",
        sentence=f"signalled in {charts.periods[first]}: {said}; {stands}." if first >= 0 else f"{said}; {stands}.",
        method=EWMA,
    )


KINDS_OF_AVERAGES = (
    MonitorKind(
        name="performance-ewma",
        notices="a rise of errors lately, at places with many cases in a period",
        designed="Mean run length (ARL0) of normal scores, by integral equation; the expected delay is printed.",
        needs=SHARES,
        may_have=LABELS,
        serves=("P2.2", "GI3"),
        parameters=ShareAverage,
        designing=design_of_average,
        reading=read_averages,
        remembers=True,
    ),
)
