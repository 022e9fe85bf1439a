"""What a policy file says: criteria, seats, documents, dwell, freshness; every number with its source."""

from fractions import Fraction
from typing import Literal

from pydantic import Field, model_validator

from primum.roadmap.incident_rules import IncidentRule
from primum.roadmap.look_rules import LookRule
from primum.roadmap.parts import (
    Applies,
    Bound,
    Declared,
    Design,
    EvidenceKind,
    Kind,
    Operator,
    Part,
    Question,
    RequirementId,
    Share,
    Source,
    refuse_twice,
)
from primum.roadmap.signing_rules import (
    DelegationRule,
    ReminderRule,
    ResumptionRule,
    ReviewRule,
    SeatRule,
    SignatureRule,
    why_group_missing,
)
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.sustaining import MonitorRule, SustainRule
from primum.roadmap.uses import Tier
from primum.roadmap.verdicts import Level

__all__ = [
    "Ambiguity",
    "Applies",
    "Bound",
    "Criterion",
    "Declared",
    "DelegationRule",
    "Design",
    "DesignRule",
    "DocumentRule",
    "DwellRule",
    "EvidenceKind",
    "IncidentRule",
    "Kind",
    "LocalNumber",
    "Operator",
    "Part",
    "Policy",
    "Question",
    "ReminderRule",
    "RequirementId",
    "ResumptionRule",
    "ReviewRule",
    "SeatRule",
    "Share",
    "SignatureRule",
    "Source",
    "SourceDocument",
    "Threshold",
    "Waiver",
    "refuse_twice",
]


class SourceDocument(Part):
    """One of the two source documents: its copy, its digest, and what is known about its origin."""

    id: Literal["S3", "S0"] = Field(description="How lines of it are cited.")
    title: str = Field(description="Its title as it stands there.")
    file: str = Field(description="The copy, relative to the folder config.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Digest of the copy; a changed copy is refused.")
    note: str = Field(default="", description="What is known about its origin.")
    requirements: tuple[RequirementId, ...] = Field(default=(), description="Rows of the catalogue it serves.")


class LocalNumber(Part):
    """A number that no source document gives, and why it is what it is."""

    number: str = Field(description="Where it stands, such as evidence_fresh_days or criteria.sites.parameters.cases.")
    words: str = Field(min_length=20, description="Who set it and why.")


class Threshold(Part):
    """An operator, a number, and which end of which interval is compared with it."""

    operator: Operator = Field(description="How the number is compared.")
    value: Share = Field(description="Whole numbers, such as 95/100; never a decimal.")
    bound: Bound = Field(description="Which end of the interval decides; value and count compare the exact number.")
    method: str = Field(description="How the interval is computed.")
    confidence: Share = Field(default="95/100", description="Two-sided; each end is one-sided at half the rest.")

    @property
    def fraction(self) -> Fraction:
        """The threshold as an exact fraction."""
        return Fraction(self.value)


class Criterion(Part):
    """One policy rule on one metric."""

    id: Kind = Field(description="Short id; signatures, waivers and pages cite it.")
    title: str = Field(description="What is asked, in our own words.")
    requirements: tuple[RequirementId, ...] = Field(min_length=1, description="Rows of the catalogue it serves.")
    gates: tuple[GateName, ...] = Field(min_length=1, description="Gates it is asked at.")
    metric: str = Field(description="A metric that Primum computes.")
    evidence: EvidenceKind = Field(description="Kind of table it is computed from.")
    threshold: Threshold | None = Field(default=None, description="Without one the metric is only shown.")
    level: Level = Field(description="mandatory: never waived; overridable: two people; advisory, shadow: shown.")
    applies: Applies = Field(default=Applies(), description="When it binds.")
    ambiguities: tuple[RequirementId, ...] = Field(default=(), description="Contradictions of the sources it settles.")
    source: Source = Field(description="Where the number comes from.")
    parameters: dict[str, str] = Field(default_factory=dict, description="Further settings of the metric.")


class DocumentRule(Part):
    """A document that must be in force at some gates."""

    kind: Kind = Field(description="Short id; a rollout's documents name it.")
    title: str = Field(description="What the document is, in our own words.")
    gates: tuple[GateName, ...] = Field(min_length=1, description="Gates it is asked at.")
    requirements: tuple[RequirementId, ...] = Field(min_length=1, description="Rows of the catalogue it serves.")
    level: Level = Field(default=Level.OVERRIDABLE, description="How much it binds.")
    applies: Applies = Field(default=Applies(), description="When it is asked.")
    at_most_days_old: int | None = Field(default=None, ge=1, description="Oldest age accepted.")
    source: Source = Field(description="Where the document is asked for.")


