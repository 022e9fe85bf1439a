"""Kinds of monitors that state facts: what is late, expired, unreviewed, or over a declared budget."""

from fractions import Fraction
from types import MappingProxyType

import numpy as np
from pydantic import Field

from primum.evidence.watching.monitor_kind import Design, Facts, MonitorKind, Reading, nothing_to_read
from primum.evidence.watching.series import Charts, Series
from primum.roadmap.parts import Share

METHOD = "a count against a declared number"
NEVER_FALSE = "It states a fact, so it has no false alarms."


class AtMost(Facts):
    """How many may be late."""

    at_most: int = Field(ge=0, description="How many may be late before the monitor alarms; usually 0.")


class Quota(Facts):
    """Which share has to be done."""

    at_least: Share = Field(description="The share of outputs that people have to review, as whole numbers.")


class Ceiling(Facts):
    """How much a thousand answers may take."""

    kwh: Share = Field(description="Kilowatt hours for 1,000 answers, at most.")
    kg_co2e: Share = Field(description="Kilograms of carbon dioxide equivalents for 1,000 answers, at most.")


class Drill(Facts):
    """How often the downtime drill is held."""

    every: int = Field(ge=1, description="At least one drill in so many periods.")


def _states_facts(parameters: Facts) -> Design:  # noqa: ARG001 -- every design takes its parameters
    return Design(words=NEVER_FALSE, method=METHOD, false_alarm=0.0)


def _last(charts: Charts, place: int, *columns: str) -> tuple[float, ...]:
    return tuple(float(charts[column][place, -1]) for column in columns)


def read_late(series: Series, parameters: AtMost) -> tuple[Reading, ...]:
    """Say at every place how many of those due are late."""
    charts = series.charts(("held", "late"), level=parameters.level)
    known = charts.known("held", "late")[:, -1]
    return tuple(_late(charts, place, parameters.at_most, known=bool(known[place])) for place in range(len(known)))


def _late(charts: Charts, place: int, at_most: int, *, known: bool) -> Reading:
    where, period = charts.places[place], charts.periods[-1]
    if not known:
        return nothing_to_read(f"{where.words}: not reported for {period}.", period=period, place=where, method=METHOD)
    held, late = _last(charts, place, "held", "late")
    alarm = late > at_most
    return Reading(
        state="alarm" if alarm else "quiet",
        site=where.site,
        group=where.group,
        period=period,
        n=round(held),
        statistic=late,
        limit=float(at_most),
        sentence=f"{where.words}: {late:,.0f} of {held:,.0f} are late or expired; {at_most:,} may be.",
        method=METHOD,
    )


def read_coverage(series: Series, parameters: Quota) -> tuple[Reading, ...]:
    """Say at every place which share of the outputs people reviewed."""
    charts = series.charts(("outputs", "reviewed"), level=parameters.level)
    known = charts.known("outputs", "reviewed")[:, -1] & (charts["reviewed"][:, -1] <= charts["outputs"][:, -1])
    quota = Fraction(parameters.at_least)
    return tuple(_coverage(charts, place, quota, known=bool(known[place])) for place in range(len(known)))


def _coverage(charts: Charts, place: int, quota: Fraction, *, known: bool) -> Reading:
    where, period = charts.places[place], charts.periods[-1]
    outputs, reviewed = _last(charts, place, "outputs", "reviewed")
    if not known or not outputs:
        why = "there were no outputs to review" if known else "reviews were not reported"
        return nothing_to_read(f"{where.words}: {why} in {period}.", period=period, place=where, method=METHOD)
    short = Fraction(reviewed) < quota * Fraction(outputs)
    return Reading(
        state="alarm" if short else "quiet",
        site=where.site,
        group=where.group,
        period=period,
        n=round(outputs),
        statistic=None if 0 < reviewed < charts.smallest_cell else reviewed / outputs,
        limit=float(quota),
        sentence=(
            f"{where.words}: people reviewed {charts.shown(reviewed)} of {charts.shown(outputs)} outputs; "
            f"the quota is {float(quota):.3g} of them."
        ),
        method=METHOD,
    )


def read_energy(series: Series, parameters: Ceiling) -> tuple[Reading, ...]:
    """Say at every place what 1,000 answers took, in energy and in carbon."""
    charts = series.charts(("answers", "kwh", "kg_co2e"), level=parameters.level)
    ceilings = {"kwh": Fraction(parameters.kwh), "kg_co2e": Fraction(parameters.kg_co2e)}
    return tuple(
        _energy(charts, place, column, most) for place in range(len(charts.places)) for column, most in ceilings.items()
    )


