"""
Models with a random intercept per cluster, on cells: logistic by quadrature, linear by REML.

``sd`` is the spread of clusters on the model's own scale: log odds, or the outcome's unit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from primum.evidence.models.effects import Effect, NoEstimate, effect, place_of
from primum.evidence.models.grouped import FARTHEST, Floats, Grouped, inverse, mean_of, solve, start

# Steps of central differences: for a gradient, and for a matrix of second derivatives.
FIRST_STEP = 1e-6
SECOND_STEP = 1e-4
# A spread of clusters below this is none; its own error is then not part of the others'.
NO_SPREAD = 1e-4


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixed:
    """
    A fitted model: coefficients with errors, the clusters' ``sd``, and the residual ``sigma``.

    ``sigma`` is ``None`` in a logistic model; ``degrees`` are Satterthwaite's for each term of a
    linear model, and ``None`` (normal) in a logistic one.
    """

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    degrees: tuple[float | None, ...]
    sd: float
    sigma: float | None
    log_likelihood: float
    clusters: int

    @property
    def icc(self) -> float:
        """The share of variance between clusters; with pi^2 / 3 for the residual in a logistic model."""
        residual = math.pi**2 / 3 if self.sigma is None else self.sigma**2
        return self.sd**2 / (self.sd**2 + residual) if residual or self.sd else 0.0

    def term(self, name: str, *, confidence: float) -> Effect:
        """
        Return one coefficient with its interval.

        :raises NoEstimate: if there is no such term
        """
        place = place_of(name, names=self.names)
        return effect(
            value=self.coefficients[place],
            error=self.errors[place],
            confidence=confidence,
            degrees=self.degrees[place],
        )


def logistic_mixed(data: Grouped, *, points: int = 15) -> Mixed:
    """
    Fit a logistic model with a normal random intercept by adaptive Gauss-Hermite quadrature.

    One point is Laplace's approximation (R's ``glmer``, ``nAGQ``; Pinheiro & Bates 1995). Errors are
    from the second derivatives in all parameters.

    :raises NoEstimate: without two clusters, or without a finite maximum
    """
    _enough_clusters(data)
    surface = _Surface(data, points=points)
    begin = np.append(start(data, family="binomial"), 0.5)
    best = _lowest(surface.deviance, begin)
    beta, sd = best[:-1], abs(float(best[-1]))
    if float(np.max(np.abs(data.design @ beta))) > FARTHEST:
        raise NoEstimate("A term predicts the outcome perfectly, so the model has no finite answer; merge levels.")
    curvature = _second(surface.deviance, best) / 2
    if sd < NO_SPREAD:
        curvature = curvature[:-1, :-1]
    errors = np.sqrt(np.maximum(np.diag(inverse(curvature))[: data.terms], 0.0))
    return Mixed(
        names=data.names,
        coefficients=tuple(beta.tolist()),
        errors=tuple(errors.tolist()),
        degrees=(None,) * data.terms,
        sd=sd,
        sigma=None,
        log_likelihood=-surface.deviance(best) / 2,
        clusters=data.clusters,
    )


class _Surface:
    """Minus twice the log-likelihood of a logistic model with coefficients and the clusters' sd."""

    def __init__(self, data: Grouped, *, points: int) -> None:
        self.data = data
        nodes, weights = np.polynomial.hermite_e.hermegauss(points)
        self.nodes, self.log_weights = nodes, np.log(weights) + nodes**2 / 2 - math.log(math.sqrt(2 * math.pi))
        self.mode = np.zeros(data.clusters)

    def deviance(self, parameters: Floats) -> float:
        """Return the deviance; the clusters' modes are kept as the next start."""
        linear, sd = self.data.design @ parameters[:-1] + self.data.offset, float(parameters[-1])
        mode, spread = self._modes(linear, sd)
        heights = np.stack([self._height(linear, sd, mode + spread * node) for node in self.nodes])
        parts = heights + self.log_weights[:, None]
        top = parts.max(axis=0)
        return -2 * float((np.log(spread) + top + np.log(np.exp(parts - top).sum(axis=0))).sum())

    def _height(self, linear: Floats, sd: float, random: Floats) -> Floats:
        eta = linear + sd * random[self.data.cluster]
        own = self.data.total * eta - self.data.n * np.logaddexp(0.0, eta)
        return self.data.by_cluster(own) - random**2 / 2

    def _modes(self, linear: Floats, sd: float) -> tuple[Floats, Floats]:
        """Return the mode of each cluster's standard normal intercept and its spread, by Newton's method."""
        random, height = self.mode, self._height(linear, sd, self.mode)
        for _ in range(200):
            mean = mean_of(linear + sd * random[self.data.cluster], family="binomial")
            slope = sd * self.data.by_cluster(self.data.total - self.data.n * mean) - random
            bend = 1 + sd**2 * self.data.by_cluster(self.data.n * mean * (1 - mean))
            step = slope / bend
            tried = random + step
            higher = self._height(linear, sd, tried)
            for _ in range(30):
                worse = higher < height - 1e-12 * np.abs(height)
                if not worse.any():
                    break
                step = np.where(worse, step / 2, step)
                tried = random + step
                higher = self._height(linear, sd, tried)
            random, height = tried, higher
            if float(np.max(np.abs(step))) < 1e-11:  # noqa: PLR2004 -- settled to rounding
                break
        self.mode = random
        mean = mean_of(linear + sd * random[self.data.cluster], family="binomial")
        return random, 1 / np.sqrt(1 + sd**2 * self.data.by_cluster(self.data.n * mean * (1 - mean)))


