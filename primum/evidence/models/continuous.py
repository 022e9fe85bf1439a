"""Means of two arms: Welch's test from moments, and analysis of covariance on cells or rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from primum.evidence.counts.moments import Moments
from primum.evidence.models.effects import Effect, NoEstimate, effect
from primum.evidence.models.grouped import Floats, Grouped, dummies, grouped, inverse

LinearErrors = Literal["classical", "HC0", "HC1", "HC2", "HC3"]
TREATED = "treated"


@dataclass(frozen=True, kw_only=True)
class ArmMoments:
    """The moments of an amount in one arm of one stratum of a covariate."""

    treated: bool
    stratum: str
    moments: Moments


def mean_difference(*, first: Moments, second: Moments, confidence: float, equal_variances: bool = False) -> Effect:
    """
    Return ``first - second`` of two means by Welch's t-test, or Student's with equal variances.

    :raises NoEstimate: with fewer than two values in a group, or without any spread
    """
    if first.mean is None or second.mean is None or first.variance is None or second.variance is None:
        raise NoEstimate(
            f"The groups have {first.n:,} and {second.n:,} known values; a comparison of means needs two in each."
        )
    parts = (first.variance / first.n, second.variance / second.n)
    if not sum(parts):
        raise NoEstimate("All values of a group are the same; there is no spread to judge by.")
    left = (first.n - 1, second.n - 1)
    if equal_variances:
        pooled = (left[0] * first.variance + left[1] * second.variance) / sum(left)
        error, degrees = math.sqrt(pooled * (1 / first.n + 1 / second.n)), float(sum(left))
    else:
        error = math.sqrt(sum(parts))
        # Shares of the variance first: squares of very small ones would vanish.
        shares = [part / sum(parts) for part in parts]
        degrees = 1 / sum(share**2 / free for share, free in zip(shares, left, strict=True))
    return effect(value=first.mean - second.mean, error=error, confidence=confidence, degrees=degrees)


def ancova(*, arms: Sequence[ArmMoments], confidence: float, errors: LinearErrors = "classical") -> Effect:
    """
    Return the difference of means, treated minus control, adjusted for the stratum of a covariate.

    Least squares on arm and stratum from moments alone; for a covariate by its value use ``linear_term``.

    :raises NoEstimate: if the strata do not hold both arms anywhere
    """
    known = [one for one in arms if one.moments.n and one.moments.mean is not None]
    columns = {TREATED: [float(one.treated) for one in known]}
    strata = dummies(name="stratum ", values=[one.stratum for one in known])
    data = grouped(
        columns=columns | {name: column.tolist() for name, column in strata.items()},
        n=[one.moments.n for one in known],
        total=[one.moments.total for one in known],
        squares=[_squares(one.moments) for one in known],
    )
    return linear_term(data, TREATED, confidence=confidence, errors=errors)


def linear_term(data: Grouped, name: str, *, confidence: float, errors: LinearErrors = "classical") -> Effect:
    """
    Return one coefficient of a least-squares fit with Student's t.

    :param errors: ``classical`` for equal variances, or heteroscedasticity-consistent (MacKinnon & White 1985)
    :raises NoEstimate: without units left over, or without the term
    """
    place, left = data.place(name), data.units - data.terms
    if left <= 0:
        raise NoEstimate("There are no more units than terms; a residual needs some.")
    bread = inverse(data.design.T @ (data.n[:, None] * data.design))
    beta = bread @ (data.design.T @ data.total)
    mean = data.design @ beta
    squares = np.maximum(data.squares - 2 * mean * data.total + data.n * mean**2, 0.0)
    covariance = (
        bread * float(squares.sum()) / left if errors == "classical" else _consistent(data, bread, squares, errors)
    )
    error = math.sqrt(max(float(covariance[place, place]), 0.0))
    if not error:
        raise NoEstimate("The values have no spread left after the adjustment; there is nothing to judge by.")
    return effect(value=float(beta[place]), error=error, confidence=confidence, degrees=left)


def _consistent(data: Grouped, bread: Floats, squares: Floats, errors: LinearErrors) -> Floats:
    leverage = np.einsum("ij,jk,ik->i", data.design, bread, data.design)
    rest = np.maximum(1 - leverage, 1e-12)
    scale = {
        "HC0": np.ones_like(rest),
        "HC1": np.full_like(rest, data.units / (data.units - data.terms)),
        "HC2": 1 / rest,
        "HC3": 1 / rest**2,
    }[errors]
    meat = data.design.T @ ((squares * scale)[:, None] * data.design)
    return np.asarray(bread @ meat @ bread, dtype=np.float64)


def _squares(moments: Moments) -> float:
    mean = moments.mean or 0.0
    return (moments.variance or 0.0) * (moments.n - 1) + moments.n * mean**2
