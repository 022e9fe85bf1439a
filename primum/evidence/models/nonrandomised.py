"""Comparisons without randomisation: difference in differences, propensity strata, balance, and the E-value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from primum.evidence.intervals import Group
from primum.evidence.models.cluster_robust import linear_robust
from primum.evidence.models.effects import Effect, NoEstimate, effect
from primum.evidence.models.grouped import Floats, Grouped, dummies, fitted, grouped, start

Target = Literal["all", "treated"]
CHANGE = "treated after"
# Austin 2009: a standardised difference below this is taken for balance.
BALANCED = 0.1


@dataclass(frozen=True, kw_only=True)
class SitePeriod:
    """One site before or after the start, and whether it is a site that got the intervention."""

    site: str
    treated: bool
    after: bool
    group: Group


@dataclass(frozen=True, kw_only=True)
class CovariateCell:
    """Units of one arm with one combination of covariate levels."""

    treated: bool
    covariates: tuple[str, ...]
    group: Group


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The standardised mean difference of one covariate level between the arms, before and after weighting."""

    level: str
    before: float
    after: float


@dataclass(frozen=True, kw_only=True)
class PropensityResult:
    """The standardised difference over propensity strata, with the balance reached and who was left out."""

    effect: Effect
    balance: tuple[Balance, ...]
    strata: int
    left_out: int

    @property
    def balanced(self) -> bool:
        """True if every covariate level differs by less than 0.1 standard deviations after weighting."""
        return all(abs(one.after) < BALANCED for one in self.balance)


@dataclass(frozen=True, kw_only=True)
class EValue:
    """How strong an unmeasured confounder must be to explain the estimate, and the nearer end of its interval."""

    point: float
    interval: float


def difference_in_differences(*, before: tuple[Group, Group], after: tuple[Group, Group], confidence: float) -> Effect:
    """
    Return the change in the first group beyond the change in the second, with independent units.

    Rests on parallel trends without the intervention, which these data cannot show.

    :raises NoEstimate: if a group is empty, or nothing varies
    """
    groups = (*before, *after)
    if not all(one.n for one in groups):
        raise NoEstimate("One of the four groups is empty; both groups are needed before and after.")
    value = float((after[0].rate - before[0].rate) - (after[1].rate - before[1].rate))
    variance = sum(one.p * (1 - one.p) / one.n for one in groups)
    if not variance:
        raise NoEstimate("Nobody or everybody has the event in all four groups; there is no spread to judge by.")
    return effect(value=value, error=math.sqrt(variance), confidence=confidence)


def clustered_difference_in_differences(*, rows: Sequence[SitePeriod], confidence: float) -> Effect:
    """
    Return the same change over several sites, with CR2 errors by site and Satterthwaite's degrees.

    Sites are fixed effects; raises as ``linear_robust`` does.
    """
    columns: dict[str, Floats] = {
        CHANGE: np.array([row.treated and row.after for row in rows], dtype=np.float64),
        "after": np.array([row.after for row in rows], dtype=np.float64),
    }
    columns |= dummies(name="site ", values=[row.site for row in rows])
    data = grouped(
        columns=columns,
        n=[row.group.n for row in rows],
        total=[row.group.events for row in rows],
        cluster=[row.site for row in rows],
    )
    return linear_robust(data).term(CHANGE, confidence=confidence)


