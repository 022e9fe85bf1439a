"""Scale in waves: sites, kinds of unit and a share at a time, each of which has to earn the next (R3.1-R3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from primum.roadmap.conditions import Conditions
from primum.roadmap.parts import Kind, Part
from primum.roadmap.signing_rules import PartOfAll


class Window(Part):
    """When a wave may begin, or may not: an RFC 5545 recurrence in a time zone."""

    kind: Literal["allow", "deny"] = Field(description="allow: only then; deny: never then.")
    begins: str = Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$", description="First begin, local time, such as 2027-01-04T08:00."
    )
    recurrence: str = Field(default="", description="RRULE such as FREQ=WEEKLY;BYDAY=MO,TU; once, if left out.")
    hours: int = Field(ge=1, le=24 * 366, description="How long it lasts each time.")
    timezone: str = Field(description="Name in the IANA database, such as Europe/Zurich.")
    words: str = Field(min_length=5, description="Why; shown to whoever is kept waiting.")


class Wave(Part):
    """One step of scale: what it reaches, how long it must have held, and what must be green before the next."""

    name: Kind = Field(description="Short id.")
    sites: tuple[str, ...] = Field(min_length=1, description="Ids of all sites it reaches, the earlier ones included.")
    units: tuple[str, ...] | None = Field(default=None, description="Kinds of unit, such as ward; all if left out.")
    share: PartOfAll = Field(default="1", description="Share of the patients there, such as 1/4.")
    soak_days: int = Field(ge=1, description="Days in a row, without a suspension or a hold, before the next.")
    checks: tuple[Kind, ...] = Field(
        min_length=1, description="Criteria of the policy that must have passed since it began (R3.2)."
    )
    documents: tuple[Kind, ...] = Field(
        default=("post-release-audit", "impact-assessment"),
        description="Documents issued since it began (V27, V28).",
    )

    @property
    def limits(self) -> Conditions:
        """What it reaches, as conditions of exposure."""
        return Conditions(sites=self.sites, units=self.units, share=self.share)


class Scale(Part):
    """The waves of a rollout, the bridge from the pilot first, and when they may begin."""

    waves: tuple[Wave, ...] = Field(min_length=1, description="In order; each reaches further than the one before.")
    windows: tuple[Window, ...] = Field(default=(), description="When a wave may begin.")
    holdout: bool = Field(default=False, description="Whether who is not reached stays a control group.")

    @model_validator(mode="after")
    def _each_widens(self) -> "Scale":
        if len({wave.name for wave in self.waves}) < len(self.waves):
            raise ValueError("each wave has a name of its own")
        for before, after in pairwise(self.waves):
            if why := why_not_wider(before, after):
                raise ValueError(why)
        return self


def why_not_wider(before: Wave, after: Wave) -> str | None:
    """Return why a wave does not reach further than the one before it, if it does not (R3.1)."""
    if not set(before.sites) <= set(after.sites):
        return f"wave '{after.name}' leaves out a site of wave '{before.name}'; a wave keeps what was reached"
    if Fraction(after.share) < Fraction(before.share):
        return f"wave '{after.name}' reaches a smaller share than wave '{before.name}'"
    if before.units is None and after.units is not None:
        return f"wave '{after.name}' leaves out kinds of unit that wave '{before.name}' reaches"
    if before.units is not None and after.units is not None and not set(before.units) <= set(after.units):
        return f"wave '{after.name}' leaves out a kind of unit of wave '{before.name}'"
    return (
        f"wave '{after.name}' reaches no further than wave '{before.name}'" if before.limits == after.limits else None
    )


@dataclass(frozen=True, kw_only=True)
class WaveStanding:
    """
    What is known of the wave in force when the next is asked for.

    ``held_since`` is when it last began, was resumed, or a hold on it ended: occupancy is counted from there.
    """

    wave: Wave
    began_at: datetime
    held_since: datetime
    suspended: bool
    hold: str | None
    acknowledged: frozenset[str]
    passed: frozenset[str]
    issued: frozenset[str]
    closed: str | None


def why_not_next(*, standing: WaveStanding, following: Wave | None, at: datetime) -> tuple[str, ...]:
    """Return every reason why the next wave may not begin (R3.1, R3.2, V27, V28); none means it may."""
    if following is None:
        return (f"Wave '{standing.wave.name}' is the last one; what follows is the gate G3.",)
    reasons = (
        "The rollout is suspended." if standing.suspended else None,
        f"A person holds this rollout: {standing.hold}" if standing.hold else None,
        standing.closed,
        _why_not_soaked(standing, at),
        _why_lacking("site", standing.wave.sites, standing.acknowledged, "has not acknowledged this wave"),
        _why_lacking("check", standing.wave.checks, standing.passed, "has not passed since this wave began"),
        _why_lacking("document", standing.wave.documents, standing.issued, "was not issued since this wave began"),
    )
    return tuple(reason for reason in reasons if reason)


def _why_not_soaked(standing: WaveStanding, at: datetime) -> str | None:
    wanted = timedelta(days=standing.wave.soak_days)
    held = at - standing.held_since
    if held >= wanted:
        return None
    return (
        f"Wave '{standing.wave.name}' has held for {held.days} of {standing.wave.soak_days} days in a row; "
        f"the next may begin on {standing.held_since + wanted:%Y-%m-%d %H:%M %Z}."
    )


def _why_lacking(what: str, wanted: Sequence[str], there: frozenset[str], words: str) -> str | None:
    lacking = [one for one in wanted if one not in there]
    if not lacking:
        return None
    more = f" (and {len(lacking) - 1} more)" if len(lacking) > 1 else ""
    return f"The {what} '{lacking[0]}' {words}{more}."


def wave_after(scale: Scale, name: str | None) -> Wave | None:
    """Return the wave that follows one, the first for ``None``, and ``None`` after the last."""
    if name is None:
        return scale.waves[0]
    names = [wave.name for wave in scale.waves]
    place = names.index(name) + 1 if name in names else len(names)
    return scale.waves[place] if place < len(names) else None
