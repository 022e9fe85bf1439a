"""
Sites as studies: one effect over sites, how much sites differ, and what a new site may expect.

Inverse-variance fixed and random effects as in R's ``metafor`` (Viechtbauer 2010).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from primum.evidence.intervals import Interval
from primum.evidence.models.effects import Effect, NoEstimate, effect, quantile
from primum.evidence.models.grouped import Floats
from primum.evidence.shares.contingency import chi_square_tail
from primum.evidence.shares.stratified import Stratum

Measure = Literal["RD", "RR", "OR"]
Tau2Method = Literal["FE", "DL", "HE", "HS", "SJ", "PM", "ML", "REML"]
Prediction = Literal["normal", "t"]
SMALLEST_STEP = 1e-12
WIDEST_TAU2 = 1e8


@dataclass(frozen=True, kw_only=True)
class SiteEffect:
    """One site's effect (a difference, or the logarithm of a ratio) with its variance."""

    value: float
    variance: float


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """
    One effect over ``k`` sites.

    ``tau2`` is the variance between sites with its Q-profile interval, ``q`` Cochran's statistic with
    its p, ``i2`` the share of variance between sites from 0 to 1, ``h2`` the ratio of variances;
    ``prediction`` holds the effect of one more site. What one site cannot tell is ``None``.
    """

    effect: Effect
    k: int
    method: Tau2Method
    tau2: float
    tau2_interval: Interval | None
    q: float
    q_p: float | None
    i2: float | None
    h2: float | None
    prediction: Interval | None


def site_effect(*, stratum: Stratum, measure: Measure, add: float = 0.5) -> SiteEffect | None:
    """
    Return a site's risk difference, log risk ratio or log odds ratio, first against second.

    With an empty cell, ``add`` is added to all four (metafor's ``to = "only0"``). ``None`` if a group
    has no units.
    """
    first, second = stratum.first, stratum.second
    if not (first.n and second.n):
        return None
    counts = [float(one) for one in (first.events, first.others.events, second.events, second.others.events)]
    if 0 in counts:
        counts = [one + add for one in counts]
    a, b, c, d = counts
    n1, n2 = a + b, c + d
    if measure == "RD":
        return SiteEffect(value=a / n1 - c / n2, variance=a * b / n1**3 + c * d / n2**3)
    if measure == "RR":
        return SiteEffect(value=math.log(a / n1) - math.log(c / n2), variance=1 / a - 1 / n1 + 1 / c - 1 / n2)
    return SiteEffect(value=math.log(a * d / (b * c)), variance=1 / a + 1 / b + 1 / c + 1 / d)


def site_effects(*, strata: Sequence[Stratum], measure: Measure, add: float = 0.5) -> tuple[SiteEffect, ...]:
    """Return the effects of all sites that have both groups."""
    found = (site_effect(stratum=one, measure=measure, add=add) for one in strata)
    return tuple(one for one in found if one is not None)


def synthesise(
    *,
    sites: Sequence[SiteEffect],
    confidence: float,
    method: Tau2Method = "REML",
    knapp_hartung: bool = False,
    prediction: Prediction = "normal",
) -> Synthesis:
    """
    Return the pooled effect of sites, their heterogeneity, and the interval for one more site.

    :param method: how the variance between sites is estimated; ``FE`` assumes none
    :param knapp_hartung: errors of Knapp & Hartung 2003 with Student's t on k - 1
    :param prediction: ``normal`` as metafor, or ``t`` on k - 2 (Higgins, Thompson & Spiegelhalter 2009)
    :raises NoEstimate: without a site that has a variance
    """
    if not sites or not all(one.variance > 0 and math.isfinite(one.value) for one in sites):
        raise NoEstimate("No site has both groups and a variance; there is nothing to pool.")
    y, v = (np.array([getattr(one, name) for one in sites], dtype=np.float64) for name in ("value", "variance"))
    tau2 = TAU2[method](y, v) if len(y) > 1 else 0.0
    pooled = _pooled(y, v, tau2, confidence, knapp_hartung=knapp_hartung)
    q, left = _generalised_q(y, v, 0.0), len(y) - 1
    i2, h2 = _inconsistency(v, tau2, q, method)
    return Synthesis(
        effect=pooled,
        k=len(y),
        method=method,
        tau2=tau2,
        tau2_interval=tau2_interval(y, v, confidence=confidence) if left and method != "FE" else None,
        q=q,
        q_p=chi_square_tail(q, degrees=left) if left else None,
        i2=i2,
        h2=h2,
        prediction=_prediction(pooled, tau2, len(y), confidence, kind=prediction) if method != "FE" else None,
    )


def leave_one_out(
    *, sites: Sequence[SiteEffect], confidence: float, method: Tau2Method = "REML", knapp_hartung: bool = False
) -> tuple[Synthesis, ...]:
    """
    Return the synthesis without each site in turn.

    :raises NoEstimate: with fewer than two sites
    """
    if len(sites) < 2:  # noqa: PLR2004 -- without one of one there is none
        raise NoEstimate("Leaving one site out needs at least two sites.")
    return tuple(
        synthesise(
            sites=[*sites[:place], *sites[place + 1 :]],
            confidence=confidence,
            method=method,
            knapp_hartung=knapp_hartung,
        )
        for place in range(len(sites))
    )


