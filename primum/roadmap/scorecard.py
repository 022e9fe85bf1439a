"""The six minimum items of the source document, each with the checks it follows from; nobody writes it by hand (K7)."""

from collections.abc import Sequence
from dataclasses import dataclass

from primum.roadmap.policy import Criterion, DocumentRule, Policy
from primum.roadmap.rollout import Rollout
from primum.roadmap.seats import binds
from primum.roadmap.verdicts import BINDING, Finding, Level, Outcome, worst

# S3:330-339, in our own words.
ITEMS = {
    "K1": ("Autonomy", "A person oversees every clinical decision."),
    "K2": ("Safety", "A clinical validation study is done and its results are written down."),
    "K3": ("Transparency", "The model card is published and says where the model is limited."),
    "K4": ("Accountability", "Incidents can be reported and the audit trail is kept."),
    "K5": ("Equity", "Performance was tested across groups of patients, and they differ little."),
    "K6": ("Sustainability", "There is a plan for updating the model with new evidence."),
}

# A paper alone does not show these: something was measured.
MEASURED = frozenset({"K2", "K5"})
CRITERION = "criterion"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One check that an item follows from, and the gate at which it was made."""

    gate: str
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One of the six items: what its checks come to, the worst of them first; without any it is not known."""

    id: str
    name: str
    asks: str
    outcome: Outcome
    found: tuple[Proof, ...]

    @property
    def met(self) -> bool:
        """True if it follows from at least one check and all of them pass."""
        return self.outcome is Outcome.PASS


def scorecard(found: Sequence[Proof]) -> tuple[Scored, ...]:
    """
    Return the six items, each with every check that says it serves it (K7); ``still_due`` gives those to come.

    A check that is only shown does not decide, and one that was set aside is not met. What needs a
    measurement is not known by its papers alone.
    """
    return tuple(_scored(id_, [one for one in found if _serves(one.finding, id_)]) for id_ in ITEMS)


def still_due(*, policy: Policy, rollout: Rollout, found: Sequence[Proof]) -> tuple[Proof, ...]:
    """Return every check that serves an item under a policy and was made at no gate yet: it is not known (P8)."""
    made = {one.finding.check for one in found}
    asked: tuple[tuple[str, Criterion | DocumentRule], ...] = (
        *((one.id, one) for one in policy.criteria),
        *((f"document:{one.kind}", one) for one in policy.documents),
    )
    return tuple(
        Proof(gate=", ".join(rule.gates), finding=_due(rule, check=check))
        for check, rule in asked
        if check not in made and set(rule.requirements) & set(ITEMS) and binds(applies=rule.applies, rollout=rollout)
    )


def _due(rule: Criterion | DocumentRule, *, check: str) -> Finding:
    return Finding(
        check=check,
        kind=CRITERION if isinstance(rule, Criterion) else "document",
        outcome=Outcome.INSUFFICIENT,
        level=rule.level,
        sentence=f"{rule.title}: not checked yet.",
        requirements=rule.requirements,
    )


def _serves(finding: Finding, item: str) -> bool:
    return item in finding.requirements and finding.level in BINDING


def _scored(id_: str, found: list[Proof]) -> Scored:
    name, asks = ITEMS[id_]
    known = any(one.finding.kind == CRITERION for one in found) if id_ in MEASURED else bool(found)
    outcomes = [_outcome(one.finding) for one in found]
    outcome = worst(outcomes if known else (*outcomes, Outcome.INSUFFICIENT))
    ordered = sorted(found, key=lambda one: (_outcome(one.finding) is Outcome.PASS, one.gate))
    return Scored(id=id_, name=name, asks=asks, outcome=outcome, found=tuple(ordered))


def _outcome(finding: Finding) -> Outcome:
    set_aside = finding.waived and finding.level is Level.OVERRIDABLE
    return Outcome.INSUFFICIENT if set_aside and finding.outcome is Outcome.PASS else finding.outcome
