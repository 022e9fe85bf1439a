"""Kinds of monitors that keep a chart of performance or outcomes, designed by their mean run length."""

from fractions import Fraction
from types import MappingProxyType

import numpy as np
from pydantic import Field

from primum.evidence.watching.charts_spending import Rates, expected_run, watched
from primum.evidence.watching.monitor_kind import Design, MonitorKind, Reading, Watch, hidden, reading_at
from primum.evidence.watching.series import Array, Charts, Series
from primum.roadmap.parts import Share

CUSUM = "CUSUM whose limits spend false alarms exactly (Zhang & Woodall 2015)"
BY_RUN_LENGTH = "Mean run length (ARL0) for the volumes there are, exactly; the expected delay is printed."


class ShareChart(Watch):
    """Which share of events is acceptable, which is to be noticed."""

    acceptable: Share = Field(description="Share of events that is acceptable, as whole numbers.")
    worse: Share = Field(description="Share of events that has to be noticed soon.")
    volume: int = Field(ge=1, description="Units that one place has in a period, about; for the delay that is printed.")


class OutcomeChart(Watch):
    """How many times the expected events are to be noticed."""

    ratio: Share = Field(description="Events over those expected that have to be noticed soon, such as 3/2.")
    volume: Share = Field(description="Events expected at one place in a period, about; for the delay that is printed.")


def rates_of(parameters: ShareChart) -> Rates:
    """Return the acceptable share and the one to be noticed."""
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
    rates = rates_of(parameters)
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
    return _charted(charts, parameters, rates_of(parameters), events, units)


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
    said = events_said(charts, rates, events=events[point], units=units[point], period=charts.periods[point])
    small = hidden(charts, events[point])
    stands = chart_stands(
        "the chart", level=None if small else level, unit="excess events", limit=limit, signalled=first >= 0
    )
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


def chart_stands(what: str, *, level: float | None, unit: str, limit: float, signalled: bool) -> str:
    """Return how a chart stands to its limit, in words; without a level that may be shown, on which side."""
    if level is None:
        return f"{what} {'was above' if signalled else 'is below'} its limit"
    return f"{what} {'stood' if signalled else 'stands'} at {level:.3g} {unit}, its limit is {limit:.3g}"


def events_said(charts: Charts, rates: Rates, *, events: float, units: float, period: str) -> str:
    """Return what was counted in a period beside what is expected or acceptable, in words."""
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
        remembers=True,
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
        remembers=True,
    ),
)
