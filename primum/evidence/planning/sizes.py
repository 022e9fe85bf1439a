"""How many units the question of a protocol needs, with its looks and its clusters, and the power of those planned."""

import math
from dataclasses import dataclass

from primum.evidence.designs.designs_power import Characteristics, Scheme, characteristics, power_at
from primum.evidence.intervals import normal_quantile
from primum.evidence.models.grouped import Floats
from primum.evidence.planning.assumed import Assumed, NoPlan, assumed
from primum.evidence.planning.readers import OBUCHOWSKI_ROCKETTE, cases_needed, reader_power, study_of
from primum.evidence.shares.sample_size import noninferiority_farrington_manning, two_proportions
from primum.evidence.trials.sequential import bounds_of
from primum.evidence.trials.wedge_power import FIXED, fixed_clusters_power, schedule
from primum.roadmap.protocol import Protocol

POOLED = "two proportions, pooled variance without effect, normal approximation"
FARRINGTON_MANNING = "Farrington-Manning"
MOST_CLUSTERS = 10_000


@dataclass(frozen=True, kw_only=True)
class PlannedBound:
    """One look of the plan: its information, the bounds there, and the chance to end at it as hoped and for nothing."""

    number: int
    at: int
    fraction: float
    boundary: float
    futility: float | None
    alpha_spent: float
    stops_h1: float


@dataclass(frozen=True, kw_only=True)
class TrialSize:
    """
    What the question needs: units enrolled in both arms together.

    ``fixed`` is without looks, ``largest`` at the last look, ``expected_*`` on average, without and with
    the effect hoped for. ``power`` is that of the units planned. ``clusters`` is ``None`` where units are
    randomised one by one.
    """

    fixed: int
    largest: int
    expected_h0: int
    expected_h1: int
    per_arm: tuple[int, int]
    inflation: float
    design_effect: float
    clusters: int | None
    planned: int
    power: float
    formula: str
    looks: tuple[PlannedBound, ...]


def size_of(protocol: Protocol) -> TrialSize:
    """
    Return the size that a protocol's question needs, and the power of the size that it plans.

    :raises NoPlan: if nothing is assumed, or no size shows what is assumed
    :raises LooksRefused: if no boundary can be computed for its looks
    """
    numbers = assumed(protocol)
    if protocol.design == "stepped-wedge-rct":
        return _wedge(protocol, numbers)
    if protocol.design == "randomised-mrmc":
        return _readers(protocol, numbers)
    known, formula = fixed_size(protocol=protocol, numbers=numbers)
    if not math.isfinite(known):
        raise NoPlan("No size shows the effect that `planning` assumes; it is none, or not better than the margin.")
    cost = _cost(protocol, numbers)
    largest = numbers.enrolled(known * cost.inflation)
    planned = _units_planned(protocol, numbers)
    return TrialSize(
        fixed=numbers.enrolled(known),
        largest=largest,
        expected_h0=numbers.enrolled(known * cost.expected_h0),
        expected_h1=numbers.enrolled(known * cost.expected_h1),
        per_arm=_arms(largest, numbers),
        inflation=cost.inflation,
        design_effect=numbers.effect,
        clusters=_clusters(protocol, largest, numbers),
        planned=planned,
        power=power_of(protocol=protocol, units=planned),
        formula=formula,
        looks=_looks(protocol, cost),
    )


def fixed_size(*, protocol: Protocol, numbers: Assumed) -> tuple[float, str]:
    """Return the independent units with known outcomes of both arms that one analysis needs, and the formula."""
    if protocol.question == "non-inferiority":
        both = noninferiority_farrington_manning(
            treated=numbers.treated,
            control=numbers.control,
            margin=numbers.margin,
            power=numbers.power,
            alpha=numbers.alpha,
            ratio=numbers.ratio,
        )
        return both, FARRINGTON_MANNING
    if numbers.treated <= numbers.control:
        return math.inf, POOLED
    of_control = two_proportions(
        p1=numbers.treated,
        p2=numbers.control,
        power=numbers.power,
        alpha=numbers.alpha,
        sides=1,
        ratio=numbers.ratio,
    )
    return of_control * (1 + numbers.ratio), POOLED


def power_of(*, protocol: Protocol, units: float) -> float:
    """Return the chance to show the assumed effect with so many units enrolled in both arms together."""
    numbers = assumed(protocol)
    if protocol.design == "stepped-wedge-rct":
        return _wedge_power(protocol, numbers, clusters=max(1, round(units)))
    if protocol.design == "randomised-mrmc":
        return reader_power(study=study_of(protocol), cases=max(1, round(units)), alpha=numbers.alpha)
    known, _ = fixed_size(protocol=protocol, numbers=numbers)
    if not math.isfinite(known):
        return 0.0
    whole = normal_quantile(1 - numbers.alpha) + normal_quantile(numbers.power)
    mean = whole * math.sqrt(numbers.known(units) / known)
    return power_at(scheme=scheme_of(protocol), mean=mean)