def linear_mixed(data: Grouped) -> Mixed:
    """
    Fit a linear model with a random intercept by restricted maximum likelihood (R's ``lmer``).

    Degrees of freedom are Satterthwaite's (Giesbrecht & Burns 1985; R's ``lmerTest``).

    :raises NoEstimate: without two clusters, or without units left over for the residual
    """
    from scipy.optimize import minimize_scalar

    _enough_clusters(data)
    if data.units <= data.terms:
        raise NoEstimate("There are no more units than terms; a residual needs some.")
    # The ratio of variances lies between 0 and infinity; its square root over 1 + itself between 0 and 1.
    found = minimize_scalar(
        lambda share: _profiled(data, _ratio(share)), bounds=(0.0, 0.999), method="bounded", options={"xatol": 1e-12}
    )
    ratio = _ratio(float(found.x)) if found.fun < _profiled(data, 0.0) else 0.0
    beta, information, squares = _least_squares(data, ratio)
    sigma = math.sqrt(squares / (data.units - data.terms))
    if not sigma:
        raise NoEstimate("The outcomes have no spread left; the model has no standard errors.")
    covariance = sigma**2 * inverse(information)
    return Mixed(
        names=data.names,
        coefficients=tuple(beta.tolist()),
        errors=tuple(np.sqrt(np.diag(covariance)).tolist()),
        degrees=_satterthwaite(data, sigma**2, ratio * sigma**2, covariance),
        sd=sigma * math.sqrt(ratio),
        sigma=sigma,
        log_likelihood=-_profiled(data, ratio) / 2,
        clusters=data.clusters,
    )


def _ratio(share: float) -> float:
    return (share / (1 - share)) ** 2


def _least_squares(data: Grouped, ratio: float) -> tuple[Floats, Floats, float]:
    """Return coefficients, information / sigma^2 and weighted residual squares at a ratio of variances."""
    information, score = _moments(data, ratio)
    beta = solve(information, score)
    squares = float(data.squares.sum()) - float((ratio / (1 + data.sizes * ratio) * _totals(data) ** 2).sum())
    return beta, information, max(squares - float(beta @ score), 0.0)


def _moments(data: Grouped, ratio: float) -> tuple[Floats, Floats]:
    shrink = ratio / (1 + data.sizes * ratio)
    sums = data.by_cluster(data.n[:, None] * data.design)
    information = data.design.T @ (data.n[:, None] * data.design) - sums.T @ (shrink[:, None] * sums)
    return information, data.design.T @ data.total - sums.T @ (shrink * _totals(data))


def _totals(data: Grouped) -> Floats:
    return data.by_cluster(data.total)


