"""What a trial may conclude beside its question, and both populations of a non-inferiority trial side by side."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from primum.evidence.intervals import Group, Interval
from primum.evidence.shares.two_proportions import Goal, miettinen_nurminen

Conclusion = Literal["superior", "non-inferior", "inconclusive", "worse by more than the margin"]


@dataclass(frozen=True, kw_only=True)
class PopulationResult:
    """The benefit in one population, and what it shows."""

    name: str
    benefit: Fraction
    interval: Interval
    conclusion: Conclusion


@dataclass(frozen=True, kw_only=True)
class Switch:
    """What may be concluded, and the sentence that says why or why not."""

    conclusion: Conclusion
    words: str


def in_population(
    *, name: str, intervention: Group, control: Group, good: Goal, margin: Fraction | None, confidence: float
) -> PopulationResult:
    """Return the benefit in one population, such as per protocol; positive when the intervention is better."""
    first, second = (intervention, control) if good == "higher" else (control, intervention)
    interval = miettinen_nurminen(first=first, second=second, confidence=confidence)
    return PopulationResult(
        name=name,
        benefit=first.rate - second.rate,
        interval=interval,
        conclusion=conclusion_of(interval=interval, margin=margin),
    )


def conclusion_of(*, interval: Interval, margin: Fraction | None) -> Conclusion:
    """Return what an interval of the benefit shows."""
    if interval.lower > 0:
        return "superior"
    if margin is not None and interval.lower > -float(margin):
        return "non-inferior"
    if margin is not None and interval.upper < -float(margin):
        return "worse by more than the margin"
    return "inconclusive"


def may_conclude(
    *,
    question: Literal["superiority", "non-inferiority"],
    margin: Fraction | None,
    intention_to_treat: PopulationResult,
    per_protocol: PopulationResult | None,
) -> Switch:
    """
    Return what may be concluded (CPMP/EWP/482/99).

    Superiority may follow a non-inferiority trial without a price, on the intention to treat.
    Non-inferiority needs both populations, and may not follow a failed superiority trial unless its
    margin was declared before.
    """
    both = (intention_to_treat, per_protocol) if per_protocol else (intention_to_treat,)
    shown = all(one.conclusion in ("superior", "non-inferior") for one in both)
    if intention_to_treat.conclusion == "superior" and (question == "superiority" or shown):
        return Switch(conclusion="superior", words="The lower end of the benefit is above 0 in all randomised.")
    if margin is None:
        return Switch(
            conclusion="inconclusive",
            words="Superiority is not shown; non-inferiority may not be claimed without a margin declared before.",
        )
    if per_protocol is None:
        return Switch(
            conclusion="inconclusive",
            words="Non-inferiority needs the per-protocol population beside all randomised; it is not counted.",
        )
    if shown:
        return Switch(conclusion="non-inferior", words="Both populations exclude a loss of the margin or more.")
    apart = intention_to_treat.conclusion != per_protocol.conclusion
    words = "The two populations disagree." if apart else "The margin is not excluded."
    return Switch(conclusion="inconclusive", words=words)