def _energy(charts: Charts, place: int, column: str, most: Fraction) -> Reading:
    where, period = charts.places[place], charts.periods[-1]
    answers, used = _last(charts, place, "answers", column)
    if not (np.isfinite(answers) and np.isfinite(used) and answers > 0 and used >= 0):
        sentence = f"{where.words}: {column} for {period} cannot be known; answers or the measurement are missing."
        return nothing_to_read(sentence, period=period, place=where, method=METHOD)
    taken = 1000 * used / answers
    return Reading(
        state="alarm" if 1000 * Fraction(used) > most * Fraction(answers) else "quiet",
        site=where.site,
        group=where.group,
        period=period,
        n=round(answers),
        statistic=taken,
        limit=float(most),
        sentence=f"{where.words}: 1,000 answers took {taken:.3g} {column}; {float(most):.3g} is the most declared.",
        method=METHOD,
        measure=column,
    )


def read_drill(series: Series, parameters: Drill) -> tuple[Reading, ...]:
    """Say at every place how long ago the last downtime drill was."""
    charts = series.charts(("drills",), level=parameters.level)
    return tuple(_drill(charts, place, parameters.every) for place in range(len(charts.places)))


def _drill(charts: Charts, place: int, every: int) -> Reading:
    where, period, drills = charts.places[place], charts.periods[-1], charts["drills"][place]
    held = np.nonzero(drills > 0)[0]
    ago = len(charts.periods) - 1 - int(held[-1]) if len(held) else None
    if ago is None and len(charts.periods) < every:
        sentence = f"{where.words}: no downtime drill yet; the first is due within {every} periods of the start."
        return nothing_to_read(sentence, period=period, place=where, method=METHOD)
    late = ago is None or ago >= every
    when = "there was none" if ago is None else f"the last was {ago} periods ago"
    return Reading(
        state="alarm" if late else "quiet",
        site=where.site,
        group=where.group,
        period=period,
        n=len(held),
        statistic=None if ago is None else float(ago),
        limit=float(every - 1),
        sentence=f"{where.words}: of downtime drills {when}; one is due in every {every} periods.",
        method=METHOD,
    )


def _late_kind(name: str, notices: str, serves: tuple[str, ...]) -> MonitorKind:
    return MonitorKind(
        name=name,
        notices=notices,
        designed=NEVER_FALSE,
        needs=MappingProxyType({"held": "how many there are or were due", "late": "how many are expired or overdue"}),
        may_have=MappingProxyType({}),
        serves=serves,
        parameters=AtMost,
        designing=_states_facts,
        reading=read_late,
    )


KINDS_OF_FACTS = (
    _late_kind("staff-training", "staff who use the product without training that is in force", ()),
    _late_kind("document-expiry", "documents that have expired", ()),
    _late_kind("overdue-reviews", "reviews that are overdue", ("P6.4",)),
    _late_kind("feedback-closure", "feedback of clinicians and patients that waits longer than agreed", ("P6.6",)),
    MonitorKind(
        name="review-coverage",
        notices="outputs that too few people look at",
        designed=NEVER_FALSE,
        needs=MappingProxyType({"outputs": "outputs given", "reviewed": "outputs that a person reviewed"}),
        may_have=MappingProxyType({}),
        serves=("V36",),
        parameters=Quota,
        designing=_states_facts,
        reading=read_coverage,
    ),
    MonitorKind(
        name="energy",
        notices="energy and carbon of 1,000 answers above what was declared",
        designed=NEVER_FALSE,
        needs=MappingProxyType(
            {
                "answers": "answers given",
                "kwh": "kilowatt hours they took",
                "kg_co2e": "kilograms of carbon dioxide equivalents they caused",
            }
        ),
        may_have=MappingProxyType({}),
        serves=("P6.1",),
        parameters=Ceiling,
        designing=_states_facts,
        reading=read_energy,
    ),
    MonitorKind(
        name="downtime-drill",
        notices="that nobody has practised working without the product",
        designed=NEVER_FALSE,
        needs=MappingProxyType({"drills": "downtime drills held"}),
        may_have=MappingProxyType({}),
        serves=(),
        parameters=Drill,
        designing=_states_facts,
        reading=read_drill,
    ),
)
