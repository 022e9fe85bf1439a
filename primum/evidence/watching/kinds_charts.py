"""Kinds of monitors that keep a chart of performance or outcomes, designed by their mean run length."""

from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from primum.evidence.watching.charts import ewma_limit, ewma_run_length
from primum.evidence.watching.charts_spending import Rates, expected_run, watched
from primum.evidence.watching.monitor_kind import Design, MonitorKind, Reading, Watch, hidden, reading_at
from primum.evidence.watching.series import Array, Charts, Series
from primum.roadmap.parts import Share

CUSUM = "CUSUM whose limits spend false alarms exactly (Zhang & Woodall 2015)"
EWMA = "one-sided EWMA of mid-p normal scores (Crowder 1987; Lancaster 1961)"
BY_RUN_LENGTH = "Mean run length (ARL0) for the volumes there are, exactly; the expected delay is printed."


class ShareChart(Watch):
    """Which share of events is acceptable, which is to be noticed."""

    acceptable: Share = Field(description="Share of events that is acceptable, as whole numbers.")
    worse: Share = Field(description="Share of events that has to be noticed soon.")
    volume: int = Field(ge=1, description="Units that one place has in a period, about; for the delay that is printed.")


class ShareAverage(ShareChart):
    """An average that forgets, too."""

    weight: Share = Field(description="Weight of the newest period, such as 1/5.")
    least_variance: int = Field(ge=1, description="n p (1 - p) of a period; with less, normal scores do not hold.")


class OutcomeChart(Watch):
    """How many times the expected events are to be noticed."""

    ratio: Share = Field(description="Events over those expected that have to be noticed soon, such as 3/2.")
    volume: Share = Field(description="Events expected at one place in a period, about; for the delay that is printed.")


def _rates(parameters: ShareChart) -> Rates:
    return Rates("binomial", float(Fraction(parameters.acceptable)), float(Fraction(parameters.worse)))


def _ratio(parameters: OutcomeChart) -> Rates:
    return Rates("poisson", 1.0, float(Fraction(parameters.ratio)))


def _designed(parameters: Watch, rates: Rates, volume: float, change: str) -> Design:
    alpha = parameters.of_one(parameters.charts)
    run = expected_run(rates=rates, alpha=alpha, volume=volume)
    return Design(
        run_length=float(parameters.run_length),
        attained=run.quiet * alpha * parameters.run_length,
        false_alarm=1 / parameters.run_length,
        delay=run.delay,
        charts=parameters.charts,
        words=f"{parameters.words}; {change} is noticed after {run.delay:.1f} periods on average.",
        method=CUSUM,
    )


def design_of_shares(parameters: ShareChart) -> Design:
    """Return how a chart of shares behaves at its declared volume."""
    rates = _rates(parameters)
    change = f"a rise from {rates.acceptable:.3g} to {rates.worse:.3g} among {parameters.volume:,} units in a period"
    return _designed(parameters, rates, parameters.volume, change)


def design_of_outcomes(parameters: OutcomeChart) -> Design:
    """Return how a chart of observed against expected events behaves at its declared volume."""
    volume, rates = float(Fraction(parameters.volume)), _ratio(parameters)
    change = f"a rise to {rates.worse:.3g} times the expected events, with {volume:.3g} expected in a period,"
    return _designed(parameters, rates, volume, change)


def read_shares(series: Series, parameters: ShareChart) -> tuple[Reading, ...]:
    """Say at every place whether the share of events has risen."""
    charts = series.charts(("n", "events", "unlabelled", "expected_events"), level=parameters.level)
    known = charts.known("n", "events") & (charts["events"] <= charts["n"])
    units, events = (np.where(known, np.rint(charts[name]), np.nan) for name in ("n", "events"))
    return _charted(charts, parameters, _rates(parameters), events, units)


def read_outcomes(series: Series, parameters: OutcomeChart) -> tuple[Reading, ...]:
    """Say at every place whether more happens than is expected of those patients."""
    charts = series.charts(("observed", "expected", "unlabelled", "expected_events"), level=parameters.level)
    known = charts.known("observed", "expected")
    units, events = np.where(known, charts["expected"], np.nan), np.where(known, charts["observed"], np.nan)
    return _charted(charts, parameters, _ratio(parameters), events, units)


