"""
Generalised estimating equations on cells, with sandwich errors that hold for few clusters.

All sums are of terms x terms matrices per cluster, so that cost does not grow with units.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from primum.evidence.models.effects import Effect, NoEstimate, effect, place_of
from primum.evidence.models.grouped import (
    CONVERGED,
    MOST_STEPS,
    Family,
    Floats,
    Grouped,
    fitted,
    inverse,
    refuse_far,
    solve,
    start,
    variance_of,
)

Working = Literal["independence", "exchangeable", "ar1"]
Dispersion = Literal["plain", "corrected"]
SandwichError = Literal["model", "robust", "kauermann-carroll", "mancl-derouen"]
HIGHEST_CORRELATION = 0.999
LEVERAGE_OF_ONE = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class Gee:
    """
    A fitted model; ``errors`` are standard errors per kind and term, ``degrees`` clusters minus terms.

    ``alpha`` is the working correlation within a cluster, ``dispersion`` the scale.
    """

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    errors: Mapping[SandwichError, tuple[float, ...]]
    covariance: Floats
    alpha: float
    dispersion: float
    clusters: int

    @property
    def degrees(self) -> int:
        """Clusters minus terms."""
        return self.clusters - len(self.names)

    def term(self, name: str, *, confidence: float, kind: SandwichError = "mancl-derouen") -> Effect:
        """
        Return one coefficient; errors corrected for few clusters go with Student's t on ``degrees``.

        :raises NoEstimate: if there is no such term, or no more clusters than terms
        """
        place = place_of(name, names=self.names)
        corrected = kind in ("kauermann-carroll", "mancl-derouen")
        return effect(
            value=self.coefficients[place],
            error=self.errors[kind][place],
            confidence=confidence,
            degrees=self.degrees if corrected else None,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Sums:
    """Per cluster: the information ``Z' R^-1 Z`` (clusters x terms x terms) and the score ``Z' R^-1 e``."""

    information: Floats
    score: Floats


def gee(
    data: Grouped,
    *,
    family: Family,
    working: Working = "exchangeable",
    dispersion: Dispersion = "plain",
) -> Gee:
    """
    Fit a marginal model with the canonical link (Liang & Zeger 1986).

    Correlation and scale are moments of Pearson residuals: ``plain`` divides by their number
    (R's geepack), ``corrected`` takes the terms off (Liang & Zeger). Errors: model-based, robust,
    and corrected for few clusters (Kauermann & Carroll 2001; Mancl & DeRouen 2001).

    :raises NoEstimate: without two clusters, or without a finite answer
    """
    if data.clusters < 2:  # noqa: PLR2004 -- one cluster has no spread between clusters
        raise NoEstimate("There is one cluster only; errors between clusters need at least two.")
    if working == "ar1" and np.any(data.n != 1):
        raise NoEstimate("Correlation by distance in time needs one row per unit, in order of time.")
    beta, alpha = start(data, family=family), 0.0
    for _ in range(MOST_STEPS):
        if working != "independence":
            alpha = correlation(data, beta, family=family, working=working, dispersion=dispersion)
        sums = _sums(data, beta, alpha, family=family, working=working)
        step = solve(sums.information.sum(axis=0), sums.score.sum(axis=0))
        beta = beta + step
        refuse_far(data, beta, family=family)
        if float(np.max(np.abs(step))) < CONVERGED * (1 + float(np.max(np.abs(beta)))):
            return _fitted_model(data, beta, alpha, family=family, working=working, dispersion=dispersion)
    raise NoEstimate("The model did not settle on these data; try the working correlation 'independence'.")


def scale(data: Grouped, beta: Floats, *, family: Family, dispersion: Dispersion) -> float:
    """Return the mean squared Pearson residual."""
    mean = fitted(data, beta, family=family)
    squares = (data.squares - 2 * mean * data.total + data.n * mean**2) / variance_of(mean, family=family)
    left = data.units - (data.terms if dispersion == "corrected" else 0)
    return float(squares.sum()) / max(left, 1.0)


def correlation(data: Grouped, beta: Floats, *, family: Family, working: Working, dispersion: Dispersion) -> float:
    """
    Return the moment estimate of the working correlation.

    For ``ar1`` the least-squares fit of ``alpha ** distance`` to all pairs of a cluster, as geepack's.
    """
    mean = fitted(data, beta, family=family)
    root = np.sqrt(variance_of(mean, family=family))
    residual = (data.total - data.n * mean) / root
    phi = scale(data, beta, family=family, dispersion=dispersion)
    if not phi:
        return 0.0
    if working == "ar1":
        return _decay(data, residual, phi)
    own = (data.squares - 2 * mean * data.total + data.n * mean**2) / root**2
    pairs = float((data.sizes * (data.sizes - 1)).sum()) / 2
    products = float((data.by_cluster(residual) ** 2).sum() - own.sum()) / 2
    left = pairs - (data.terms if dispersion == "corrected" else 0)
    alpha = products / (phi * left) if left > 0 else 0.0
    largest = float(data.sizes.max())
    lowest = -HIGHEST_CORRELATION / (largest - 1) if largest > 1 else 0.0
    return min(max(alpha, lowest), HIGHEST_CORRELATION)


def _decay(data: Grouped, residual: Floats, phi: float) -> float:
    """Solve the least-squares equation of ``alpha ** d`` over all pairs at distance d."""
    longest = int(data.sizes.max())
    products, pairs = np.zeros(longest), np.zeros(longest)
    for distance in range(1, longest):
        same = data.cluster[distance:] == data.cluster[:-distance]
        products[distance] = float((residual[distance:] * residual[:-distance])[same].sum()) / phi
        pairs[distance] = float(same.sum())
    d = np.arange(1, longest, dtype=np.float64)

    def equation(alpha: float) -> float:
        return float((d * alpha ** (d - 1) * (products[1:] - pairs[1:] * alpha**d)).sum())

    return _root(equation)


def _root(equation: Callable[[float], float]) -> float:
    from scipy.optimize import brentq

    low, high = 0.0, HIGHEST_CORRELATION
    if equation(low) <= 0:
        low, high = -HIGHEST_CORRELATION, 0.0
    if equation(low) * equation(high) > 0:
        return high if equation(high) > 0 else low
    return float(brentq(equation, low, high, xtol=1e-14))


def _sums(data: Grouped, beta: Floats, alpha: float, *, family: Family, working: Working) -> Sums:
    mean = fitted(data, beta, family=family)
    root = np.sqrt(variance_of(mean, family=family))
    z, e = root[:, None] * data.design, (data.total - data.n * mean) / root
    if working == "ar1" and alpha:
        z, e = (_whitened(data, rows, alpha) for rows in (z, e))
    information = data.by_cluster(data.n[:, None, None] * z[:, :, None] * z[:, None, :])
    score = data.by_cluster(z * e[:, None])
    if working == "exchangeable" and alpha:
        share = alpha / (1 + (data.sizes - 1) * alpha)
        z_sum, e_sum = data.by_cluster(data.n[:, None] * z), data.by_cluster(e)
        information = information - share[:, None, None] * z_sum[:, :, None] * z_sum[:, None, :]
        score = score - (share * e_sum)[:, None] * z_sum
        information, score = information / (1 - alpha), score / (1 - alpha)
    return Sums(information=information, score=score)


def _whitened(data: Grouped, rows: Floats, alpha: float) -> Floats:
    follows = np.concatenate([[False], data.cluster[1:] == data.cluster[:-1]])
    out = rows.copy()
    out[follows] = (rows[follows] - alpha * rows[:-1][follows[1:]]) / np.sqrt(1 - alpha**2)
    return out


def _fitted_model(
    data: Grouped, beta: Floats, alpha: float, *, family: Family, working: Working, dispersion: Dispersion
) -> Gee:
    phi = scale(data, beta, family=family, dispersion=dispersion)
    sums = _sums(data, beta, alpha, family=family, working=working)
    bread = inverse(sums.information.sum(axis=0))
    robust = sandwich(sums, bread, power=0.0)
    covariances: dict[SandwichError, Floats] = {
        "model": phi * bread,
        "robust": robust,
        "kauermann-carroll": sandwich(sums, bread, power=-0.5),
        "mancl-derouen": sandwich(sums, bread, power=-1.0),
    }
    return Gee(
        names=data.names,
        coefficients=tuple(beta.tolist()),
        errors={kind: tuple(np.sqrt(np.diag(one)).tolist()) for kind, one in covariances.items()},
        covariance=robust,
        alpha=alpha,
        dispersion=phi,
        clusters=data.clusters,
    )


def sandwich(sums: Sums, bread: Floats, *, power: float) -> Floats:
    """
    Return the covariance of coefficients from clusters' scores, each times ``(I - Q B) ** power``.

    ``Q`` is the cluster's information and ``B`` the bread: 0 is the plain sandwich, -1/2 Kauermann
    and Carroll's (CR2), -1 Mancl and DeRouen's (CR3). A cluster that fixes a term by itself has
    leverage 1 there and adds nothing in that direction.
    """
    score = sums.score
    if power:
        adjust = leverage(sums.information, bread, power=power)
        score = np.einsum("kij,kj->ki", adjust, score)
    return np.asarray(bread @ (score.T @ score) @ bread, dtype=np.float64)


def leverage(information: Floats, bread: Floats, *, power: float) -> Floats:
    """Return ``(I - Q B) ** power`` of each cluster, from the eigenvalues of ``B^1/2 Q B^1/2``."""
    root = np.linalg.cholesky(bread)
    values, vectors = np.linalg.eigh(root.T @ information @ root)
    rest = 1 - values
    kept = rest > LEVERAGE_OF_ONE
    factor = np.where(kept, np.where(kept, rest, 1.0) ** power, 0.0)
    inner = np.einsum("kij,kj,klj->kil", vectors, factor, vectors)
    left = np.linalg.inv(root.T)
    return np.asarray(left @ inner @ root.T, dtype=np.float64)
