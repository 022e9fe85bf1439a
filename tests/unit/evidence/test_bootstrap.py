import warnings

import numpy as np
import pytest
from scipy import stats

from primum.evidence.equity import bootstrap, cluster_draws
from primum.evidence.equity.bootstrap import ClusterTable, cluster_table, simultaneous_gaps
from primum.evidence.equity.subgroups import TooFewLevels

ONES = np.ones((1, 1))


def hospitals(*, clusters: int = 30, levels: int = 3, size: int = 25, spread: float = 0.05, seed: int = 4):
    """Events and units by hospital and level, where each hospital has a rate of its own around 0.9."""
    draw = np.random.default_rng(seed)
    n = draw.integers(size // 2, 2 * size, (clusters, levels))
    rates = np.clip(draw.normal(0.9, spread, (clusters, levels)), 0, 1)
    return draw.binomial(n, rates), n


def table(events, n, **more) -> ClusterTable:
    return cluster_table(levels=tuple("abcdefgh"[: n.shape[1]]), events=events, n=n, **more)


def ends(gaps):
    return [(gap.level, gap.interval.lower, gap.interval.upper) for gap in (*gaps.levels, gaps.spread)]


def test_the_same_seed_gives_the_same_ends_and_another_seed_nearly_the_same():
    whole = table(*hospitals())

    first, again, other = (simultaneous_gaps(table=whole, confidence=0.95, seed=seed) for seed in (1, 1, 2))

    assert ends(first) == ends(again)
    assert first.spread.interval.upper == pytest.approx(other.spread.interval.upper, abs=0.003)
    assert first.spread.interval.upper != other.spread.interval.upper


def test_neither_the_order_of_hospitals_nor_of_levels_changes_an_end():
    events, n = hospitals(levels=4)
    draw = np.random.default_rng(9)
    rows, columns = draw.permutation(30), draw.permutation(4)

    gaps = simultaneous_gaps(table=table(events, n), confidence=0.95, seed=1, replicates=2_000)
    moved = cluster_table(
        levels=tuple("abcd"[place] for place in columns),
        events=events[rows][:, columns],
        n=n[rows][:, columns],
    )
    shuffled = simultaneous_gaps(table=moved, confidence=0.95, seed=1, replicates=2_000)

    flat = [number for row in sorted(ends(gaps)) for number in row[1:]]
    assert flat == pytest.approx([number for row in sorted(ends(shuffled)) for number in row[1:]], abs=1e-12)


def test_hospitals_that_share_errors_widen_the_gap():
    alike, apart = (
        simultaneous_gaps(table=table(*hospitals(spread=spread)), confidence=0.95, seed=1) for spread in (0.0, 0.09)
    )

    assert apart.spread.interval.upper - float(apart.spread.value) > 1.3 * (
        alike.spread.interval.upper - float(alike.spread.value)
    )


def test_chunks_do_not_change_a_draw(monkeypatch):
    whole = table(*hospitals())
    at_once = simultaneous_gaps(table=whole, confidence=0.95, seed=1, replicates=2_000)

    monkeypatch.setattr(cluster_draws, "NUMBERS_AT_ONCE", 5_000)
    in_pieces = simultaneous_gaps(table=whole, confidence=0.95, seed=1, replicates=2_000)

    assert ends(at_once) == ends(in_pieces)


@pytest.mark.parametrize("resample", ["patients", "both"])
def test_patients_may_be_drawn_again_as_well(resample):
    gaps = simultaneous_gaps(table=table(*hospitals()), confidence=0.95, seed=1, replicates=2_000, resample=resample)

    for gap in (*gaps.levels, gaps.spread):
        assert 0 <= gap.interval.lower <= float(gap.value) <= gap.interval.upper <= 1


def test_a_benefit_is_a_difference_of_two_columns_and_clusters_stay_in_their_arm():
    draw = np.random.default_rng(3)
    n = np.zeros((24, 4), np.int64)
    n[:12, [0, 2]] = 40
    n[12:, [1, 3]] = 40
    contrasts = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    arms = np.repeat([0, 1], 12)

    whole = cluster_table(levels=("F", "M"), events=draw.binomial(n, 0.3), n=n, contrasts=contrasts, strata=arms)
    gaps = simultaneous_gaps(table=whole, confidence=0.95, seed=1, replicates=2_000)

    assert gaps.spread.value == abs(whole.values[0] - whole.values[1])
    assert float(gaps.spread.value) < gaps.spread.interval.upper < 0.5


def test_too_few_hospitals_are_refused_with_a_sentence():
    events, n = hospitals(clusters=9)

    with pytest.raises(bootstrap.TooFewClusters, match="at least 10 clusters with data, and there are 9"):
        simultaneous_gaps(table=table(events, n), confidence=0.95, seed=1)


@pytest.mark.parametrize(("levels", "empty"), [(1, False), (2, True)])
def test_a_gap_needs_two_levels_with_units(levels, empty):
    events, n = hospitals(levels=levels)
    if empty:
        events, n = events * [1, 0], n * [1, 0]

    with pytest.raises(TooFewLevels, match=r"A gap needs"):
        simultaneous_gaps(table=table(events, n), confidence=0.95, seed=1)


def test_a_level_at_two_hospitals_only_is_not_known():
    events, n = hospitals(levels=2)
    events[2:, 1], n[2:, 1] = 0, 0

    gaps = simultaneous_gaps(table=table(events, n), confidence=0.95, seed=1)

    assert gaps.spread.interval.upper == 1
    assert gaps.spread.interval.lower == 0


def test_without_any_error_there_is_no_spread_to_draw_from():
    n = np.full((12, 2), 5)

    gaps = simultaneous_gaps(table=table(n.copy(), n), confidence=0.95, seed=1, replicates=1_000)

    assert (gaps.spread.interval.lower, gaps.spread.interval.upper) == (0, 0)


def test_the_design_effect_is_one_without_clusters_that_differ():
    draw = np.random.default_rng(5)
    n = np.full((2_000, 1), 20)

    effect = bootstrap.design_effect(table(draw.binomial(n, 0.8), n))

    assert effect == pytest.approx(1.0, abs=0.08)
    assert bootstrap.design_effect(table(n, n)) == 1.0


def test_bca_is_scipys_on_the_same_draws():
    sample = np.random.default_rng(1).gamma(1.5, size=40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = stats.bootstrap((sample,), np.mean, n_resamples=4_000, rng=np.random.default_rng(7), method="BCa")
    left_out = (sample.sum() - sample) / 39

    ours = bootstrap.bca(
        point=float(sample.mean()), replicates=theirs.bootstrap_distribution, jackknife=left_out, confidence=0.95
    )

    expected = (theirs.confidence_interval.low, theirs.confidence_interval.high)
    assert (ours.lower, ours.upper) == pytest.approx(expected, abs=1e-12)


def test_bca_of_a_rate_over_hospitals():
    events, n = hospitals(levels=1)

    def rate(weights):
        return ((weights @ events) / (weights @ n))[:, 0]

    interval = bootstrap.bca_interval(statistic=rate, clusters=30, confidence=0.95, seed=1)

    assert interval.lower < events.sum() / n.sum() < interval.upper


def test_bca_without_spread_is_not_defined():
    def always_one(weights):
        return np.ones(len(weights))

    assert bootstrap.bca(point=2.0, replicates=np.ones(10), jackknife=np.ones(5), confidence=0.95) is None
    assert bootstrap.bca(point=1.0, replicates=np.array([np.inf]), jackknife=np.ones(5), confidence=0.95) is None
    interval = bootstrap.bca_interval(statistic=always_one, clusters=5, confidence=0.95, seed=1, replicates=100)
    assert (interval.lower, interval.upper) == (1, 1)