def _charted(charts: Charts, parameters: Watch, rates: Rates, events: Array, units: Array) -> tuple[Reading, ...]:
    paths = watched(events=events, units=units, rates=rates, alpha=parameters.of_one(len(charts.places)))
    return tuple(
        _chart(charts, place, rates, (events[place], units[place]), (paths.levels[place], paths.limits[place], first))
        for place, first in enumerate(paths.first)
    )


def _chart(
    charts: Charts, place: int, rates: Rates, counts: tuple[Array, Array], path: tuple[Array, Array, int]
) -> Reading:
    events, units = counts
    levels, limits, first = path
    if first < 0 and not units[-1] > 0:
        return unknown_outcomes(charts, place, method=CUSUM)
    point = first if first >= 0 else -1
    level, limit = levels[point], limits[point]
    said = _said(charts, rates, events[point], units[point], charts.periods[point])
    small = hidden(charts, events[point])
    stands = _stands("the chart", None if small else level, "excess events", limit, signalled=first >= 0)
    return reading_at(
        charts,
        place,
        state="alarm" if first >= 0 else "quiet",
        n=units[-1] if rates.law == "binomial" else events[-1],
        statistic=None if small else level,
        limit=limit,
        since=charts.periods[first] if first >= 0 else "",
        sentence=f"signalled in {charts.periods[first]}: {said}; {stands}." if first >= 0 else f"{said}; {stands}.",
        method=CUSUM,
    )


def _stands(what: str, level: float | None, unit: str, limit: float, *, signalled: bool) -> str:
    if level is None:
        return f"{what} {'was above' if signalled else 'is below'} its limit"
    return f"{what} {'stood' if signalled else 'stands'} at {level:.3g} {unit}, its limit is {limit:.3g}"


def _said(charts: Charts, rates: Rates, events: float, units: float, period: str) -> str:
    expected = rates.acceptable * units
    if rates.law == "poisson":
        return f"{charts.shown(events)} events in {period} where {expected:.3g} are expected"
    return f"{charts.shown(events)} events among {charts.shown(units)} in {period} where {expected:.3g} are acceptable"


def unknown_outcomes(charts: Charts, place: int, *, method: str, needed: int = 1) -> Reading:
    """Return the reading of a place without known outcomes; what scores expect is marked as estimated."""
    period = charts.periods[-1]
    unlabelled, guess = (float(charts[name][place, -1]) for name in ("unlabelled", "expected_events"))
    if np.isfinite(unlabelled) and unlabelled > 0 and np.isfinite(guess):
        sentence = (
            f"no outcome of {period} is known yet. Estimated only: by the model's own scores "
            f"{guess:.3g} events among {charts.shown(unlabelled)}; that is no evidence that all is well."
        )
        return reading_at(
            charts, place, state="estimated", n=0, statistic=guess, sentence=sentence, method="expected by scores"
        )
    sentence = f"no outcome of {period} is known, so nothing can be said; at least {needed:,} more is needed."
    return reading_at(charts, place, state="insufficient", n=0, needed=needed, sentence=sentence, method=method)


# -- the average that forgets ----------------------------------------------------------------


@lru_cache(maxsize=1024)
def _average_limit(weight: float, run_length: float) -> float:
    return ewma_limit(weight=weight, run_length=run_length, sides=1)


@lru_cache(maxsize=1024)
def _average_run(weight: float, limit: float, shift: float) -> float:
    return ewma_run_length(weight=weight, limit=limit, shift=shift, sides=1)


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


def averages(scores: Array, *, weight: float) -> Array:
    """Return the average after each period in its own deviations, never below 0; an unread period leaves it."""
    spread = float(np.sqrt(weight / (2 - weight)))
    path, level = np.zeros(scores.shape), np.zeros(len(scores))
    for period in range(scores.shape[1]):
        score = scores[:, period]
        level = np.where(np.isnan(score), level, np.maximum(0.0, (1 - weight) * level + weight * score))
        path[:, period] = level
    return path / spread


