"""
Reader studies: several readers, several modalities (alone, with the LMM), the same cases.

The model of Obuchowski & Rockette 1995 with the degrees of freedom of Hillis 2007: the figure of each
reader and modality is taken with the covariances that shared cases give it (DeLong's for areas), and a
difference is generalised to readers and cases, to cases alone, or to readers alone. Cases may also be nested in
readers, in equal groups of readers (split-plot), or in modalities; figures that share no case have no covariance
(Obuchowski, Gallas & Hillis 2012).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.score_bins import Floats

Truth = NDArray[np.bool_]


class StudyRefused(ValueError):
    """Readings that no reader study can have, or that say too little; the sentence has no value of a case."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """Ratings by modality x reader x case, NaN where a case was not read; higher means more likely positive."""

    ratings: Floats
    positive: Truth
    modalities: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Figures:
    """
    The figure of each modality and reader, modality x reader, and the covariances that cases give them.

    ``variance``: of one figure; ``covariances``: same reader, other modality; other reader, same modality; both
    others (Cov1, Cov2, Cov3), the last two among readers of one group. ``by_modality``: variance and Cov2 of each
    modality alone. ``groups``: the group of each reader; readers of one group share their cases.
    """

    values: Floats
    variance: float
    covariances: tuple[float, float, float]
    by_modality: tuple[tuple[float, float], ...]
    groups: tuple[int, ...]
    modalities: tuple[str, ...]
    positives: int
    negatives: int


def readings(
    *,
    modality: Sequence[str],
    reader: Sequence[str],
    case: Sequence[str],
    positive: Sequence[bool] | Truth,
    rating: Sequence[float] | Floats,
    order: tuple[str, ...] = (),
) -> Readings:
    """
    Return the readings of rows, one row for each reading.

    :param order: the modalities in the order in which they are compared; sorted where empty
    :raises StudyRefused: if a case was read twice in one way, has two truths, or a modality is not in the order
    """
    modalities = order or tuple(sorted(set(modality)))
    if unknown := set(modality) - set(modalities):
        raise StudyRefused(f"The readings have {len(unknown)} modalities besides {', '.join(modalities)}.")
    readers, cases = tuple(sorted(set(reader))), tuple(sorted(set(case)))
    at = (_places(modality, modalities), _places(reader, readers), _places(case, cases))
    shape = (len(modalities), len(readers), len(cases))
    if len(set(zip(*at, strict=True))) < len(at[0]):
        raise StudyRefused("A case was read twice by one reader in one modality; each reading is given once.")
    truth = np.asarray(positive, dtype=bool)
    known = np.zeros(len(cases), dtype=bool)
    known[list(at[2])] = truth
    if (known[list(at[2])] != truth).any():
        raise StudyRefused("A case is positive in one row and negative in another; a case has one truth.")
    ratings = np.full(shape, np.nan)
    ratings[at] = np.asarray(rating, dtype=np.float64)
    return Readings(ratings=ratings, positive=known, modalities=modalities, readers=readers)


def areas(study: Readings) -> Figures:
    """
    Return the area under the ROC curve of each reader and modality, with DeLong's covariances.

    :raises StudyRefused: if the design is none of crossed and nested, or with fewer than two positives or negatives
    """
    read, groups = _design(study)
    values, of_positives, of_negatives = _placements(study, read)
    return _figures(study, values, [(of_positives, True), (of_negatives, False)], read, groups)


def sensitivities(study: Readings, *, threshold: float) -> Figures:
    """
    Return the sensitivity of each reader and modality at a rating of the threshold or more.

    :raises StudyRefused: as ``areas``
    """
    return _shares(study, study.ratings >= threshold, positive=True)


def specificities(study: Readings, *, threshold: float) -> Figures:
    """
    Return the specificity of each reader and modality at a rating below the threshold.

    :raises StudyRefused: as ``areas``
    """
    return _shares(study, study.ratings < threshold, positive=False)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How a second look changed readings: positives found and lost, negatives alarmed and cleared, of how many."""

    found: int
    lost: int
    positives: int
    alarmed: int
    cleared: int
    negatives: int


