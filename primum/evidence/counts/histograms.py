"""
Scores as counts: the histogram of negatives and positives that estimates on scores are made from.

The bins are those of ``score_bins``. What they can do to an AUROC is bounded by
``0.5 * sum(h1 * h0) / (n1 * n0)``: only pairs within one bin lose their order.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells
from primum.evidence.counts.score_bins import BINS, Floats, ScoreRefused, bin_of, coded, label, labels, numbers, points

__all__ = ["BINS", "ScoreHistogram", "ScoreRefused", "bin_of", "coded", "label", "labels", "points"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreHistogram:
    """
    Negatives and positives at each score, ascending; every row of the arrays is one score or one bin.

    ``half_widths`` are how far a score may be from its point: 0 where ``exact``. Rows without a score
    are counted by their reference; rows without a reference are in no array.
    """

    points: Floats
    half_widths: Floats
    negatives: Integers
    positives: Integers
    exact: bool
    unscored_negatives: int = 0
    unscored_positives: int = 0
    unreferenced: int = 0

    @property
    def n_negatives(self) -> int:
        """Number of negatives with a score."""
        return int(self.negatives.sum())

    @property
    def n_positives(self) -> int:
        """Number of positives with a score."""
        return int(self.positives.sum())

    @property
    def n(self) -> int:
        """Number of rows with both a score and a reference."""
        return self.n_negatives + self.n_positives

    @property
    def unscored(self) -> int:
        """Number of rows with a reference and no score."""
        return self.unscored_negatives + self.unscored_positives

    @property
    def auroc_error_bound(self) -> float:
        """The most that binning can have moved the AUROC; 0 where exact or without one of the classes."""
        pairs = self.n_negatives * self.n_positives
        within = np.where(self.half_widths > 0, self.negatives.astype(np.float64) * self.positives, 0.0)
        return float(0.5 * within.sum() / pairs) if pairs else 0.0

    @classmethod
    def from_cells(cls, cells: Cells) -> "ScoreHistogram":
        """
        Return the histogram of cells with the keys ``reference`` (1, 0 or "") and ``score``.

        Levels of ``score`` are names of bins, or decimals where counted exactly; where both occur,
        as after merging a small site and a large one, the exact ones are binned.

        :raises ScoreRefused: if a level is neither a bin nor a finite number
        """
        table = cells.marginal("reference", "score")
        reference, score = table.codes[:, 0], table.codes[:, 1]
        counts = {level: table.counts * (reference == code) for code, level in enumerate(table.levels[0])}
        nobody = np.zeros(len(table.counts), np.int64)
        negatives, positives = counts.get("0", nobody), counts.get("1", nobody)
        missing = np.array([level == "" for level in table.levels[1]], dtype=bool)[score]
        places = _places(table.levels[1])
        return _gathered(
            scores=places.scores[score][~missing],
            negatives=negatives[~missing],
            positives=positives[~missing],
            exact=places.exact,
            unscored=(int(negatives[missing].sum()), int(positives[missing].sum())),
            unreferenced=int((table.counts - negatives - positives).sum()),
        )

    @classmethod
    def from_scores(cls, *, scores: Floats, positive: NDArray[np.bool_], exact: bool = True) -> "ScoreHistogram":
        """
        Return the histogram of rows: a score each (NaN is missing), and whether the reference is positive.

        :param exact: keep every distinct score, which may then be any finite number; else bin them
        :raises ScoreRefused: if a score is infinite, or outside 0 to 1 where it is to be binned
        """
        known = ~np.isnan(scores)
        _refuse_infinite(scores[known])
        one = positive.astype(np.int64)
        return _gathered(
            scores=scores[known] if exact else points()[0][coded(scores[known])],
            negatives=1 - one[known],
            positives=one[known],
            exact=exact,
            unscored=(int((1 - one[~known]).sum()), int(one[~known].sum())),
            unreferenced=0,
        )

    def merged(self, other: "ScoreHistogram") -> "ScoreHistogram":
        """
        Return both histograms added; exact only if both are.

        :raises ScoreRefused: if one is binned and the other has exact scores outside 0 to 1
        """
        exact = self.exact and other.exact
        one, two = (self, other) if exact else (self.binned(), other.binned())
        return _gathered(
            scores=np.concatenate([one.points, two.points]),
            negatives=np.concatenate([one.negatives, two.negatives]),
            positives=np.concatenate([one.positives, two.positives]),
            exact=exact,
            unscored=(
                one.unscored_negatives + two.unscored_negatives,
                one.unscored_positives + two.unscored_positives,
            ),
            unreferenced=one.unreferenced + two.unreferenced,
        )

    def binned(self) -> "ScoreHistogram":
        """
        Return the same counts by bins.

        :raises ScoreRefused: if an exact score is outside 0 to 1
        """
        if not self.exact:
            return self
        numbers = coded(self.points)
        same = replace(self, points=points()[0][numbers], exact=False)
        return _gathered(
            scores=same.points,
            negatives=same.negatives,
            positives=same.positives,
            exact=False,
            unscored=(self.unscored_negatives, self.unscored_positives),
            unreferenced=self.unreferenced,
        )


@dataclass(frozen=True, kw_only=True)
class _Places:
    scores: Floats
    exact: bool


def _gathered(
    *,
    scores: Floats,
    negatives: Integers,
    positives: Integers,
    exact: bool,
    unscored: tuple[int, int],
    unreferenced: int,
) -> ScoreHistogram:
    distinct, place = np.unique(scores, return_inverse=True)
    below, above = np.zeros(len(distinct), np.int64), np.zeros(len(distinct), np.int64)
    np.add.at(below, place, negatives)
    np.add.at(above, place, positives)
    seen = (below + above) > 0
    kept = distinct[seen]
    return ScoreHistogram(
        points=kept,
        half_widths=np.zeros(len(kept)) if exact else points()[1][coded(kept)],
        negatives=below[seen],
        positives=above[seen],
        exact=exact,
        unscored_negatives=unscored[0],
        unscored_positives=unscored[1],
        unreferenced=unreferenced,
    )


@lru_cache(maxsize=16)
def _places(levels: tuple[str, ...]) -> _Places:
    """Return the score that each level stands for; bins where any level is one; NaN for a missing score."""
    middles, known = points()[0], numbers()
    scores = np.full(len(levels), np.nan)
    named = np.array([level in known for level in levels], dtype=bool)
    for place, level in enumerate(levels):
        if named[place]:
            scores[place] = middles[known[level]]
        elif level:
            scores[place] = _decimal(level)
    exact = ~named & ~np.isnan(scores)
    if named.any() and exact.any():
        scores[exact] = middles[coded(scores[exact])]
    return _Places(scores=scores, exact=not named.any())


def _decimal(level: str) -> float:
    try:
        score = float(level)
    except ValueError:
        score = np.nan
    if not np.isfinite(score):
        raise ScoreRefused(f"A level of the scores is neither a bin of {BINS} nor a finite number.")
    return score


def _refuse_infinite(scores: Floats) -> None:
    infinite = int(np.isinf(scores).sum())
    if infinite:
        raise ScoreRefused(f"{infinite:,} of {len(scores):,} scores are infinite; a score is a finite number.")
