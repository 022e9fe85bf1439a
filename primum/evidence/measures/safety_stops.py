"""Whether a trial stops for harm: each safety boundary at the information there really is, with an error of its own."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from primum.evidence.counts.cells import Cells
from primum.evidence.designs.boundaries import Design, boundaries
from primum.evidence.intervals import normal_cdf
from primum.evidence.models.effects import NoEstimate
from primum.evidence.shares.two_proportions import Goal, pooled_z
from primum.evidence.trials.cluster_trials import clustered_difference, randomises_clusters
from primum.evidence.trials.sequential import looks_around
from primum.evidence.trials.trial_arms import Arms, arms_of
from primum.evidence.watching.safety import binomial_boundary
from primum.roadmap.protocol import Protocol
from primum.roadmap.protocol_parts import StoppingRule


@dataclass(frozen=True, kw_only=True)
class SafetyLook:
    """
    One safety boundary at one look.

    Against control ``seen`` and ``boundary`` are z values, positive for harm; against an acceptable share
    they are events with the intervention, and ``boundary`` is ``None`` where no number would stop here; over
    clusters they are the excess of harm and the width of its interval at the boundary's level.
    """

    event: str
    information: int
    seen: float
    boundary: float | None
    stops: bool

    @property
    def words(self) -> str:
        """What was seen against what would stop, in words."""
        bound = "nothing would stop here" if self.boundary is None else f"{self.boundary:.4g} stops"
        return f"{self.event}: {self.seen:.4g} at {self.information:,} units, {bound}"


def safety_looks(
    *, protocol: Protocol, cells: Cells, held: Mapping[str, Sequence[int]] | None = None
) -> tuple[SafetyLook, ...]:
    """
    Return every safety boundary of a protocol at the units known now; it does not depend on efficacy (P2.0).

    :param held: by event, the information at each look that was held; as planned, if left out
    :raises LooksRefused: if no boundary can be computed for such looks
    """
    good = {endpoint.event: endpoint.good for endpoint in protocol.safety}
    found: list[SafetyLook] = []
    for rule in protocol.stopping:
        if randomises_clusters(protocol):
            found += _over_clusters(protocol, rule, cells, good[rule.event], held)
            continue
        arms = arms_of(cells=cells, event=rule.event)
        if not arms.smallest:
            continue
        if rule.acceptable is not None:
            found.append(_against_share(protocol, rule, arms, held))
            continue
        past, ahead = _around(protocol, rule, arms.n, held)
        bound = _bounds(_design(rule), (*past, arms.n, *ahead), protocol.planned_units)[len(past)]
        first, second = arms.harm(good[rule.event])
        z = pooled_z(first=first, second=second)
        found.append(SafetyLook(event=rule.event, information=arms.n, seen=z, boundary=bound, stops=z >= bound))
    return tuple(found)


Held = Mapping[str, Sequence[int]] | None


def _around(protocol: Protocol, rule: StoppingRule, now: int, held: Held) -> tuple[tuple[int, ...], tuple[int, ...]]:
    past, ahead = looks_around(protocol=protocol, now=now)
    if held is None:
        return past, ahead
    return tuple(sorted({at for at in held.get(rule.event, ()) if at < now})), ahead


def _over_clusters(protocol: Protocol, rule: StoppingRule, cells: Cells, good: Goal, held: Held) -> list[SafetyLook]:
    """Return the boundary at the clusters known now, as the width that the excess of harm must exceed."""
    clusters = len([name for name, here in cells.by("cluster").items() if name and here.total()])
    if not clusters:
        return []
    past, ahead = _around(protocol, rule, clusters, held)
    bound = _bounds(_design(rule), (*past, clusters, *ahead), protocol.planned_units)[len(past)]
    level = 2 * normal_cdf(bound) - 1
    try:
        found = clustered_difference(protocol=protocol, cells=cells, event=rule.event, confidence=level)
    except NoEstimate:
        return []
    ends = found.effect.interval if good == "lower" else found.effect.interval.mirrored()
    harm = found.effect.value if good == "lower" else -found.effect.value
    width = harm - ends.lower
    return [SafetyLook(event=rule.event, information=clusters, seen=harm, boundary=width, stops=ends.lower > 0)]


def _against_share(protocol: Protocol, rule: StoppingRule, arms: Arms, held: Held) -> SafetyLook:
    """Return the exact boundary of the treated units; what was held is told in treated units as well."""
    treated = arms.intervention
    share = Fraction(protocol.ratio[0], sum(protocol.ratio))
    past, ahead = looks_around(protocol=protocol, now=arms.n)
    planned = [math.floor(at * share) for at in past]
    before = sorted({at for at in (planned if held is None else held.get(rule.event, ())) if at < treated.n})
    after = [math.ceil(at * share) for at in ahead if math.ceil(at * share) > treated.n]
    bounds = _exact(_design(rule), (*before, treated.n, *after), float(Fraction(rule.acceptable or 0)))
    bound = bounds[len(before)]
    return SafetyLook(
        event=rule.event,
        information=treated.n,
        seen=treated.events,
        boundary=bound,
        stops=bound is not None and treated.events >= bound,
    )


def _design(rule: StoppingRule) -> Design:
    alpha, parameter = float(Fraction(rule.alpha_one_sided)), float(Fraction(rule.parameter or 0))
    return Design(name=rule.spending, alpha=alpha, parameter=parameter)


@lru_cache(maxsize=4096)
def _bounds(design: Design, information: tuple[int, ...], planned: int) -> tuple[float, ...]:
    return boundaries(design=design, information=information, planned=planned).critical


@lru_cache(maxsize=4096)
def _exact(design: Design, looks: tuple[int, ...], null: float) -> tuple[int | None, ...]:
    return binomial_boundary(design=design, looks=looks, null=null).stop_at
