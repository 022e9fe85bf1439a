"""The parts of a protocol: endpoints, looks, stopping, planning, clusters, wedge, sites."""

from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from primum.roadmap.policy import Part, Share

Spends = Literal[
    "lan-demets-obrien-fleming",
    "lan-demets-pocock",
    "kim-demets",
    "hwang-shih-decani",
]
Spending = Literal[
    "none",
    "lan-demets-obrien-fleming",
    "lan-demets-pocock",
    "kim-demets",
    "hwang-shih-decani",
    "obrien-fleming",
    "pocock",
    "wang-tsiatis",
    "haybittle-peto",
    "no-early-efficacy",
    "user-defined",
]
"""How the error may be shared between looks: the names that the engine knows, and none."""

SPENDING_WORDS: dict[str, str] = {
    "lan-demets-obrien-fleming": "Lan-DeMets O'Brien-Fleming",
    "lan-demets-pocock": "Lan-DeMets Pocock",
    "kim-demets": "Kim-DeMets",
    "hwang-shih-decani": "Hwang-Shih-DeCani",
    "obrien-fleming": "O'Brien-Fleming",
    "pocock": "Pocock",
    "wang-tsiatis": "Wang-Tsiatis",
    "haybittle-peto": "Haybittle-Peto",
    "no-early-efficacy": "no early efficacy",
    "user-defined": "user-defined spending",
}
NEEDS_PARAMETER = frozenset({"kim-demets", "hwang-shih-decani", "wang-tsiatis"})
TAKES_PARAMETER = NEEDS_PARAMETER | {"haybittle-peto"}
FIXED_SHAPES = frozenset({"obrien-fleming", "pocock", "wang-tsiatis", "haybittle-peto"})
"""Designs whose interim bounds do not follow from an amount spent, so that futility cannot bind."""


class Look(Part):
    """A planned interim analysis at so many units of information."""

    at: int = Field(ge=1, description="Units with an outcome at this look.")


class Endpoint(Part):
    """One thing measured per unit: an event column of the evidence and which way is good."""

    name: str = Field(min_length=1, description="The endpoint in words.")
    event: str = Field(min_length=1, description="Contract column with 1 for an event and 0 for none.")
    good: Literal["higher", "lower"] = Field(description="Whether more or fewer events are better.")


class Futility(Part):
    """When to stop because the question will hardly be answered with yes, by beta spending."""

    spending: Literal[Spends, "user-defined"] = Field(description="How beta is shared between the looks.")
    beta: Share = Field(description="The chance, over all looks, to stop although the assumed effect is there.")
    binding: bool = Field(default=False, description="Whether the trial must stop there; alpha then counts on it.")
    parameter: Share | None = Field(default=None, description="Rho or gamma, where the function has one.")
    spent: tuple[Share, ...] = Field(default=(), description="Cumulative beta at each look, the last one included.")


class StoppingRule(Part):
    """A safety boundary with an error of its own; it is looked at before efficacy and does not depend on it."""

    event: str = Field(min_length=1, description="Event column of a safety endpoint.")
    alpha_one_sided: Share = Field(default="25/1000", description="Chance to stop for harm over all looks without any.")
    spending: Spends = Field(default="lan-demets-pocock", description="How that error is shared between the looks.")
    parameter: Share | None = Field(default=None, description="Rho or gamma, where the function has one.")
    acceptable: Share | None = Field(
        default=None, description="Acceptable share of events with the intervention; without it control is compared."
    )


class MissingPlan(Part):
    """What is done about outcomes that are not known."""

    primary: Literal["complete-case", "multiple-imputation", "worst-case"] = Field(description="The main analysis.")
    sensitivity: tuple[Literal["tipping-point", "worst-case", "multiple-imputation", "complete-case"], ...] = Field(
        default=(), description="Analyses that ask whether another assumption changes the answer."
    )
    words: str = Field(default="", description="Why outcomes may be missing, and what is done to avoid it.")


class PlannedLevel(Part):
    """A pre-declared subgroup level and how many of the units are in it."""

    attribute: str = Field(min_length=1, description="Subgroup column.")
    level: str = Field(min_length=1, description="Level of it.")
    share: Share = Field(description="Its share of the units.")


