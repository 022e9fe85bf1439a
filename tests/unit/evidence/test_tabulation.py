import numpy as np
import pytest

from primum.evidence.counts.counting import Batch
from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.counts.score_bins import ScoreRefused
from primum.evidence.measures.tabulation import Tabulation, tabulate

PLAN = Tabulation(kind="diagnostic", keys=("site", "sex", "reference"), score_by=("site", "sex"))
SCORES = [0.1, 0.2, 0.8, 0.9, 0.5, float("nan")]


def batch(scores=SCORES):
    return Batch(
        labels={
            "site": (np.array([0, 0, 0, 1, 1, 1], np.int32), ("north", "south")),
            "sex": (np.array([0, 1, 0, 1, 0, 1], np.int32), ("F", "M")),
            "reference": (np.array([0, 0, 1, 1, 1, 0], np.int32), ("0", "1")),
        },
        numbers={"score": np.array(scores)},
    )


def test_one_pass_gives_counts_and_scores_for_all_rows_and_for_each_group():
    tables = tabulate([batch(), batch()], plan=PLAN, sources=("a",))

    scores = tables["diagnostic.scores"]
    assert tables["diagnostic"].total() == 12
    assert scores.keys == ("attribute", "level", "reference", "score")
    assert {name: cells.total() for name, cells in scores.by("attribute").items()} == {"": 12, "sex": 12, "site": 12}
    assert scores.where(attribute="site", level="north").total() == 6


@pytest.mark.parametrize("exact", [True, False])
def test_scores_are_read_back_with_the_missing_ones_counted(exact):
    plan = Tabulation(kind="diagnostic", keys=PLAN.keys, score_by=(), exact_scores=exact)

    found = ScoreHistogram.from_cells(tabulate([batch()], plan=plan, sources=())["diagnostic.scores"])

    assert (found.n_positives, found.n_negatives, found.unscored) == (3, 2, 1)
    assert found.exact is exact
    assert list(np.round(found.points, 2)) == [0.1, 0.2, 0.5, 0.8, 0.9]


@pytest.mark.parametrize("exact", [True, False])
def test_a_score_that_is_none_is_refused_without_being_shown(exact):
    plan = Tabulation(kind="diagnostic", keys=PLAN.keys, score_by=(), exact_scores=exact)

    with pytest.raises(ScoreRefused) as refusal:
        tabulate([batch([0.1, 0.2, 17.25, 0.9, 0.5, 0.4])], plan=plan, sources=())

    assert "17.25" not in str(refusal.value)


def test_a_table_without_scores_has_counts_alone():
    plan = Tabulation(kind="diagnostic", keys=PLAN.keys)

    assert set(tabulate([batch()], plan=plan, sources=())) == {"diagnostic"}
