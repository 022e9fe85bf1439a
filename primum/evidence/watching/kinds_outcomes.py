"""Kinds of monitors of outcomes: observed against expected with exact limits, and rare events at any time."""

import math
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import numpy as np
from pydantic import Field

from primum.evidence.watching.kinds_charts import LABELS, OBSERVED, unknown_outcomes
from primum.evidence.watching.kinds_shares import EXACT, windowed
from primum.evidence.watching.monitor_kind import (
    Design,
    Facts,
    MonitorKind,
    Multiplicity,
    Reading,
    Watch,
    hidden,
    reading_at,
)
from primum.evidence.watching.series import Array, Charts, Series
from primum.roadmap.parts import Share

LIMITS = "exact Poisson limits of observed over expected (Garwood 1936)"
ANYTIME = "gamma-Poisson mixture, valid at any time (Robbins 1970; Ville 1939)"
MOST_PERIODS = 10_000


class ObservedExpected(Watch):
    """How far from what is expected is too far."""

    sides: Literal["high", "both"] = Field(description="Whether fewer than expected is named, too.")
    window: int = Field(ge=1, description="So many of the latest periods are counted together.")
    volume: Share = Field(description="Events expected at one place in the window, about; for the design.")

    def of_one_side(self, charts: int) -> float:
        """Return the chance of a false alarm of one chart on one side."""
        return self.of_one(charts) / (2 if self.sides == "both" else 1)


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


def exact_limits(*, observed: Array, expected: Array, alpha: float) -> tuple[Array, Array]:
    """Return the exact limits of observed over expected, each end an exact bound at alpha; NaN where unknown."""
    from scipy.special import gammaincinv

    known = np.isfinite(observed) & np.isfinite(expected) & (expected > 0)
    x, mean = np.where(known, observed, 0.0), np.where(known, expected, np.nan)
    lower = np.where(x > 0, gammaincinv(np.maximum(x, 1.0), alpha), 0.0)
    return lower / mean, gammaincinv(x + 1, 1 - alpha) / mean


def design_of_limits(parameters: ObservedExpected) -> Design:
    """Return how often it alarms where as many events happen as are expected, exactly, at the declared volume."""
    alpha, mean = parameters.of_one_side(parameters.charts), np.array([float(Fraction(parameters.volume))])
    low, high = critical_events(mean, alpha)
    chance = float(_at_least(high, mean)[0])
    few = ""
    if parameters.sides == "both":
        chance += 1 - float(_at_least(low + 1, mean)[0])
        few = f" or {low[0]:,.0f} or fewer" if low[0] >= 0 else ""
    worst = -math.expm1(parameters.together(parameters.charts) * math.log1p(-chance))
    return Design(
        run_length=float(parameters.run_length),
        attained=1 / worst if worst > 0 else None,
        false_alarm=1 / parameters.run_length,
        charts=parameters.charts,
        words=f"{parameters.words}, at least; with {mean[0]:.3g} expected, {high[0]:,.0f} or more{few} alarm.",
        method=LIMITS,
    )


def read_observed_expected(series: Series, parameters: ObservedExpected) -> tuple[Reading, ...]:
    """Say at every place whether the exact limits of observed over expected leave out 1."""
    columns = ("observed", "expected")
    charts = series.charts((*columns, *LABELS), level=parameters.level)
    observed, expected = windowed(charts, columns, window=parameters.window)
    alpha = parameters.of_one_side(len(charts.places))
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


# -- rare events, at any time ----------------------------------------------------------------


class RareEvents(Facts):
    """Which rate of rare events is acceptable, and how sure an alarm is over all time."""

    acceptable: Share = Field(description="Events per unit of exposure that are acceptable, such as 1/10000.")
    worse: Share = Field(description="Rate that has to be noticed; for the delay that is printed.")
    volume: int = Field(ge=1, description="Exposure of one place in a period, about; for the delay that is printed.")
    prior_events: Share = Field(description="How many events were thought of in `prior_exposure`; costs width only.")
    prior_exposure: Share = Field(description="The exposure in which they were thought of.")
    false_alarm: Share = Field(description="Chance that it ever alarms falsely, however long it watches.")
    multiplicity: Multiplicity = Field(description="Whether false_alarm holds for each place, or for all together.")
    charts: int = Field(
        default=1, ge=1, description="How many places are watched; of the counts, where those are more."
    )

    def least_evidence(self, charts: int) -> float:
        """Return the logarithm of the evidence that alarms: one over the chance of a false alarm of one place."""
        together = 1 if self.multiplicity == "each" else max(charts, self.charts)
        return math.log(together) - math.log(float(Fraction(self.false_alarm)))