def propensity_strata(
    *, cells: Sequence[CovariateCell], names: Sequence[str], confidence: float, strata: int = 5, target: Target = "all"
) -> PropensityResult:
    """
    Return treated minus control within strata of the propensity score, weighted to the target (Rosenbaum & Rubin 1984).

    Strata are cut at quantiles of the score, which is a logistic model of the covariates; strata
    without both arms are left out and counted.

    :raises NoEstimate: if no stratum has both arms, or the model has no finite answer
    """
    known = [one for one in cells if one.group.n]
    scores = _scores(known, names)
    sizes = np.array([one.group.n for one in known], dtype=np.float64)
    numbers = _cut(scores, sizes, strata)
    treated = np.array([one.treated for one in known])
    events = np.array([one.group.events for one in known], dtype=np.float64)
    value = variance = share = 0.0
    weights, used, left_out = np.zeros(len(known)), 0, 0
    for number in np.unique(numbers):
        arms = [(numbers == number) & (treated == arm) for arm in (True, False)]
        n1, n0 = (float(sizes[arm].sum()) for arm in arms)
        if not (n1 and n0):
            left_out += int(n1 + n0)
            continue
        goal = n1 if target == "treated" else n1 + n0
        p1, p0 = (float(events[arm].sum()) / n for arm, n in zip(arms, (n1, n0), strict=True))
        value += goal * (p1 - p0)
        variance += goal**2 * (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
        share, used = share + goal, used + 1
        for arm, n in zip(arms, (n1, n0), strict=True):
            weights[arm] = goal / n
    if not share or not variance:
        raise NoEstimate("No propensity stratum has both arms and some spread; the arms cannot be compared.")
    return PropensityResult(
        effect=effect(value=value / share, error=math.sqrt(variance) / share, confidence=confidence),
        balance=balance(cells=known, names=names, weights=weights.tolist()),
        strata=used,
        left_out=left_out,
    )


def balance(*, cells: Sequence[CovariateCell], names: Sequence[str], weights: Sequence[float]) -> tuple[Balance, ...]:
    """
    Return the standardised mean difference of every covariate level (Austin 2009).

    :param weights: the weight of one unit of each cell after adjustment
    """
    sizes = np.array([one.group.n for one in cells], dtype=np.float64)
    treated = np.array([one.treated for one in cells])
    rows = []
    for place, name in enumerate(names):
        for level in sorted({one.covariates[place] for one in cells}):
            has = np.array([one.covariates[place] == level for one in cells], dtype=np.float64)
            spread = math.sqrt(
                sum(p * (1 - p) for p in (_share(has, sizes, treated == arm) for arm in (True, False))) / 2
            )
            pairs = [
                _share(has, scale, treated) - _share(has, scale, ~treated)
                for scale in (sizes, sizes * np.asarray(weights))
            ]
            before, after = (pair / spread if spread else 0.0 for pair in pairs)
            rows.append(Balance(level=f"{name}={level}", before=before, after=after))
    return tuple(rows)


def e_value(*, ratio: float, lower: float, upper: float) -> EValue:
    """
    Return the E-value of a risk ratio and of the end of its interval nearer to 1 (VanderWeele & Ding 2017).

    1 for the interval means that it includes 1 already.

    :raises NoEstimate: unless 0 < lower <= ratio <= upper
    """
    if not 0 < lower <= ratio <= upper < math.inf:
        raise NoEstimate("An E-value needs a ratio above 0 inside its interval, with finite ends.")
    end = 1.0 if lower <= 1 <= upper else lower if ratio > 1 else upper
    return EValue(point=_needed(ratio), interval=_needed(end))


def _needed(ratio: float) -> float:
    above = max(ratio, 1 / ratio)
    return above + math.sqrt(above * (above - 1))


def _scores(cells: Sequence[CovariateCell], names: Sequence[str]) -> Floats:
    columns: dict[str, Floats] = {}
    for place, name in enumerate(names):
        columns |= dummies(name=f"{name} ", values=[one.covariates[place] for one in cells])
    n = np.array([one.group.n for one in cells], dtype=np.float64)
    data: Grouped = grouped(columns=columns, n=n, total=n * np.array([one.treated for one in cells]))
    return fitted(data, start(data, family="binomial"), family="binomial")


def _cut(scores: Floats, sizes: Floats, strata: int) -> Floats:
    """Return the stratum of each cell by quantiles of the score over units; equal scores stay together."""
    rounded = np.round(scores, 12)
    values = np.unique(rounded)
    units = np.array([sizes[rounded == value].sum() for value in values])
    middle = (np.cumsum(units) - units / 2) / units.sum()
    numbers = np.minimum((middle * strata).astype(np.int64), strata - 1)
    return np.asarray(numbers[np.searchsorted(values, rounded)], dtype=np.float64)


def _share(has: Floats, sizes: Floats, arm: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    total = float(sizes[arm].sum())
    return float((has * sizes)[arm].sum()) / total if total else 0.0
