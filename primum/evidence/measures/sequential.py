"""Metrics of watching: a running trial between its looks, and events over time."""

import math
from fractions import Fraction

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.moments import moments
from primum.evidence.designs.boundaries import LooksRefused
from primum.evidence.designs.conditional import Interim, conditional_power, predictive_power
from primum.evidence.designs.repeated import repeated_ps as smallest_alpha
from primum.evidence.intervals import Group, normal_quantile, two_sided_z
from primum.evidence.measures.question import (
    NO_PROTOCOL,
    Question,
    exact_number,
    joined,
    nothing,
    shown_level,
    suppressed,
    unknown,
)
from primum.evidence.shares.observed_expected import observed_expected as against_expected
from primum.evidence.shares.rates import exact_rate
from primum.evidence.trials.cluster_trials import randomises_clusters, refusal
from primum.evidence.trials.sequential import all_looks, design_of, looks_around, z_of
from primum.evidence.trials.trial_arms import EVENT, NO_EVENT, Arms, primary_arms, units
from primum.evidence.watching.anytime import share_e_value, share_sequence
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol

POISSON = "exact-poisson"
MIXTURE = "beta-binomial-mixture"
TREND = "current-trend"
REPEATED = "repeated-p"


def conditional_power_now(question: Question) -> tuple[Estimate, ...]:
    """
    Measure how likely the trial is to cross a boundary ahead if it goes on as so far (Lan & Wittes 1988).

    The ends are the same at the ends of the trend's own interval. It never moves a boundary.
    """
    protocol, arms, reason = _running(question)
    if protocol is None or arms is None:
        return (nothing(question, reason),)
    try:
        interim = _interim(protocol, arms, question.cells)
    except LooksRefused as refused:
        return (nothing(question, str(refused), n=arms.n),)
    if not interim.fractions:
        return (nothing(question, f"{arms.words}: all of the plan is in, nothing lies ahead", n=arms.n),)
    half = two_sided_z(question.confidence) / math.sqrt(interim.seen)
    low, now, high = (conditional_power(interim=interim, drift=interim.trend + step) for step in (-half, 0.0, half))
    return (
        Estimate(
            metric=question.criterion.metric,
            value=now,
            lower=min(low, now),
            upper=max(high, now),
            confidence=question.confidence,
            method="conditional power at the current trend",
            n=arms.n,
            unit=units(protocol),
            note=joined(
                arms.words,
                f"z {interim.z:.4f} with {100 * interim.seen:.1f}% of the information",
                f"predictive power {100 * predictive_power(interim=interim):.1f}%",
            ),
        ),
    )


def repeated_p_now(question: Question) -> tuple[Estimate, ...]:
    """Measure the smallest one-sided alpha at which this look would have stopped (Jennison & Turnbull 1989)."""
    protocol, arms, reason = _running(question)
    if protocol is None or arms is None:
        return (nothing(question, reason),)
    if protocol.spending == "none":
        return (nothing(question, "the protocol plans no looks", n=arms.n),)
    past, ahead = looks_around(protocol=protocol, now=arms.n)
    information, z = (*past, arms.n, *ahead), z_of(protocol=protocol, arms=arms)
    try:
        design = design_of(protocol=protocol, information=information)
        p = smallest_alpha(
            design=design, information=information, planned=protocol.planned_units, look=len(past) + 1, z=z
        )
    except LooksRefused as refused:
        return (nothing(question, str(refused), n=arms.n),)
    note = joined(arms.words, f"z {z:.4f} at look {len(past) + 1}", "one-sided")
    return (exact_number(question, value=p, n=arms.n, method="repeated p", unit=units(protocol), note=note),)


