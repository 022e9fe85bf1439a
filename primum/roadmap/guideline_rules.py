"""What a guideline's rule is made of: exact comparisons joined by all and any, answered yes, no or unknown."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator

from primum.roadmap.parts import Kind, Operator, Part, Source

Fact = Fraction | str
"""A number, exactly, or a level."""
Facts = Mapping[str, Fact]

LONGEST_VALUE = 15
MOST_COMPARISONS = 100
NUMERIC: frozenset[str] = frozenset({"more_than", "at_least", "less_than", "at_most"})


class GuidelineField(Part):
    """One thing a guideline asks about a patient: a number with its unit, or one of a closed list of levels."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(description="Name that the rule uses.")
    words: str = Field(min_length=1, description="What it is called in a sentence, such as systolic.")
    unit: str = Field(default="", description="Unit of a number, such as mmHg.")
    whole: bool = Field(
        default=False,
        description="Whether limits are said in whole numbers: 130-139 is all from 130 up to, not including, 140.",
    )
    levels: dict[str, str] = Field(
        default_factory=dict, description="For what is no number: each level and its words; others are unknown."
    )

    @property
    def numeric(self) -> bool:
        """True for a number, false for one of the levels."""
        return not self.levels


class Predicate(Part):
    """One comparison (field, operator, value), or several of them under ``all_of`` or ``any_of``."""

    field: str = Field(default="", description="What is compared; a name of `fields`.")
    operator: Operator | Literal["equals", "is_one_of", ""] = Field(default="", description="How it is compared.")
    value: int | str = Field(default="", description='The limit, a whole number or "7.5"; or a level.')
    values: tuple[str, ...] = Field(default=(), description="The levels, for is_one_of.")
    all_of: tuple["Predicate", ...] = Field(default=(), description="All of these hold.")
    any_of: tuple["Predicate", ...] = Field(default=(), description="At least one of these holds.")

    @model_validator(mode="after")
    def _is_one_thing(self) -> "Predicate":
        if [bool(self.field), bool(self.all_of), bool(self.any_of)].count(True) != 1:
            raise ValueError("a predicate is one comparison, or `all_of`, or `any_of`")
        if self.field and not self.operator:
            raise ValueError(f"the comparison of '{self.field}' has no `operator`")
        if self.field and bool(self.values) != (self.operator == "is_one_of"):
            raise ValueError("is_one_of takes `values`; every other operator takes one `value`")
        if self.field and not self.values and self.value == "":
            raise ValueError(f"the comparison of '{self.field}' has no `value`")
        if len(str(self.value)) > LONGEST_VALUE:
            raise ValueError(f"a `value` has at most {LONGEST_VALUE} characters")
        if not self.field and (self.operator or self.values or self.value != ""):
            raise ValueError("`operator` and `value` belong to a `field`")
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels a comparison names."""
        return self.values or (str(self.value),)

    @property
    def limit(self) -> Fraction:
        """The limit of a comparison of numbers, exactly."""
        return Fraction(str(self.value))

    def comparisons(self) -> Iterator["Predicate"]:
        """Yield every comparison within."""
        if self.field:
            yield self
        for part in (*self.all_of, *self.any_of):
            yield from part.comparisons()

    def holds(self, facts: Facts) -> bool | None:
        """Return whether it holds; ``None`` where a fact that decides is unknown (P8)."""
        if self.field:
            return None if self.field not in facts else _compared(self, facts[self.field])
        answers = [part.holds(facts) for part in self.all_of or self.any_of]
        decided = bool(self.any_of)
        if decided in answers:
            return decided
        return None if None in answers else not decided


class Population(Part):
    """Who a guideline is about."""

    words: str = Field(min_length=1, description="Who they are, such as adults.")
    where: Predicate = Field(description="Whom it covers.")


class LabelRule(Part):
    """One label, and what gives it; of several rules the first that holds counts."""

    label: Kind = Field(description="The label, such as at-target.")
    when: Predicate = Field(description="What must hold.")
    source: Source | None = Field(default=None, description="Where this rule stands, if not with the guideline's.")


def _compared(comparison: Predicate, told: Fact) -> bool:
    if isinstance(told, str):
        return told in comparison.levels
    limit = comparison.limit
    match comparison.operator:
        case "more_than":
            return told > limit
        case "at_least":
            return told >= limit
        case "less_than":
            return told < limit
        case "at_most":
            return told <= limit
        case _:
            return told == limit
