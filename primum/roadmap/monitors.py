"""How a rollout in use is watched: its monitors, when each is due, which fell silent, and what an alarm leads to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from math import exp, fsum, lgamma, log
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from primum.roadmap.parts import Kind, Part, RequirementId, Source, refuse_twice
from primum.roadmap.people import Person, Zone
from primum.roadmap.periods import PeriodForm
from primum.roadmap.roles import Role
from primum.roadmap.stages import Stage

WATCHED = frozenset({Stage.PILOT, Stage.SCALE, Stage.SUSTAIN})
"""Stages in which patients are reached, and monitors read."""

MAY_ACKNOWLEDGE = frozenset({Role.CLINICAL_LEAD, Role.SAFETY_OFFICER})
"""Besides its owner: who answers for the care itself."""

SHORTEST = 10
EVERYBODY = "all"
DAY = timedelta(days=1)
FIRST_HOUR = datetime(2001, 1, 1, tzinfo=UTC)
# So rarely would a sound design fire this often by chance; then it is the design that is asked about.
DOUBT = Fraction(1, 1000)
FEWEST_READINGS = 4


class AlarmAction(StrEnum):
    """What an alarm leads to by itself."""

    WARN = "warn"
    HOLD = "hold"
    ROLLBACK = "rollback"


ACTION_WORDS = {
    AlarmAction.WARN: "its owner is told",
    AlarmAction.HOLD: "the rollout widens no further",
    AlarmAction.ROLLBACK: "the rollout goes back to standard care",
}


class Cause(StrEnum):
    """Why an alarm was raised: something was read, nothing could be read, nothing was read, or it fires too often."""

    READING = "reading"
    BROKEN = "broken"
    SILENT = "silent"
    DESIGN = "design"


class Found(StrEnum):
    """What its owner found behind an alarm."""

    REAL = "real"
    FALSE = "false"
    UNCLEAR = "unclear"


class Cadence(Part):
    """How often a monitor reads: every so many hours, or every so many days at a time of the day there."""

    hours: int | None = Field(default=None, ge=1, le=24 * 31, description="Every so many hours.")
    days: int | None = Field(default=None, ge=1, le=366, description="Every so many days; 7 is every Monday.")
    at: time = Field(default=time(6, 0), description="For days: the time of day there, such as 06:00:00.")
    timezone: Zone = Field(default="UTC", description="For days: the zone of that time, such as Europe/Zurich.")
    grace_hours: int = Field(
        default=24, ge=1, le=24 * 31, description="So late, and it counts as silent, which is an alarm of its own."
    )

    @model_validator(mode="after")
    def _says_one(self) -> "Cadence":
        if (self.hours is None) == (self.days is None):
            raise ValueError("a cadence says either `hours` or `days`")
        return self

    @property
    def grace(self) -> timedelta:
        """How late a reading may be."""
        return timedelta(hours=self.grace_hours)


class Counted(Part):
    """One column of counts: how many rows, how many with a value, a sum, or one count for each level."""

    rows: dict[str, str] = Field(default_factory=dict, description="Rows with these values; all rows if empty.")
    sum: str = Field(default="", description="Instead: the sum of this column of numbers, over those rows.")
    levels: str = Field(default="", description="Instead: one count for each level of this column, over those rows.")

    @model_validator(mode="after")
    def _counts_one_thing(self) -> "Counted":
        if self.sum and self.levels:
            raise ValueError("a column of counts is a `sum` or has `levels`, not both")
        return self


class Counting(Part):
    """How rows become the counts of a monitor, at the site; names are the contract's, as the evidence maps them."""

    evidence: Kind = Field(description="Name of the table under `evidence` whose mapping is used.")
    moment: str = Field(description="The column that says when, or in which period: a moment, or 2026-Q1.")
    period: PeriodForm = Field(description="What is counted together: day, week, month, quarter or year.")
    timezone: Zone = Field(default="UTC", description="Where days begin and end.")
    group: str = Field(default="", description="The column whose groups are counted apart; none if empty.")
    columns: dict[str, Counted] = Field(min_length=1, description="Column of counts: how it is counted.")


