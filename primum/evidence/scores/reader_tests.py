"""What a reader study shows: differences between modalities, for readers and cases in general or for these alone."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from primum.evidence.counts.score_bins import Floats
from primum.evidence.intervals import Interval
from primum.evidence.scores.readers import Figures, StudyRefused


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One modality minus an earlier one, over all readers; no interval where nothing varied."""

    of: str
    minus: str
    value: float
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """
    The test that all modalities are equal, and their differences.

    ``statistic`` is F with ``degrees``, of which the second is infinite where it is chi-square over the first.
    ``None`` where nothing varied between readers or cases, so that nothing can be tested.
    """

    statistic: float | None
    degrees: tuple[float, float]
    p: float | None
    differences: tuple[Difference, ...]


@dataclass(frozen=True, kw_only=True)
class Mean:
    """The mean figure of one modality over readers, generalised to readers and cases."""

    modality: str
    value: float
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class MeanSquares:
    """Mean squares of the figures: modalities, readers within groups, and both together."""

    modality: float
    reader: float
    both: float
    reader_degrees: int
    group_size: int


def mean_squares(figures: Figures) -> MeanSquares:
    """
    Return the mean squares of the two-way table of figures.

    :raises StudyRefused: with fewer than two modalities or readers
    """
    modalities, readers = _size(figures, readers=2)
    values, groups = figures.values, np.array(figures.groups)
    rows, degrees = values.mean(axis=1), readers - len(set(figures.groups))
    of_readers, rest = 0.0, 0.0
    for group in sorted(set(figures.groups)):
        here = values[:, groups == group]
        columns = here.mean(axis=0)
        of_readers += float(((columns - here.mean()) ** 2).sum())
        rest += float(((here - here.mean(axis=1)[:, None] - columns[None, :] + here.mean()) ** 2).sum())
    return MeanSquares(
        modality=float(readers * ((rows - values.mean()) ** 2).sum() / (modalities - 1)),
        reader=modalities * of_readers / degrees,
        both=rest / ((modalities - 1) * degrees),
        reader_degrees=degrees,
        group_size=readers // len(set(figures.groups)),
    )


def random_readers_random_cases(figures: Figures, *, confidence: float) -> Comparison:
    """
    Return the comparison that holds for readers and cases like these (Hillis 2007, the default of a gate).

    :raises StudyRefused: with fewer than two modalities or readers
    """
    squares, modalities = mean_squares(figures), figures.values.shape[0]
    _, second, third = figures.covariances
    noise = squares.both + max(squares.group_size * (second - third), 0.0)
    interaction = (modalities - 1) * squares.reader_degrees
    degrees = noise**2 * interaction / squares.both**2 if _varies(squares.both) else math.inf
    return _comparison(figures, squares.modality, noise, degrees, confidence)


def fixed_readers(figures: Figures, *, confidence: float) -> Comparison:
    """
    Return the comparison that holds for these readers and cases like these.

    :raises StudyRefused: with fewer than two modalities
    """
    modalities, readers = _size(figures, readers=1)
    first, second, third = figures.covariances
    rows = figures.values.mean(axis=1)
    square = float(readers * ((rows - rows.mean()) ** 2).sum() / (modalities - 1))
    colleagues = readers // len(set(figures.groups)) - 1
    noise = figures.variance - first + colleagues * max(second - third, 0.0)
    return _comparison(figures, square, noise, math.inf, confidence)


def fixed_cases(figures: Figures, *, confidence: float) -> Comparison:
    """
    Return the comparison that holds for readers like these on these cases.

    :raises StudyRefused: with fewer than two modalities or readers
    """
    squares, modalities = mean_squares(figures), figures.values.shape[0]
    degrees = float((modalities - 1) * squares.reader_degrees)
    return _comparison(figures, squares.modality, squares.both, degrees, confidence)


def means(figures: Figures, *, confidence: float) -> tuple[Mean, ...]:
    """
    Return the mean of each modality over readers, for readers and cases like these (Hillis 2007).

    :raises StudyRefused: with fewer than two readers
    """
    readers = figures.values.shape[1]
    if readers < 2:  # noqa: PLR2004 -- a variance needs two
        raise StudyRefused("One reader says nothing about readers in general; at least two are needed.")
    return tuple(
        _mean(name, values, figures.groups, covariance=second, confidence=confidence)
        for name, values, (_, second) in zip(figures.modalities, figures.values, figures.by_modality, strict=True)
    )


def _mean(name: str, values: Floats, groups: tuple[int, ...], *, covariance: float, confidence: float) -> Mean:
    readers, distinct = len(values), sorted(set(groups))
    within = [values[np.array(groups) == group] for group in distinct]
    left = readers - len(distinct)
    square = sum(float(((here - here.mean()) ** 2).sum()) for here in within) / left
    noise = square + max(readers / len(distinct) * covariance, 0.0)
    degrees = noise**2 * left / square**2 if _varies(square) else math.inf
    half = _quantile(degrees, confidence) * math.sqrt(noise / readers)
    value = float(values.mean())
    interval = Interval(lower=value - half, upper=value + half) if _varies(noise) else None
    return Mean(modality=name, value=value, interval=interval)


def _comparison(figures: Figures, square: float, noise: float, degrees: float, confidence: float) -> Comparison:
    modalities, readers = figures.values.shape
    known = _varies(noise)
    half = _quantile(degrees, confidence) * math.sqrt(2 * noise / readers) if known else 0.0
    rows = figures.values.mean(axis=1)
    differences = []
    for earlier, later in combinations(range(modalities), 2):
        value = float(rows[later] - rows[earlier])
        interval = Interval(lower=value - half, upper=value + half) if known else None
        names = {"of": figures.modalities[later], "minus": figures.modalities[earlier]}
        differences.append(Difference(**names, value=value, interval=interval))
    statistic = square / noise if known else None
    return Comparison(
        statistic=statistic,
        degrees=(float(modalities - 1), degrees),
        p=None if statistic is None else _tail(statistic, modalities - 1, degrees),
        differences=tuple(differences),
    )


def _size(figures: Figures, *, readers: int) -> tuple[int, int]:
    if figures.values.shape[0] < 2 or figures.values.shape[1] < readers:  # noqa: PLR2004 -- a difference is of two
        raise StudyRefused(
            f"There are {figures.values.shape[0]} modalities and {figures.values.shape[1]} readers; "
            f"this comparison needs at least 2 modalities and {readers} readers."
        )
    modalities, present = figures.values.shape
    return modalities, present


def _varies(square: float) -> bool:
    """True if a variance is more than rounding leaves of none."""
    return bool(square > np.finfo(np.float64).eps ** 2)


def _quantile(degrees: float, confidence: float) -> float:
    from scipy.special import ndtri, stdtrit

    upper = 0.5 + confidence / 2
    return float(ndtri(upper) if math.isinf(degrees) else stdtrit(degrees, upper))


def _tail(statistic: float, first: int, second: float) -> float:
    from scipy.special import chdtrc, fdtrc

    return float(chdtrc(first, first * statistic) if math.isinf(second) else fdtrc(first, second, statistic))
