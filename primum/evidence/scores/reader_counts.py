"""
A reader study from the counts of its paired readings, with the same figures as from its rows.

DeLong's component of a case is a function of its rating, once the ratings of the other class are counted; so the
covariance of two readings is a sum over pairs of ratings, with the number of cases that have them as weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.score_bins import Floats
from primum.evidence.scores.readers import Figures, StudyRefused, design_of, figures_of

MODALITIES = ("control", "intervention")
TRUTHS = ("0", "1")

Codes = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedReadings:
    """
    Counts of pairs of readings.

    A reading is numbered ``modality * len(readers) + reader``; ``first`` and ``second`` number those of a pair,
    ``rating`` and ``other`` point into ``levels`` (ascending), ``truth`` is 1 for a positive case.
    """

    readers: tuple[str, ...]
    levels: tuple[int, ...]
    truth: Codes
    first: Codes
    second: Codes
    rating: Codes
    other: Codes
    cases: Codes

    @property
    def readings(self) -> int:
        """How many readings each case may have."""
        return len(MODALITIES) * len(self.readers)

    def shared(self) -> Codes:
        """Return how many cases of each truth two readings share, truth x modality x reader x modality x reader."""
        size, found = self.readings, []
        for truth in range(len(TRUTHS)):
            here = self.truth == truth
            square = np.zeros((size, size), np.int64)
            np.add.at(square, (self.first[here], self.second[here]), self.cases[here])
            found.append(np.maximum(square, square.T).reshape((len(MODALITIES), len(self.readers)) * 2))
        return np.stack(found)

    def rated(self) -> Floats:
        """Return how many cases have each rating, truth x reading x level."""
        own = self.first == self.second
        table = np.zeros((len(TRUTHS), self.readings, len(self.levels)))
        np.add.at(table, (self.truth[own], self.first[own], self.rating[own]), self.cases[own])
        return table


def paired_readings(cells: Cells, *, attribute: str = "", level: str = "") -> PairedReadings:
    """
    Return the pairs of readings that were counted, of all cases or of those with a level of an attribute.

    The readers are those of all cases, whether or not they read any of these.

    :raises UnknownKey: if the counts are none of paired readings
    """
    readers = cells.levels_of("reader")
    here = cells.where(attribute=attribute, level=level)
    named = tuple(sorted({int(one) for key in ("rating", "other_rating") for one in cells.levels_of(key)}))
    arm, reader = _into(here, "arm", MODALITIES), _into(here, "reader", readers)
    other_arm, other_reader = _into(here, "other_arm", MODALITIES), _into(here, "other_reader", readers)
    ratings = tuple(map(str, named))
    return PairedReadings(
        readers=readers,
        levels=named,
        truth=_into(here, "reference", TRUTHS),
        first=arm * len(readers) + reader,
        second=other_arm * len(readers) + other_reader,
        rating=_into(here, "rating", ratings),
        other=_into(here, "other_rating", ratings),
        cases=here.counts,
    )


def areas(study: PairedReadings) -> Figures:
    """
    Return the area under the ROC curve of each reader and modality, with DeLong's covariances.

    :raises StudyRefused: if readings are missing, or the design is none of crossed and nested
    """
    shared, groups = _design(study)
    rated = study.rated()
    sizes = rated.sum(axis=2, keepdims=True)
    share = rated / np.maximum(sizes, 1)
    below = np.cumsum(share, axis=2) - share / 2
    # A positive is placed among the negatives, and a negative among the positives.
    placed = np.stack([1 - below[1], below[0]])
    values = (share[1] * placed[1]).sum(axis=1)
    return _figures(study, values, placed, (0, 1), shared, groups)


def sensitivities(study: PairedReadings, *, threshold: int) -> Figures:
    """
    Return the sensitivity of each reader and modality at a rating of the threshold or more.

    :raises StudyRefused: as ``areas``
    """
    return _shares(study, np.array(study.levels) >= threshold, truth=1)


def specificities(study: PairedReadings, *, threshold: int) -> Figures:
    """
    Return the specificity of each reader and modality at a rating below the threshold.

    :raises StudyRefused: as ``areas``
    """
    return _shares(study, np.array(study.levels) < threshold, truth=0)


def _into(cells: Cells, key: str, names: tuple[str, ...]) -> Codes:
    table = np.array([names.index(level) for level in cells.levels_of(key)], np.int64)
    codes: Codes = table[cells.codes[:, cells.axis(key)]]
    return codes


def _design(study: PairedReadings) -> tuple[Codes, tuple[int, ...]]:
    """Return the cases that readings share, and the group of each reader, or say what is missing."""
    shared = study.shared()
    whole = shared.sum(axis=0)
    read = np.einsum("ijij->ij", whole)
    if not read.any():
        raise StudyRefused("There are no readings.")
    for place, words in enumerate(("without", "with")):
        absent = int((read[place] == 0).sum())
        if absent:
            raise StudyRefused(f"{absent} of {len(study.readers)} readers read nothing {words} the model.")
    return shared, design_of(shared)


def _shares(study: PairedReadings, right: NDArray[np.bool_], *, truth: int) -> Figures:
    shared, groups = _design(study)
    rated = study.rated()[truth]
    placed = np.zeros((len(TRUTHS), study.readings, len(study.levels)))
    placed[truth] = right
    values = (rated * right).sum(axis=1) / rated.sum(axis=1)
    return _figures(study, values, placed, (truth,), shared, groups)


def _figures(
    study: PairedReadings,
    values: Floats,
    placed: Floats,
    truths: tuple[int, ...],
    shared: Codes,
    groups: tuple[int, ...],
) -> Figures:
    size = study.readings
    covariance = np.zeros((size, size))
    for truth in truths:
        here = study.truth == truth
        away = placed[truth] - values[:, None]
        one, two = away[study.first[here], study.rating[here]], away[study.second[here], study.other[here]]
        square = np.zeros((size, size))
        np.add.at(square, (study.first[here], study.second[here]), study.cases[here] * one * two)
        n = np.diag(shared[truth].reshape(size, size)).astype(np.float64)
        covariance += (square + square.T - np.diag(np.diag(square))) / np.sqrt(np.outer(n * (n - 1), n * (n - 1)))
    shape = (len(MODALITIES), len(study.readers))
    return figures_of(
        values=values.reshape(shape),
        covariance=covariance.reshape(shape * 2),
        groups=groups,
        modalities=MODALITIES,
        cases=(_cases(shared[1]), _cases(shared[0])),
    )


def _cases(shared: Codes) -> int:
    """Return how many cases there are, each group of readings that share theirs counted once."""
    size = shared.shape[0] * shared.shape[1]
    square = shared.reshape(size, size)
    first = (square > 0).argmax(axis=1)
    return int(sum(square[one, one] for one in set(first.tolist())))


def stacked(rows: Sequence[Floats]) -> Floats:
    """Return the figures of readers by modality, one row for each."""
    return np.stack(list(rows))