class Monitor(Part):
    """One thing that is watched while a rollout is in use, by whom, how often, and what an alarm leads to."""

    id: Kind = Field(description="Short id; alarms and messages cite it.")
    kind: Kind = Field(description="How it reads its counts; `primum monitor kinds` lists them.")
    title: str = Field(min_length=5, description="What it watches, for clinicians.")
    owner: Kind = Field(description="Id of the person who answers its alarms, or a role.")
    cadence: Cadence = Field(description="How often it reads.")
    action: AlarmAction = Field(description="rollback: standard care at once; hold: no widening; warn: its owner.")
    nature: Literal["signal", "guardrail"] = Field(description="signal: something to look into; guardrail: a limit.")
    harm: bool = Field(default=False, description="Whether it counts harm to patients; only then may it roll back.")
    shadow: bool = Field(default=False, description="Reads and records, and does nothing else.")
    parameters: dict[str, str | int | bool | tuple[str, ...] | dict[str, str]] = Field(
        default_factory=dict, description="Settings of its kind; shares as whole numbers, such as 1/20."
    )
    minimum_labels: int = Field(default=0, ge=0, description="With fewer labels it says insufficient.")
    counts_within_days: int | None = Field(
        default=None, ge=1, description="A site that reported no counts for so long is an alarm, too."
    )
    last_days: int | None = Field(
        default=None,
        ge=1,
        description="Reads counts of the last so many days; all if none. What remembers reads all if some are new.",
    )
    counting: Counting | None = Field(default=None, description="How its counts come from rows; only for tables.")
    stages: tuple[Stage, ...] = Field(
        default=(Stage.PILOT, Stage.SCALE, Stage.SUSTAIN), min_length=1, description="Stages in which it reads."
    )
    requirements: tuple[RequirementId, ...] = Field(default=(), description="Rows of the catalogue it serves.")
    source: Source = Field(description="Where its limit comes from.")

    @model_validator(mode="after")
    def _rolls_back_for_harm_only(self) -> "Monitor":
        if why := why_not_act(action=self.action, nature=self.nature, harm=self.harm):
            raise ValueError(why)
        if outside := [str(stage) for stage in self.stages if stage not in WATCHED]:
            raise ValueError(f"nobody is reached in stage {outside[0]}; a monitor reads in pilot, scale or sustain")
        return self


class Watch(Part):
    """The monitors of a rollout in a file of their own."""

    monitors: tuple[Monitor, ...] = Field(description="What is watched.")

    @model_validator(mode="after")
    def _each_monitor_once(self) -> "Watch":
        refuse_twice(field="monitors", key="id", values=[one.id for one in self.monitors])
        return self


def why_not_act(*, action: AlarmAction, nature: str, harm: bool) -> str | None:
    """
    Return why a monitor may not do by itself what it asks for, if so (P2.2, GI3).

    Only harm goes back to standard care by itself; everything else holds at most, since stopping has its price, too.
    """
    if action is AlarmAction.ROLLBACK and not (nature == "guardrail" and harm):
        return "only a guardrail on harm may roll back by itself; this one may `hold` or `warn`"
    if action is AlarmAction.HOLD and nature != "guardrail":
        return "a signal is something to look into and may `warn`; what holds a rollout is a guardrail"
    return None


# -- when a monitor reads --------------------------------------------------------------------


def slot(*, cadence: Cadence, at: datetime) -> datetime:
    """
    Return the last moment, at or before this one, at which a monitor of this cadence reads.

    Days are counted on the calendar of its zone, so that a change of the clock moves the reading with the people;
    a time that the clock skips counts as the moment it would have been, one that comes twice counts once.
    """
    if cadence.days is None:
        every = timedelta(hours=cadence.hours or 1)
        return FIRST_HOUR + (at - FIRST_HOUR) // every * every
    day = at.astimezone(ZoneInfo(cadence.timezone)).date() + DAY
    place = _grid(day, cadence.days)
    while (moment := _moment(cadence, place)) > at:
        place -= cadence.days
    return moment


def slots_after(*, cadence: Cadence, since: datetime, until: datetime) -> int:
    """Return how many times a monitor of this cadence was to read after one moment, up to another."""
    if until <= since:
        return 0
    first, last = slot(cadence=cadence, at=since), slot(cadence=cadence, at=until)
    if cadence.days is None:
        return (last - first) // timedelta(hours=cadence.hours or 1)
    zone = ZoneInfo(cadence.timezone)
    days = (last.astimezone(zone).date() - first.astimezone(zone).date()).days
    return round(days / cadence.days)


