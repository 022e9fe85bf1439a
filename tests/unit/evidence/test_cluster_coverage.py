"""Simulated trials with clusters: how often an interval holds the truth, and how wrong a row-level one would be."""

import numpy as np

from primum.evidence.intervals import Group
from primum.evidence.models.clusters import clustered_proportion, compare_clusters
from primum.evidence.models.effects import NoEstimate
from primum.evidence.shares.two_proportions import pooled_z
from primum.evidence.trials.missing import Observed, imputed_difference
from primum.evidence.trials.wedge import period_adjusted
from primum.evidence.trials.wedge_power import _rows, schedule

SEED = 20_261_122


def arms(generator, *, clusters, size, rate, icc):
    """Both arms without an effect: beta-distributed cluster rates with this intraclass correlation."""
    a, b = (one * (1 - icc) / icc for one in (rate, 1 - rate))
    rates = generator.beta(a, b, size=(2, clusters))
    sizes = generator.integers(size // 2, size * 3 // 2, size=(2, clusters))
    events = generator.binomial(sizes, rates)
    return [
        [Group(events=int(x), n=int(n)) for x, n in zip(*arm, strict=True)] for arm in zip(events, sizes, strict=True)
    ]


def test_a_cluster_level_interval_holds_its_promise_and_a_row_level_one_does_not():
    generator = np.random.default_rng(SEED)
    by_clusters = by_rows = 0
    for _ in range(1500):
        first, second = arms(generator, clusters=8, size=40, rate=0.3, icc=0.08)
        ends = compare_clusters(first=first, second=second, confidence=0.95).effect.interval
        whole = [Group(events=sum(g.events for g in arm), n=sum(g.n for g in arm)) for arm in (first, second)]
        by_clusters += ends.lower <= 0 <= ends.upper
        by_rows += abs(pooled_z(first=whole[0], second=whole[1])) < 1.96

    assert 0.94 <= by_clusters / 1500 <= 0.965
    assert by_rows / 1500 < 0.8


def test_a_proportion_over_clusters_is_held_by_its_interval():
    generator = np.random.default_rng(SEED)
    held = 0
    for _ in range(1000):
        first, _ = arms(generator, clusters=12, size=30, rate=0.2, icc=0.1)
        ends = clustered_proportion(clusters=first, confidence=0.95).interval
        held += ends.lower <= 0.2 <= ends.upper

    assert held / 1000 >= 0.93


def test_a_wedge_without_an_effect_is_not_given_one():
    generator = np.random.default_rng(SEED)
    treated, held, seen = schedule(clusters=8, periods=5), 0, 0
    for _ in range(250):
        rates = np.clip(0.3 + 0.06 * generator.standard_normal((8, 1)) + 0.04 * np.arange(5)[None, :], 0.01, 0.99)
        try:
            ends = period_adjusted(rows=_rows(generator.binomial(30, rates), treated, 30), confidence=0.95).interval
        except NoEstimate:
            continue
        seen += 1
        held += ends.lower <= 0 <= ends.upper

    assert held / seen >= 0.93


def test_imputation_holds_the_truth_where_strata_explain_what_is_missing():
    generator = np.random.default_rng(SEED)
    held = 0
    for number in range(300):
        strata = []
        for rate, lost in ((0.2, 0.1), (0.5, 0.4)):
            n = int(generator.binomial(120, 1 - lost))
            strata.append(Observed(known=Group(events=int(generator.binomial(n, rate)), n=n), missing=120 - n))
        control = [
            Observed(known=Group(events=int(generator.binomial(120, rate)), n=120), missing=0) for rate in (0.2, 0.5)
        ]
        ends = imputed_difference(intervention=strata, control=control, confidence=0.95, seed=number).effect.interval
        held += ends.lower <= 0 <= ends.upper

    assert held / 300 >= 0.93
