"""What all written files are made of: parts that refuse unknown keys, ids, shares, sources, and when a rule binds."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from primum.roadmap.uses import Mode, Purpose, Tier, UseCase


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
    "readings",
    "interactions",
    "incidents",
    "conversations",
    "checks",
    "survey",
    "outcomes",
    "energy",
    "documents",
]


Question = Literal["superiority", "non-inferiority"]
Design = Literal[
    "parallel-rct",
    "cluster-rct",
    "stepped-wedge-rct",
    "randomised-mrmc",
    "prospective-cohort",
    "controlled-before-after",
    "interrupted-time-series",
    "usability",
]
Declared = Literal["critical-conditions", "safety-endpoints", "treatment-planning"]
"""What a rollout may declare and thereby ask to be measured."""

Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
"""A short id in small letters, digits and hyphens."""

RequirementId = Annotated[str, Field(pattern=r"^([A-Z]{1,2}\d+(\.\d+)?|AMB\d+)$")]
"""An id of ``config/requirements.yaml``, such as ``P2.5``."""


def refuse_twice(*, field: str, key: str, values: Sequence[str]) -> None:
    """
    Refuse a list in which two items have one id; the error points at the second of them.

    :raises PydanticCustomError: with the place under ``path``
    """
    for place, value in enumerate(values):
        if value in values[:place]:
            words = "`{value}` stands twice in `{field}`; each `{key}` appears once"
            context = {"value": value, "field": field, "key": key, "path": [field, place, key]}
            raise PydanticCustomError("said_twice", words, context)


class Part(BaseModel):
    """Base of all that a person writes: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(Part):
    """Where a number comes from: S3 or S0 with its line, or ``local`` with the minute that set it."""

    file: Literal["S3", "S0", "local"] = Field(description="A source document, or local for a number of your own.")
    line: int | None = Field(default=None, ge=1, description="Line of the source document.")
    to_line: int | None = Field(default=None, ge=1, description="Last line, where the passage has several.")
    words: str = Field(default="", description="A few words as they stand there; for local: who set it and why.")

    @model_validator(mode="after")
    def _says_where(self) -> "Source":
        if self.file == "local" and not self.words:
            raise ValueError("a local number says in `words` who set it and why")
        if self.file != "local" and self.line is None:
            raise ValueError("a number from a source document names its line")
        if self.line and self.to_line and self.to_line <= self.line:
            raise ValueError("`to_line` comes after `line`")
        return self


class Applies(Part):
    """When a rule binds; an empty list means always."""

    use_cases: tuple[UseCase, ...] = Field(default=(), description="Only for these use-case classes.")
    purposes: tuple[Purpose, ...] = Field(default=(), description="Only for these purposes.")
    modes: tuple[Mode, ...] = Field(default=(), description="Only for these modes.")
    tiers: tuple[Tier, ...] = Field(default=(), description="Only for these risk tiers.")
    evidence: tuple[EvidenceKind, ...] = Field(default=(), description="Only where such a table is registered.")
    questions: tuple[Question, ...] = Field(default=(), description="Only where the protocol asks this question.")
    declared: tuple[Declared, ...] = Field(default=(), description="Only where the rollout declares all of these.")
