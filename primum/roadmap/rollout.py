"""What a ``rollout.yaml`` says: one LMM product, one intended use, one institution."""

from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from primum.roadmap.policy import EvidenceKind, Part, Share
from primum.roadmap.stages import Stage
from primum.roadmap.uses import Domain, Modality, Mode, ModelClass, Purpose, Tier, UseCase, computed_tier


class Model(Part):
    """The LMM, by exact version; ``endpoint`` for one whose weights are elsewhere."""

    name: str
    version: str
    provider: str
    model_class: ModelClass
    modalities: tuple[Modality, ...] = Field(min_length=1)
    endpoint: str = ""
    weights_digest: str = ""


class Use(Part):
    """The intended use; the risk tier is computed from it."""

    use_case: UseCase
    purpose: Purpose
    domain: Domain
    mode: Mode
    human_decision: str
    critical_conditions: tuple[str, ...] = ()
    treatment_planning: bool = False
    out_of_scope: tuple[str, ...] = ()


class TierDecision(Part):
    """A tier other than the computed one, and who decided it why (P2.10)."""

    tier: Tier
    approvers: tuple[str, ...] = ()
    reason: str = ""


class Card(Part):
    """What only a person can say for the model card (P3.1, P3.4, P3.9, P3.11); results are never typed here."""

    architecture: str = ""
    training_data: str = ""
    limitations: tuple[str, ...] = ()
    failure_modes: tuple[str, ...] = ()


class Release(Part):
    """What is promoted besides the model: texts by digest or version."""

    prompt: str = ""
    retrieval_corpus: str = ""
    guidelines: tuple[str, ...] = ()


class Look(Part):
    """A planned interim analysis at so many units of information."""

    at: int = Field(ge=1)


class Endpoint(Part):
    """One thing measured per unit: an event column of the evidence and which way is good."""

    name: str
    event: str
    good: Literal["higher", "lower"]


class Protocol(Part):
    """The pre-declared question (design.md section 6); this issue needs the parallel design only."""

    design: Literal[
        "parallel-rct",
        "cluster-rct",
        "stepped-wedge-rct",
        "randomised-mrmc",
        "prospective-cohort",
        "controlled-before-after",
        "interrupted-time-series",
        "usability",
    ]
    question: Literal["superiority", "non-inferiority"]
    unit: str
    arms: tuple[str, str]
    ratio: tuple[int, int] = (1, 1)
    primary: Endpoint
    safety: tuple[Endpoint, ...] = ()
    margin: Share | None = None
    margin_reason: str = ""
    alpha_one_sided: Share = "25/1000"
    spending: Literal["none", "lan-demets-obrien-fleming"] = "none"
    looks: tuple[Look, ...] = ()
    planned_units: int = Field(ge=1)
    registration: str = ""
    locked_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> "Protocol":
        if self.question == "non-inferiority" and (self.margin is None or not self.margin_reason):
            raise ValueError("a non-inferiority question declares its margin and the reason for it")
        if self.spending != "none" and not self.looks:
            raise ValueError("a spending function needs the planned looks")
        return self


class Evidence(Part):
    """One table: where it is, of what kind, which column means what, who made it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    kind: EvidenceKind
    stages: tuple[Stage, ...] = Field(min_length=1)
    source: str
    query: str = ""
    columns: dict[str, str]
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    subgroups: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    measured_on: AwareDatetime
    author: str
    synthetic: bool = False


class Document(Part):
    """One attested document and how long it is in force."""

    kind: str
    file: str
    title: str
    author: str
    issued_on: AwareDatetime
    expires_on: AwareDatetime | None = None


class Rollout(Part):
    """A whole ``rollout.yaml``."""

    rollout: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)
    title: str
    institution: str
    summary: str
    kind: Literal["rollout", "replay"] = "rollout"
    enters_at: Stage = Stage.ASSESS
    model: Model
    use: Use
    tier: TierDecision | None = None
    policy: str
    people: str
    sites: str
    release: Release = Release()
    card: Card = Card()
    protocol: Protocol | None = None
    evidence: tuple[Evidence, ...] = ()
    documents: tuple[Document, ...] = ()

    @property
    def risk_tier(self) -> Tier:
        """The tier in force: the declared one, else the one computed from the use."""
        return self.tier.tier if self.tier else computed_tier(self.use.purpose)

    @model_validator(mode="after")
    def _is_consistent(self) -> "Rollout":
        if self.enters_at is not Stage.ASSESS and self.kind != "replay":
            raise ValueError("only a replay of a finished study may enter after assess; it is never exposed to a patient")
        names = [evidence.name for evidence in self.evidence]
        if len(set(names)) != len(names):
            raise ValueError("each evidence name appears once")
        return self
