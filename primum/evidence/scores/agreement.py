"""
Do raters agree beyond chance: Cohen's, Fleiss' and Gwet's coefficients, and Krippendorff's alpha.

Weights give part of the credit to near categories, in the order in which the categories stand. Errors are
those of Fleiss, Cohen & Everitt 1969 for two raters, and of Gwet 2014 (linear in the subjects) for several.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.score_bins import Floats
from primum.evidence.intervals import Group, Interval, two_sided_z
from primum.evidence.shares.proportions import exact_lower

Weights = Literal["none", "linear", "quadratic"]
Table = Sequence[Sequence[int]] | NDArray[np.int64]
# Below this a variance is what rounding leaves of none.
NO_VARIANCE = 1e-24


class NoAgreement(ValueError):
    """Agreement beyond chance was asked for where it has no value; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """
    Agreement beyond chance: (observed - expected) / (1 - expected).

    Where nothing varied, as with raters who always agreed, ``interval`` is from the exact bound of the
    observed agreement, and ``error`` is 0.
    """

    value: float
    observed: float
    expected: float
    error: float
    interval: Interval
    subjects: int


def cohen(table: Table, *, weights: Weights = "none", confidence: float) -> Agreement:
    """
    Return Cohen's kappa of two raters (as ``vcd::Kappa``; quadratic weights are its "Fleiss-Cohen").

    :param table: subjects by category of the first rater (rows) and of the second (columns)
    :raises NoAgreement: without subjects, for a table that is not square, or if one category only was used
    """
    counts = _square(table)
    n = int(counts.sum())
    p = counts / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    credit = _credit(len(p), weights)
    observed, expected = float((credit * p).sum()), float(rows @ credit @ columns)
    _refuse_certainty(expected)
    kappa = (observed - expected) / (1 - expected)
    away = credit - ((credit @ columns)[:, None] + (credit.T @ rows)[None, :]) * (1 - kappa)
    spread = float((p * away**2).sum()) - (kappa - expected * (1 - kappa)) ** 2
    variance = max(0.0, spread) / (1 - expected) ** 2 / n
    return _agreement(kappa, observed, expected, variance, n, quantile=two_sided_z(confidence), confidence=confidence)


def fleiss(ratings: Table, *, weights: Weights = "none", confidence: float) -> Agreement:
    """
    Return Fleiss' kappa of several raters; a subject may have any number of ratings.

    :param ratings: how many raters put each subject (rows) into each category (columns)
    :raises NoAgreement: if no two subjects have two ratings, or if one category only was used
    """
    counts, credit = _rated(ratings, weights)
    sizes = counts.sum(axis=1)
    shares = (counts / sizes[:, None]).mean(axis=0)
    expected = float(shares @ credit @ shares)
    by_chance = (counts @ (credit @ shares)) / sizes
    return _of_several(counts, credit, expected, by_chance, confidence)


def gwet(ratings: Table, *, weights: Weights = "none", confidence: float) -> Agreement:
    """
    Return Gwet's AC1 (AC2 with weights), steady where one category is rare (Gwet 2008).

    :param ratings: as for ``fleiss``; a category that nobody used counts among the categories
    :raises NoAgreement: if no two subjects have two ratings, or with one category
    """
    counts, credit = _rated(ratings, weights)
    categories = counts.shape[1]
    if categories < 2:  # noqa: PLR2004 -- chance needs two categories
        raise NoAgreement("Agreement beyond chance needs at least two categories.")
    sizes = counts.sum(axis=1)
    shares = (counts / sizes[:, None]).mean(axis=0)
    scale = float(credit.sum()) / (categories * (categories - 1))
    expected = scale * float((shares * (1 - shares)).sum())
    return _of_several(counts, credit, expected, scale * (counts @ (1 - shares)) / sizes, confidence)


def krippendorff(ratings: Table, *, weights: Weights = "none", confidence: float) -> Agreement:
    """
    Return Krippendorff's alpha; "none" is its nominal, "quadratic" its interval metric on equal steps.

    :param ratings: as for ``fleiss``; subjects with one rating say nothing and are left out
    :raises NoAgreement: if no two subjects have two ratings, or if one category only was used
    """
    counts, credit = _rated(ratings, weights)
    counts = counts[counts.sum(axis=1) > 1]
    sizes, subjects = counts.sum(axis=1), len(counts)
    mean = float(sizes.mean())
    small = 1 / float(sizes.sum())
    together = _agreeing(counts, credit) / (mean * (sizes - 1))
    plain = float(together.mean())
    observed = (1 - small) * plain + small
    shares = counts.mean(axis=0) / mean
    expected = float(shares @ credit @ shares)
    _refuse_certainty(expected)
    alpha, raw = (observed - expected) / (1 - expected), (plain - expected) / (1 - expected)
    uneven = (sizes - mean) / mean
    by_subject = (together - observed * uneven - expected) / (1 - expected)
    by_chance = counts @ (credit @ shares) / mean - expected * uneven
    linear = by_subject - 2 * (1 - raw) * (by_chance - expected) / (1 - expected)
    variance = float(((linear - raw) ** 2).sum()) / (subjects * (subjects - 1))
    return _agreement(
        alpha,
        observed,
        expected,
        variance,
        subjects,
        quantile=_student(subjects - 1, confidence),
        confidence=confidence,
    )


