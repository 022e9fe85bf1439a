"""What an LMM may be used for, what is refused, and the risk tier that follows (S3:71-77, S3:206-220)."""

from enum import StrEnum


class ModelClass(StrEnum):
    """Class of the model (D2-D4)."""

    LLM = "LLM"
    VLM = "VLM"
    LMM = "LMM"
    OTHER = "other"


class Modality(StrEnum):
    """What the model reads (D3)."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    OTHER = "other"


class Domain(StrEnum):
    """Field of application (D2)."""

    CLINICAL = "clinical"
    PUBLIC_HEALTH = "public-health"
    HEALTH_SYSTEMS = "health-systems"


class UseCase(StrEnum):
    """Use-case class; it selects which rule packs bind (D5)."""

    DECISION_SUPPORT = "clinical-decision-support"
    IMAGING = "imaging"
    PATIENT_FACING = "patient-facing"
    DRUG_DISCOVERY = "drug-discovery"
    ADMINISTRATION = "administration"
    EDUCATION = "education"


class Purpose(StrEnum):
    """The one thing the output is used for: allowed (U1-U4) or refused (U5-U8); the risk tier is computed from it."""

    IMAGE_INTERPRETATION = "image-interpretation"
    TREATMENT_PLANNING = "treatment-planning"
    DIFFERENTIAL_DIAGNOSIS = "differential-diagnosis"
    FLAGGING_FINDINGS = "flagging-findings"
    INTERACTION_CHECKING = "interaction-checking"
    OPTION_SUMMARIES = "option-summaries"
    TRIAGE = "triage"
    ADHERENCE_REMINDERS = "adherence-reminders"
    SYMPTOM_CHECKING = "symptom-checking"
    HEALTH_EDUCATION = "health-education"
    SCHEDULING = "scheduling"
    FINAL_DIAGNOSIS = "final-diagnosis"
    TREATMENT_DECISION = "treatment-decision"
    EMERGENCY_TRIAGE = "emergency-triage"
    REPLACING_SPECIALIST = "replacing-specialist-consultation"


class Mode(StrEnum):
    """Who acts on the output: a person with it, or the machine alone."""

    ASSISTIVE = "assistive"
    SECOND_READER = "second-reader"
    AUTONOMOUS = "autonomous"


class Tier(StrEnum):
    """Risk tier of the sources' table (P2.7-P2.9)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


TIER_ORDER = {Tier.LOW: 0, Tier.MEDIUM: 1, Tier.HIGH: 2}

TIER_OF = {
    Purpose.IMAGE_INTERPRETATION: Tier.HIGH,
    Purpose.TREATMENT_PLANNING: Tier.HIGH,
    Purpose.DIFFERENTIAL_DIAGNOSIS: Tier.HIGH,
    Purpose.FLAGGING_FINDINGS: Tier.HIGH,
    Purpose.INTERACTION_CHECKING: Tier.HIGH,
    Purpose.OPTION_SUMMARIES: Tier.HIGH,
    Purpose.TRIAGE: Tier.MEDIUM,
    Purpose.ADHERENCE_REMINDERS: Tier.MEDIUM,
    Purpose.SYMPTOM_CHECKING: Tier.MEDIUM,
    Purpose.HEALTH_EDUCATION: Tier.LOW,
    Purpose.SCHEDULING: Tier.LOW,
}

REFUSED_PURPOSES = {
    Purpose.FINAL_DIAGNOSIS: ("U5", "an autonomous diagnosis without clinician review"),
    Purpose.TREATMENT_DECISION: ("U6", "a treatment decision without physician oversight"),
    Purpose.EMERGENCY_TRIAGE: ("U7", "triage in an emergency without human validation"),
    Purpose.REPLACING_SPECIALIST: ("U8", "a replacement for specialist consultation"),
}


def why_not_register(*, purpose: Purpose, mode: Mode, human_decision: str) -> str | None:
    """Return the one reason this use is refused at registration, if there is one (U5-U8, I7, P1.0)."""
    if mode is Mode.AUTONOMOUS:
        return "Autonomous use is refused whatever the evidence: an LMM assists a person who decides (I7, P1.0, AMB8)."
    if purpose in REFUSED_PURPOSES:
        requirement, words = REFUSED_PURPOSES[purpose]
        return f"This use is {words}, which the sources call inappropriate; it is refused ({requirement})."
    if not human_decision.strip():
        return "The intended use must name the decision that a person takes with this output (P1.0)."
    return None


def computed_tier(purpose: Purpose) -> Tier:
    """Return the tier that the use implies; a purpose outside the sources' table counts as high (P2.10, N1)."""
    return TIER_OF.get(purpose, Tier.HIGH)


def why_not_tier(*, declared: Tier, purpose: Purpose, approvers: frozenset[str], reason: str) -> str | None:
    """Return why a declared tier is refused: raising is free, lowering needs two people and a reason (P2.10)."""
    computed = computed_tier(purpose)
    if TIER_ORDER[declared] >= TIER_ORDER[computed]:
        return None
    if len(approvers) >= 2 and reason.strip():  # noqa: PLR2004 -- "two people" is the rule itself
        return None
    return (
        f"The use implies tier {computed}; lowering it to {declared} needs two approvers and a written reason, "
        f"and {len(approvers)} approver(s) with {'a' if reason.strip() else 'no'} reason were given (P2.10)."
    )
