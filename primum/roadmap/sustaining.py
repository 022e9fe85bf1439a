"""Sustain has no end, so its approval has: when it is asked for again, and what an approval nobody renewed leads to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from primum.roadmap.conditions import Conditions
from primum.roadmap.parts import Applies, Kind, Part, RequirementId, Source
from primum.roadmap.stages import GateName
from primum.roadmap.verdicts import Level
from primum.roadmap.waves import Scale, Wave, why_not_wider

Trigger = Literal["alarm", "incident", "guideline"]
OURS = Source(file="local", words="Primum's own; a policy that says nothing else is read as this.")
MONTHS_OF_A_YEAR = 12
TRIGGERS: tuple[Trigger, ...] = ("alarm", "incident", "guideline")


class SustainRule(Part):
    """How often a rollout in use is approved again, and what makes it sooner (R4, N5)."""

    every_months: int = Field(default=12, ge=1, le=120, description="So long an approval lasts.")
    begin_days_before: int = Field(default=60, ge=1, description="So many days before its end the review begins.")
    grace_days: int = Field(default=30, ge=0, description="Held for so long after its end; then it is off.")
    triggers: tuple[Trigger, ...] = Field(
        default=TRIGGERS, description="What begins a review besides the calendar: an alarm that binds, and so on."
    )
    requirements: tuple[RequirementId, ...] = Field(default=("R4",), description="Rows of the catalogue it serves.")
    source: Source = Field(default=OURS, description="Where the numbers come from.")

    @model_validator(mode="after")
    def _begins_in_time(self) -> "SustainRule":
        if self.begin_days_before >= 28 * self.every_months:
            raise ValueError("a review begins after the approval before it: fewer `begin_days_before`")
        return self


class MonitorRule(Part):
    """Something that has to be watched from a gate on, by a monitor of one of these kinds that is no shadow."""

    id: Kind = Field(description="Short id.")
    title: str = Field(min_length=5, description="What has to be watched, in our own words.")
    kinds: tuple[Kind, ...] = Field(min_length=1, description="Kinds of monitor, one of which is enough.")
    gates: tuple[GateName, ...] = Field(min_length=1, description="Gates it is asked at.")
    has_read: bool = Field(
        default=False, description="Whether such a monitor must have read in time, with no alarm left unanswered."
    )
    requirements: tuple[RequirementId, ...] = Field(min_length=1, description="Rows of the catalogue it serves.")
    level: Level = Field(default=Level.OVERRIDABLE, description="How much it binds.")
    applies: Applies = Field(default=Applies(), description="When it is asked.")
    source: Source = Field(description="Where it is asked for.")


class ApprovalState(StrEnum):
    """How an approval to sustain stands."""

    IN_FORCE = "in-force"
    TO_RENEW = "to-renew"
    EXPIRED = "expired"
    OVER = "over"


def ends_at(*, rule: SustainRule, approved_at: datetime, zone: str = "UTC") -> datetime:
    """Return when an approval ends: the same day of a later month where people are, or the last there is."""
    local = approved_at.astimezone(ZoneInfo(zone))
    place = local.year * MONTHS_OF_A_YEAR + local.month - 1 + rule.every_months
    for day in range(local.day, 27, -1):
        try:
            return local.replace(year=place // MONTHS_OF_A_YEAR, month=place % MONTHS_OF_A_YEAR + 1, day=day)
        except ValueError:
            continue
    return local.replace(year=place // MONTHS_OF_A_YEAR, month=place % MONTHS_OF_A_YEAR + 1)


def state_of(*, rule: SustainRule, ends: datetime, at: datetime) -> ApprovalState:
    """Return how an approval stands that ends at a moment."""
    if at >= ends + timedelta(days=rule.grace_days):
        return ApprovalState.OVER
    if at >= ends:
        return ApprovalState.EXPIRED
    return ApprovalState.TO_RENEW if at >= begins_at(rule=rule, ends=ends) else ApprovalState.IN_FORCE


def begins_at(*, rule: SustainRule, ends: datetime) -> datetime:
    """Return when the review is begun that is to renew an approval before its end."""
    return ends - timedelta(days=rule.begin_days_before)


def last_verified(*, scale: Scale | None, reach: Conditions, sites: Sequence[str]) -> Wave | None:
    """
    Return the widest wave that reaches less than what is exposed now; ``None`` means standard care.

    Each wave earned the next, so what is narrower than now was verified by itself.

    :param sites: every site there is, which is what an exposure without a limit reaches
    """
    now = Wave(
        name="now",
        sites=reach.sites or tuple(sites) or ("everywhere",),
        units=reach.units,
        share=reach.share or "1",
        soak_days=1,
        checks=("now",),
    )
    waves = reversed(scale.waves if scale else ())
    return next((wave for wave in waves if why_not_wider(wave, now) is None), None)
