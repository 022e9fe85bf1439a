"""What a look reads at the information there really is: the sizes of the arms, then efficacy and futility."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from primum.evidence.counts.cells import Cells
from primum.evidence.designs.conditional import Interim, conditional_power, predictive_power
from primum.evidence.designs.paths import LooksRefused
from primum.evidence.designs.repeated import repeated_interval, repeated_interval_rates, repeated_ps
from primum.evidence.intervals import Interval, normal_cdf
from primum.evidence.roots import NoRoot
from primum.evidence.shares.contingency import sample_ratio
from primum.evidence.shares.two_proportions import pooled_standard_error
from primum.evidence.trials.cluster_trials import clustered_difference, randomises_clusters
from primum.evidence.trials.look_bounds import KeptBound, bounds_after
from primum.evidence.trials.sequential import FARTHEST_Z, Bounds, design_of, z_of
from primum.evidence.trials.trial_arms import ARMS, EVENT, NO_EVENT, Arms, primary_arms, primary_cells
from primum.roadmap.protocol import Protocol

WEDGE = "stepped-wedge-rct"


@dataclass(frozen=True, kw_only=True)
class ArmSizes:
    """Units of each arm at the unit of randomisation, and the p of their planned ratio; ``None`` is not tested."""

    observed: tuple[int, ...]
    p: float | None


@dataclass(frozen=True, kw_only=True)
class Efficacy:
    """
    Efficacy and futility at one look. ``value`` is the benefit, positive when the intervention is better.

    ``z`` is on the scale of the bounds; where clusters were randomised it is the effect over the width of
    its interval at the boundary's level, so that it crosses exactly when the interval excludes 0.
    """

    information: int
    z: float
    boundary: float
    futility: float | None
    spent_before: float
    spent: float
    value: float
    interval: Interval
    repeated_p: float | None
    conditional: float | None
    predictive: float | None
    ahead: tuple[KeptBound, ...]
    words: str

    @property
    def crossed(self) -> bool:
        """True if the efficacy boundary is crossed."""
        return self.z >= self.boundary

    @property
    def futile(self) -> bool:
        """True if the futility boundary is crossed."""
        return self.futility is not None and self.z < self.futility


def arm_sizes(*, protocol: Protocol, cells: Cells) -> ArmSizes:
    """
    Return the sizes of the arms at the unit of randomisation, tested against the planned ratio (trap 7).

    The clusters of a wedge are in both arms by turns, so that a ratio says nothing and is not tested.
    """
    clustered = randomises_clusters(protocol) and "cluster" in cells.keys
    observed = tuple(_units(cells.where(arm=arm), clustered=clustered) for arm in ARMS)
    if protocol.design == WEDGE or not sum(observed):
        return ArmSizes(observed=observed, p=None)
    return ArmSizes(
        observed=observed, p=sample_ratio(observed=observed, shares=[Fraction(one) for one in protocol.ratio]).p
    )


def information_of(*, protocol: Protocol, cells: Cells) -> int:
    """Return the units of randomisation with a known primary outcome; no arm is looked at."""
    counted = primary_cells(cells)
    known = [counted.where(**{protocol.primary.event: level}) for level in (EVENT, NO_EVENT)]
    if not randomises_clusters(protocol) or "cluster" not in cells.keys:
        return sum(part.total() for part in known)
    return len({name for part in known for name, here in part.by("cluster").items() if name and here.total()})


def _units(cells: Cells, *, clustered: bool) -> int:
    if not clustered:
        return cells.total()
    return sum(1 for name, here in cells.by("cluster").items() if name and here.total())


def efficacy(*, protocol: Protocol, cells: Cells, past: Sequence[KeptBound], ahead: Sequence[int]) -> Efficacy | None:
    """
    Return what the primary endpoint says at this look; ``None`` where the protocol reads it only at the end.

    :param past: the looks that were charged, as they were held
    :param ahead: information at the planned looks that follow
    :raises LooksRefused: if no bound can be computed here, or an arm has no known outcome
    :raises NoEstimate: if clusters do not determine the effect
    """
    now = information_of(protocol=protocol, cells=cells)
    if protocol.spending == "none" and now < protocol.planned_units:
        return None
    arms = primary_arms(protocol=protocol, cells=cells)
    if not arms.smallest:
        raise LooksRefused("An arm has no unit with a known outcome.")
    found = bounds_after(protocol=protocol, past=past, information=(now, *ahead))
    here = len(past)
    if randomises_clusters(protocol):
        z, value, interval, words = _of_clusters(protocol, cells, found.critical[here])
    else:
        z, value, interval, words = _of_units(protocol, arms, found.critical[here])
    return Efficacy(
        information=now,
        z=z,
        boundary=found.critical[here],
        futility=_futility(found, here),
        spent_before=found.spent[here - 1] if here else 0.0,
        spent=found.spent[here],
        value=value,
        interval=interval,
        repeated_p=_p(protocol, past, (now, *ahead), z),
        **_outlook(protocol, found, (*(one.information for one in past), now, *ahead), here, z),
        ahead=tuple(
            KeptBound(information=amount, boundary=found.critical[place], futility=_futility(found, place))
            for place, amount in enumerate(ahead, start=here + 1)
        ),
        words=words,
    )


def _futility(found: Bounds, place: int) -> float | None:
    return found.futility[place] if place < len(found.futility) else None


def _of_units(protocol: Protocol, arms: Arms, bound: float) -> tuple[float, float, Interval, str]:
    first, second = arms.benefit(protocol.primary.good)
    value = first.p - second.p
    if protocol.question == "non-inferiority":
        interval = repeated_interval_rates(first=first, second=second, critical=bound)
    else:
        error = pooled_standard_error(first=first, second=second)
        ends = repeated_interval(value=value, error=error, critical=bound)
        interval = Interval(lower=max(-1.0, ends.lower), upper=min(1.0, ends.upper))
    return z_of(protocol=protocol, arms=arms), value, interval, arms.words


def _of_clusters(protocol: Protocol, cells: Cells, bound: float) -> tuple[float, float, Interval, str]:
    if math.isinf(bound):
        raise LooksRefused("Nothing can be crossed at this look; clusters are read at one that spends error.")
    found = clustered_difference(
        protocol=protocol,
        cells=primary_cells(cells),
        event=protocol.primary.event,
        confidence=2 * normal_cdf(bound) - 1,
    )
    turned = protocol.primary.good == "lower"
    ends = found.effect.interval.mirrored() if turned else found.effect.interval
    value = -found.effect.value if turned else found.effect.value
    margin = float(Fraction(protocol.margin or 0)) if protocol.question == "non-inferiority" else 0.0
    width = value - ends.lower
    z = bound * (value + margin) / width if width > 0 else 0.0
    return max(-FARTHEST_Z, min(FARTHEST_Z, z)), value, ends, found.words


def _p(protocol: Protocol, past: Sequence[KeptBound], information: Sequence[int], z: float) -> float | None:
    """The repeated p value; none where the design has no error to scale."""
    if protocol.spending == "none":
        return None
    amounts = (*(one.information for one in past), *information)
    design = design_of(protocol=protocol, information=amounts)
    try:
        return repeated_ps(design=design, information=amounts, planned=protocol.planned_units, look=len(past) + 1, z=z)
    except (LooksRefused, NoRoot):
        return None


def _outlook(protocol: Protocol, found: Bounds, amounts: Sequence[int], here: int, z: float) -> dict[str, float | None]:
    """Conditional and predictive power at the current trend (Lan & Wittes 1988); they move no boundary."""
    later = range(here + 1, len(amounts))
    if not later or any(math.isinf(found.critical[place]) for place in (*later,)[-1:]):
        return {"conditional": None, "predictive": None}
    interim = Interim(
        z=z,
        seen=amounts[here] / protocol.planned_units,
        fractions=tuple(amounts[place] / protocol.planned_units for place in later),
        critical=tuple(found.critical[place] for place in later),
    )
    return {"conditional": conditional_power(interim=interim), "predictive": predictive_power(interim=interim)}
