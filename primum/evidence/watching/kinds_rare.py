"""The kind of monitor of rare events: evidence that holds however often one looks."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from pydantic import Field

from primum.evidence.watching.kinds_charts import LABELS, unknown_outcomes
from primum.evidence.watching.monitor_kind import Design, Facts, MonitorKind, Multiplicity, Reading, hidden, reading_at
from primum.evidence.watching.series import Array, Charts, Series
from primum.roadmap.parts import Share

ANYTIME = "gamma-Poisson mixture, valid at any time (Robbins 1970; Ville 1939)"
MOST_PERIODS = 10_000
# The chance of a false alarm is computed for so many periods, or so many events if those are reached first.
MOST_LOOKS = 1_000
FEWEST_LOOKS = 20
MOST_EVENTS = 2_000
NEGLIGIBLE = 1e-18
SMALL = 256


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
    together = parameters.multiplicity == "all"
    found = chance_of_alarm(parameters, together=parameters.charts if together else 1)
    whose = "over all sites and groups together" if together else "at each site and group"
    when = "is not noticed" if delay is None else f"is noticed after about {delay:.0f} periods"
    return Design(
        false_alarm=float(Fraction(parameters.false_alarm)),
        ever=found.ever,
        delay=delay,
        charts=parameters.charts,
        words=(
            f"If all is well, the chance that it ever alarms is {parameters.false_alarm} at most {whose}, however "
            f"often one looks; looked at once in a period, with {parameters.volume:,} in each, it is "
            f"{found.within:.2g} in {found.periods:,} periods and at most {found.ever:.2g} over all time. A rate of "
            f"{parameters.worse} {when}."
        ),
        method=ANYTIME,
    )


@dataclass(frozen=True, kw_only=True)
class Chance:
    """The chance of a false alarm within so many periods, exactly, and at most over all time."""

    periods: int
    within: float
    ever: float


def chance_of_alarm(parameters: RareEvents, *, together: int) -> Chance:
    """
    Return how often it alarms at the acceptable rate, looked at once in each period of the declared volume.

    The distribution of all events so far is carried on from period to period, without those that alarmed. What may
    still come after the last period is at most the evidence there still is over the evidence that alarms (Ville 1939).
    """
    least, mean = (
        parameters.least_evidence(parameters.charts),
        float(Fraction(parameters.acceptable)) * parameters.volume,
    )
    periods = int(np.clip(MOST_EVENTS / mean, FEWEST_LOOKS, MOST_LOOKS))
    limits = _limits(np.arange(1.0, periods + 1) * parameters.volume, parameters, least=least)
    quiet = _Quiet.start()
    for limit in limits:
        quiet = quiet.after(mean, limit=int(limit))
    exposure = np.full(len(quiet.chances), periods * float(parameters.volume))
    counts = quiet.first + np.arange(len(quiet.chances), dtype=np.float64)
    evidence = np.exp(np.minimum(log_evidence(events=counts, exposure=exposure, parameters=parameters) - least, 0.0))
    within = 1 - float(quiet.chances.sum())
    ever = within + float((quiet.chances * evidence).sum())
    of_all = (-math.expm1(together * math.log1p(-min(one, 1 - 1e-15))) for one in (max(0.0, within), ever))
    return Chance(periods=periods, within=next(of_all), ever=next(of_all))


def _limits(exposure: Array, parameters: RareEvents, *, least: float) -> Array:
    """Return the fewest events that alarm at each exposure, by halving."""
    low, high = np.full(len(exposure), -1.0), np.full(len(exposure), 1.0)
    while (short := log_evidence(events=high, exposure=exposure, parameters=parameters) < least).any():
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        short = log_evidence(events=middle, exposure=exposure, parameters=parameters) < least
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return high


@dataclass(frozen=True, kw_only=True, eq=False)
class _Quiet:
    """How likely each number of events is, without those that alarmed: ``first`` of them, one more, two more ..."""

    first: int
    chances: Array

    @staticmethod
    def start() -> "_Quiet":
        return _Quiet(first=0, chances=np.ones(1))

    def after(self, mean: float, *, limit: int) -> "_Quiet":
        """Return the same after a period with so many events on average, of which ``limit`` in all alarm."""
        from scipy.signal import fftconvolve

        few, more = _counts_of(mean)
        both = np.convolve if min(len(more), len(self.chances)) < SMALL else fftconvolve
        chances = np.maximum(both(self.chances, more), 0.0)[: max(1, limit - self.first - few)]
        left = int((chances > NEGLIGIBLE).argmax())
        return _Quiet(first=self.first + few + left, chances=chances[left:])


@lru_cache(maxsize=64)
def _counts_of(mean: float) -> tuple[int, Array]:
    """Return the chances of all counts that matter of a Poisson distribution, and the first of them."""
    from scipy.special import gammaln, xlogy

    reach = 10 * math.sqrt(mean) + 25
    counts = np.arange(max(0, math.floor(mean - reach)), math.ceil(mean + reach) + 1)
    return int(counts[0]), np.exp(xlogy(counts, mean) - mean - gammaln(counts + 1.0))


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


KINDS_OF_RARE_EVENTS = (
    MonitorKind(
        name="rare-events",
        notices="rare harm that becomes more frequent than acceptable",
        designed=(
            "Chance of any false alarm over all time, at most, however often one looks; what comes of it with one look "
            "in a period is printed."
        ),
        needs=MappingProxyType(
            {"events": "rare events", "exposure": "encounters, patients or days in which they could happen"}
        ),
        may_have=LABELS,
        serves=("P2.2", "GI3"),
        parameters=RareEvents,
        designing=design_of_rare_events,
        reading=read_rare_events,
        remembers=True,
    ),
)
