"""The pre-declared question of a pilot: design, arms, error, looks, plan; fixed before the first outcome."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from primum.roadmap.digests import digest
from primum.roadmap.estimand import Estimand, why_incomplete
from primum.roadmap.policy import Design, Part, Question, Share
from primum.roadmap.protocol_parts import (
    FIXED_SHAPES,
    NEEDS_PARAMETER,
    TAKES_PARAMETER,
    Cluster,
    Endpoint,
    Futility,
    Look,
    MissingPlan,
    Planning,
    SiteVolume,
    Spending,
    StoppingRule,
    Wedge,
)

__all__ = [
    "Endpoint",
    "Look",
    "Protocol",
    "why_not_analyse",
]

UNRANDOMISED = frozenset({"prospective-cohort", "controlled-before-after", "interrupted-time-series", "usability"})
# What is said about a lock is no part of what is locked.
NOT_LOCKED = {"locked_at"}
# Older protocols did not say these; unsaid, they leave a digest as it was, and with it every arm that follows from it.
LATER: dict[str, object] = {"enrolment": "listed", "positive_from": None}


class Protocol(Part):
    """The pre-declared question (design.md section 6)."""

    design: Design = Field(description="Study design; the risk tier says which are accepted.")
    question: Question = Field(description="Better than control, or not worse by more than a margin.")
    unit: str = Field(min_length=1, description="Unit of randomisation, such as patient.")
    arms: tuple[str, str] = Field(description="Intervention and control, in words.")
    ratio: tuple[int, int] = Field(default=(1, 1), description="Planned allocation, intervention to control.")
    strata: tuple[str, ...] = Field(default=(), description="What units are stratified by, such as site.")
    block_sizes: tuple[int, ...] = Field(
        default=(), description="Sizes of the permuted blocks; twice and three times the ratio's sum if left out."
    )
    clusters: tuple[Cluster, ...] = Field(default=(), description="The clusters, where these are randomised.")
    wedge: Wedge | None = Field(default=None, description="The steps of a stepped wedge.")
    primary: Endpoint = Field(description="The one endpoint that decides.")
    safety: tuple[Endpoint, ...] = Field(default=(), description="Endpoints that must not get worse.")
    equity: tuple[Endpoint, ...] = Field(default=(), description="Endpoints whose gap between groups is watched.")
    subgroups: tuple[str, ...] = Field(default=(), description="Groups whose benefit is compared, declared before.")
    margin: Share | None = Field(default=None, description="Non-inferiority margin as whole numbers, such as 2/100.")
    margin_reason: str = Field(default="", description="Why this margin, and who agreed.")
    alpha_one_sided: Share = Field(default="25/1000", description="One-sided error allowed over all looks.")
    spending: Spending = Field(default="none", description="How the error is spent over planned looks.")
    spending_parameter: Share | None = Field(
        default=None, description="Rho, gamma, delta or the interim bound, where the design has one."
    )
    spent: tuple[Share, ...] = Field(default=(), description="Cumulative alpha at each look of a user-defined design.")
    looks: tuple[Look, ...] = Field(default=(), description="Planned interim analyses.")
    futility: Futility | None = Field(default=None, description="When to stop because yes has become unlikely.")
    stopping: tuple[StoppingRule, ...] = Field(default=(), description="Safety boundaries, each with its own error.")
    planned_units: int = Field(ge=1, description="Units planned for both arms together; clusters where these are.")
    estimand: Estimand | None = Field(default=None, description="What exactly is estimated (ICH E9(R1)).")
    missing: MissingPlan | None = Field(default=None, description="What is done about unknown outcomes.")
    planning: Planning | None = Field(default=None, description="What the size rests on.")
    sites: tuple[SiteVolume, ...] = Field(default=(), description="Sites and what they are expected to enrol.")
    registration: str = Field(default="", description="Registry and number.")
    enrolment: Literal["listed", "at-first-request"] = Field(
        default="listed",
        description="Units are allocated from lists beforehand, or each when the point of care first asks about it.",
    )
    positive_from: int | None = Field(
        default=None, description="Of a reader study: from which rating on a reading calls the case positive."
    )
    locked_at: AwareDatetime | None = Field(default=None, description="When it was fixed, before the first outcome.")

    @property
    def randomised(self) -> bool:
        """True if chance decides who gets what."""
        return self.design not in UNRANDOMISED

    @property
    def blocks(self) -> tuple[int, ...]:
        """The sizes of the permuted blocks."""
        whole = sum(self.ratio)
        return self.block_sizes or (2 * whole, 3 * whole)

    @property
    def digest(self) -> str:
        """The digest of what is locked; the time of locking is no part of it."""
        said = self.model_dump(mode="json", exclude=NOT_LOCKED)
        return digest({name: value for name, value in said.items() if name not in LATER or LATER[name] != value})

    @property
    def planned_looks(self) -> tuple[int, ...]:
        """Information at each planned look, the final one included."""
        last = self.planned_units
        return (*sorted({look.at for look in self.looks if look.at < last}), last)

    @model_validator(mode="after")
    def _is_complete(self) -> "Protocol":
        if self.question == "non-inferiority" and (self.margin is None or not self.margin_reason):
            raise ValueError("a non-inferiority question declares its `margin` and the `margin_reason`")
        if self.spending not in ("none", "no-early-efficacy") and not self.looks:
            raise ValueError("a spending function needs the planned `looks`")
        return self

    @model_validator(mode="after")
    def _spends_as_it_may(self) -> "Protocol":
        reason = why_not_spend(self)
        if reason:
            raise ValueError(reason)
        return self

    @model_validator(mode="after")
    def _allocates_as_it_may(self) -> "Protocol":
        reason = why_not_allocate(self)
        if reason:
            raise ValueError(reason)
        return self


def why_not_spend(protocol: Protocol) -> str | None:
    """Return the one reason why the declared error cannot be shared between the looks so, if there is one."""
    name, alpha = protocol.spending, Fraction(protocol.alpha_one_sided)
    if not 0 < alpha < Fraction(1, 2):
        return "`alpha_one_sided` lies between 0 and 1/2"
    if name in NEEDS_PARAMETER and protocol.spending_parameter is None:
        return f"`{name}` needs its `spending_parameter`"
    if name not in TAKES_PARAMETER and protocol.spending_parameter is not None:
        return f"`{name}` has no `spending_parameter`"
    if name == "user-defined":
        return _why_not_spent(protocol.spent, looks=len(protocol.planned_looks), whole=alpha, what="spent")
    if protocol.spent:
        return "`spent` is only for a `user-defined` design"
    return _why_not_futile(protocol)


def _why_not_futile(protocol: Protocol) -> str | None:
    futility = protocol.futility
    if futility is None:
        return None
    if protocol.spending == "none" or not protocol.looks:
        return "`futility` needs planned `looks` and a `spending`"
    if futility.binding and protocol.spending in FIXED_SHAPES:
        return f"futility cannot bind with `{protocol.spending}`, whose bounds follow from no amount spent"
    if futility.spending in NEEDS_PARAMETER and futility.parameter is None:
        return f"`futility.{futility.spending}` needs its `parameter`"
    if futility.spending == "user-defined":
        looks = len(protocol.planned_looks)
        return _why_not_spent(futility.spent, looks=looks, whole=Fraction(futility.beta), what="futility.spent")
    return None


def _why_not_spent(spent: tuple[Share, ...], *, looks: int, whole: Fraction, what: str) -> str | None:
    steps = [Fraction(0), *map(Fraction, spent)]
    if len(spent) != looks or any(after < before for before, after in pairwise(steps)) or steps[-1] != whole:
        return f"`{what}` has one amount for each of {looks} looks, never falls and ends at {whole}"
    return None


def why_not_allocate(protocol: Protocol) -> str | None:
    """Return the one reason why units cannot be allocated as declared, if there is one."""
    whole = sum(protocol.ratio)
    if min(protocol.ratio) < 1:
        return "`ratio` gives each arm at least 1"
    if any(size < whole or size % whole for size in protocol.block_sizes):
        return f"each of `block_sizes` is a multiple of {whole}, the sum of `ratio`"
    twice = [name for name, times in Counter(one.id for one in protocol.clusters).items() if times > 1]
    if twice:
        return f"the cluster '{twice[0]}' stands twice in `clusters`"
    if protocol.wedge and protocol.design != "stepped-wedge-rct":
        return "only a `stepped-wedge-rct` has a `wedge`"
    if protocol.enrolment == "at-first-request" and (protocol.clusters or not protocol.randomised):
        return "units enrol `at-first-request` only where each is randomised by itself; clusters are listed beforehand"
    known = {endpoint.event for endpoint in protocol.safety}
    foreign = [rule.event for rule in protocol.stopping if rule.event not in known]
    if foreign:
        return f"`stopping` names '{foreign[0]}', which is no safety endpoint"
    return None


def why_not_analyse(protocol: Protocol | None) -> str | None:
    """Return the one reason why the primary analysis may not be started yet, if there is one (ICH E9(R1))."""
    return "no protocol is declared" if protocol is None else why_incomplete(protocol.estimand)