def design_of_average(parameters: ShareAverage) -> Design:
    """Return how the average behaves at its declared volume."""
    weight, rates = float(Fraction(parameters.weight)), _rates(parameters)
    limit = _average_limit(weight, 1 / parameters.of_one(parameters.charts))
    variance = parameters.volume * rates.acceptable * (1 - rates.acceptable)
    shift = parameters.volume * (rates.worse - rates.acceptable) / variance**0.5
    delay = _average_run(weight, limit, round(shift, 6))
    attained = _average_run(weight, limit, 0.0) * parameters.of_one(parameters.charts) * parameters.run_length
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
    rates, weight = _rates(parameters), float(Fraction(parameters.weight))
    least = float(np.ceil(parameters.least_variance / (rates.acceptable * (1 - rates.acceptable))))
    units = np.where(known & (charts["n"] >= least), np.rint(charts["n"]), np.nan)
    path = averages(normal_scores(events=charts["events"], units=units, acceptable=rates.acceptable), weight=weight)
    limit = _average_limit(weight, 1 / parameters.of_one(len(charts.places)))
    over = (path > limit) & np.isfinite(units)
    return tuple(_average(charts, place, rates, limit, least, (path, over)) for place in range(len(charts.places)))


def _average(
    charts: Charts, place: int, rates: Rates, limit: float, least: float, found: tuple[Array, NDArray[np.bool_]]
) -> Reading:
    path, over = found[0][place], found[1][place]
    n, events = charts["n"][place], charts["events"][place]
    first = int(over.argmax()) if over.any() else -1
    if first < 0 and not n[-1] >= least:
        missing = least - n[-1] if n[-1] > 0 and not hidden(charts, n[-1]) else least
        return unknown_outcomes(charts, place, method=EWMA, needed=int(missing))
    if first < 0 and not 0 <= events[-1] <= n[-1]:
        return unknown_outcomes(charts, place, method=EWMA)
    said = _said(charts, rates, events[first], n[first], charts.periods[first])
    small = hidden(charts, events[first])
    stands = _stands("the average", None if small else path[first], "deviations", limit, signalled=first >= 0)
    return reading_at(
        charts,
        place,
        state="alarm" if first >= 0 else "quiet",
        n=n[-1],
        statistic=None if small else float(path[first]),
        limit=limit,
        since=charts.periods[first] if first >= 0 else "",
        sentence=f"signalled in {charts.periods[first]}: {said}; {stands}." if first >= 0 else f"{said}; {stands}.",
        method=EWMA,
    )


LABELS = MappingProxyType(
    {
        "unlabelled": "units whose outcome is not known yet",
        "expected_events": "events the model's own scores expect among those; gives an estimated reading only",
    }
)
SHARES = MappingProxyType({"n": "units with a known outcome", "events": "unwanted outcomes among them, such as errors"})
OBSERVED = MappingProxyType({"observed": "events", "expected": "events expected of those patients' risks"})
KINDS_OF_CHARTS = (
    MonitorKind(
        name="performance-cusum",
        notices="a lasting rise of errors at a site or in a group of people",
        designed=BY_RUN_LENGTH,
        needs=SHARES,
        may_have=LABELS,
        serves=("P2.2", "GI3"),
        parameters=ShareChart,
        designing=design_of_shares,
        reading=read_shares,
    ),
    MonitorKind(
        name="performance-ewma",
        notices="a rise of errors lately, at places with many cases in a period",
        designed="Mean run length (ARL0) of the normal scores, by integral equation; the expected delay is printed.",
        needs=SHARES,
        may_have=LABELS,
        serves=("P2.2", "GI3"),
        parameters=ShareAverage,
        designing=design_of_average,
        reading=read_averages,
    ),
    MonitorKind(
        name="outcomes-cusum",
        notices="a lasting rise of deaths or other outcomes over what the patients' own risks expect",
        designed=BY_RUN_LENGTH,
        needs=OBSERVED,
        may_have=LABELS,
        serves=("P2.2", "GI3", "R4.2"),
        parameters=OutcomeChart,
        designing=design_of_outcomes,
        reading=read_outcomes,
    ),
)
