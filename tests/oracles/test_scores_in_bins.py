"""The AUROC rows again, with the scores binned: within the bound that binning states."""

import numpy as np
import pytest

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.scores import roc
from tests.oracles.families_curves import scored
from tests.oracles.test_oracles import ROWS

ROWS_OF_AREAS = [row for row in ROWS if row["family"] == "auroc_delong"]


def squeezed(scores: np.ndarray, into: tuple[float, float]) -> np.ndarray:
    """The same scores in the same order within the given range."""
    low, high = into
    return low + (high - low) * (scores - scores.min()) / np.ptp(scores)


@pytest.mark.parametrize("into", [(0.0, 1.0), (1e-6, 2e-4), (1 - 2e-4, 1 - 1e-6)], ids=["spread", "near 0", "near 1"])
@pytest.mark.parametrize("row", ROWS_OF_AREAS, ids=lambda row: row["id"])
def test_an_area_from_bins_is_within_its_stated_bound(row, into):
    scores, positive = scored(row["input"])

    binned = ScoreHistogram.from_scores(scores=squeezed(scores, into), positive=positive, exact=False)
    found = roc.area(binned)

    assert abs(found.value - row["expect"]["auc"]) <= found.error_bound + 1e-12


@pytest.mark.parametrize("row", ROWS_OF_AREAS, ids=lambda row: row["id"])
def test_spread_scores_lose_little_in_bins(row):
    scores, positive = scored(row["input"])

    binned = ScoreHistogram.from_scores(scores=squeezed(scores, (0.0, 1.0)), positive=positive, exact=False)

    assert abs(roc.area(binned).value - row["expect"]["auc"]) < 2e-3
