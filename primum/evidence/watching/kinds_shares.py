"""Kinds of monitors that hold a share against declared limits, exactly: overrides, use outside, the canary set."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from types import MappingProxyType

import numpy as np
from pydantic import Field, model_validator

from primum.evidence.watching.carried_error import Critical, critical_counts, of_this_account
from primum.evidence.watching.exact_limits import Binomial, units_needed
from primum.evidence.watching.limits_in_words import bound, overlapping, reach
from primum.evidence.watching.monitor_kind import Design, MonitorKind, Reading, Watch, hidden, reading_at
from primum.evidence.watching.series import Array, Charts, Series
from primum.evidence.watching.windows_of_counts import Volume, first_alarm, level_at, units_ahead
from primum.roadmap.parts import Share

METHOD = "exact binomial test against a declared share"
CARRIED = (
    "Mean run length at the limit itself: an exact test in each period, and the error it leaves over goes on to the "
    "next; exactly what comes of it at the declared volume is printed."
)


class ShareLimits(Watch):
    """Between which shares all is well."""

    at_least: Share | None = Field(default=None, description="Alarms where the share is significantly below this.")
    at_most: Share | None = Field(default=None, description="Alarms where the share is significantly above this.")
    window: int = Field(ge=1, description="So many of the latest periods are counted together.")
    volume: int = Field(ge=1, description="Units that one place has in the window, about; for the design.")

    @model_validator(mode="after")
    def _has_a_limit(self) -> "ShareLimits":
        if self.at_least is None and self.at_most is None:
            raise ValueError("say `at_least`, `at_most` or both")
        if self.at_least and self.at_most and Fraction(self.at_least) >= Fraction(self.at_most):
            raise ValueError("`at_least` lies below `at_most`")
        return self

    @cached_property
    def limits(self) -> tuple[Fraction | None, Fraction | None]:
        """The lower and the upper limit."""
        low, high = (None if one is None else Fraction(one) for one in (self.at_least, self.at_most))
        return low, high


class Canary(ShareLimits):
    """How many answers of the fixed set may differ from the baseline."""

    at_most: Share = Field(description="Share of answers that may differ by chance; 0 where answers are fixed.")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The columns of a kind and its words: what is counted, and what it means to be below or above."""

    n: str
    events: str
    units: str
    counted: str
    too_few: str = ""
    too_many: str = ""


def windows(charts: Charts, columns: tuple[str, ...], *, window: int) -> tuple[Array, ...]:
    """Return sums up to each period over the latest ones in which all columns are known; NaN where it is not."""
    known = charts.known(*columns)
    found = []
    for column in columns:
        upto = np.cumsum(np.where(known, charts[column], 0.0), axis=1)
        before = np.concatenate([np.zeros((len(upto), min(window, upto.shape[1]))), upto[:, :-window]], axis=1)
        found.append(np.where(known, upto - before, np.nan))
    return tuple(found)


def binomial_limits(n: Array, parameters: ShareLimits, *, alpha: float) -> Critical:
    """Return the counts of events among n, of shape (places, periods), that alarm."""
    low, high = parameters.limits
    return critical_counts(
        high=None if high is None else Binomial(n=n, share=float(high)),
        low=None if low is None else Binomial(n=n, share=float(1 - low)),
        alpha=alpha,
    )


def volumes_of(parameters: ShareLimits) -> tuple[Volume, ...]:
    """Return what a place has in a window if the share is one of the limits."""
    return tuple(
        Volume(units=parameters.volume, window=parameters.window, share=float(limit))
        for limit in parameters.limits
        if limit is not None
    )


@lru_cache(maxsize=4096)
def level_of_share(parameters: ShareLimits, charts: int) -> float:
    """Return with which chance one of so many charts alarms in a window, so that first alarms come as asked."""
    if parameters.window == 1:
        return parameters.of_one(charts)
    volumes = volumes_of(parameters)
    return level_at(
        lambda alpha: binomial_limits(volumes[0].of_windows, parameters, alpha=alpha),
        volumes,
        run_length=parameters.run_length,
        charts=parameters.together(charts),
    )


def design_of_limits(parameters: ShareLimits) -> Design:
    """Return how often it alarms first where the share is the limit itself, at the declared volume."""
    charts, volumes = parameters.charts, volumes_of(parameters)
    n = units_ahead(volumes[0])
    critical = binomial_limits(n, parameters, alpha=level_of_share(parameters, charts))
    attained = first_alarm(critical, volumes, charts=parameters.together(charts))
    said = reach(critical=critical, n=n, attained=attained)
    return Design(
        run_length=float(parameters.run_length),
        attained=attained,
        false_alarm=1 / parameters.run_length,
        charts=parameters.charts,
        words=(
            f"{parameters.words} where a share is at its limit{bound(parameters.window)}; {said}."
            f"{overlapping(parameters.window)}"
        ),
        method=METHOD,
    )


def reading_of(wording: Wording) -> Callable[[Series, ShareLimits], tuple[Reading, ...]]:
    """Return how a kind with these words reads its counts."""

    def read(series: Series, parameters: ShareLimits) -> tuple[Reading, ...]:
        charts = series.charts((wording.n, wording.events), level=parameters.level)
        units, counted = of_this_account(*windows(charts, (wording.n, wording.events), window=parameters.window))
        units = np.where(counted <= units, units, np.nan)
        alpha = level_of_share(parameters, len(charts.places))
        critical = binomial_limits(units, parameters, alpha=alpha).last
        n, events = units[:, -1], counted[:, -1]
        alarms, could = critical.alarms(events) & (n > 0), critical.could
        return tuple(
            _alarm(charts, place, wording, (n[place], events[place]), critical, parameters)
            if alarms[place]
            else _quiet(charts, place, wording, (n[place], events[place]), parameters)
            if could[place]
            else _too_few(charts, place, wording, n[place], (parameters, alpha))
            for place in range(len(charts.places))
        )

    return read


