"""What a policy file says: criteria, seats, documents, dwell, freshness; every number with its source."""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from primum.roadmap.stages import GateName, Stage
from primum.roadmap.uses import Mode, Purpose, Tier, UseCase
from primum.roadmap.verdicts import Level


def _a_fraction(text: str) -> str:
    Fraction(text)
    return text


Share = Annotated[str, AfterValidator(_a_fraction), Field(pattern=r"^-?\d+(/[1-9]\d*)?$")]
"""A threshold as whole numbers, ``95/100``; never a float (statistics.md trap 8)."""

Operator = Literal["more_than", "at_least", "less_than", "at_most"]
Bound = Literal["lower", "upper", "value", "count"]
EvidenceKind = Literal[
    "inputs",
    "diagnostic",
    "trial",
    "interactions",
    "incidents",
    "conversations",
    "survey",
    "outcomes",
    "energy",
    "documents",
]


class Part(BaseModel):
    """Base of all that a person writes: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Part):
    """Where a number comes from: S3 or S0 with its line, or ``local`` with the minute that set it."""

    file: Literal["S3", "S0", "local"]
    line: int | None = None
    words: str = ""

    @model_validator(mode="after")
    def _says_where(self) -> "Source":
        if self.file == "local" and not self.words:
            raise ValueError("a local number says in `words` who set it and why")
        if self.file != "local" and self.line is None:
            raise ValueError("a number from a source document names its line")
        return self


class Threshold(Part):
    """An operator, a number, and which end of which interval is compared with it."""

    operator: Operator
    value: Share
    bound: Bound
    method: str
    confidence: Share = "95/100"

    @property
    def fraction(self) -> Fraction:
        """The threshold as an exact fraction."""
        return Fraction(self.value)


class Applies(Part):
    """When a criterion binds; an empty list means always."""

    use_cases: tuple[UseCase, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    modes: tuple[Mode, ...] = ()
    tiers: tuple[Tier, ...] = ()
    evidence: tuple[EvidenceKind, ...] = ()


class Criterion(Part):
    """One policy rule on one metric."""

    id: str
    title: str
    requirements: tuple[str, ...]
    gates: tuple[GateName, ...]
    metric: str
    evidence: EvidenceKind
    threshold: Threshold | None = None
    level: Level
    applies: Applies = Applies()
    ambiguities: tuple[str, ...] = ()
    source: Source
    parameters: dict[str, str] = Field(default_factory=dict)


class SeatRule(Part):
    """A role that must sign at some gates, how many people, and when it is asked."""

    role: str
    people: int = Field(default=1, ge=1)
    gates: tuple[GateName, ...]
    applies: Applies = Applies()
    other_organisation: bool = False
    requirements: tuple[str, ...]
    source: Source


class DocumentRule(Part):
    """A document that must be in force at some gates."""

    kind: str
    title: str
    gates: tuple[GateName, ...]
    requirements: tuple[str, ...]
    level: Level = Level.OVERRIDABLE
    applies: Applies = Applies()
    at_most_days_old: int | None = None
    source: Source


class DwellRule(Part):
    """How long a stage lasts in the sources; a stage may end early only when all its items pass."""

    stage: Stage
    from_month: int = Field(ge=1)
    to_month: int | None = None
    requirements: tuple[str, ...]
    source: Source

    @property
    def months(self) -> int | None:
        """Length of the stage in months; ``None`` for a stage without end."""
        return None if self.to_month is None else self.to_month - self.from_month + 1


class DesignRule(Part):
    """Which study designs a tier accepts at G2 (P2.7-P2.9)."""

    tier: Tier
    designs: tuple[str, ...]
    requirements: tuple[str, ...]
    source: Source


class Ambiguity(Part):
    """A contradiction in the sources and how this policy resolves it, in the open."""

    id: str
    question: str
    resolution: str
    holds_in: tuple[str, ...] = ()


class Waiver(Part):
    """How an overridable criterion may be waived (Z1)."""

    approvers: int = Field(ge=2)
    longest_days: int = Field(ge=1)
    source: Source


class Policy(Part):
    """A whole policy file."""

    id: str
    title: str
    version: str
    effective: str
    scope: Literal["rollout", "replay"]
    provenance: str
    criteria: tuple[Criterion, ...]
    seats: tuple[SeatRule, ...]
    documents: tuple[DocumentRule, ...]
    dwell: tuple[DwellRule, ...]
    designs: tuple[DesignRule, ...]
    ambiguities: tuple[Ambiguity, ...]
    waiver: Waiver
    evidence_fresh_days: int = Field(ge=1)
    gate_open_days: int = Field(ge=1)
    smallest_cell: int = Field(ge=1)

    @model_validator(mode="after")
    def _each_id_once(self) -> "Policy":
        ids = [criterion.id for criterion in self.criteria]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"the criteria {', '.join(twice)} appear twice")
        return self