def _profiled(data: Grouped, ratio: float) -> float:
    """Return the restricted deviance with the residual variance at its best."""
    _, information, squares = _least_squares(data, ratio)
    left = data.units - data.terms
    residual = max(squares, 1e-300) / left
    spread = float(np.log1p(data.sizes * ratio).sum()) + float(np.linalg.slogdet(information)[1])
    return left * (math.log(2 * math.pi * residual) + 1) + spread


def _restricted(data: Grouped, residual: float, between: float) -> float:
    _, information, squares = _least_squares(data, between / residual)
    left = data.units - data.terms
    spread = float(np.log1p(data.sizes * between / residual).sum()) + float(np.linalg.slogdet(information)[1])
    return left * math.log(2 * math.pi * residual) + squares / residual + spread


def _satterthwaite(data: Grouped, residual: float, between: float, covariance: Floats) -> tuple[float | None, ...]:
    """Return 2 v^2 / (g' A g) for each term: v its variance, g its slope in the variances, A their covariance."""
    if between <= NO_SPREAD**2 * residual:
        return (data.units - data.terms,) * data.terms

    # On the scale of standard deviations, as lmerTest does; the answer does not depend on the scale.
    at = np.sqrt(np.array([residual, between]))
    bend = _second(lambda sds: _restricted(data, sds[0] ** 2, sds[1] ** 2), at)
    uncertain = 2 * inverse(bend)

    def variances(sds: Floats) -> Floats:
        information, _ = _moments(data, sds[1] ** 2 / sds[0] ** 2)
        return np.asarray(np.diag(sds[0] ** 2 * inverse(information)), dtype=np.float64)

    slopes = np.column_stack([_slope(variances, at, axis) for axis in range(2)])
    spread = np.einsum("ti,ij,tj->t", slopes, uncertain, slopes)
    return tuple((2 * np.diag(covariance) ** 2 / np.maximum(spread, 1e-300)).tolist())


def _slope(function: Callable[[Floats], Floats], at: Floats, axis: int) -> Floats:
    step = np.zeros_like(at)
    step[axis] = FIRST_STEP * max(1.0, abs(float(at[axis])))
    return np.asarray((function(at + step) - function(at - step)) / (2 * step[axis]), dtype=np.float64)


def _lowest(function: Callable[[Floats], float], begin: Floats) -> Floats:
    """Return the minimum by Newton's method on differences, after a quasi-Newton approach."""
    from scipy.optimize import minimize

    at = np.asarray(minimize(function, begin, method="BFGS", options={"gtol": 1e-5}).x, dtype=np.float64)
    for _ in range(5):
        slope, bend = _gradient(function, at), _second(function, at)
        if np.linalg.eigvalsh(bend)[0] <= 0:
            return at
        step = np.linalg.solve(bend, slope)
        if function(at - step) > function(at) + 1e-9:
            return at
        at = at - step
        if float(np.max(np.abs(step))) < 1e-9:  # noqa: PLR2004 -- a step of rounding size is none
            return at
    return at


def _gradient(function: Callable[[Floats], float], at: Floats) -> Floats:
    out = np.empty_like(at)
    for axis in range(len(at)):
        step = np.zeros_like(at)
        step[axis] = SECOND_STEP * max(1.0, abs(float(at[axis])))
        out[axis] = (function(at + step) - function(at - step)) / (2 * step[axis])
    return out


def _second(function: Callable[[Floats], float], at: Floats) -> Floats:
    """Return the matrix of second derivatives by central differences."""
    size = len(at)
    steps = np.diag(SECOND_STEP * np.maximum(1.0, np.abs(at)))
    out = np.empty((size, size))
    middle = function(at)
    for i in range(size):
        out[i, i] = (function(at + steps[i]) - 2 * middle + function(at - steps[i])) / steps[i, i] ** 2
        for j in range(i):
            corners = (
                function(at + steps[i] + steps[j])
                - function(at + steps[i] - steps[j])
                - function(at - steps[i] + steps[j])
                + function(at - steps[i] - steps[j])
            )
            out[i, j] = out[j, i] = corners / (4 * steps[i, i] * steps[j, j])
    return out


def _enough_clusters(data: Grouped) -> None:
    if data.clusters < 2:  # noqa: PLR2004 -- one cluster has no spread between clusters
        raise NoEstimate("There is one cluster only; a spread between clusters needs at least two.")
