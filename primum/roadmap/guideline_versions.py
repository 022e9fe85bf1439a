"""A version of a guideline as data: who it is about, and which label it gives by which exact comparison."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from primum.roadmap.digests import digest
from primum.roadmap.guideline_rules import (
    MOST_COMPARISONS,
    NUMERIC,
    Fact,
    Facts,
    GuidelineField,
    LabelRule,
    Population,
    Predicate,
)
from primum.roadmap.parts import Kind, Part, Source, refuse_twice

NOT_COVERED = "not-covered"
"""The label of whoever is outside the population."""
# As a person writes it, so that it is exact; never a float (statistics.md trap 8).
WRITTEN = re.compile(r"-?\d+(\.\d+)?")


class Guideline(Part):
    """One version of one guideline."""

    id: Kind = Field(max_length=60, description="Short id, the same for all versions.")
    version: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=40)] = Field(
        description="This version, in small letters, digits, dots and hyphens."
    )
    issuer: str = Field(min_length=1, description="Who issued it.")
    title: str = Field(min_length=1, description="Its title.")
    published_on: date = Field(description="When it was published; a later version has a later day.")
    effective_on: date = Field(description="From when it is to be followed.")
    source: Source = Field(description="Where it stands.")
    summary: str = Field(default="", description="A few sentences on what it says and what was decided locally.")
    fields: tuple[GuidelineField, ...] = Field(min_length=1, description="What it asks about a patient.")
    population: Population = Field(description="Who it is about.")
    rules: tuple[LabelRule, ...] = Field(min_length=1, description="Labels by comparison; the first that holds counts.")
    otherwise: Kind = Field(description="The label where no rule holds.")

    @model_validator(mode="after")
    def _is_whole(self) -> "Guideline":
        refuse_twice(field="fields", key="name", values=[one.name for one in self.fields])
        if self.effective_on < self.published_on:
            raise ValueError("a guideline is in effect on the day it is published at the earliest")
        if NOT_COVERED in self.labels:
            raise ValueError(f"'{NOT_COVERED}' is the label of who is outside the population; name yours otherwise")
        if len(self._comparisons()) > MOST_COMPARISONS:
            raise ValueError(f"a guideline has at most {MOST_COMPARISONS} comparisons")
        for comparison in self._comparisons():
            self._refuse(comparison)
        return self

    @property
    def name(self) -> str:
        """The id and version as a release bundle declares them, ``hypertension@2025``."""
        return f"{self.id}@{self.version}"

    @property
    def digest(self) -> str:
        """The digest of everything it says; comments and layout do not count."""
        return digest(self.model_dump(mode="json"))

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label it may give to somebody it covers."""
        return tuple(dict.fromkeys((*(rule.label for rule in self.rules), self.otherwise)))

    @property
    def asks(self) -> tuple[str, ...]:
        """The fields that its population and rules compare, in the order of the file."""
        compared = {comparison.field for comparison in self._comparisons()}
        return tuple(one.name for one in self.fields if one.name in compared)

    def field(self, name: str) -> GuidelineField:
        """Return a field by name."""
        return next(one for one in self.fields if one.name == name)

    def label_of(self, facts: Facts) -> str | None:
        """Return the label of one patient; ``None`` where an unknown fact, or level, leaves it open (P8)."""
        facts = {name: fact for name, fact in facts.items() if self._known(name, fact)}
        covered = self.population.where.holds(facts)
        if not covered:
            return None if covered is None else NOT_COVERED
        possible = dict.fromkeys(self._possible(facts))
        return next(iter(possible)) if len(possible) == 1 else None

    def predicates(self) -> tuple[Predicate, ...]:
        """Return the population and what gives each label, in order."""
        return (self.population.where, *(rule.when for rule in self.rules))

    def _known(self, name: str, fact: Fact) -> bool:
        field = next((one for one in self.fields if one.name == name), None)
        return field is not None and (fact in field.levels if isinstance(fact, str) else field.numeric)

    def _possible(self, facts: Facts) -> Iterator[str]:
        for rule in self.rules:
            holds = rule.when.holds(facts)
            if holds is not False:
                yield rule.label
            if holds:
                return
        yield self.otherwise

    def _comparisons(self) -> tuple[Predicate, ...]:
        return tuple(one for predicate in self.predicates() for one in predicate.comparisons())

    def _refuse(self, comparison: Predicate) -> None:
        known = {one.name: one for one in self.fields}
        field = known.get(comparison.field)
        if field is None:
            raise ValueError(f"'{comparison.field}' is compared and is none of the `fields`: {', '.join(known)}")
        if field.numeric:
            _refuse_no_number(comparison)
        elif comparison.operator in NUMERIC:
            raise ValueError(f"'{field.name}' has levels; compare it with equals or is_one_of")
        elif strange := [one for one in comparison.levels if one not in field.levels]:
            raise ValueError(f"'{strange[0]}' is no level of '{field.name}': {', '.join(field.levels)}")


def _refuse_no_number(comparison: Predicate) -> None:
    if comparison.operator == "is_one_of":
        raise ValueError(f"'{comparison.field}' is a number; compare it with a limit")
    if not WRITTEN.fullmatch(str(comparison.value)):
        raise ValueError(f"'{comparison.value}' is no number, and '{comparison.field}' is one")