class DwellRule(Part):
    """How long a stage lasts in the sources; a stage may end early only when all its items pass."""

    stage: Stage = Field(description="The stage.")
    from_month: int = Field(ge=1, description="First month.")
    to_month: int | None = Field(default=None, description="Last month; none for a stage without end.")
    requirements: tuple[RequirementId, ...] = Field(min_length=1, description="Rows of the catalogue it serves.")
    source: Source = Field(description="Where the months come from.")

    @property
    def months(self) -> int | None:
        """Length of the stage in months; ``None`` for a stage without end."""
        return None if self.to_month is None else self.to_month - self.from_month + 1


class DesignRule(Part):
    """Which study designs a tier accepts at G2 (P2.7-P2.9)."""

    tier: Tier = Field(description="The risk tier.")
    designs: tuple[Design, ...] = Field(min_length=1, description="Study designs accepted.")
    requirements: tuple[RequirementId, ...] = Field(min_length=1, description="Rows of the catalogue it serves.")
    source: Source = Field(description="Where the designs come from.")


class Ambiguity(Part):
    """A contradiction in the sources and how this policy resolves it, in the open."""

    id: RequirementId = Field(description="Its id in the catalogue.")
    question: str = Field(description="What the sources leave open or say twice.")
    resolution: str = Field(description="What this policy does.")
    holds_in: tuple[str, ...] = Field(default=(), description="Criteria and rules that carry it out.")


class Waiver(Part):
    """How an overridable criterion may be waived (Z1)."""

    approvers: int = Field(ge=2, description="How many people must agree.")
    longest_days: int = Field(ge=1, description="After so many days it ends by itself.")
    source: Source = Field(description="Where the rule comes from.")


class Policy(Part):
    """A whole policy file."""

    id: Kind = Field(description="The name rollouts ask for; the file is called the same.")
    title: str = Field(description="What it is, in one line.")
    version: str = Field(description="Raised with every change of a rule.")
    effective: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="First day in force, such as 2026-11-21.")
    scope: Literal["rollout", "replay", "table"] = Field(
        description="For rollouts, only for replays of finished studies, or only to look at a table."
    )
    provenance: str = Field(min_length=40, description="Where its numbers come from, and what is not known.")
    sources: tuple[SourceDocument, ...] = Field(default=(), description="The documents its lines refer to.")
    criteria: tuple[Criterion, ...] = Field(description="What is measured, and what is asked of it.")
    seats: tuple[SeatRule, ...] = Field(description="Who must sign.")
    documents: tuple[DocumentRule, ...] = Field(description="What must be written down.")
    dwell: tuple[DwellRule, ...] = Field(description="How long the stages last.")
    designs: tuple[DesignRule, ...] = Field(description="Which studies a risk tier accepts.")
    ambiguities: tuple[Ambiguity, ...] = Field(description="Contradictions of the sources, settled.")
    local_numbers: tuple[LocalNumber, ...] = Field(default=(), description="Numbers that no source gives, and why.")
    waiver: Waiver = Field(description="How an overridable item may be waived.")
    signatures: tuple[SignatureRule, ...] = Field(default=(), description="Where a click is not enough to sign.")
    reviews: tuple[ReviewRule, ...] = Field(default=(), description="Where people answer without seeing each other's.")
    delegation: DelegationRule = Field(default=DelegationRule(), description="How a seat may be handed to a deputy.")
    reminders: ReminderRule = Field(default=ReminderRule(), description="Who is reminded when, and when never.")
    looks: LookRule | None = Field(default=None, description="How interim looks are taken; without it none is.")
    resumption: ResumptionRule = Field(default=ResumptionRule(), description="How a suspension is lifted.")
    monitors: tuple[MonitorRule, ...] = Field(default=(), description="What has to be watched.")
    sustain: SustainRule = Field(default=SustainRule(), description="How often a rollout in use is approved again.")
    incidents: IncidentRule = Field(
        default=IncidentRule(), description="How soon people confirm and acknowledge, and who hears next."
    )
    editors: tuple[Kind, ...] = Field(default=(), description="Ids of who wrote this file; they sign at no gate of it.")
    evidence_fresh_days: int = Field(ge=1, description="How old a table may be.")
    gate_open_days: int = Field(ge=1, description="How long a gate waits for signatures.")
    smallest_cell: int = Field(ge=1, description="Counts below it are not shown.")

    @model_validator(mode="after")
    def _each_id_once(self) -> "Policy":
        refuse_twice(field="criteria", key="id", values=[criterion.id for criterion in self.criteria])
        refuse_twice(field="monitors", key="id", values=[monitor.id for monitor in self.monitors])
        refuse_twice(field="ambiguities", key="id", values=[ambiguity.id for ambiguity in self.ambiguities])
        refuse_twice(field="designs", key="tier", values=[design.tier for design in self.designs])
        refuse_twice(field="dwell", key="stage", values=[dwell.stage for dwell in self.dwell])
        return self

    @model_validator(mode="after")
    def _hears_the_four_groups(self) -> "Policy":
        missing = why_group_missing(self.seats) if self.scope == "rollout" else None
        if missing:
            raise ValueError(missing)
        return self
