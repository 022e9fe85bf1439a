"""Kinds of monitors that compare rates exactly: with the control arm, and of a group with everybody else."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from pydantic import Field

from primum.evidence.watching.carried_error import Critical, critical_counts, of_this_account
from primum.evidence.watching.exact_limits import OfTwo, units_needed
from primum.evidence.watching.kinds_shares import CARRIED, ShareLimits, windows
from primum.evidence.watching.limits_in_words import bound, overlapping, reach
from primum.evidence.watching.monitor_kind import (
    Design,
    MonitorKind,
    Reading,
    Watch,
    hidden,
    nothing_to_read,
    reading_at,
)
from primum.evidence.watching.series import Array, Charts, Series
from primum.evidence.watching.windows_of_counts import Volume, first_alarm, level_at, units_ahead
from primum.roadmap.parts import Share

METHOD = "test of the ratio of two rates given all events, at the rate they show (Cornfield 1956)"
# Groups so large that events among them are rare; the design is for such.
LARGE = 1e9


class AgainstControl(ShareLimits):
    """Between which ratios to the rate of the control arm all is well."""

    volume: int = Field(ge=1, description="Events that both arms have in the window, about; for the design.")


class Equity(Watch):
    """How many times the rate of everybody else a group may go without."""

    at_most: Share = Field(description="Ratio to the rate of everybody else above which it alarms, such as 3/2.")
    window: int = Field(ge=1, description="So many of the latest periods are counted together.")
    volume: int = Field(ge=1, description="People going without that one place has in the window, about.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """Two groups by place and period: people and events of the watched one, and of the one it is compared with."""

    n: Array
    events: Array
    other_n: Array
    other_events: Array

    @property
    def total(self) -> Array:
        """The events of both; NaN where a side has nobody or is not known."""
        known = (self.n > 0) & (self.other_n > 0) & (self.events <= self.n) & (self.other_events <= self.other_n)
        return np.asarray(np.where(known, self.events + self.other_events, np.nan), dtype=np.float64)

    @property
    def last(self) -> "Pair":
        """The last period alone, of shape (places,)."""
        counts = (self.n, self.events, self.other_n, self.other_events)
        n, events, other_n, other_events = (one[:, -1] for one in counts)
        return Pair(n=n, events=events, other_n=other_n, other_events=other_events)

    def law(self, ratio: Fraction | None) -> OfTwo | None:
        """Return how the events of the watched group are distributed if its rate is so many times the other."""
        if ratio is None:
            return None
        return OfTwo(n=self.n, other=self.other_n, events=self.total, ratio=float(ratio))

    def limits(self, parameters: "AgainstControl | Equity", *, alpha: float) -> Critical:
        """Return the counts of events of the watched group that alarm."""
        low, high = _asked(parameters)
        others = Pair(n=self.other_n, events=self.other_events, other_n=self.n, other_events=self.events)
        return critical_counts(high=self.law(high), low=others.law(low and 1 / low), alpha=alpha)


def volumes_of(parameters: AgainstControl | Equity) -> tuple[Volume, ...]:
    """Return what two groups of one size have in a window if the ratio of their rates is one of the limits."""
    return tuple(
        Volume(units=parameters.volume, window=parameters.window, share=float(limit / (1 + limit)))
        for limit in _asked(parameters)
        if limit is not None
    )


def limits_of_large_groups(parameters: AgainstControl | Equity, total: Array, *, alpha: float) -> Critical:
    """Return the counts that alarm among so many events of two groups of one size, where events are rare."""
    many = np.full(total.shape, LARGE)
    pair = Pair(n=many, events=total, other_n=many, other_events=np.zeros(total.shape))
    return pair.limits(parameters, alpha=alpha)


@lru_cache(maxsize=4096)
def level_of_comparison(parameters: AgainstControl | Equity, charts: int) -> float:
    """Return with which chance one of so many charts alarms in a window, so that first alarms come as asked."""
    if parameters.window == 1:
        return parameters.of_one(charts)
    volumes = volumes_of(parameters)
    return level_at(
        lambda alpha: limits_of_large_groups(parameters, volumes[0].of_windows, alpha=alpha),
        volumes,
        run_length=parameters.run_length,
        charts=parameters.together(charts),
    )


def design_of_comparison(parameters: AgainstControl | Equity) -> Design:
    """Return how often it alarms first where the ratio is the limit itself, with groups of one size and rare events."""
    charts, volumes = parameters.charts, volumes_of(parameters)
    total = units_ahead(volumes[0])
    critical = limits_of_large_groups(parameters, total, alpha=level_of_comparison(parameters, charts))
    attained = first_alarm(critical, volumes, charts=parameters.together(charts))
    said = reach(critical=critical, n=total, attained=attained, units="events of two groups of one size")
    return Design(
        run_length=float(parameters.run_length),
        attained=attained,
        false_alarm=1 / parameters.run_length,
        charts=parameters.charts,
        words=(
            f"{parameters.words} {_bounds(*_asked(parameters))}{bound(parameters.window)}; {said}."
            f"{overlapping(parameters.window)}"
        ),
        method=METHOD,
    )


def _bounds(low: Fraction | None, high: Fraction | None) -> str:
    parts = ("" if low is None else f"at least {float(low):.3g}", "" if high is None else f"at most {float(high):.3g}")
    return f"where the ratio of two rates is at its limit ({' and '.join(part for part in parts if part)})"


def _asked(parameters: AgainstControl | Equity) -> tuple[Fraction | None, Fraction | None]:
    return (None, Fraction(parameters.at_most)) if isinstance(parameters, Equity) else parameters.limits


def read_against_control(series: Series, parameters: AgainstControl) -> tuple[Reading, ...]:
    """Say at every place whether people are sent on as often as in the control arm."""
    columns = ("n", "events", "control_n", "control_events")
    charts = series.charts(columns, level=parameters.level)
    n, events, other_n, other_events = of_this_account(*windows(charts, columns, window=parameters.window))
    pair = Pair(n=n, events=events, other_n=other_n, other_events=other_events)
    return _compared(charts, pair, parameters, ("those with output", "the control arm"))


def read_equity(series: Series, parameters: Equity) -> tuple[Reading, ...]:
    """Say at every place of every group whether more of it go without than of everybody else there."""
    if len(series.groups) == 1:
        only = "there is one group only, and nobody to compare it with"
        return (nothing_to_read(f"Over all sites: {only}.", period=series.periods[-1], method=METHOD),)
    charts = series.charts(("n", "without"), level=parameters.level)
    n, without = of_this_account(*windows(charts, ("n", "without"), window=parameters.window))
    other_n, other_without = (_others(counts, len(series.groups)) for counts in (n, without))
    pair = Pair(n=n, events=without, other_n=other_n, other_events=other_without)
    return _compared(charts, pair, parameters, ("this group", "everybody else"))


def _others(counts: Array, groups: int) -> Array:
    """Return for each group the sum of the others at its place in each period, of those that are known."""
    known = np.nan_to_num(counts, nan=0.0).reshape(-1, groups, counts.shape[1])
    return np.asarray((known.sum(axis=1, keepdims=True) - known).reshape(counts.shape), dtype=np.float64)


def _compared(
    charts: Charts, pairs: Pair, parameters: AgainstControl | Equity, who: tuple[str, str]
) -> tuple[Reading, ...]:
    limits = low, high = _asked(parameters)
    alpha = level_of_comparison(parameters, len(charts.places))
    critical, pair = pairs.limits(parameters, alpha=alpha).last, pairs.last
    total = pair.total
    laws = pair.law(low), pair.law(high)
    alarms = critical.alarms(np.where(np.isfinite(total), pair.events, np.nan)) & (total > 0)
    # Nobody at all who went without is no reason to doubt a group: that is quiet, not unknown.
    fine = critical.could if low is not None else critical.could | (total == 0)
    return tuple(
        _said(charts, place, pair, who, limits, _side(critical, place, pair))
        if alarms[place]
        else _said(charts, place, pair, who, limits, "")
        if fine[place]
        else _not_enough(charts, place, float(total[place]), _needed(laws, place, alpha))
        for place in range(len(charts.places))
    )


def _side(critical: Critical, place: int, pair: Pair) -> str:
    return "high" if pair.events[place] >= critical.high[place] else "low"


def _said(
    charts: Charts,
    place: int,
    pair: Pair,
    who: tuple[str, str],
    limits: tuple[Fraction | None, Fraction | None],
    side: str,
) -> Reading:
    counts = [float(one[place]) for one in (pair.events, pair.n, pair.other_events, pair.other_n)]
    shown = [charts.shown(count) for count in counts]
    rate, other = counts[0] / counts[1], counts[2] / counts[3]
    ratio = None if hidden(charts, *counts) or not other else rate / other
    found = f"{shown[0]} of {shown[1]} of {who[0]}, {shown[2]} of {shown[3]} of {who[1]}"
    found += "" if ratio is None else f" ({ratio:.3g} times the rate)"
    low, high = limits
    limit = low if side == "low" or high is None else high
    tail = {
        "low": "; that is significantly below the declared ratio",
        "high": "; that is significantly above the declared ratio",
        "": "; no more apart than declared",
    }
    return reading_at(
        charts,
        place,
        state="alarm" if side else "quiet",
        n=counts[1],
        statistic=ratio,
        limit=None if limit is None else float(limit),
        sentence=f"{found}{tail[side]}.",
        method=METHOD,
        measure=side,
    )


def _needed(laws: tuple[OfTwo | None, OfTwo | None], place: int, alpha: float) -> int:
    low, high = laws
    return max(
        0 if low is None else units_needed(share=float(1 - low.share[place]), alpha=alpha),
        0 if high is None else units_needed(share=float(high.share[place]), alpha=alpha),
    )


def _not_enough(charts: Charts, place: int, total: float, wanted: int) -> Reading:
    if not np.isfinite(total):
        sentence = f"one of the two groups is empty or not reported in {charts.periods[-1]}, so nothing can be said."
        return reading_at(charts, place, state="insufficient", n=0, needed=1, sentence=sentence, method=METHOD)
    needed = max(1, wanted - (0 if hidden(charts, total) else round(total)))
    return reading_at(
        charts,
        place,
        state="insufficient",
        n=0,
        needed=needed,
        sentence=f"too few events to tell the two rates apart; {needed:,} more events are needed.",
        method=METHOD,
    )


KINDS_OF_COMPARISONS = (
    MonitorKind(
        name="against-control",
        notices="consultations or referrals that become rarer (or more frequent) than in the control arm",
        designed=CARRIED,
        needs=MappingProxyType(
            {
                "n": "encounters with output",
                "events": "those in which a specialist was consulted or the patient referred",
                "control_n": "encounters of the control arm",
                "control_events": "those of them with a consultation or referral",
            }
        ),
        may_have=MappingProxyType({}),
        serves=("U8",),
        parameters=AgainstControl,
        designing=design_of_comparison,
        reading=read_against_control,
        remembers=True,
    ),
    MonitorKind(
        name="access-equity",
        notices="a group or language that goes without more often than everybody else at that site",
        designed=CARRIED,
        needs=MappingProxyType(
            {"n": "people of a group who could have been helped", "without": "those who went without, or had no answer"}
        ),
        may_have=MappingProxyType({}),
        serves=("R4.3", "P5.8"),
        parameters=Equity,
        designing=design_of_comparison,
        reading=read_equity,
        remembers=True,
    ),
)
