"""What groups and conditions need beside the question itself: units of each level, positives of each condition."""

import math
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.equity.subgroups import one_sided_error
from primum.evidence.planning.assumed import assumed
from primum.evidence.shares.sample_size import (
    fewest_found,
    more_positives,
    smallest_without_miss,
    units_per_level_of_effect,
)
from primum.roadmap.policy import Criterion, Policy
from primum.roadmap.protocol import Protocol

EXACT = "exact binomial, one-sided"
NORMAL = "difference of two risk differences, normal approximation"


@dataclass(frozen=True, kw_only=True)
class Need:
    """
    What one group or condition needs: units of it, and of all so that enough are of it.

    ``of_it`` is ``None`` where no number would do; ``words`` says what that number shows.
    """

    name: str
    check: str
    of_it: int | None
    of_all: int | None
    kind: str
    formula: str
    words: str


def level_needs(*, protocol: Protocol, policy: Policy) -> tuple[Need, ...]:
    """Return what each declared subgroup level needs so that an equal benefit is shown to be equal (P5.6)."""
    criterion = next((one for one in policy.criteria if one.metric == "gap_benefit" and one.threshold), None)
    plan = protocol.planning
    if criterion is None or criterion.threshold is None or plan is None:
        return ()
    numbers = assumed(protocol)
    confidence = float(Fraction(criterion.threshold.confidence))
    per_attribute = [one.attribute for one in plan.levels]
    found = []
    for one in plan.levels:
        units = units_per_level_of_effect(
            rate=numbers.control,
            margin=float(criterion.threshold.fraction),
            alpha=one_sided_error(levels=per_attribute.count(one.attribute), confidence=confidence),
            shares=(numbers.share, 1 - numbers.share),
            power=numbers.power,
        )
        enrolled, share = numbers.enrolled(units), Fraction(one.share)
        found.append(
            Need(
                name=f"{one.attribute}={one.level}",
                check=criterion.id,
                of_it=enrolled,
                of_all=math.ceil(enrolled / share) if share else None,
                kind="units",
                formula=NORMAL,
                words=f"equal benefit shown within {criterion.threshold.value} with power {plan.power}",
            )
        )
    return tuple(found)


def condition_needs(*, protocol: Protocol, policy: Policy) -> tuple[Need, ...]:
    """Return the positives that each critical condition needs, exactly, and the cases that hold them (P2.5)."""
    plan = protocol.planning
    asked = [one for one in policy.criteria if one.metric == "sensitivity" and one.threshold]
    if plan is None or not asked:
        return ()
    strictest = max(asked, key=lambda one: one.threshold.fraction if one.threshold else Fraction(0))
    return tuple(
        _condition(one.condition, Fraction(one.sensitivity), Fraction(one.prevalence), Fraction(plan.power), strictest)
        for one in plan.conditions
    )


def _condition(name: str, truth: Fraction, prevalence: Fraction, power: Fraction, criterion: Criterion) -> Need:
    assert criterion.threshold is not None
    target, confidence = criterion.threshold.fraction, float(Fraction(criterion.threshold.confidence))
    alpha = (1 - confidence) / 2
    positives = more_positives(target=target, truth=truth, alpha=alpha, power=float(power))
    least = smallest_without_miss(target=target, alpha=alpha)
    if positives is None:
        words = f"a sensitivity of {truth} is never shown to be above {target}; with no miss it takes {least} positives"
    else:
        found = fewest_found(n=positives, target=target, alpha=alpha)
        words = f"at least {found} of {positives} found; with no miss {least} are enough"
    cases = math.ceil(positives / prevalence) if positives is not None and prevalence else None
    return Need(
        name=name, check=criterion.id, of_it=positives, of_all=cases, kind="positives", formula=EXACT, words=words
    )