def changes(study: Readings, *, before: str, after: str, threshold: float) -> Changes:
    """
    Return what readers changed between two modalities, by reading: the effect of a second reader.

    :raises StudyRefused: if a modality was not read
    """
    for name in (before, after):
        if name not in study.modalities:
            raise StudyRefused(f"There are no readings '{name}'; there are {', '.join(study.modalities)}.")
    first, second = (study.ratings[study.modalities.index(name)] for name in (before, after))
    both = ~np.isnan(first) & ~np.isnan(second)
    up = both & (second >= threshold) & (first < threshold)
    down = both & (second < threshold) & (first >= threshold)
    positive = study.positive
    return Changes(
        found=int(up[:, positive].sum()),
        lost=int(down[:, positive].sum()),
        positives=int(both[:, positive].sum()),
        alarmed=int(up[:, ~positive].sum()),
        cleared=int(down[:, ~positive].sum()),
        negatives=int(both[:, ~positive].sum()),
    )


def _places(values: Sequence[str], names: tuple[str, ...]) -> tuple[int, ...]:
    place = {name: number for number, name in enumerate(names)}
    return tuple(place[value] for value in values)


def _design(study: Readings) -> tuple[Truth, tuple[int, ...]]:
    """Return what was read, and the group of each reader, if the design is crossed or nested."""
    read = ~np.isnan(study.ratings)
    if not read.any():
        raise StudyRefused("There are no readings.")
    flat = read.reshape(-1, read.shape[2]).astype(np.int64)
    squares = [flat[:, study.positive == truth] for truth in (False, True)]
    return read, design_of(np.stack([(one @ one.T).reshape(read.shape[:2] * 2) for one in squares]))


def design_of(shared: NDArray[np.int64]) -> tuple[int, ...]:
    """
    Return the group of each reader, if the design is crossed or nested.

    :param shared: the cases that two readings share, truth (negative, positive) x modality x reader, twice
    :raises StudyRefused: if it is neither, or a reader has fewer than two cases of a truth in a modality
    """
    size = shared.shape[1] * shared.shape[2]
    flat = shared.sum(axis=0).reshape(size, size)
    sizes = np.diag(flat)
    if not ((flat == 0) | ((flat == sizes[:, None]) & (flat == sizes[None, :]))).all():
        raise StudyRefused(_unequal(flat))
    groups = _groups(shared.sum(axis=0) > 0)
    for truth, name in ((1, "positive"), (0, "negative")):
        if (np.diag(shared[truth].reshape(size, size)) < 2).any():  # noqa: PLR2004 -- a variance needs two
            raise StudyRefused(f"A reader has fewer than two {name} cases in a modality; a variance needs two.")
    return groups


def _unequal(shared: NDArray[np.int64]) -> str:
    most, sizes = int(np.diag(shared).max()), np.diag(shared)
    short = int((most - sizes).sum())
    missing = f" Against the reading with most cases ({most:,}), readings are missing: {short:,}." if short else ""
    return (
        "Some readers read part of the cases of others. Every reader must read every case in every modality, "
        f"or cases must be nested in readers, in groups of readers, or in modalities.{missing}"
    )


def _groups(same: Truth) -> tuple[int, ...]:
    """Return the first reader that shares cases with each; one group where no two readers share any."""
    readers = int(same.shape[1])
    first = same[0, :, 0, :].argmax(axis=1)
    alike = first[:, None] == first[None, :]
    modality = np.eye(same.shape[0], dtype=bool)[:, None, :, None]
    if bool((same == alike[None, :, None, :]).all()):
        sizes = np.bincount(first, minlength=readers)
        if len(set(sizes[sizes > 0].tolist())) > 1:
            raise StudyRefused("Groups of readers have different sizes; this analysis needs groups of equal size.")
        return (0,) * readers if int(sizes.max()) == 1 else tuple(int(one) for one in first)
    if bool((same == modality).all()):
        return (0,) * readers
    raise StudyRefused(
        "Some readers share cases in one modality and not in another. This analysis knows crossed studies, "
        "and cases nested in readers, in groups of readers, or in modalities."
    )


