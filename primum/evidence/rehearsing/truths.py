"""What might be true: better, the same, worse, unfair to a group, harmful; each as rates that counts are drawn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.planning.assumed import NoPlan
from primum.roadmap.policy import Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.truths import Truth

# Without a limit in the policy: the width that the sources allow between groups (S3:154).
USUAL_LIMIT = Fraction(5, 100)
USUAL_HARM = Fraction(2, 100)


@dataclass(frozen=True, kw_only=True)
class Level:
    """A level of the subgroup that is told apart, its share of the units and its rate with the intervention."""

    name: str
    share: float
    intervention: float


@dataclass(frozen=True, kw_only=True)
class World:
    """
    Rates of events in a world: the primary one under control and by level, harm in both arms.

    ``attribute`` is the subgroup that is told apart, empty for none. ``allowed`` is the share of runs in
    which the gate may open by the error that the policy and the protocol permit; ``None`` where it should.
    """

    truth: Truth
    control: float
    attribute: str
    levels: tuple[Level, ...]
    harm: Mapping[str, tuple[float, float]]
    loss: float
    icc: float
    allowed: float | None


def world_of(*, protocol: Protocol, policy: Policy, truth: Truth) -> World:
    """
    Return the rates of a truth: as planned, without effect (or at the margin), or with what must not pass.

    ``worse`` is worse by as much as is hoped for, or by the margin; ``unfair`` gives the groups benefits
    that differ by the policy's limit; ``harmful`` adds as much harm as the policy's limit.

    :raises NoPlan: if the protocol assumes nothing, or declares no groups for an unfair world
    """
    plan = protocol.planning
    if plan is None:
        raise NoPlan("The protocol says nothing of its `planning`; a rehearsal draws its counts from that.")
    control, hoped = Fraction(plan.control), Fraction(plan.intervention)
    rate = _rate(protocol, truth, control=control, hoped=hoped)
    attribute = plan.levels[0].attribute if plan.levels else ""
    if truth is Truth.UNFAIR and not attribute:
        raise NoPlan("An unfair world needs groups; give their `levels` in the protocol's `planning`.")
    added = limit_of(policy, "safety_difference") if truth is Truth.HARMFUL else Fraction(0)
    return World(
        truth=truth,
        control=float(control),
        attribute=attribute,
        levels=_levels(protocol, policy, rate, attribute, unfair=truth is Truth.UNFAIR),
        harm={
            endpoint.event: _harm(plan.harm.get(endpoint.event), added, rises=endpoint.good == "lower")
            for endpoint in protocol.safety
        },
        loss=float(Fraction(plan.loss)),
        icc=float(Fraction(plan.icc)),
        allowed=_allowed(protocol, policy, truth),
    )


def _rate(protocol: Protocol, truth: Truth, *, control: Fraction, hoped: Fraction) -> Fraction:
    better = 1 if protocol.primary.good == "higher" else -1
    if truth is Truth.SAME:
        return control
    if truth is Truth.WORSE and protocol.question == "non-inferiority":
        return control - better * Fraction(protocol.margin or 0)
    if truth is Truth.WORSE:
        return max(Fraction(0), min(Fraction(1), control - (hoped - control)))
    return hoped


def _levels(protocol: Protocol, policy: Policy, rate: Fraction, attribute: str, *, unfair: bool) -> tuple[Level, ...]:
    plan = protocol.planning
    named = [one for one in plan.levels if one.attribute == attribute] if plan else []
    if not named:
        return (Level(name="", share=1.0, intervention=float(rate)),)
    whole = sum(Fraction(one.share) for one in named)
    gap = limit_of(policy, "gap_benefit") if unfair else Fraction(0)
    worse = -gap if protocol.primary.good == "higher" else gap
    # The last level gets less, the others more, so that the whole is as good as hoped for.
    last = Fraction(named[-1].share) / whole
    shifts = [-worse * last] * (len(named) - 1) + [worse * (1 - last)]
    return tuple(
        Level(
            name=one.level,
            share=float(Fraction(one.share) / whole),
            intervention=float(max(Fraction(0), min(Fraction(1), rate + shift))),
        )
        for one, shift in zip(named, shifts, strict=True)
    )


def _harm(control: str | None, added: Fraction, *, rises: bool) -> tuple[float, float]:
    usual = Fraction(control) if control is not None else USUAL_HARM if rises else 1 - USUAL_HARM
    treated = usual + added if rises else usual - added
    return float(usual), float(max(Fraction(0), min(Fraction(1), treated)))


def limit_of(policy: Policy, metric: str) -> Fraction:
    """Return the policy's limit on a metric; the widest if there are several."""
    found = [one.threshold.fraction for one in policy.criteria if one.metric == metric and one.threshold]
    return max(found, default=USUAL_LIMIT)


def _allowed(protocol: Protocol, policy: Policy, truth: Truth) -> float | None:
    if truth is Truth.BETTER or (truth is Truth.SAME and protocol.question == "non-inferiority"):
        return None
    metric = {Truth.UNFAIR: "gap_benefit", Truth.HARMFUL: "safety_difference"}.get(truth)
    if metric is None:
        return float(Fraction(protocol.alpha_one_sided))
    asked = [one.threshold for one in policy.criteria if one.metric == metric and one.threshold]
    return float((1 - Fraction(asked[0].confidence)) / 2) if asked else None
