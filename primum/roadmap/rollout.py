"""What a ``rollout.yaml`` says: one LMM product, one intended use, one institution."""

from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from primum.roadmap.change_plans import ChangePlan
from primum.roadmap.exclusions import Exclusion
from primum.roadmap.limitations import Stated
from primum.roadmap.monitors import Monitor
from primum.roadmap.policy import Declared, EvidenceKind, Kind, Part, refuse_twice
from primum.roadmap.protocol import Protocol
from primum.roadmap.shown_outputs import ShownOutputs
from primum.roadmap.stages import Stage
from primum.roadmap.uses import Domain, Modality, Mode, ModelClass, Purpose, Tier, UseCase, computed_tier
from primum.roadmap.waves import Scale
from primum.roadmap.widening import Widening


class Model(Part):
    """The LMM, by exact version; ``endpoint`` for one whose weights are elsewhere."""

    name: str = Field(min_length=1, description="Name of the product or model.")
    version: str = Field(min_length=1, description="Exact version; another version is another release.")
    provider: str = Field(min_length=1, description="Who makes or runs it.")
    model_class: ModelClass = Field(description="LLM reads text only; VLM text and images; LMM more.")
    modalities: tuple[Modality, ...] = Field(min_length=1, description="What the model reads.")
    endpoint: str = Field(default="", description="Address or name of a service whose weights are elsewhere.")
    weights_digest: str = Field(default="", description="Digest of the weights, if you hold them.")


class Use(Part):
    """The intended use (V35); the risk tier is computed from it."""

    use_case: UseCase = Field(description="Class of use; it selects which rules bind.")
    purpose: Purpose = Field(description="The one thing the output is used for; the risk tier follows from it.")
    domain: Domain = Field(description="Field of application.")
    mode: Mode = Field(description="Who acts on the output; autonomous is refused.")
    human_decision: str = Field(description="The decision that a person takes with this output.")
    critical_conditions: tuple[str, ...] = Field(
        default=(), description="Conditions that must not be missed; declaring one asks for a sensitivity above 95 %."
    )
    treatment_planning: bool = Field(default=False, description="Whether it helps to plan a treatment.")
    out_of_scope: tuple[str, ...] = Field(default=(), description="Uses and patients it is not meant for.")


class TierDecision(Part):
    """A tier other than the computed one, and who decided it why (P2.10)."""

    tier: Tier = Field(description="The tier in force.")
    approvers: tuple[str, ...] = Field(default=(), description="Ids of the people who agreed; lowering needs two.")
    reason: str = Field(default="", description="Why; lowering needs one.")


class Card(Part):
    """What only a person can say for the model card (P3.1, P3.4, P3.9, P3.11); results are never typed here."""

    architecture: str = Field(default="", description="How the model is built, for clinicians.")
    training_data: str = Field(default="", description="What it was trained on.")
    limitations: tuple[Stated, ...] = Field(
        default=(), description="Where it was not validated, and the exclusion that keeps it or why it needs none."
    )
    failure_modes: tuple[str, ...] = Field(default=(), description="How it is known to fail.")
    exclusions: tuple[Exclusion, ...] = Field(
        default=(), description="Who must not be shown its output, as a rule on what the caller sends."
    )


class Release(Part):
    """What is promoted besides the model: texts by digest or version."""

    prompt: str = Field(default="", description="Version or digest of the prompt.")
    retrieval_corpus: str = Field(default="", description="Version or digest of the texts it retrieves from.")
    guidelines: tuple[str, ...] = Field(default=(), description="Guideline versions it follows.")


class Evidence(Part):
    """One table: where it is, of what kind, which column means what, who made it."""

    name: Kind = Field(description="Short name; pages and findings use it.")
    kind: EvidenceKind = Field(description="What the table holds; it selects the expectations.")
    stages: tuple[Stage, ...] = Field(min_length=1, description="Stages it counts in.")
    source: str = Field(min_length=1, description="File relative to this one, or a database URL.")
    query: str = Field(default="", description="The SELECT, when the source is a database.")
    columns: dict[str, str] = Field(description="Contract column: your column.")
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Per contract column, your value: contract value; others are refused."
    )
    subgroups: tuple[str, ...] = Field(default=(), description="Contract columns whose groups are compared.")
    suites: tuple[str, ...] = Field(default=(), description="Your own expectation files, besides Primum's.")
    measured_on: AwareDatetime = Field(description="When the data were taken, with the zone.")
    author: str = Field(description="Id of who made the table; they cannot sign on it.")
    synthetic: bool = Field(default=False, description="Whether any row is synthetic; such a table is refused.")

    @model_validator(mode="after")
    def _is_real(self) -> "Evidence":
        if self.synthetic:
            raise ValueError("a table with synthetic rows is no evidence (P5.3, AMB11); leave it out")
        return self


