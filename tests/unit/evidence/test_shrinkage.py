import numpy as np
import pytest
from scipy import stats

from primum.evidence.equity.shrinkage import NothingToPool, partial_pooling
from primum.evidence.intervals import Group

HOSPITALS = {
    "a": Group(events=18, n=20),
    "b": Group(events=45, n=60),
    "c": Group(events=97, n=100),
    "d": Group(events=4, n=4),
}


def by_drawing(groups, draws=400_000):
    """The same model by weighted draws of its two unknowns."""
    draw = np.random.default_rng(8)
    x, n = (np.array([getattr(group, name) for group in groups.values()]) for name in ("events", "n"))
    share = draw.uniform(size=draws)
    size = len(n) / (1 / n).sum() * (1 - share) / share
    mean = draw.uniform(size=draws)
    likely = stats.betabinom.logpmf(x[:, None], n[:, None], mean * size, (1 - mean) * size).sum(axis=0)
    weight = np.exp(likely - likely.max())
    kept = draw.choice(draws, size=60_000, p=weight / weight.sum())
    return draw.beta(x[:, None] + (mean * size)[kept], (n - x)[:, None] + ((1 - mean) * size)[kept])


def test_the_grid_says_what_draws_of_the_model_say():
    pool = partial_pooling(levels=HOSPITALS, confidence=0.95)

    drawn = by_drawing(HOSPITALS)
    assert [one.value for one in pool.levels] == pytest.approx(drawn.mean(axis=1), abs=0.006)
    low, high = np.quantile(drawn, (0.025, 0.975), axis=1)
    assert [one.interval.lower for one in pool.levels] == pytest.approx(low, abs=0.02)
    assert [one.interval.upper for one in pool.levels] == pytest.approx(high, abs=0.02)


def test_small_groups_are_drawn_more_than_large_ones():
    pool = partial_pooling(levels=HOSPITALS, confidence=0.95)
    own = {one.level: one.own for one in pool.levels}

    assert own["d"] < own["a"] < own["b"] < own["c"] < 1
    assert next(one.value for one in pool.levels if one.level == "d") < 0.95


def test_equal_groups_are_drawn_together_and_keep_a_width():
    groups = {str(place): Group(events=90, n=100) for place in range(6)}

    pool = partial_pooling(levels=groups, confidence=0.95)

    for one in pool.levels:
        assert one.value == pytest.approx(0.9, abs=0.01)
        assert 0.02 < one.interval.upper - one.interval.lower < 0.117


@pytest.mark.parametrize(
    "counts", [[(0, 5), (0, 9)], [(5, 5), (9, 9)], [(0, 1)], [(3, 3), (0, 0)], [(10**6, 10**7)] * 2]
)
def test_no_counts_give_a_number_that_is_none(counts):
    groups = {str(place): Group(events=x, n=n) for place, (x, n) in enumerate(counts)}

    pool = partial_pooling(levels=groups, confidence=0.95)

    assert 0 <= pool.centre <= 1
    for one in pool.levels:
        assert 0 <= one.interval.lower <= one.value <= one.interval.upper <= 1
        assert 0 <= one.own <= 1


def test_nothing_cannot_be_pooled():
    with pytest.raises(NothingToPool, match="at least one unit"):
        partial_pooling(levels={"a": Group(events=0, n=0)}, confidence=0.95)
