"""Least squares on cells with errors by cluster that hold for few clusters: CR2 with Satterthwaite's degrees."""

from dataclasses import dataclass

import numpy as np

from primum.evidence.models.effects import Effect, NoEstimate, effect, place_of
from primum.evidence.models.gee import Sums, leverage, sandwich
from primum.evidence.models.grouped import Floats, Grouped, inverse


@dataclass(frozen=True, kw_only=True)
class LinearRobust:
    """Coefficients with their CR2 errors and degrees of freedom, term by term."""

    names: tuple[str, ...]
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]
    degrees: tuple[float, ...]
    clusters: int

    def term(self, name: str, *, confidence: float) -> Effect:
        """
        Return one coefficient with its interval by Student's t.

        :raises NoEstimate: if there is no such term, or the clusters leave it no degrees of freedom
        """
        place = place_of(name, names=self.names)
        return effect(
            value=self.coefficients[place],
            error=self.errors[place],
            confidence=confidence,
            degrees=self.degrees[place],
        )


def linear_robust(data: Grouped) -> LinearRobust:
    """
    Fit least squares with bias-reduced linearisation (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018).

    As R's ``clubSandwich``: CR2 for equal and independent working errors.

    :raises NoEstimate: without two clusters, or if the terms cannot be told apart
    """
    if data.clusters < 2:  # noqa: PLR2004 -- one cluster has no spread between clusters
        raise NoEstimate("There is one cluster only; errors between clusters need at least two.")
    information = data.by_cluster(data.n[:, None, None] * data.design[:, :, None] * data.design[:, None, :])
    bread = inverse(information.sum(axis=0))
    beta = bread @ (data.design.T @ data.total)
    residual = data.total - data.n * (data.design @ beta)
    sums = Sums(information=information, score=data.by_cluster(data.design * residual[:, None]))
    covariance = sandwich(sums, bread, power=-0.5)
    adjust = leverage(information, bread, power=-0.5)
    return LinearRobust(
        names=data.names,
        coefficients=tuple(beta.tolist()),
        errors=tuple(np.sqrt(np.maximum(np.diag(covariance), 0.0)).tolist()),
        degrees=tuple(_degrees(information, bread, adjust, term) for term in range(data.terms)),
        clusters=data.clusters,
    )


def _degrees(information: Floats, bread: Floats, adjust: Floats, term: int) -> float:
    """Return (sum of eigenvalues)^2 / sum of their squares of the clusters' quadratic form."""
    turned = np.einsum("kij,i->kj", adjust, bread[term])
    moved = np.einsum("kij,kj->ki", information, turned)
    form = np.diag(np.einsum("ki,ki->k", turned, moved)) - moved @ bread @ moved.T
    spread = float((form**2).sum())
    return float(np.trace(form)) ** 2 / spread if spread else 0.0