class Document(Part):
    """One attested document and how long it is in force."""

    kind: str = Field(description="Which of the policy's documents it is.")
    file: str = Field(min_length=1, description="File relative to this one.")
    title: str = Field(min_length=1, description="Its title.")
    author: str = Field(description="Id of who answers for it.")
    issued_on: AwareDatetime = Field(description="When it was issued, with the zone.")
    expires_on: AwareDatetime | None = Field(default=None, description="When it ends; leave out if it does not.")


class Rollout(Part):
    """A whole ``rollout.yaml``."""

    rollout: str = Field(
        pattern=r"^[a-z][a-z0-9-]*$", max_length=60, description="Short id, the same for the rollout's whole life."
    )
    title: str = Field(min_length=1, description="What it is, in one line.")
    institution: str = Field(min_length=1, description="Who rolls it out.")
    summary: str = Field(description="Two or three sentences for somebody who has never heard of it.")
    kind: Literal["rollout", "replay"] = Field(
        default="rollout", description="A rollout, or the replay of a finished study, which never reaches a patient."
    )
    enters_at: Stage = Field(default=Stage.ASSESS, description="First stage; only a replay may begin later.")
    model: Model = Field(description="The LMM by exact version.")
    use: Use = Field(description="The intended use.")
    tier: TierDecision | None = Field(default=None, description="Only to differ from the tier the use implies.")
    policy: str = Field(min_length=1, description="Id of a shipped policy, or a policy file relative to this one.")
    people: str = Field(min_length=1, description="The people file, relative to this one.")
    sites: str = Field(min_length=1, description="The sites file, relative to this one.")
    release: Release = Field(default=Release(), description="What is promoted besides the model.")
    card: Card = Field(default=Card(), description="The words of the model card that only a person knows.")
    protocol: Protocol | None = Field(default=None, description="The question of the pilot, declared before it begins.")
    protocol_file: str = Field(default="", description="Instead of `protocol`: the file beside this one it is in.")
    evidence: tuple[Evidence, ...] = Field(default=(), description="Tables the gates are judged on.")
    documents: tuple[Document, ...] = Field(default=(), description="Documents the gates ask for.")
    widening: tuple[Widening, ...] = Field(
        default=(), description="How far each stage reaches; what is left out counts as everywhere."
    )

    scale: Scale | None = Field(default=None, description="The waves of stage scale, and when they may begin.")
    outputs: ShownOutputs | None = Field(
        default=None, description="The log of outputs that were shown, compared daily with the point of care's answers."
    )
    monitors: tuple[Monitor, ...] = Field(default=(), description="What is watched while it is in use.")
    monitors_file: str = Field(default="", description="Instead of `monitors`: the file beside this one they are in.")
    change_plan: ChangePlan | None = Field(
        default=None, description="Which changes of a guideline were foreseen, and how."
    )
    change_plan_file: str = Field(
        default="", description="Instead of `change_plan`: the file beside this one it is in."
    )

    def widening_of(self, stage: Stage) -> Widening | None:
        """Return how far a stage reaches, where the file says so."""
        return next((one for one in self.widening if one.stage is stage), None)

    @property
    def risk_tier(self) -> Tier:
        """The tier in force: the declared one, else the one computed from the use."""
        return self.tier.tier if self.tier else computed_tier(self.use.purpose)

    @property
    def declares(self) -> frozenset[Declared]:
        """What this rollout declares and thereby asks to be measured."""
        declared: dict[Declared, bool] = {
            "critical-conditions": bool(self.use.critical_conditions),
            "safety-endpoints": bool(self.protocol and self.protocol.safety),
            "treatment-planning": self.use.treatment_planning or self.use.purpose is Purpose.TREATMENT_PLANNING,
        }
        return frozenset(what for what, is_so in declared.items() if is_so)

    @model_validator(mode="after")
    def _is_consistent(self) -> "Rollout":
        if self.enters_at is not Stage.ASSESS and self.kind != "replay":
            raise ValueError(
                "only a replay of a finished study may enter after assess; it is never exposed to a patient"
            )
        if self.protocol and self.protocol_file:
            raise ValueError("a rollout has its `protocol` here or in the `protocol_file`, not in both")
        if self.monitors and self.monitors_file:
            raise ValueError("a rollout has its `monitors` here or in the `monitors_file`, not in both")
        refuse_twice(field="monitors", key="id", values=[monitor.id for monitor in self.monitors])
        if self.change_plan and self.change_plan_file:
            raise ValueError("a rollout has its `change_plan` here or in the `change_plan_file`, not in both")
        refuse_twice(field="evidence", key="name", values=[evidence.name for evidence in self.evidence])
        refuse_twice(field="widening", key="stage", values=[widening.stage for widening in self.widening])
        return self
