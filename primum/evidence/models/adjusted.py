"""Standardisation: what both arms would have had with the same mix of strata (g-computation)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from primum.evidence.intervals import Group
from primum.evidence.models.effects import Effect, NoEstimate, effect
from primum.evidence.models.grouped import (
    Floats,
    Grouped,
    dummies,
    fitted,
    grouped,
    inverse,
    mean_of,
    start,
    variance_of,
)

Scale = Literal["difference", "log-ratio", "log-odds-ratio"]
AdjustedError = Literal["robust", "delta"]
TREATED = "treated"


@dataclass(frozen=True, kw_only=True)
class StratumArm:
    """One arm in one combination of the factors adjusted for; ``cluster`` where clusters were randomised."""

    treated: bool
    factors: tuple[str, ...]
    group: Group
    cluster: str = ""


@dataclass(frozen=True, kw_only=True)
class Standardised:
    """The standardised proportions of both arms and their contrast, treated against control."""

    treated: float
    control: float
    effect: Effect


def standardise(
    *,
    arms: Sequence[StratumArm],
    names: Sequence[str],
    confidence: float,
    scale: Scale = "difference",
    errors: AdjustedError = "robust",
) -> Standardised:
    """
    Return the marginal effect by a logistic model of arm and factors, averaged over all units.

    The estimate needs no belief in the model when arms were randomised (Ge et al. 2011; FDA guidance
    on covariates, 2023). ``robust`` errors are from influence functions; where clusters are given, by
    cluster and with Student's t on clusters minus terms. ``delta`` takes the model and the mix of
    strata as given (R's ``marginaleffects``).

    :raises NoEstimate: if a factor predicts the outcome perfectly, or nobody or everybody has the event
    """
    data = design(arms=arms, names=names)
    beta = start(data, family="binomial")
    place = data.place(TREATED)
    worlds = [_with_arm(data, place, value) for value in (1.0, 0.0)]
    chances = [mean_of(world @ beta, family="binomial") for world in worlds]
    p1, p0 = (float((data.n * chance).sum()) / data.units for chance in chances)
    slopes = [
        world.T @ (data.n * variance_of(chance, family="binomial")) / data.units
        for world, chance in zip(worlds, chances, strict=True)
    ]
    value, weights = _contrast(p1, p0, scale)
    slope = weights[0] * slopes[0] + weights[1] * slopes[1]
    mean = fitted(data, beta, family="binomial")
    weight = data.n * variance_of(mean, family="binomial")
    bread = inverse(data.design.T @ (weight[:, None] * data.design))
    clustered = any(one.cluster for one in arms)
    if errors == "delta":
        variance = float(slope @ bread @ slope)
    else:
        moved = weights[0] * (chances[0] - p1) + weights[1] * (chances[1] - p0)
        variance = _influence(data, mean, moved, bread @ slope * data.units, clustered=clustered)
    return Standardised(
        treated=p1,
        control=p0,
        effect=effect(
            value=value,
            error=math.sqrt(max(variance, 0.0)),
            confidence=confidence,
            degrees=data.clusters - data.terms if clustered and errors == "robust" else None,
        ),
    )


def design(*, arms: Sequence[StratumArm], names: Sequence[str]) -> Grouped:
    """
    Return the cells of a logistic model with an intercept, the arm and one term per level of each factor.

    :raises NoEstimate: if arm and factors cannot be told apart
    """
    columns: dict[str, Floats] = {TREATED: np.array([one.treated for one in arms], dtype=np.float64)}
    for place, name in enumerate(names):
        columns |= dummies(name=f"{name} ", values=[one.factors[place] for one in arms])
    clustered = any(one.cluster for one in arms)
    return grouped(
        columns=columns,
        n=[one.group.n for one in arms],
        total=[one.group.events for one in arms],
        cluster=[one.cluster for one in arms] if clustered else None,
    )


def _with_arm(data: Grouped, place: int, value: float) -> Floats:
    world = data.design.copy()
    world[:, place] = value
    return world


def _contrast(p1: float, p0: float, scale: Scale) -> tuple[float, tuple[float, float]]:
    """Return the contrast and its slopes in both proportions."""
    if scale == "difference":
        return p1 - p0, (1.0, -1.0)
    if not (0 < p0 < 1 and 0 < p1 < 1):
        raise NoEstimate("Nobody or everybody in an arm has the event, so there is no ratio.")
    if scale == "log-ratio":
        return math.log(p1 / p0), (1 / p1, -1 / p0)
    return math.log(p1 / (1 - p1) * (1 - p0) / p0), (1 / (p1 * (1 - p1)), -1 / (p0 * (1 - p0)))


def _influence(data: Grouped, mean: Floats, moved: Floats, direction: Floats, *, clustered: bool) -> float:
    """Return the variance from influence functions ``moved + direction' x (y - mean)``, summed over clusters."""
    lean = data.design @ direction
    units = data.units
    if clustered:
        by_cluster = data.by_cluster(data.n * moved + lean * (data.total - data.n * mean))
        k = data.clusters
        if k < 2:  # noqa: PLR2004 -- one cluster has no spread between clusters
            raise NoEstimate("There is one cluster only; errors between clusters need at least two.")
        return float((by_cluster**2).sum()) / units**2 * k / (k - 1)
    with_event, without = moved + lean * (1 - mean), moved - lean * mean
    return float((data.total * with_event**2 + (data.n - data.total) * without**2).sum()) / units**2
