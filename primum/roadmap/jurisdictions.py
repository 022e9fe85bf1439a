"""What the law of a place asks after harm, as data: clocks, days of rest, liability; each with its source (P4.5)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from primum.roadmap.incidents import Harm, Severity
from primum.roadmap.parts import Kind, Part, refuse_twice
from primum.roadmap.people import Zone

Words = Annotated[str, StringConstraints(min_length=10)]


class Counted(StrEnum):
    """How the days of a clock are counted."""

    CALENDAR = "calendar"
    WORKING = "working"


class LawSource(Part):
    """Where a number or a sentence of law stands."""

    law: str = Field(min_length=5, description="The act and its article or section, such as 21 CFR 803.30(a).")
    address: str = Field(default="", description="Where it can be read.")
    words: str = Field(default="", description="What it says, in our own words.")


class Holiday(Part):
    """One day of rest: by its rule in a year, or by its dates where no rule can be written."""

    name: str = Field(min_length=3, description="Its name.")
    recurrence: str = Field(
        default="", description="Its rule in a year (RFC 5545), such as FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=4."
    )
    dates: tuple[Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")], ...] = Field(
        default=(), description="Its dates, where the moon or a decree sets them."
    )
    moved: Literal["never", "nearest-weekday", "next-monday"] = Field(
        default="never", description="Which day is free when it falls on a weekend."
    )

    @model_validator(mode="after")
    def _says_when(self) -> "Holiday":
        if bool(self.recurrence) == bool(self.dates):
            raise ValueError("a holiday has either a `recurrence` or its `dates`")
        return self


class ClockRule(Part):
    """One time limit: for what, whose duty, to whom, how long."""

    id: Kind = Field(description="Short id; a clock in the ledger cites it.")
    title: str = Field(min_length=10, description="What is reported to whom, in one line.")
    duty: Literal["user-facility", "manufacturer", "provider", "deployer", "institution"] = Field(
        description="Whose duty it is; the clock runs here so that somebody makes sure it was done."
    )
    recipients: tuple[str, ...] = Field(min_length=1, description="To whom it is reported.")
    days: int | None = Field(default=None, ge=1, le=366, description="How many days; empty only in a template.")
    counted: Counted = Field(description="Calendar days or working days, the day of becoming aware not counted.")
    severities: tuple[Severity, ...] = Field(default=(), description="It runs for these severities,")
    harms: tuple[Harm, ...] = Field(default=(), description="and for these kinds of harm.")
    starts: Literal["when-aware", "when-remedial-action-is-needed"] = Field(
        default="when-aware", description="When it begins to run."
    )
    source: LawSource = Field(description="Where the number stands.")

    def runs_for(self, *, severity: Severity, harm: Harm) -> bool:
        """Return whether this time limit is about such an incident."""
        return severity in self.severities or harm in self.harms


class LiabilityFact(Part):
    """One question of liability, answered for a place (V29-V31)."""

    answer: Literal["yes", "no", "varies", "not-known"] = Field(description="What holds there.")
    words: Words = Field(description="What it means for a patient who was harmed.")
    source: LawSource = Field(description="Where it stands.")


class Liability(Part):
    """Who has to prove what at a place, and whether a fund pays without fault (V29, V30, V31)."""

    causality_presumed: LiabilityFact = Field(description="Whether causality is presumed (V29).")
    strict: LiabilityFact = Field(description="Whether liability is strict (V30).")
    no_fault_fund: LiabilityFact = Field(description="Whether a fund compensates without fault (V31).")


class Jurisdiction(Part):
    """A whole pack: one file of ``config/jurisdictions`` or of the institution's own folder."""

    id: Kind = Field(description="Short id; a file of the same id in the institution's folder takes its place.")
    title: str = Field(min_length=5, description="The place and its rules, in one line.")
    version: str = Field(description="Raised with every change.")
    countries: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], ...] = Field(
        min_length=1, description="Countries of sites it is for, ISO 3166-1."
    )
    timezone: Zone | None = Field(default=None, description="The zone whose days count; the site's own, if left out.")
    numbers: Literal["law", "institution"] = Field(
        description="law: they stand in the sources named; institution: somebody here fills them in and signs them."
    )
    provenance: str = Field(min_length=40, description="Where it comes from, and what is not known.")
    holidays: tuple[Holiday, ...] = Field(default=(), description="Days that are no working days, besides weekends.")
    clocks: tuple[ClockRule, ...] = Field(min_length=1, description="The time limits.")
    liability: Liability = Field(description="Who has to prove what, and who pays.")

    @model_validator(mode="after")
    def _is_whole(self) -> "Jurisdiction":
        refuse_twice(field="clocks", key="id", values=[rule.id for rule in self.clocks])
        if self.numbers == "law" and any(rule.days is None for rule in self.clocks):
            raise ValueError("a pack whose numbers stand in law has `days` in each clock")
        return self

    def why_unusable(self, *, signed: bool) -> str | None:
        """Return why no clock of this pack can be told, if so: a number is missing, or nobody has signed them."""
        if self.numbers == "law":
            return None
        if missing := [rule.id for rule in self.clocks if rule.days is None]:
            return f"The pack '{self.id}' is a template: nobody has filled in the days of {', '.join(missing)}."
        if not signed:
            return f"The numbers of the pack '{self.id}' are not signed; `primum incident sign-clocks` signs them."
        return None
