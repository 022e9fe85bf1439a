"""The CONSORT flow of a pilot: asked and allocated as ledger and answers have it, analysed as a look counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from primum.actions.workplace import Workplace
from primum.evidence.trials.cluster_trials import randomises_clusters
from primum.evidence.trials.trial_arms import ARMS, CONTROL, INTERVENTION
from primum.integrations.answers import FOLDER
from primum.integrations.answers_counted import NOBODY, UnitsAnswered, units_answered
from primum.integrations.figures_flow import Flow, FlowArm, Reason
from primum.ledger import trial_reading
from primum.roadmap.protocol import Protocol

NOT_REPORTED = "in no table yet"
SHOWN = {INTERVENTION: "lmm", CONTROL: "control"}
ALL_ARMS = "All arms together"


@dataclass(frozen=True, kw_only=True)
class PilotFlow:
    """The flow, or why there is none to draw; ``words`` say what does not fit."""

    people: Flow | None
    words: str = ""


def pilot_flow(
    *,
    rollout: str,
    protocol: Protocol,
    statistics: Mapping[str, Any],
    blinded: bool,
    session: Session,
    workplace: Workplace,
) -> PilotFlow:
    """
    Return the flow of a pilot; the team's has all arms in one.

    Of a trial that randomises clusters only these are counted, since the answers know encounters.

    :param statistics: what the newest look counted; empty before the first
    """
    allocated = _allocated(session, rollout)
    reported: Mapping[str, Mapping[str, int]] = statistics.get("flow") or {}
    clustered = randomises_clusters(protocol)
    if clustered:
        return _of_clusters(protocol, allocated, statistics, blinded=blinded)
    fits = bool(allocated) and all(allocated[arm] >= reported.get(arm, {}).get("reported", 0) for arm in ARMS)
    counted = allocated if fits else Counter({arm: seen["reported"] for arm, seen in reported.items()})
    if not sum(counted.values()):
        return PilotFlow(people=None, words=f"No {protocol.unit} is allocated yet.")
    seen = units_answered(answers=workplace.home / FOLDER, rollout=rollout) if fits else NOBODY
    arms = tuple(_arm(name, arm, counted, reported, seen) for name, arm in zip(protocol.arms, ARMS, strict=True))
    people = Flow(
        arms=(_together(arms),) if blinded else arms,
        assessed=seen.asked if seen.asked >= sum(counted.values()) else None,
        unit=f"{protocol.unit}s",
    )
    return PilotFlow(people=people, words=_misfit(allocated, reported, fits=fits))


def _allocated(session: Session, rollout: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for arms in trial_reading.sizes_by_stratum(session, rollout=rollout).values():
        found.update({arm: units for arm, units in arms.items() if arm in ARMS})
    return found


def _arm(
    name: str,
    arm: str,
    allocated: Mapping[str, int],
    reported: Mapping[str, Mapping[str, int]],
    seen: UnitsAnswered,
) -> FlowArm:
    here, units = reported.get(arm), allocated[arm]
    received = seen.shown.get(SHOWN[arm], 0) if seen.asked else None
    absent = units - here["reported"] if here else 0
    return FlowArm(
        name=f"{name[:1].upper()}{name[1:]}",
        allocated=units,
        received=None if received is None else min(received, units),
        lost=(Reason(words=NOT_REPORTED, n=absent),) if here and absent else None,
        missing=here["missing"] if here else None,
        analysed=here["analysed"] if here else None,
    )


def _together(arms: tuple[FlowArm, ...]) -> FlowArm:
    """One column for all arms: nothing of it tells one from the other."""
    lost = [reason for arm in arms for reason in arm.lost or ()]
    return FlowArm(
        name=ALL_ARMS,
        allocated=sum(arm.allocated for arm in arms),
        received=_sum([arm.received for arm in arms]),
        lost=(Reason(words=NOT_REPORTED, n=sum(one.n for one in lost)),) if lost else None,
        missing=_sum([arm.missing for arm in arms]),
        analysed=_sum([arm.analysed for arm in arms]),
    )


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _of_clusters(
    protocol: Protocol, allocated: Counter[str], statistics: Mapping[str, Any], *, blinded: bool
) -> PilotFlow:
    observed = dict(zip(ARMS, statistics.get("sample_ratio", {}).get("observed", ()), strict=False))
    counted = allocated or Counter(observed)
    if not sum(counted.values()):
        return PilotFlow(people=None, words=f"No {protocol.unit} is allocated yet.")
    arms = tuple(
        FlowArm(name=f"{name[:1].upper()}{name[1:]}", allocated=counted[arm])
        for name, arm in zip(protocol.arms, ARMS, strict=True)
    )
    return PilotFlow(people=Flow(arms=(_together(arms),) if blinded else arms, unit=f"{protocol.unit}s"))


def _misfit(allocated: Mapping[str, int], reported: Mapping[str, Mapping[str, int]], *, fits: bool) -> str:
    if fits or not reported:
        return ""
    if not sum(allocated.values()):
        return "Primum allocated nobody here; the flow is as the trial's tables tell it."
    return "The tables have more units in an arm than Primum allocated to it; the flow is as the tables tell it."