def anytime_event_share(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the share of units with the event of ``parameters.column``, by an interval that holds at every look.

    One estimate for all, and one per level of ``parameters.by`` if that is given.
    """
    column = question.parameter("column", default="")
    if reason := _lacks(question, column):
        return (unknown(question, note=reason),)
    return tuple(_share(question, column, scope, cells) for scope, cells in _scopes(question, default=""))


def event_rate(question: Question) -> tuple[Estimate, ...]:
    """
    Measure events per unit of exposure, exactly (Garwood 1936): all together, then by arm or site.

    ``parameters.column`` names the event, ``parameters.exposure`` the amount that is summed, and
    ``parameters.by`` what it is shown by: ``arm`` where there is one, else ``site``.
    """
    return _against(question, parameter="exposure", relative=False)


def observed_expected(question: Question) -> tuple[Estimate, ...]:
    """
    Measure observed over expected events, exactly, and say whose interval excludes 1: all together, then by site.

    ``parameters.column`` names the event and ``parameters.amount`` what was expected of each row
    (set ``parameters.decimals`` to keep small risks); ``parameters.by`` may name another column.
    """
    return _against(question, parameter="amount", relative=True)


# -- a running trial -------------------------------------------------------------------------


def _running(question: Question) -> tuple[Protocol | None, Arms | None, str]:
    protocol = question.protocol
    if protocol is None:
        return None, None, NO_PROTOCOL
    if reason := question.lacks("arm", protocol.primary.event):
        return protocol, None, reason
    if randomises_clusters(protocol):
        return protocol, None, refusal(protocol)
    arms = primary_arms(protocol=protocol, cells=question.cells)
    if not arms.smallest:
        return protocol, None, f"an arm has no unit with a known outcome: {arms.words}"
    return protocol, arms, ""


def _interim(protocol: Protocol, arms: Arms, cells: Cells) -> Interim:
    planned, z = protocol.planned_units, z_of(protocol=protocol, arms=arms)
    seen = arms.n / planned
    if protocol.spending == "none":
        alpha = float(Fraction(protocol.alpha_one_sided))
        ahead = [(1.0, normal_quantile(1 - alpha))] if arms.n < planned else []
    else:
        looks = all_looks(protocol=protocol, cells=cells)
        ahead = [(look.fraction, look.boundary) for look in looks if not look.reached]
    fractions, critical = tuple(one for one, _ in ahead), tuple(bound for _, bound in ahead)
    return Interim(z=z, seen=seen, fractions=fractions, critical=critical)


# -- events ----------------------------------------------------------------------------------


def _lacks(question: Question, column: str) -> str | None:
    if not column:
        return "the criterion names no `column` in its parameters"
    by = question.parameter("by", default="")
    return question.lacks(column, *([by] if by else []))


def _scopes(question: Question, *, default: str) -> list[tuple[str, Cells]]:
    """Return the cells of all rows, then of each level of a column, each with its scope."""
    by = question.parameter("by", default=default)
    levels = question.cells.by(by) if by in question.cells.keys else {}
    return [("all", question.cells), *((f"{by}={shown_level(level)}", cells) for level, cells in levels.items())]


def _known(cells: Cells, column: str) -> tuple[int, int, int]:
    """Return events, rows with and rows without, and rows that do not say."""
    events, others = cells.where(**{column: EVENT}).total(), cells.where(**{column: NO_EVENT}).total()
    return events, others, cells.total() - events - others


def _share(question: Question, column: str, scope: str, cells: Cells) -> Estimate:
    events, others, silent = _known(cells, column)
    group = Group(events=events, n=events + others)
    if not group.n:
        return unknown(question, note=f"no row says whether there was '{column}'", scope=scope)
    if scope != "all" and question.too_small(group.n):
        return suppressed(question, scope=scope, unit="patients")
    interval = share_sequence(group=group, confidence=question.confidence)
    return Estimate(
        metric=question.criterion.metric,
        value=group.p,
        lower=interval.lower,
        upper=interval.upper,
        confidence=question.confidence,
        method="confidence sequence",
        n=group.n,
        events=group.events,
        scope=scope,
        adjusted="valid at every look",
        note=joined(_evidence(question, group), f"{silent:,} rows do not say" if silent else ""),
        exact=str(group.rate),
    )


def _evidence(question: Question, group: Group) -> str:
    """Return the e-value against the far side of the threshold, where there is one inside 0 and 1."""
    threshold = question.criterion.threshold
    if threshold is None or not 0 < threshold.fraction < 1:
        return ""
    rising = threshold.operator in ("more_than", "at_least")
    against = share_e_value(group=group, null=float(threshold.fraction), alternative="greater" if rising else "less")
    return f"e-value {against:.3g} that it is {'above' if rising else 'below'} the threshold"


def _against(question: Question, *, parameter: str, relative: bool) -> tuple[Estimate, ...]:
    column, amount = question.parameter("column", default=""), question.parameter(parameter, default="")
    if reason := _lacks(question, column):
        return (unknown(question, note=reason),)
    if amount not in [one.name for one in question.cells.amounts]:
        note = f"'{amount}' was not summed" if amount else f"the criterion names no `{parameter}` in its parameters"
        return (unknown(question, note=note),)
    default = "arm" if "arm" in question.cells.keys and not relative else "site"
    scopes = _scopes(question, default=default)
    return tuple(_poisson(question, column, amount, scope, cells, relative=relative) for scope, cells in scopes)


def _poisson(question: Question, column: str, amount: str, scope: str, cells: Cells, *, relative: bool) -> Estimate:
    events, others, silent = _known(cells, column)
    told = [cells.where(**{column: level}) for level in (EVENT, NO_EVENT)]
    parts = [moments(part, amount) for part in told]
    n, total = events + others, sum(part.total for part in parts)
    if n and scope != "all" and question.too_small(n):
        return suppressed(question, scope=scope, unit="patients")
    if lost := n - sum(part.n for part in parts):
        return unknown(question, note=f"{lost:,} of {n:,} rows lack '{amount}'", scope=scope, n=n)
    if not total > 0:
        return unknown(question, note=f"'{amount}' sums to {total:g}; it must be above 0", scope=scope, n=n)
    words = f"{events:,} events, {amount} {total:,.6g}"
    if relative:
        found = against_expected(observed=events, expected=total, confidence=question.confidence)
        interval, flag = found.interval, f"{_FLAGS[found.flag]}, p {found.p:.4f}"
    else:
        interval, flag = exact_rate(events=events, exposure=total, confidence=question.confidence), ""
    return Estimate(
        metric=question.criterion.metric,
        value=events / total,
        lower=interval.lower,
        upper=interval.upper,
        confidence=question.confidence,
        method="exact Poisson",
        n=n,
        events=events,
        scope=scope,
        note=joined(words, flag, f"{silent:,} rows do not say" if silent else ""),
    )


_FLAGS = {"high": "more than expected", "low": "fewer than expected", "not different": "not different from expected"}
