"""How old evidence and documents may be."""

from datetime import datetime, timedelta

from primum.roadmap.evaluations import DocumentFacts
from primum.roadmap.model_card import card_finding
from primum.roadmap.policy import DocumentRule, Policy
from primum.roadmap.rollout import Evidence, Rollout
from primum.roadmap.seats import binds
from primum.roadmap.stages import GateName, Stage
from primum.roadmap.verdicts import Finding, Level, Outcome

# Written by Primum from the rollout and the tracked evaluation, so it is asked for by its fields and not as a file.
MODEL_CARD = "model-card"


def why_stale(*, evidence: Evidence, policy: Policy, at: datetime, replay: bool = False) -> str | None:
    """Return why a table is too old or not yet measured, if it is; a replay's data are old by nature."""
    age = at - evidence.measured_on
    if age < timedelta(0):
        return f"Table '{evidence.name}' says it was measured on {evidence.measured_on.date()}, which is in the future."
    if replay or age <= timedelta(days=policy.evidence_fresh_days):
        return None
    return (
        f"Table '{evidence.name}' was measured {age.days} days ago; the policy accepts "
        f"{policy.evidence_fresh_days} days. Measure again."
    )


def document_findings(
    *, policy: Policy, rollout: Rollout, gate: GateName, documents: tuple[DocumentFacts, ...], at: datetime
) -> tuple[Finding, ...]:
    """Return one finding for each document the policy wants at a gate."""
    rules = [rule for rule in policy.documents if gate in rule.gates and binds(applies=rule.applies, rollout=rollout)]
    by_kind = {document.kind: document for document in documents}
    return tuple(
        card_finding(rollout) if rule.kind == MODEL_CARD else _document(rule, by_kind.get(rule.kind), at)
        for rule in rules
    )


def _document(rule: DocumentRule, document: DocumentFacts | None, at: datetime) -> Finding:
    problem = _why_not_in_force(rule, document, at)
    return Finding(
        check=f"document:{rule.kind}",
        kind="document",
        outcome=Outcome.INSUFFICIENT if problem else Outcome.PASS,
        level=rule.level,
        sentence=problem or f"{rule.title} is in force.",
        requirements=rule.requirements,
    )


def _why_not_in_force(rule: DocumentRule, document: DocumentFacts | None, at: datetime) -> str | None:
    if document is None:
        return f"{rule.title} is missing; add a document of kind '{rule.kind}'."
    issued = datetime.fromisoformat(document.issued_on)
    if issued > at:
        return f"{rule.title} is dated {issued.date()}, which is in the future."
    if document.expires_on and datetime.fromisoformat(document.expires_on) <= at:
        return f"{rule.title} expired on {datetime.fromisoformat(document.expires_on).date()}; renew it."
    if rule.at_most_days_old is not None and (at - issued).days > rule.at_most_days_old:
        return f"{rule.title} is {(at - issued).days} days old; at most {rule.at_most_days_old} are accepted."
    return None


def dwell_finding(*, policy: Policy, stage: Stage, since: datetime, at: datetime) -> Finding | None:
    """Return an advisory finding on how long a stage has lasted against the sources' months (R1-R4)."""
    rule = next((rule for rule in policy.dwell if rule.stage is stage), None)
    if rule is None or rule.months is None:
        return None
    months = (at.year - since.year) * 12 + at.month - since.month - (at.day < since.day)
    late = months > rule.months
    words = "longer than" if late else "within"
    return Finding(
        check=f"dwell:{stage}",
        kind="dwell",
        outcome=Outcome.FAIL if late else Outcome.PASS,
        level=Level.ADVISORY,
        sentence=f"Stage {stage} has lasted {months} months, {words} the {rule.months} the sources plan for it.",
        requirements=rule.requirements,
    )
