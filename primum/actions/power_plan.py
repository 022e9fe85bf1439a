"""What a pilot would need, and whether its sites can have it in the months of the stage; nothing is written."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from primum.actions.submission import Submission, read_submission
from primum.evidence.planning.assumed import NoPlan
from primum.evidence.planning.needs import Need, condition_needs, level_needs
from primum.evidence.planning.reach import Reach, reach_of
from primum.evidence.planning.sizes import TrialSize, power_of, size_of
from primum.roadmap.policy import Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.stages import GATE_OF, Stage

if TYPE_CHECKING:
    from primum.integrations.figures import Figure

# The figure goes from nothing to this many times what is needed.
FURTHEST, POINTS = 1.6, 24


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One group or condition: what it needs, and whether that can be had."""

    need: Need
    reach: Reach | None


@dataclass(frozen=True, kw_only=True)
class PowerPlan:
    """The plan of a pilot: its size, when it would end at the latest and on average, and what groups need."""

    rollout: str
    unit: str
    months: int | None
    volume: int
    sites: int
    size: TrialSize
    latest: Reach
    expected: Reach
    asked: tuple[Asked, ...]
    target: float

    @property
    def reachable(self) -> bool:
        """True if the gate can be reached in the stage's months with what is planned."""
        groups = all(one.reach is not None and one.reach.reachable for one in self.asked)
        return self.latest.reachable and groups and self.size.planned >= self.size.largest

    @property
    def verdict(self) -> str:
        """Whether the gate can be reached, and if not, why and what would make it so."""
        return " ".join(_reasons(self)) or "The gate can be reached in the months of the stage."

    def plain(self) -> dict[str, object]:
        """Return the plan as JSON-ready values."""
        return {**asdict(self), "reachable": self.reachable, "verdict": self.verdict}


def plan_power(*, path: Path) -> PowerPlan:
    """
    Return the plan of the pilot that a rollout's files describe.

    :raises NoPlan: if the protocol does not say what a plan needs
    """
    return planned(read_submission(path))


def planned(submission: Submission) -> PowerPlan:
    """
    Return the plan of a submission's pilot: whether it can be reached in the months of its stage (R2).

    :raises NoPlan: if the protocol does not say what a plan needs
    """
    protocol, policy = submission.rollout.protocol, submission.policy
    if protocol is None or protocol.planning is None:
        raise NoPlan(f"{submission.rollout.rollout} has no protocol with a `planning`; nothing can be planned.")
    size, within = size_of(protocol), _months(policy, Stage.PILOT)
    needs = (*level_needs(protocol=protocol, policy=policy), *condition_needs(protocol=protocol, policy=policy))
    return PowerPlan(
        rollout=submission.rollout.rollout,
        unit=protocol.unit,
        months=within,
        volume=sum(site.per_month for site in protocol.sites),
        sites=len(protocol.sites),
        size=size,
        latest=reach_of(units=max(size.largest, size.planned), sites=protocol.sites, within=within),
        expected=reach_of(units=size.expected_h1, sites=protocol.sites, within=within),
        asked=tuple(Asked(need=need, reach=_reach(need, protocol, policy)) for need in needs),
        target=float(Fraction(protocol.planning.power)),
    )


def _months(policy: Policy, stage: Stage) -> int | None:
    return next((rule.months for rule in policy.dwell if rule.stage is stage), None)


def _reach(need: Need, protocol: Protocol, policy: Policy) -> Reach | None:
    if need.of_all is None:
        return None
    criterion = next(one for one in policy.criteria if one.id == need.check)
    stage = next((stage for stage in Stage if GATE_OF[stage] in criterion.gates), Stage.PILOT)
    return reach_of(units=need.of_all, sites=protocol.sites, within=_months(policy, stage))


def _reasons(plan: PowerPlan) -> list[str]:
    said, size = [], plan.size
    if size.planned < size.largest:
        said.append(
            f"The {size.planned:,} planned give a power of {100 * size.power:.1f}%, below the {100 * plan.target:.0f}% "
            f"aimed at; plan {size.largest:,}."
        )
    if not plan.latest.reachable:
        said.append(f"The trial {_too_long(plan.latest)}: {plan.latest.remedy}.")
    for one in plan.asked:
        if one.reach is None:
            said.append(f"{one.need.name} cannot be shown: {one.need.words}.")
        elif not one.reach.reachable:
            said.append(f"{one.need.name} {_too_long(one.reach)}: {one.reach.remedy}.")
    return said


def _too_long(reach: Reach) -> str:
    if reach.months is None:
        return f"never has its {reach.needed:,}"
    return f"has its {reach.needed:,} after {reach.months:,} months, and the stage has {reach.within}"


def figure_of(*, path: Path) -> "Figure":
    """
    Return power against units of the trial, with those planned.

    :raises NoPlan: if the protocol does not say what a plan needs
    """
    from primum.integrations.figures_power import PowerCurve, power

    submission = read_submission(path)
    plan, protocol = planned(submission), submission.rollout.protocol
    assert protocol is not None
    top = FURTHEST * max(plan.size.largest, plan.size.planned)
    inner = plan.size.planned / protocol.planned_units if protocol.design == "stepped-wedge-rct" else 1.0
    sizes = [top * place / POINTS for place in range(1, POINTS + 1)]
    points = tuple((n, power_of(protocol=protocol, units=n / inner)) for n in sizes)
    curve = PowerCurve(label=protocol.primary.name, points=points, planned=float(plan.size.planned))
    return power((curve,), title=f"Power of {plan.rollout}", target=plan.target, unit=f"{plan.unit}s in both arms")