def _placements(study: Readings, read: Truth) -> tuple[Floats, Floats, Floats]:
    """Return areas, and the placements of positives and of negatives, 0 where a case was not read."""
    above, below = study.ratings[..., study.positive], study.ratings[..., ~study.positive]
    values = np.zeros(study.ratings.shape[:2])
    of_positives, of_negatives = np.zeros(above.shape), np.zeros(below.shape)
    for place in np.ndindex(*values.shape):
        seen, unseen = read[place][study.positive], read[place][~study.positive]
        one, other = above[place][seen], below[place][unseen]
        wins = (one[:, None] > other[None, :]) + 0.5 * (one[:, None] == other[None, :])
        values[place] = wins.mean()
        of_positives[place][seen] = wins.mean(axis=1)
        of_negatives[place][unseen] = wins.mean(axis=0)
    return values, of_positives, of_negatives


def _shares(study: Readings, success: Truth, *, positive: bool) -> Figures:
    (read, groups), among = _design(study), study.positive == positive
    right = (success & read)[..., among].astype(np.float64)
    values = right.sum(axis=2) / read[..., among].sum(axis=2)
    return _figures(study, values, [(right, positive)], read, groups)


def _figures(
    study: Readings, values: Floats, parts: list[tuple[Floats, bool]], read: Truth, groups: tuple[int, ...]
) -> Figures:
    """Return the figures with covariances from case-level parts, each over positives or over negatives."""
    size = values.size
    covariance = np.zeros((size, size))
    for part, positive in parts:
        seen = read[..., study.positive == positive].reshape(size, -1)
        n = seen.sum(axis=1)
        away = np.where(seen, part.reshape(size, -1) - values.reshape(size, 1), 0.0)
        covariance += away @ away.T / np.sqrt(np.outer(n * (n - 1), n * (n - 1)))
    return figures_of(
        values=values,
        covariance=covariance.reshape(*values.shape, *values.shape),
        groups=groups,
        modalities=study.modalities,
        cases=(int(study.positive.sum()), int((~study.positive).sum())),
    )


def figures_of(
    *, values: Floats, covariance: Floats, groups: tuple[int, ...], modalities: tuple[str, ...], cases: tuple[int, int]
) -> Figures:
    """
    Return the figures of a study from the value of each, modality x reader, and their covariances.

    :param cases: positives and negatives
    """
    size = values.size
    return Figures(
        values=values,
        variance=float(np.trace(covariance.reshape(size, size)) / size),
        covariances=_averaged(covariance, groups),
        by_modality=tuple(_within(covariance[place, :, place, :], groups) for place in range(values.shape[0])),
        groups=groups,
        modalities=modalities,
        positives=cases[0],
        negatives=cases[1],
    )


def _averaged(four: Floats, groups: tuple[int, ...]) -> tuple[float, float, float]:
    modalities, readers = np.eye(four.shape[0], dtype=bool), np.eye(four.shape[1], dtype=bool)
    same_modality = np.broadcast_to(modalities[:, None, :, None], four.shape)
    same_reader = np.broadcast_to(readers[None, :, None, :], four.shape)
    colleague = np.broadcast_to(_colleagues(groups)[None, :, None, :], four.shape)
    return (
        _mean(four[~same_modality & same_reader]),
        _mean(four[same_modality & colleague]),
        _mean(four[~same_modality & colleague]),
    )


def _within(square: Floats, groups: tuple[int, ...]) -> tuple[float, float]:
    return _mean(np.diag(square)), _mean(square[_colleagues(groups)])


def _colleagues(groups: tuple[int, ...]) -> Truth:
    """Return which two readers are different ones of the same group."""
    codes = np.array(groups)
    return np.asarray((codes[:, None] == codes[None, :]) & ~np.eye(len(codes), dtype=bool), dtype=np.bool_)


def _mean(values: Floats) -> float:
    return float(values.mean()) if values.size else 0.0