def tau2_interval(y: Floats, v: Floats, *, confidence: float) -> Interval:
    """Return the Q-profile interval of the variance between sites (Viechtbauer 2007); both ends at least 0."""
    from scipy.special import chdtri

    side = (1 - confidence) / 2
    high, low = (float(chdtri(len(y) - 1, tail)) for tail in (side, 1 - side))
    return Interval(lower=_where_q_is(y, v, high), upper=_where_q_is(y, v, low))


def i2_interval(*, sites: Sequence[SiteEffect], tau2: Interval) -> Interval:
    """Return the interval of I2 that belongs to an interval of tau2, from 0 to 1."""
    typical = _typical(np.array([one.variance for one in sites], dtype=np.float64))
    return Interval(lower=tau2.lower / (tau2.lower + typical), upper=tau2.upper / (tau2.upper + typical))


def _pooled(y: Floats, v: Floats, tau2: float, confidence: float, *, knapp_hartung: bool) -> Effect:
    w = 1 / (v + tau2)
    value, variance, degrees = float((w * y).sum() / w.sum()), float(1 / w.sum()), None
    if knapp_hartung and len(y) > 1:
        degrees = len(y) - 1
        variance *= float((w * (y - value) ** 2).sum()) / degrees
    return effect(value=value, error=math.sqrt(variance), confidence=confidence, degrees=degrees)


def _prediction(pooled: Effect, tau2: float, k: int, confidence: float, *, kind: Prediction) -> Interval | None:
    degrees: float | None = k - 2 if kind == "t" else pooled.degrees
    if degrees is not None and degrees < 1:
        return None
    half = quantile(confidence=confidence, degrees=degrees) * math.sqrt(pooled.error**2 + tau2)
    return Interval(lower=pooled.value - half, upper=pooled.value + half)


def _inconsistency(v: Floats, tau2: float, q: float, method: Tau2Method) -> tuple[float | None, float | None]:
    left = len(v) - 1
    if not left:
        return None, None
    if method == "FE":
        return (max(0.0, (q - left) / q) if q else 0.0), q / left
    typical = _typical(v)
    return tau2 / (tau2 + typical), 1 + tau2 / typical


def _typical(v: Floats) -> float:
    """Return the typical variance within sites (Higgins & Thompson 2002, equation 9)."""
    w = 1 / v
    return float((len(v) - 1) / (w.sum() - (w**2).sum() / w.sum()))


def _generalised_q(y: Floats, v: Floats, tau2: float) -> float:
    w = 1 / (v + tau2)
    return float((w * (y - (w * y).sum() / w.sum()) ** 2).sum())


def _where_q_is(y: Floats, v: Floats, target: float) -> float:
    """Return the variance between sites at which the generalised Q is the target; 0 if it is below there."""
    from scipy.optimize import brentq

    if _generalised_q(y, v, 0.0) <= target:
        return 0.0
    high = float(v.max()) + float(np.ptp(y)) ** 2
    while _generalised_q(y, v, high) > target and high < WIDEST_TAU2:
        high *= 4
    return float(brentq(lambda tau2: _generalised_q(y, v, tau2) - target, 0.0, high, xtol=1e-14, rtol=1e-14))


def _dersimonian_laird(y: Floats, v: Floats) -> float:
    w = 1 / v
    scale = float(w.sum() - (w**2).sum() / w.sum())
    return max(0.0, (_generalised_q(y, v, 0.0) - (len(y) - 1)) / scale)


def _hedges(y: Floats, v: Floats) -> float:
    return max(0.0, float(y.var(ddof=1) - v.mean()))


def _hunter_schmidt(y: Floats, v: Floats) -> float:
    return max(0.0, (_generalised_q(y, v, 0.0) - len(y)) / float((1 / v).sum()))


def _sidik_jonkman(y: Floats, v: Floats) -> float:
    first = float(y.var())
    return first * _generalised_q(y, v, first) / (len(y) - 1) if first else 0.0


def _paule_mandel(y: Floats, v: Floats) -> float:
    return _where_q_is(y, v, float(len(y) - 1))


def _likelihood(y: Floats, v: Floats, *, restricted: bool) -> float:
    """Return the (restricted) maximum-likelihood variance by Fisher scoring (Raudenbush 2009)."""
    tau2 = _hedges(y, v)
    for _ in range(1000):
        w = 1 / (v + tau2)
        total, squares, cubes = (float((w**power).sum()) for power in (1, 2, 3))
        beyond = y - float((w * y).sum()) / total
        excess = float((w**2 * beyond**2).sum())
        if restricted:
            trace = squares - 2 * cubes / total + (squares / total) ** 2
            step = (excess - (total - squares / total)) / trace
        else:
            step = (excess - total) / squares
        moved = max(0.0, tau2 + step)
        if abs(moved - tau2) <= SMALLEST_STEP * (1 + tau2):
            return moved
        tau2 = moved
    raise NoEstimate("The variance between sites did not settle; use the method 'PM' or 'DL'.")


TAU2: Mapping[Tau2Method, Callable[[Floats, Floats], float]] = MappingProxyType(
    {
        "FE": lambda y, v: 0.0,  # noqa: ARG005 -- the fixed-effect model has no variance between sites
        "DL": _dersimonian_laird,
        "HE": _hedges,
        "HS": _hunter_schmidt,
        "SJ": _sidik_jonkman,
        "PM": _paule_mandel,
        "ML": lambda y, v: _likelihood(y, v, restricted=False),
        "REML": lambda y, v: _likelihood(y, v, restricted=True),
    }
)
"""Method -> the estimate of the variance between sites from their effects and variances."""
