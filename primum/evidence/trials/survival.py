"""Time to an event from a table of counts: Kaplan-Meier, log-rank, Cox with one covariate, restricted mean."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from primum.evidence.counts.cells import Cells
from primum.evidence.intervals import Interval, two_sided_z
from primum.evidence.models.effects import Effect, NoEstimate, effect
from primum.evidence.models.grouped import Floats
from primum.evidence.shares.contingency import chi_square_tail
from primum.evidence.trials.trial_arms import CONTROL, EVENT, INTERVENTION, NO_EVENT

Ties = Literal["efron", "breslow"]
CurveInterval = Literal["log-log", "log", "plain"]
MOST_STEPS = 50


@dataclass(frozen=True, kw_only=True)
class AtTime:
    """How many units had the event and how many were last seen without it at one time of follow-up."""

    time: float
    events: int
    censored: int


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """The share without the event after a time, with its interval; ``None`` where it cannot be known."""

    time: float
    at_risk: int
    events: int
    survival: float
    error: float | None
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class LogRank:
    """Observed and expected events of the first group, and the test that both curves are one."""

    observed: float
    expected: float
    variance: float
    statistic: float
    p: float


@dataclass(frozen=True, kw_only=True)
class RestrictedMean:
    """The mean time without the event up to a horizon, with its standard error."""

    value: float
    error: float
    horizon: float


def follow_up(*, cells: Cells, arm: str, time: str = "time", event: str = "event") -> tuple[AtTime, ...]:
    """
    Return the follow-up of one arm from counts by ``arm``, a time and an event column.

    Cells without a known time or event are left out; times are numbers.

    :raises NoEstimate: if a time is not a number of 0 or more
    """
    table = cells.where(arm=arm).marginal(time, event)
    counted: dict[float, list[int]] = {}
    for codes, count in zip(table.codes.tolist(), table.counts.tolist(), strict=True):
        when, outcome = (levels[code] for levels, code in zip(table.levels, codes, strict=True))
        if when and outcome in (EVENT, NO_EVENT):
            both = counted.setdefault(_number(when), [0, 0])
            both[0 if outcome == EVENT else 1] += count
    return tuple(
        AtTime(time=when, events=both[0], censored=both[1])
        for when, both in sorted(counted.items(), key=lambda p: p[0])
    )


def both_arms(*, cells: Cells, time: str = "time", event: str = "event") -> tuple[tuple[AtTime, ...], ...]:
    """Return the follow-up of the intervention and of the control arm."""
    return tuple(follow_up(cells=cells, arm=arm, time=time, event=event) for arm in (INTERVENTION, CONTROL))


def kaplan_meier(
    *, rows: Sequence[AtTime], confidence: float, interval: CurveInterval = "log-log"
) -> tuple[CurvePoint, ...]:
    """
    Return the product-limit curve at each time of an event, with Greenwood's variance (Kaplan & Meier 1958).

    :param interval: on the scale of log(-log S), log S or S; R's ``survfit`` takes ``log``
    """
    at_risk, survival, spread, points = sum(one.events + one.censored for one in rows), 1.0, 0.0, []
    for one in sorted(rows, key=lambda row: row.time):
        if one.events:
            survival *= 1 - one.events / at_risk
            left = at_risk - one.events
            spread = spread + one.events / (at_risk * left) if left else math.inf
            points.append(
                CurvePoint(
                    time=one.time,
                    at_risk=at_risk,
                    events=one.events,
                    survival=survival,
                    error=survival * math.sqrt(spread) if left else None,
                    interval=_curve_interval(survival, spread, confidence, interval) if left else None,
                )
            )
        at_risk -= one.events + one.censored
    return tuple(points)


def log_rank(*, first: Sequence[AtTime], second: Sequence[AtTime]) -> LogRank:
    """
    Return the log-rank test of two groups (Mantel 1966; R's ``survdiff``).

    :raises NoEstimate: without events while both groups are at risk
    """
    return stratified_log_rank(strata=[(first, second)])


def stratified_log_rank(*, strata: Sequence[tuple[Sequence[AtTime], Sequence[AtTime]]]) -> LogRank:
    """
    Return the log-rank test over strata, such as sites: differences and variances add up.

    :raises NoEstimate: without events while both groups are at risk
    """
    observed = expected = variance = 0.0
    for first, second in strata:
        table = _risk_sets(first, second)
        d1, d, n1, n = table.events[0], table.events.sum(axis=0), table.at_risk[0], table.at_risk.sum(axis=0)
        observed += float(d1.sum())
        expected += float((d * n1 / n).sum())
        variance += float((d * n1 / n * (1 - n1 / n) * (n - d) / np.maximum(n - 1, 1)).sum())
    if variance <= 0:
        raise NoEstimate("No event happened while both groups were at risk; the curves cannot be compared.")
    statistic = (observed - expected) ** 2 / variance
    return LogRank(
        observed=observed,
        expected=expected,
        variance=variance,
        statistic=statistic,
        p=chi_square_tail(statistic, degrees=1),
    )


def cox(*, first: Sequence[AtTime], second: Sequence[AtTime], confidence: float, ties: Ties = "efron") -> Effect:
    """
    Return the log hazard ratio of the first group to the second (Cox 1972).

    :param ties: Efron 1977, as R's ``coxph``, or Breslow 1974
    :raises NoEstimate: if a group has no event, so that the ratio has no finite estimate
    """
    table = _risk_sets(first, second)
    if not table.events.sum(axis=1).all():
        raise NoEstimate("One group has no event, so the hazard ratio has no finite estimate.")
    beta = 0.0
    for _ in range(MOST_STEPS):
        slope, information = _partial(table, beta, ties)
        if information <= 0:
            raise NoEstimate("No event happened while both groups were at risk; the hazards cannot be compared.")
        step = slope / information
        beta += max(-1.0, min(1.0, step))
        if abs(step) < 1e-12:  # noqa: PLR2004 -- settled to rounding
            return effect(value=beta, error=1 / math.sqrt(information), confidence=confidence)
    raise NoEstimate("The hazard ratio did not settle; one group may have all its events before the other.")


def restricted_mean(*, rows: Sequence[AtTime], horizon: float) -> RestrictedMean:
    """
    Return the restricted mean time without the event and its error (Royston & Parmar 2013; ``survRM2``).

    :raises NoEstimate: if nobody is followed, or the curve ends before the horizon
    """
    ordered = sorted(rows, key=lambda row: row.time)
    if not ordered or not horizon > 0:
        raise NoEstimate("A restricted mean needs followed units and a horizon above 0.")
    curve = kaplan_meier(rows=ordered, confidence=0.95)
    if ordered[-1].time < horizon and (not curve or curve[-1].survival > 0):
        raise NoEstimate(f"Follow-up ends at {ordered[-1].time:g}, before the horizon of {horizon:g}.")
    inside = [point for point in curve if point.time <= horizon]
    times = np.array([0.0, *(point.time for point in inside), horizon])
    heights = np.array([1.0, *(point.survival for point in inside)])
    areas = np.diff(times) * heights
    ahead = areas[::-1].cumsum()[::-1][1:]
    variance = math.fsum(
        area**2 * point.events / (point.at_risk * (point.at_risk - point.events))
        for area, point in zip(ahead.tolist(), inside, strict=True)
        if point.at_risk > point.events
    )
    return RestrictedMean(value=float(areas.sum()), error=math.sqrt(variance), horizon=horizon)


def restricted_mean_difference(
    *, first: Sequence[AtTime], second: Sequence[AtTime], horizon: float, confidence: float
) -> Effect:
    """Return the difference of restricted means, first minus second; raises as ``restricted_mean`` does."""
    one, two = (restricted_mean(rows=rows, horizon=horizon) for rows in (first, second))
    return effect(value=one.value - two.value, error=math.hypot(one.error, two.error), confidence=confidence)


@dataclass(frozen=True, kw_only=True, eq=False)
class _RiskSets:
    """Events and units at risk of both groups (2 x times) at each time of an event."""

    events: Floats
    at_risk: Floats


def _risk_sets(first: Sequence[AtTime], second: Sequence[AtTime]) -> _RiskSets:
    times = sorted({one.time for rows in (first, second) for one in rows if one.events})
    place = {time: number for number, time in enumerate(times)}
    events, at_risk = np.zeros((2, len(times))), np.zeros((2, len(times)))
    for group, rows in enumerate((first, second)):
        for one in rows:
            if one.events:
                events[group, place[one.time]] += one.events
            seen = np.searchsorted(times, one.time, side="right")
            at_risk[group, :seen] += one.events + one.censored
    return _RiskSets(events=events, at_risk=at_risk)


def _partial(table: _RiskSets, beta: float, ties: Ties) -> tuple[float, float]:
    """Return the slope and the information of the partial likelihood at a log hazard ratio."""
    ratio = math.exp(beta)
    slope = information = 0.0
    for (d1, d2), (n1, n2) in zip(table.events.T.tolist(), table.at_risk.T.tolist(), strict=True):
        slope += d1
        for number in range(int(d1 + d2)):
            gone = number / (d1 + d2) if ties == "efron" else 0.0
            top = ratio * (n1 - gone * d1)
            share = top / (top + n2 - gone * d2)
            slope -= share
            information += share * (1 - share)
    return slope, information


def _curve_interval(survival: float, spread: float, confidence: float, kind: CurveInterval) -> Interval:
    half = two_sided_z(confidence) * math.sqrt(spread)
    if kind == "plain":
        return Interval(lower=max(0.0, survival * (1 - half)), upper=min(1.0, survival * (1 + half)))
    if kind == "log":
        return Interval(lower=survival * math.exp(-half), upper=min(1.0, survival * math.exp(half)))
    turned = half / math.log(survival)
    return Interval(lower=survival ** math.exp(-turned), upper=survival ** math.exp(turned))


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < math.inf:
        raise NoEstimate("A time of follow-up is not a number of 0 or more; check the column that holds it.")
    return number