def scheme_of(protocol: Protocol) -> Scheme:
    """Return the bounds of a protocol at its planned looks; one look without a spending function."""
    alpha = float(assumed(protocol).alpha)
    if protocol.spending == "none":
        return Scheme(fractions=(1.0,), critical=(normal_quantile(1 - alpha),), alpha=alpha)
    bounds = bounds_of(protocol=protocol, information=protocol.planned_looks)
    fractions = tuple(at / protocol.planned_units for at in protocol.planned_looks)
    return Scheme(fractions=fractions, critical=bounds.critical, alpha=alpha, lower=bounds.futility)


def _cost(protocol: Protocol, numbers: Assumed) -> Characteristics:
    return characteristics(scheme=scheme_of(protocol), beta=1 - numbers.power)


def _looks(protocol: Protocol, cost: Characteristics) -> tuple[PlannedBound, ...]:
    if protocol.spending == "none":
        return ()
    bounds = bounds_of(protocol=protocol, information=protocol.planned_looks)
    return tuple(
        PlannedBound(
            number=place + 1,
            at=at,
            fraction=at / protocol.planned_units,
            boundary=bounds.critical[place],
            futility=bounds.futility[place] if place < len(bounds.futility) else None,
            alpha_spent=bounds.spent[place],
            stops_h1=cost.rejecting[place],
        )
        for place, at in enumerate(protocol.planned_looks)
    )


def _units_planned(protocol: Protocol, numbers: Assumed) -> int:
    """Return the units planned; a trial of clusters plans clusters, and these hold so many units each."""
    if protocol.design == "cluster-rct":
        return math.floor(protocol.planned_units * numbers.cluster_size)
    return protocol.planned_units


def _clusters(protocol: Protocol, units: int, numbers: Assumed) -> int | None:
    if protocol.design != "cluster-rct":
        return None
    treated, control = _arms(units, numbers)
    return sum(math.ceil(arm / numbers.cluster_size - 1e-9) for arm in (treated, control))


def _arms(units: int, numbers: Assumed) -> tuple[int, int]:
    treated = math.ceil(units * numbers.share - 1e-9)
    return treated, math.ceil(units * (1 - numbers.share) - 1e-9)


# -- readers ----------------------------------------------------------------------------------


def _readers(protocol: Protocol, numbers: Assumed) -> TrialSize:
    """Every case is read both ways, so that the cases of both arms are the same."""
    study = study_of(protocol)
    cases = cases_needed(study=study, alpha=numbers.alpha, power=numbers.power)
    return TrialSize(
        fixed=cases,
        largest=cases,
        expected_h0=cases,
        expected_h1=cases,
        per_arm=(cases, cases),
        inflation=1.0,
        design_effect=1.0,
        clusters=None,
        planned=protocol.planned_units,
        power=reader_power(study=study, cases=protocol.planned_units, alpha=numbers.alpha),
        formula=f"{OBUCHOWSKI_ROCKETTE}, {study.readers} readers",
        looks=(),
    )


# -- the wedge -------------------------------------------------------------------------------


def _wedge(protocol: Protocol, numbers: Assumed) -> TrialSize:
    steps = _periods(protocol) - 1
    needed = next(
        (
            clusters
            for clusters in range(steps, MOST_CLUSTERS, steps)
            if _wedge_power(protocol, numbers, clusters=clusters) >= numbers.power
        ),
        None,
    )
    if needed is None:
        raise NoPlan(f"Not even {MOST_CLUSTERS:,} clusters show the effect that `planning` assumes.")
    per_cluster = math.ceil(numbers.cluster_size * _periods(protocol))
    units = needed * per_cluster
    return TrialSize(
        fixed=units,
        largest=units,
        expected_h0=units,
        expected_h1=units,
        per_arm=_arms(units, numbers),
        inflation=1.0,
        design_effect=numbers.effect,
        clusters=needed,
        planned=protocol.planned_units * per_cluster,
        power=_wedge_power(protocol, numbers, clusters=protocol.planned_units),
        formula=FIXED,
        looks=(),
    )


def _wedge_power(protocol: Protocol, numbers: Assumed, *, clusters: int) -> float:
    """The power of the analysis that the gate rests on, not of one with random clusters, which promises more."""
    found = fixed_clusters_power(
        treated=_schedule(protocol, clusters),
        size=numbers.cluster_size * (1 - numbers.loss),
        control=numbers.control,
        intervention=numbers.treated,
        icc=numbers.icc,
        alpha=2 * numbers.alpha,
    )
    return found.power


def _schedule(protocol: Protocol, clusters: int) -> Floats:
    import numpy as np

    periods = _periods(protocol)
    if protocol.wedge is None or not protocol.wedge.sequences:
        return schedule(clusters=max(clusters - clusters % (periods - 1), periods - 1), periods=periods)
    crossings = protocol.wedge.crossings
    start = np.array([crossings[place * len(crossings) // clusters] for place in range(clusters)])
    treated: Floats = (np.arange(1, periods + 1)[None, :] >= start[:, None]).astype(np.float64)
    return treated


def _periods(protocol: Protocol) -> int:
    if protocol.wedge is None:
        raise NoPlan("A stepped wedge needs its `wedge`: how many periods there are, and how long each lasts.")
    return protocol.wedge.periods