def _of_several(counts: Floats, credit: Floats, expected: float, by_chance: Floats, confidence: float) -> Agreement:
    """Return agreement and its error from the subjects' own agreement and what chance gave each."""
    _refuse_certainty(expected)
    sizes, subjects = counts.sum(axis=1), len(counts)
    several = sizes > 1
    together = np.where(several, _agreeing(counts, credit) / np.maximum(sizes * (sizes - 1), 1), 0.0)
    observed = float(together.sum() / several.sum())
    value = (observed - expected) / (1 - expected)
    by_subject = subjects / several.sum() * (together - expected * several) / (1 - expected)
    linear = by_subject - 2 * (1 - value) * (by_chance - expected) / (1 - expected)
    variance = float(((linear - value) ** 2).sum()) / (subjects * (subjects - 1))
    quantile = _student(subjects - 1, confidence)
    return _agreement(value, observed, expected, variance, subjects, quantile=quantile, confidence=confidence)


def _agreeing(counts: Floats, credit: Floats) -> Floats:
    return np.asarray((counts * (counts @ credit - 1)).sum(axis=1), dtype=np.float64)


def _agreement(
    value: float,
    observed: float,
    expected: float,
    variance: float,
    subjects: int,
    *,
    quantile: float,
    confidence: float,
) -> Agreement:
    if variance > NO_VARIANCE:
        error = math.sqrt(variance)
        interval = Interval(lower=value - quantile * error, upper=min(1.0, value + quantile * error))
    else:
        error, interval = 0.0, _without_variance(observed, expected, subjects, confidence)
    return Agreement(
        value=value, observed=observed, expected=expected, error=error, interval=interval, subjects=subjects
    )


def _without_variance(observed: float, expected: float, subjects: int, confidence: float) -> Interval:
    """Return an interval from the exact one of the observed agreement, its chance level taken as known."""
    agreed = Group(events=round(observed * subjects), n=subjects)
    tail = 0.5 + confidence / 2
    ends = (exact_lower(group=agreed, confidence=tail), 1 - exact_lower(group=agreed.others, confidence=tail))
    lower, upper = ((one - expected) / (1 - expected) for one in ends)
    return Interval(lower=lower, upper=min(1.0, upper))


def _square(table: Table) -> Floats:
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:  # noqa: PLR2004 -- rows and columns
        raise NoAgreement("A table of two raters has as many rows as columns, one for each category.")
    if counts.sum() < 1 or counts.min() < 0:
        raise NoAgreement("A table of two raters needs at least one subject, and no negative count.")
    return counts


def _rated(ratings: Table, weights: Weights) -> tuple[Floats, Floats]:
    """Return the counts of subjects with a rating, and the credit of each pair of categories."""
    counts = np.asarray(ratings, dtype=np.float64)
    if counts.ndim != 2 or counts.size == 0 or counts.min() < 0:  # noqa: PLR2004 -- rows and columns
        raise NoAgreement("Ratings are counts of raters by subject (rows) and category (columns), none negative.")
    rated = counts[counts.sum(axis=1) > 0]
    if int((rated.sum(axis=1) > 1).sum()) < 2:  # noqa: PLR2004 -- an error needs two
        raise NoAgreement("Fewer than two subjects have two ratings, so agreement cannot be known.")
    return rated, _credit(counts.shape[1], weights)


def _credit(categories: int, weights: Weights) -> Floats:
    apart = np.abs(np.arange(categories)[:, None] - np.arange(categories)[None, :])
    if weights == "none" or categories == 1:
        return np.asarray(apart == 0, dtype=np.float64)
    share = apart / (categories - 1)
    return np.asarray(1 - (share if weights == "linear" else share**2), dtype=np.float64)


def _refuse_certainty(expected: float) -> None:
    if expected >= 1 - 1e-12:
        raise NoAgreement("All ratings fell into one category, so chance alone agrees on everything.")


def _student(degrees: int, confidence: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + confidence / 2))