def log_evidence(*, events: Array, exposure: Array, parameters: RareEvents) -> Array:
    """Return the logarithm of the evidence for a rate above the acceptable one; see ``anytime.rate_e_value``."""
    from scipy.special import gammaincc, gammaln

    null, a, b = (
        float(Fraction(one)) for one in (parameters.acceptable, parameters.prior_events, parameters.prior_exposure)
    )
    mixture = a * math.log(b) - (a + events) * np.log(b + exposure) + gammaln(a + events) - gammaln(a)
    with np.errstate(divide="ignore"):
        cut = np.log(gammaincc(a + events, null * (b + exposure))) - math.log(gammaincc(a, null * b))
    return np.asarray(mixture - events * math.log(null) + null * exposure + cut, dtype=np.float64)


def design_of_rare_events(parameters: RareEvents) -> Design:
    """Return how sure it is over all time, and about when the worse rate is noticed."""
    periods = np.arange(1.0, MOST_PERIODS + 1)
    exposure = periods * parameters.volume
    evidence = log_evidence(
        events=exposure * float(Fraction(parameters.worse)), exposure=exposure, parameters=parameters
    )
    noticed = evidence >= parameters.least_evidence(parameters.charts)
    delay = float(periods[noticed.argmax()]) if noticed.any() else None
    whose = "at each site and group" if parameters.multiplicity == "each" else "over all sites and groups together"
    when = "is not noticed" if delay is None else f"is noticed after about {delay:.0f} periods"
    return Design(
        false_alarm=float(Fraction(parameters.false_alarm)),
        delay=delay,
        charts=parameters.charts,
        words=(
            f"If all is well, the chance that it ever alarms is {parameters.false_alarm} at most {whose}; "
            f"a rate of {parameters.worse} {when}."
        ),
        method=ANYTIME,
    )


def read_rare_events(series: Series, parameters: RareEvents) -> tuple[Reading, ...]:
    """Say at every place whether rare events are more frequent than acceptable, since the start."""
    charts = series.charts(("events", "exposure", *LABELS), level=parameters.level)
    known = charts.known("events", "exposure")
    events, exposure = (np.cumsum(np.where(known, charts[column], 0.0), axis=1) for column in ("events", "exposure"))
    evidence = log_evidence(events=events, exposure=exposure, parameters=parameters)
    least = parameters.least_evidence(len(charts.places))
    return tuple(
        _rare(charts, place, parameters, (events[place], exposure[place]), evidence[place], least)
        if known[place, -1] or (evidence[place] >= least).any()
        else unknown_outcomes(charts, place, method=ANYTIME)
        for place in range(len(charts.places))
    )


def _rare(
    charts: Charts, place: int, parameters: RareEvents, counts: tuple[Array, Array], evidence: Array, least: float
) -> Reading:
    over = evidence >= least
    first = int(over.argmax()) if over.any() else -1
    events, exposure = float(counts[0][first]), float(counts[1][first])
    when = f" by {charts.periods[first]}" if first >= 0 else ""
    expected = exposure * float(Fraction(parameters.acceptable))
    if exposure <= 0:
        return unknown_outcomes(charts, place, method=ANYTIME)
    return reading_at(
        charts,
        place,
        state="alarm" if first >= 0 else "quiet",
        n=events,
        statistic=None if hidden(charts, events) else float(evidence[first]) / math.log(10),
        limit=least / math.log(10),
        since=charts.periods[first] if first >= 0 else "",
        sentence=(
            f"{charts.shown(events)} events{when} where {expected:.3g} are acceptable; that is "
            f"{'more than' if first >= 0 else 'within what'} chance explains, however often one looks."
        ),
        method=ANYTIME,
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
    MonitorKind(
        name="rare-events",
        notices="rare harm that becomes more frequent than acceptable",
        designed="Chance of any false alarm over all time, however often one looks.",
        needs=MappingProxyType(
            {"events": "rare events", "exposure": "encounters, patients or days in which they could happen"}
        ),
        may_have=LABELS,
        serves=("P2.2", "GI3"),
        parameters=RareEvents,
        designing=design_of_rare_events,
        reading=read_rare_events,
    ),
)