def _grid(day: date, days: int) -> int:
    """The last day on the grid that begins on a Monday, as its number."""
    number = day.toordinal() - 1
    return number - number % days


def _moment(cadence: Cadence, place: int) -> datetime:
    local = datetime.combine(date.fromordinal(place + 1), cadence.at, tzinfo=ZoneInfo(cadence.timezone))
    return local.astimezone(UTC)


def is_due(*, cadence: Cadence, last: datetime | None, at: datetime) -> bool:
    """
    Return whether a monitor is to read now.

    :param last: the moment its last reading was for; ``None`` before the first
    """
    return last is None or slot(cadence=cadence, at=at) > last


def missed(*, cadence: Cadence, last: datetime | None, since: datetime, at: datetime) -> int:
    """
    Return how many readings did not happen although their grace is over: the dead man's switch (P2.2, GI3).

    :param since: when watching began, for a monitor that never read
    """
    return slots_after(cadence=cadence, since=since if last is None else last, until=at - cadence.grace)


# -- what follows from readings --------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What one reading of a monitor is about: a site, a group, and one of several measures; empty for all together."""

    site: str = ""
    group: str = ""
    measure: str = ""

    @property
    def words(self) -> str:
        """The subject in a sentence; empty for everything together."""
        said = (f"at {self.site}", f"in {self.group}", f"for {self.measure}")
        there = (self.site, self.group not in ("", EVERYBODY), self.measure)
        return " ".join(part for part, is_there in zip(said, there, strict=True) if is_there)


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What follows from a monitor's readings: the subjects to raise an alarm for, and what is done besides."""

    raised: tuple[Subject, ...] = ()
    action: AlarmAction | None = None


def what_follows(*, monitor: Monitor, alarming: Sequence[Subject], standing: Collection[Subject]) -> Consequence:
    """
    Return what is to be done about subjects in alarm when alarms of others are open already.

    An alarm that stands is not raised twice, so that one trouble holds once; a shadow raises nothing and does nothing.
    """
    fresh = tuple(one for one in dict.fromkeys(alarming) if one not in standing)
    if monitor.shadow or not fresh:
        return Consequence()
    return Consequence(raised=fresh, action=monitor.action)


def why_badly_designed(*, alarms: int, readings: int, designed: Fraction, doubt: Fraction = DOUBT) -> str | None:
    """
    Return why a monitor is not what it was designed to be: it fires far more often than its design says, if so.

    The chance of so many alarms in so many readings is the exact tail of the binomial distribution.

    :param designed: the share of readings that raise an alarm when all is well, such as 1/370
    """
    if readings < FEWEST_READINGS or not alarms or alarms <= designed * readings:
        return None
    if _at_least(alarms, readings, float(designed)) >= doubt:
        return None
    return (
        f"It is badly designed, or its alarm is real and nobody has said so: {alarms} of its last {readings} readings "
        f"were alarms, and it was designed for 1 in {max(1, round(1 / designed)):,}."
        if designed
        else f"It is badly designed: {alarms} of its last {readings} readings were alarms, and it was to have none."
    )


def _at_least(count: int, n: int, p: float) -> float:
    if not 0 < p < 1:
        return float(p >= 1)
    whole = lgamma(n + 1)
    terms = (whole - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p) for k in range(count, n + 1))
    return fsum(map(exp, terms))


def why_not_acknowledge(*, owner: str, person: Person, rollout: str, done: str, at: datetime) -> str | None:
    """
    Return the one reason this person may not acknowledge an alarm with these words, if there is one.

    :param owner: who owns the monitor: a person's id, or a role
    """
    held = person.roles_at(rollout=rollout, at=at)
    if person.id != owner and owner not in held and not held & MAY_ACKNOWLEDGE:
        roles = " or ".join(sorted(MAY_ACKNOWLEDGE))
        return f"{person.name} does not own this monitor ({owner} does) and is no {roles}."
    if len(done.strip()) < SHORTEST:
        return f"Say in at least {SHORTEST} characters what was found and done."
    return None
