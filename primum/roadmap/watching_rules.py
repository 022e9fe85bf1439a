"""What a policy wants watched while a rollout is in use: kinds of monitors, at the gates that ask for them."""

from collections.abc import Mapping
from types import MappingProxyType

from primum.roadmap.policy import Policy
from primum.roadmap.rollout import Rollout
from primum.roadmap.seats import binds
from primum.roadmap.stages import GateName
from primum.roadmap.sustaining import MonitorRule
from primum.roadmap.verdicts import Finding, Outcome

NOTHING: Mapping[str, str] = MappingProxyType({})


def monitor_findings(
    *, policy: Policy, rollout: Rollout, gate: GateName, unread: Mapping[str, str] = NOTHING
) -> tuple[Finding, ...]:
    """
    Return one finding for each thing a policy wants watched at a gate (P2.2, GI3, R4.2, R4.3, V26, V36).

    A shadow watches for itself and does not count. That monitors run is asked again when the gate is applied.

    :param unread: monitor -> why what it watches is not known now; only rules that ask for a reading look there
    """
    rules = [one for one in policy.monitors if gate in one.gates and binds(applies=one.applies, rollout=rollout)]
    return tuple(_finding(rule, rollout, unread) for rule in rules)


def _finding(rule: MonitorRule, rollout: Rollout, unread: Mapping[str, str]) -> Finding:
    watching = [one.id for one in rollout.monitors if one.kind in rule.kinds and not one.shadow]
    known = [one for one in watching if not rule.has_read or one not in unread]
    if known:
        sentence = f"{rule.title} is watched by {', '.join(known)}."
    elif watching:
        sentence = f"{rule.title} is not known: {unread[watching[0]]}"
    else:
        sentence = f"{rule.title} is not watched; declare a monitor of the kind {' or '.join(rule.kinds)}."
    return Finding(
        check=f"watched:{rule.id}",
        kind="monitor",
        outcome=Outcome.PASS if known else Outcome.INSUFFICIENT,
        level=rule.level,
        sentence=sentence,
        requirements=rule.requirements,
    )
