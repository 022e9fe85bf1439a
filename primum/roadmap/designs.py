"""Which study designs a risk tier accepts before scale (P2.1, P2.7-P2.9)."""

from primum.roadmap.policy import Policy
from primum.roadmap.rollout import Rollout
from primum.roadmap.stages import GateName
from primum.roadmap.verdicts import Finding, Level, Outcome


def design_finding(*, policy: Policy, rollout: Rollout, gate: GateName) -> Finding | None:
    """Return the finding on the study's design at G2; ``None`` where the policy asks for none."""
    rule = next((rule for rule in policy.designs if rule.tier is rollout.risk_tier), None)
    if gate is not GateName.G2 or rule is None:
        return None
    accepted = ", ".join(rule.designs)
    if rollout.protocol is None:
        sentence = f"There is no protocol; tier {rule.tier} needs one of {accepted}."
        outcome = Outcome.INSUFFICIENT
    elif rollout.protocol.design not in rule.designs:
        sentence = f"The study is a {rollout.protocol.design}; tier {rule.tier} accepts only {accepted}."
        outcome = Outcome.FAIL
    else:
        sentence = f"The study is a {rollout.protocol.design}, which tier {rule.tier} accepts."
        outcome = Outcome.PASS
    return Finding(
        check="design",
        kind="design",
        outcome=outcome,
        level=Level.MANDATORY,
        sentence=sentence,
        requirements=rule.requirements,
    )