def _share(charts: Charts, wording: Wording, n: float, events: float) -> tuple[float | None, str]:
    of = f"{charts.shown(events)} of {charts.shown(n)} {wording.counted}"
    if hidden(charts, events, n - events, n):
        return None, of
    return events / n, f"{of} ({events / n:.1%})"


def _alarm(
    charts: Charts,
    place: int,
    wording: Wording,
    counts: tuple[float, float],
    critical: Critical,
    parameters: ShareLimits,
) -> Reading:
    n, events = counts
    share, said = _share(charts, wording, n, events)
    high = events >= critical.high[place]
    limit = parameters.limits[1 if high else 0]
    return reading_at(
        charts,
        place,
        state="alarm",
        n=n,
        statistic=share,
        limit=None if limit is None else float(limit),
        sentence=f"{said}, {wording.too_many if high else wording.too_few}.",
        method=METHOD,
        measure="high" if high else "low",
    )


def _quiet(
    charts: Charts, place: int, wording: Wording, counts: tuple[float, float], parameters: ShareLimits
) -> Reading:
    share, said = _share(charts, wording, *counts)
    low, high = parameters.limits
    bounds = " and ".join(
        text
        for text in (low and f"at least {float(low):.3g}", "" if high is None else f"at most {float(high):.3g}")
        if text
    )
    limit = high if high is not None else low
    return reading_at(
        charts,
        place,
        state="quiet",
        n=counts[0],
        statistic=share,
        limit=None if limit is None else float(limit),
        sentence=f"{said}; {bounds} is declared.",
        method=METHOD,
    )


def _too_few(charts: Charts, place: int, wording: Wording, n: float, asked: tuple[ShareLimits, float]) -> Reading:
    parameters, alpha = asked
    low, high = parameters.limits
    wanted = max(
        0 if low is None else units_needed(share=float(1 - low), alpha=alpha),
        0 if high is None else units_needed(share=float(high), alpha=alpha),
    )
    have = n if n > 0 else 0.0
    needed = max(1, wanted - (0 if hidden(charts, have) else round(have)))
    told = f"{charts.shown(have)} {wording.units}" if np.isfinite(n) else "nothing was reported"
    return reading_at(
        charts,
        place,
        state="insufficient",
        n=have,
        needed=needed,
        sentence=f"{told} up to {charts.periods[-1]}; no count can be told from chance, {needed:,} more are needed.",
        method=METHOD,
    )


OVERRIDES = Wording(
    n="shown",
    events="overridden",
    units="suggestions shown",
    counted="suggestions overridden",
    too_few="significantly fewer than declared: people may follow it without looking (automation bias)",
    too_many="significantly more than declared: people find it of little use",
)
OUTSIDE = Wording(
    n="encounters",
    events="outside",
    units="encounters",
    counted="uses outside the intended population",
    too_many="significantly more than declared",
)


def read_canary(series: Series, parameters: Canary) -> tuple[Reading, ...]:
    """Say whether answers to the fixed questions changed, and whether a new version had been announced."""
    charts = series.charts(("asked", "changed", "version_changes"), level=parameters.level)
    announced = np.nan_to_num(charts["version_changes"][:, -1], nan=0.0) > 0
    wording = Wording(
        n="asked",
        events="changed",
        units="fixed questions answered",
        counted="fixed questions answered otherwise than at the baseline",
        too_many="more than chance explains",
    )
    readings = reading_of(wording)(series, parameters)
    return tuple(_versioned(charts, place, one, announced=bool(announced[place])) for place, one in enumerate(readings))


def _versioned(charts: Charts, place: int, reading: Reading, *, announced: bool) -> Reading:
    from dataclasses import replace

    if announced:
        name = charts.places[place].words
        said = reading.sentence.removeprefix(f"{name}: ")
        return replace(reading, state="alarm", measure="version", sentence=f"{name}: another version answered; {said}")
    if reading.state != "alarm":
        return reading
    return replace(reading, sentence=f"{reading.sentence[:-1]}, although no new version was announced.")


KINDS_OF_SHARES = (
    MonitorKind(
        name="override-rate",
        notices="people who follow every suggestion (automation bias), or override most of them (uselessness)",
        designed=CARRIED,
        needs=MappingProxyType({"shown": "suggestions shown", "overridden": "those a person decided against"}),
        may_have=MappingProxyType({}),
        serves=("GI3",),
        parameters=ShareLimits,
        designing=design_of_limits,
        reading=reading_of(OVERRIDES),
        remembers=True,
    ),
    MonitorKind(
        name="outside-use",
        notices="use for people, places or questions outside the intended use",
        designed=CARRIED,
        needs=MappingProxyType({"encounters": "encounters with output", "outside": "those outside the intended use"}),
        may_have=MappingProxyType({}),
        serves=("P3.8",),
        parameters=ShareLimits,
        designing=design_of_limits,
        reading=reading_of(OUTSIDE),
        remembers=True,
    ),
    MonitorKind(
        name="canary",
        notices="a vendor's silent change: answers to a fixed set of questions that are not those of the baseline",
        designed=CARRIED,
        needs=MappingProxyType(
            {
                "asked": "questions of the fixed set that were answered",
                "changed": "answers whose digest or category is not that of the baseline",
            }
        ),
        may_have=MappingProxyType({"version_changes": "times that the vendor's own version name changed"}),
        serves=("V26",),
        parameters=Canary,
        designing=design_of_limits,
        reading=read_canary,
        remembers=True,
    ),
)
