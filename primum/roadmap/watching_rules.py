"""What a policy wants watched while a rollout is in use: kinds of monitors, at the gates that ask for them."""

from primum.roadmap.policy import Policy
from primum.roadmap.rollout import Rollout
from primum.roadmap.seats import binds
from primum.roadmap.stages import GateName
from primum.roadmap.sustaining import MonitorRule
from primum.roadmap.verdicts import Finding, Outcome


def monitor_findings(*, policy: Policy, rollout: Rollout, gate: GateName) -> tuple[Finding, ...]:
    """
    Return one finding for each thing a policy wants watched at a gate (P2.2, GI3, R4.2, R4.3, V26, V36).

    A shadow watches for itself and does not count. That monitors run is asked again when the gate is applied.
    """
    rules = [one for one in policy.monitors if gate in one.gates and binds(applies=one.applies, rollout=rollout)]
    return tuple(_finding(rule, rollout) for rule in rules)


def _finding(rule: MonitorRule, rollout: Rollout) -> Finding:
    watching = [one.id for one in rollout.monitors if one.kind in rule.kinds and not one.shadow]
    words = f"{rule.title} is watched by {', '.join(watching)}."
    lacking = f"{rule.title} is not watched; declare a monitor of the kind {' or '.join(rule.kinds)}."
    return Finding(
        check=f"watched:{rule.id}",
        kind="monitor",
        outcome=Outcome.PASS if watching else Outcome.INSUFFICIENT,
        level=rule.level,
        sentence=words if watching else lacking,
        requirements=rule.requirements,
    )
