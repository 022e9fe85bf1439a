"""
The change plan of a rollout: which changes were foreseen and approved beforehand, and what lies outside.

Shaped like a predetermined change control plan (FDA, final guidance of December 2024, section VI): a description of
the modifications, the protocol by which they are made and judged, and an assessment of their impact.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from primum.roadmap.guidelines import Guideline
from primum.roadmap.parts import Kind, Part, Share, refuse_twice
from primum.roadmap.stages import GATE_OF, GateName, Stage
from primum.roadmap.training import Interface, Trainer

ORDER = (Stage.ASSESS, Stage.PILOT, Stage.SCALE, Stage.SUSTAIN)


def _a_part(share: str) -> str:
    if not 0 < Fraction(share) < 1:
        raise ValueError("a part of the cases is more than 0 and less than 1, such as 1/5")
    return share


class ForeseenLimit(Part):
    """A limit of the guideline that may move, and between which numbers."""

    field: str = Field(description="A field of the guideline.")
    lowest: int = Field(description="Lowest limit foreseen.")
    highest: int = Field(description="Highest limit foreseen.")

    @model_validator(mode="after")
    def _is_a_range(self) -> "ForeseenLimit":
        if self.highest < self.lowest:
            raise ValueError("`highest` is not below `lowest`")
        return self


class Modifications(Part):
    """What may change; whatever is not written here may not."""

    limits: tuple[ForeseenLimit, ...] = Field(min_length=1, description="Limits of the guideline that may move.")
    asks: tuple[str, ...] = Field(
        default=(),
        description="Fields with levels, such as a patient's risk, by which a new version may tell patients.",
    )
    population: bool = Field(default=False, description="Whether the guideline may be about other people.")

    @model_validator(mode="after")
    def _each_field_once(self) -> "Modifications":
        refuse_twice(field="limits", key="field", values=[one.field for one in self.limits])
        return self


class ChangeProtocol(Part):
    """How a change is made and judged: from which cases, by whom, with which interface."""

    cases: Kind = Field(description="The table of `evidence` with stored cases and the answers of the model in use.")
    facts: dict[str, str] = Field(min_length=1, description="Field of the guideline: column of that table's contract.")
    positive: tuple[Kind, ...] = Field(min_length=1, description="Labels of the guideline that count as 1.")
    learn_from: Annotated[Share, AfterValidator(_a_part)] = Field(
        default="1/5", description="Part of the cases to learn from; the others are answered and compared."
    )
    seed: int = Field(default=1, ge=0, description="Which cases these are follows from it.")
    interface: Interface = Field(description="What the model reads and answers, before and after.")
    trainer: Trainer = Field(description="Who makes the challenger.")
    words: str = Field(min_length=40, description="How a change is judged, in words for a reviewer.")


class Telling(Part):
    """How long a site has to confirm that it knows of a change."""

    hours: int = Field(default=72, ge=1, description="Until when each site is to acknowledge, from when it is told.")
    suspend_after_hours: int = Field(
        default=96, ge=1, description="When a site is still silent then, the rollout goes back to standard care."
    )

    @model_validator(mode="after")
    def _comes_later(self) -> "Telling":
        if self.suspend_after_hours <= self.hours:
            raise ValueError("`suspend_after_hours` comes after `hours`, so that somebody can still answer")
        return self


class ChangePlan(Part):
    """What was foreseen for a rollout when a guideline it follows changes."""

    guideline: Kind = Field(description="Id of the guideline, without its version.")
    modifications: Modifications = Field(description="What may change.")
    protocol: ChangeProtocol = Field(description="How it is changed and judged.")
    impact: str = Field(min_length=40, description="What a change may do to patients, and what is done about it.")
    candidate: str = Field(
        default="",
        description="File beside this one for the rollout as it would be; compared once it names the challenger.",
    )
    telling: Telling = Field(default=Telling(), description="How long sites have to acknowledge.")
    outside: Stage = Field(
        default=Stage.ASSESS, description="The stage a rollout goes back to for a change outside this plan."
    )


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whether a change lies inside the plan, and every reason why not; ``gates`` are those it has to pass."""

    inside: bool
    reasons: tuple[str, ...]
    gates: tuple[GateName, ...]
    back_to: Stage | None

    @property
    def words(self) -> str:
        """The answer in one sentence or more."""
        if self.inside:
            return f"The change is inside the change plan: {' '.join(self.reasons)}"
        return f"The change is outside the change plan: {' '.join(self.reasons)}"


def scope_of(*, plan: ChangePlan | None, old: Guideline, new: Guideline, stage: Stage) -> Scope:
    """
    Return whether a change of a guideline is one that was foreseen; without a plan nothing was (P6.4, P6.10).

    Inside, gate GU decides by its own criteria. Outside, the rollout goes back and passes the full gates again.
    """
    reasons = tuple(_outside(plan, old, new))
    if not reasons and plan is not None:
        moved = "; ".join(_moved(old, new)) or "no limit moves"
        return Scope(inside=True, reasons=(f"{moved}.",), gates=(GateName.GU,), back_to=None)
    back = plan.outside if plan else Stage.ASSESS
    back = back if ORDER.index(back) <= ORDER.index(stage) else stage
    again = ORDER[ORDER.index(back) : ORDER.index(stage)] or (stage,)
    return Scope(inside=False, reasons=reasons, gates=tuple(GATE_OF[one] for one in again), back_to=back)


def _outside(plan: ChangePlan | None, old: Guideline, new: Guideline) -> Iterator[str]:
    if plan is None:
        yield "The rollout declares no `change_plan`, so no change was foreseen."
        return
    if new.id != plan.guideline:
        yield f"The plan is for changes of {plan.guideline}, and this is {new.id}."
    if set(new.labels) != set(old.labels):
        yield f"The labels change from {', '.join(old.labels)} to {', '.join(new.labels)}."
    if new.population.where != old.population.where and not plan.modifications.population:
        yield f"It is about other people now ({new.population.words}), and the plan does not foresee that."
    unmapped = [name for name in new.asks if name not in plan.protocol.facts]
    if unmapped:
        yield f"It asks for '{unmapped[0]}', which the plan's protocol knows in no table."
    yield from _beyond_limits(plan, old, new)


def _limits(guideline: Guideline) -> Iterator[tuple[str, str, str]]:
    for rule in guideline.rules:
        for one in rule.when.comparisons():
            yield one.field, str(one.operator), ", ".join(one.levels)


def _beyond_limits(plan: ChangePlan, old: Guideline, new: Guideline) -> Iterator[str]:
    known, foreseen = set(_limits(old)), {one.field: one for one in plan.modifications.limits}
    for field, operator, value in _limits(new):
        if (field, operator, value) in known:
            continue
        limit = foreseen.get(field)
        if field in plan.modifications.asks and not new.field(field).numeric:
            continue
        words = f"{new.field(field).words} {operator.replace('_', ' ')} {value}"
        if limit is None or not new.field(field).numeric:
            yield f"The plan foresees no change of {new.field(field).words}; the new version has {words}."
        elif not limit.lowest <= Fraction(value) <= limit.highest:
            yield f"The plan foresees limits from {limit.lowest} to {limit.highest}; the new version has {words}."


def _moved(old: Guideline, new: Guideline) -> Iterator[str]:
    before = set(_limits(old))
    for field, operator, value in _limits(new):
        if (field, operator, value) not in before:
            yield f"{new.field(field).words} {operator.replace('_', ' ')} {value} is foreseen"
