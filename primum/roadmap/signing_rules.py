"""What a policy says about signing: seats, how a signature is given, reviews, deputies, reminders, resuming."""

from collections.abc import Sequence
from datetime import time
from fractions import Fraction
from itertools import product
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from primum.roadmap.parts import Applies, Part, RequirementId, Share, Source
from primum.roadmap.roles import Role
from primum.roadmap.stages import GateName


def _a_part_of_all(share: str) -> str:
    if not 0 < Fraction(share) <= 1:
        raise ValueError("a share is more than 0 and at most 1, such as 1/4")
    return share


PartOfAll = Annotated[Share, AfterValidator(_a_part_of_all)]
Method = Literal["click", "step_up"]
Review = Literal["open", "independent"]
Recipient = Literal["seat", "deputy", "governance"]
Requirements = Annotated[tuple[RequirementId, ...], Field(description="Rows of the catalogue it serves.")]
OURS = Source(
    file="local", words="Primum's authors, 2026-11-22: what holds where a policy says nothing else; no source names it."
)


class SeatRule(Part):
    """A role that must sign at some gates, how many people, and when it is asked."""

    role: Role = Field(description="Who signs.")
    people: int = Field(default=1, ge=1, description="How many people of this role.")
    gates: tuple[GateName, ...] = Field(min_length=1, description="Gates they sign.")
    applies: Applies = Field(default=Applies(), description="When the seat exists.")
    from_share: PartOfAll | None = Field(
        default=None, description="Only where the next stage reaches at least this share of patients, such as 1/2."
    )
    from_sites: int | None = Field(
        default=None, ge=1, description="Only where the next stage reaches at least so many sites."
    )
    other_organisation: bool = Field(default=False, description="Only somebody from outside may take it.")
    requirements: tuple[RequirementId, ...] = Field(min_length=1, description="Rows of the catalogue it serves.")
    source: Source = Field(description="Where the seat comes from.")

    @property
    def is_always_asked(self) -> bool:
        """True if no property of a rollout and no size of its next stage makes the seat go away."""
        return self.applies == Applies() and self.from_share is None and self.from_sites is None


class SignatureRule(Part):
    """Where a signature is given by a click, and where the person first shows again who they are."""

    method: Method = Field(description="click: an electronic approval; step_up: after signing in once more.")
    gates: tuple[GateName, ...] = Field(min_length=1, description="Gates it is about.")
    applies: Applies = Field(default=Applies(), description="When it binds; step_up wins over click.")
    requirements: Requirements = ()
    source: Source = Field(description="Where it comes from.")


class ReviewRule(Part):
    """Whether the people of a gate see each other's answers before all have answered."""

    review: Review = Field(description="open: they see them; independent: all answer first, then the gate is decided.")
    gates: tuple[GateName, ...] = Field(min_length=1, description="Gates it is about.")
    applies: Applies = Field(default=Applies(), description="When it binds; independent wins over open.")
    requirements: Requirements = ()
    source: Source = Field(description="Where it comes from.")


class DelegationRule(Part):
    """How a seat may be handed to a deputy for a time."""

    longest_days: int = Field(default=30, ge=1, description="After so many days it ends by itself.")
    source: Source = Field(default=OURS, description="Where the number comes from.")


class ReminderStep(Part):
    """One reminder: after which part of the time a gate is open, and to whom."""

    after: PartOfAll = Field(description="Part of the open time, such as 1/2.")
    to: Recipient = Field(
        description="seat: who may sign; deputy: who stands in or is on call; governance: the role named here."
    )
    role: Role | None = Field(default=None, description="Who governance is.")

    @property
    def name(self) -> str:
        """What the ledger calls it, such as ``seat 1/2``."""
        return f"{self.to} {self.after}"

    @model_validator(mode="after")
    def _names_governance(self) -> "ReminderStep":
        if (self.to == "governance") != (self.role is not None):
            raise ValueError("a reminder to governance names its `role`, and no other does")
        return self


class ReminderRule(Part):
    """Who is reminded of a gate that waits, when, and at which hours never."""

    steps: tuple[ReminderStep, ...] = Field(
        default=(
            ReminderStep(after="1/2", to="seat"),
            ReminderStep(after="9/10", to="seat"),
            ReminderStep(after="93/100", to="deputy"),
            ReminderStep(after="97/100", to="governance", role=Role.EXECUTIVE_SPONSOR),
        ),
        description="Each reminder, the earliest first.",
    )
    quiet_from: time = Field(default=time(19, 0), description="From this hour on nobody is reminded, where they are.")
    quiet_until: time = Field(default=time(7, 30), description="Until this hour of the next morning.")
    digest_at: time = Field(default=time(8, 30), description="When the digest of a weekday comes, where people are.")
    source: Source = Field(default=OURS, description="Where the numbers come from.")

    @model_validator(mode="after")
    def _rises(self) -> "ReminderRule":
        parts = [Fraction(step.after) for step in self.steps]
        if parts != sorted(set(parts)):
            raise ValueError("the `steps` of the reminders come one after the other, each later than the one before")
        return self


class ResumptionRule(Part):
    """How many people must agree before a suspended rollout goes on, and when a gate must be granted anew first."""

    people: int = Field(default=2, ge=2, description="Different people, each with a reason.")
    gate: Literal["after-harm", "always", "never"] = Field(
        default="after-harm",
        description="When the gate that let the rollout in must be granted again: after harm, always, never.",
    )
    requirements: Requirements = ("V19",)
    source: Source = Field(default=OURS, description="Where the number comes from.")


FOUR_GROUPS: dict[str, frozenset[Role]] = {
    "clinicians": frozenset({Role.CLINICAL_LEAD, Role.CLINICIAN}),
    "patients": frozenset({Role.PATIENT_REPRESENTATIVE}),
    "ethicists": frozenset({Role.ETHICIST}),
    "technologists": frozenset({Role.TECHNOLOGIST}),
}
"""The groups of S3:276-277 and the roles in which each is heard."""

HEARD_AT = (GateName.G1, GateName.G2)


def why_group_missing(seats: Sequence[SeatRule]) -> str | None:
    """
    Return why a policy for rollouts does not hear the four groups, if it does not (N4).

    Clinicians, patients, ethicists and technologists each sign in person before patients are reached
    and before the rollout grows; no use, tier or size may make one of these seats go away.
    """
    asked = {(gate, rule.role) for rule in seats if rule.is_always_asked for gate in rule.gates}
    for gate, (group, roles) in product(HEARD_AT, FOUR_GROUPS.items()):
        if not any((gate, role) in asked for role in roles):
            names = " or ".join(sorted(roles))
            return f"no seat for {group} at {gate}: a policy for rollouts always asks a {names} there (N4)"
    return None
