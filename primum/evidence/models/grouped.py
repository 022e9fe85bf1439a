"""Regression on counts: units with equal covariates are one row with n, sum and sum of squares of their outcomes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from primum.evidence.models.effects import NoEstimate, place_of

Floats = NDArray[np.float64]
Numbers = Sequence[float] | Floats
Family = Literal["binomial", "gaussian", "poisson"]

INTERCEPT = "(Intercept)"
MOST_STEPS = 100
CONVERGED = 1e-12
# A linear predictor beyond this is a probability of 0 or 1: the likelihood has no maximum.
FARTHEST = 30.0
SMALLEST_SINGULAR = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Grouped:
    """
    Cells of units that share a row of the design, ordered by cluster.

    ``design`` is cells x terms, the first term 1; ``n``, ``total`` and ``squares`` are units, the sum
    and the sum of squares of their outcomes; ``cluster`` numbers the clusters from 0; ``offset`` is
    added to the linear predictor (the logarithm of exposure for rates).
    """

    names: tuple[str, ...]
    design: Floats
    n: Floats
    total: Floats
    squares: Floats
    cluster: NDArray[np.intp]
    offset: Floats

    @property
    def units(self) -> float:
        """Units of all cells."""
        return float(self.n.sum())

    @property
    def terms(self) -> int:
        """Terms of the design, with the intercept."""
        return len(self.names)

    @property
    def clusters(self) -> int:
        """Clusters with at least one unit."""
        return int(self.cluster[-1]) + 1

    @property
    def sizes(self) -> Floats:
        """Units of each cluster."""
        return self.by_cluster(self.n)

    def by_cluster(self, values: Floats) -> Floats:
        """Return the sum of cell values (cells, or cells x anything) over each cluster."""
        starts = np.flatnonzero(np.diff(self.cluster, prepend=-1))
        return np.asarray(np.add.reduceat(values, starts, axis=0), dtype=np.float64)

    def place(self, name: str) -> int:
        """
        Return the position of a term.

        :raises NoEstimate: if the design has no such term
        """
        return place_of(name, names=self.names)


def grouped(
    *,
    columns: Mapping[str, Numbers],
    total: Numbers,
    n: Numbers | None = None,
    squares: Numbers | None = None,
    cluster: Sequence[object] | NDArray[np.generic] | None = None,
    offset: Numbers | None = None,
) -> Grouped:
    """
    Return cells for a regression; an intercept is put before the columns.

    Left out, ``n`` is 1 (one row per unit), ``squares`` are the totals (outcomes 0 and 1) or their
    squares where n is 1, and every cell is a cluster of its own. Cells of a cluster keep their order.

    :raises NoEstimate: without units, or if the columns do not tell all terms apart
    """
    sums = _floats(total)
    units = np.ones_like(sums) if n is None else _floats(n)
    spread = _floats(squares) if squares is not None else np.where(units == 1, sums**2, sums)
    design = np.column_stack([np.ones_like(sums), *(_floats(column) for column in columns.values())])
    numbers = np.arange(len(sums)) if cluster is None else np.unique(np.asarray(cluster), return_inverse=True)[1]
    shift = np.zeros_like(sums) if offset is None else _floats(offset)
    order = np.argsort(numbers, kind="stable")
    order = order[units[order] > 0]
    if not len(order):
        raise NoEstimate("There are no units with a known outcome; a model needs some.")
    data = Grouped(
        names=(INTERCEPT, *columns),
        design=design[order],
        n=units[order],
        total=sums[order],
        squares=spread[order],
        cluster=np.unique(numbers[order], return_inverse=True)[1].reshape(-1),
        offset=shift[order],
    )
    _told_apart(data)
    return data


def dummies(*, name: str, values: Sequence[str], reference: str = "") -> dict[str, Floats]:
    """Return one 0/1 column for each level but the reference (the first in order, if none is named), in order."""
    levels = sorted(set(values))
    base = reference or (levels[0] if levels else "")
    column = np.asarray(values, dtype=object)
    return {f"{name}{level}": (column == level).astype(np.float64) for level in levels if level != base}


def mean_of(linear: Floats, *, family: Family) -> Floats:
    """Return the expected outcome at a linear predictor: logistic, exponential or the predictor itself."""
    if family == "binomial":
        return np.asarray(1 / (1 + np.exp(-np.clip(linear, -700, 700))), dtype=np.float64)
    return np.exp(np.minimum(linear, 700)) if family == "poisson" else linear


def variance_of(mean: Floats, *, family: Family) -> Floats:
    """Return the variance of one unit at its mean, up to the dispersion; also d mean / d linear predictor."""
    if family == "binomial":
        return mean * (1 - mean)
    return mean if family == "poisson" else np.ones_like(mean)


def start(data: Grouped, *, family: Family) -> Floats:
    """
    Return the maximum-likelihood coefficients as if units were independent (iterated weighted least squares).

    :raises NoEstimate: if there is no finite maximum
    """
    beta = np.zeros(data.terms)
    overall = float(data.total.sum()) / data.units
    beta[0] = _link(overall, family) - float((data.n * data.offset).sum()) / data.units
    for _ in range(MOST_STEPS):
        mean = fitted(data, beta, family=family)
        weight = data.n * variance_of(mean, family=family)
        score = data.design.T @ (data.total - data.n * mean)
        step = solve(data.design.T @ (weight[:, None] * data.design), score)
        beta = beta + step
        refuse_far(data, beta, family=family)
        if float(np.max(np.abs(step))) < CONVERGED * (1 + float(np.max(np.abs(beta)))):
            return beta
    raise NoEstimate("The model did not settle; a term may predict the outcome perfectly.")


def fitted(data: Grouped, beta: Floats, *, family: Family) -> Floats:
    """Return the expected outcome of a unit in each cell."""
    return mean_of(data.design @ beta + data.offset, family=family)


def refuse_far(data: Grouped, beta: Floats, *, family: Family) -> None:
    """
    Refuse coefficients that run away.

    :raises NoEstimate: if a fitted probability or rate is at its edge
    """
    if family == "gaussian":
        return
    if not np.all(np.isfinite(beta)) or float(np.max(np.abs(data.design @ beta))) > FARTHEST:
        raise NoEstimate("A term predicts the outcome perfectly, so the model has no finite answer; merge levels.")


def solve(matrix: Floats, right: Floats) -> Floats:
    """
    Return the solution of a symmetric system.

    :raises NoEstimate: if the matrix is singular
    """
    try:
        return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise NoEstimate("The terms cannot be told apart on these data; leave one out.") from None


def inverse(matrix: Floats) -> Floats:
    """
    Return the inverse of a symmetric matrix.

    :raises NoEstimate: if the matrix is singular
    """
    return solve(matrix, np.eye(len(matrix)))


def _link(mean: float, family: Family) -> float:
    if family == "gaussian":
        return mean
    if mean <= 0 or (family == "binomial" and mean >= 1):
        raise NoEstimate("Nobody or everybody has the event, so the model has no finite answer.")
    return math.log(mean / (1 - mean)) if family == "binomial" else math.log(mean)


def _told_apart(data: Grouped) -> None:
    scale = np.maximum(np.abs(data.design).max(axis=0), SMALLEST_SINGULAR)
    singular = np.linalg.svd(data.design / scale, compute_uv=False)
    if len(singular) < data.terms or singular[-1] < SMALLEST_SINGULAR * singular[0]:
        raise NoEstimate(f"The terms {', '.join(data.names)} cannot be told apart on these data; leave one out.")


def _floats(values: Numbers) -> Floats:
    return np.asarray(values, dtype=np.float64)