class PlannedCondition(Part):
    """A condition that must not be missed: how often it comes, and how often it is hoped to be found."""

    condition: str = Field(min_length=1, description="The condition.")
    prevalence: Share = Field(description="Its share of the cases at these sites.")
    sensitivity: Share = Field(description="The sensitivity that is hoped for.")


class PlannedReaders(Part):
    """What a reader study is sized on, from an earlier one: how areas under the ROC curve vary and go together."""

    readers: int = Field(ge=2, description="Readers of the study; each reads every case both ways.")
    gain: Share = Field(description="Gain in the area that is hoped for, such as 5/100.")
    of_cases: int = Field(ge=2, description="Cases of the earlier study that the variances come from.")
    interaction: Share = Field(default="0", description="Variance between readers of what they gain.")
    error: Share = Field(description="Variance of one reader's area on so many cases, such as 26/10000.")
    same_reader: Share = Field(description="Covariance of a reader's two areas (Cov1).")
    same_reading: Share = Field(description="Covariance of two readers who read the same way (Cov2).")
    neither: Share = Field(description="Covariance of two readers who do not (Cov3).")


class Planning(Part):
    """What the size of the trial rests on; none of it is evidence."""

    control: Share = Field(description="Share with the primary event under control.")
    intervention: Share = Field(description="Share hoped for with the intervention.")
    power: Share = Field(default="80/100", description="Chance to show it if it is so.")
    harm: dict[str, Share] = Field(default_factory=dict, description="Share with each safety event under control.")
    loss: Share = Field(default="0", description="Share of units whose outcome will not be known.")
    icc: Share = Field(default="0", description="Correlation of outcomes within a cluster.")
    cluster_size: Share = Field(default="1", description="Mean number of units in a cluster (and period).")
    cluster_size_cv: Share = Field(default="0", description="Coefficient of variation of that size.")
    levels: tuple[PlannedLevel, ...] = Field(default=(), description="Subgroup levels and their shares.")
    conditions: tuple[PlannedCondition, ...] = Field(default=(), description="Conditions that must not be missed.")
    specificity: Share = Field(default="9/10", description="Specificity hoped for; only a rehearsal uses it.")
    reader_alone: Share | None = Field(default=None, description="Sensitivity of the reader without the model.")
    reader_with: Share | None = Field(default=None, description="Sensitivity hoped for of the reader with it.")
    reading: PlannedReaders | None = Field(default=None, description="Only of a reader study: what it is sized on.")
    cases: int = Field(default=0, ge=0, description="Cases of a table at the gates that ask for one; 0 to leave out.")
    source: str = Field(default="", description="Where these numbers come from.")


class SiteVolume(Part):
    """A site of the trial and how many units it is expected to enrol."""

    site: str = Field(min_length=1, description="Id of the site in the sites file.")
    per_month: int = Field(ge=0, description="Units a month.")
    from_month: int = Field(default=1, ge=1, description="First month in which it enrols.")


class Cluster(Part):
    """One cluster to be allocated, such as a ward or a team."""

    id: str = Field(min_length=1, description="Short id, as the tables of the trial name it.")
    stratum: str = Field(default="", description="Stratum within which it is allocated, such as its site.")


class Wedge(Part):
    """The steps of a stepped wedge: all clusters begin as controls, and some cross over at each step."""

    periods: int = Field(ge=2, description="Periods of observation; the first is control for all.")
    months: int = Field(default=1, ge=1, description="Months of a period.")
    starts_on: AwareDatetime | None = Field(default=None, description="When the first period begins.")
    sequences: tuple[int, ...] = Field(
        default=(), description="Period (from 2) in which each sequence crosses over; every period from 2 if left out."
    )

    @property
    def crossings(self) -> tuple[int, ...]:
        """The period in which each sequence crosses over."""
        return self.sequences or tuple(range(2, self.periods + 1))

    @model_validator(mode="after")
    def _crosses_within(self) -> "Wedge":
        if any(not 2 <= period <= self.periods for period in self.sequences):  # noqa: PLR2004 -- the first is control
            raise ValueError(f"a sequence crosses over in a period from 2 to {self.periods}")
        return self
