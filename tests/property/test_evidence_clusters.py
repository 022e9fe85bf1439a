import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primum.evidence.intervals import Group
from primum.evidence.measures.registry import METRICS
from primum.evidence.models.clusters import clustered_proportion, compare_clusters
from primum.evidence.models.effects import NoEstimate
from primum.evidence.models.heterogeneity import leave_one_out, site_effects, synthesise
from primum.evidence.shares.stratified import Stratum
from tests import evidence_factories as make
from tests.property.test_evidence_measures import is_sound

CLUSTERS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8)
KEYS = ("arm", "relapse", "serious", "site", "cluster", "period")
ROWS = st.dictionaries(
    st.tuples(
        st.sampled_from(["intervention", "control", ""]),
        st.sampled_from(["1", "0", ""]),
        st.sampled_from(["1", "0"]),
        st.sampled_from(["", "north", "south"]),
        st.sampled_from(["", "a", "b", "c", "d", "e"]),
        st.sampled_from(["", "1", "2", "10"]),
    ),
    st.sampled_from([1, 2, 5, 40]),
    max_size=16,
)
OF_TRIALS = [
    metric
    for metric, function in METRICS.items()
    if function.__module__.rsplit(".", 1)[-1] in {"trial", "sites", "clusters", "heterogeneity", "missing"}
]
PROTOCOLS = [
    make.protocol(design="cluster-rct", unit="ward", planned_units=8),
    make.protocol(design="stepped-wedge-rct", unit="ward", margin="2/100", margin_reason="made for a test"),
    make.with_looks(4, planned=8, design="cluster-rct", unit="ward"),
    make.protocol(),
]


def groups(counts):
    return [Group(events=events, n=events + others) for events, others in counts]


@pytest.mark.parametrize("metric", OF_TRIALS)
@settings(max_examples=25)
@given(rows=ROWS, protocol=st.sampled_from(PROTOCOLS))
def test_no_clusters_crash_a_metric_or_give_a_number_that_is_none(metric, rows, protocol):
    estimates = make.asked(metric, make.cells("trial", KEYS, rows), protocol=protocol, data_sets="3", permutations="30")

    assert estimates
    assert all(is_sound(estimate) for estimate in estimates)


@given(clusters=CLUSTERS, seed=st.integers(0, 9))
def test_the_order_of_clusters_changes_nothing(clusters, seed):
    shuffled = random.Random(seed).sample(clusters, len(clusters))
    if not any(map(sum, clusters)):
        return

    one, other = (clustered_proportion(clusters=groups(some), confidence=0.95) for some in (clusters, shuffled))

    assert one.value == pytest.approx(other.value)
    assert (one.error is None) == (other.error is None)
    assert one.interval is None or one.interval.lower <= one.value <= one.interval.upper


@given(first=CLUSTERS, second=CLUSTERS)
def test_a_comparison_of_clusters_is_an_interval_or_a_sentence(first, second):
    try:
        found = compare_clusters(first=groups(first), second=groups(second), confidence=0.95)
    except NoEstimate:
        return

    assert found.effect.interval.lower < found.effect.value < found.effect.interval.upper
    assert found.icc.value is None or -1 <= found.icc.value <= 1 + 1e-9


@given(sites=st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=6))
@pytest.mark.parametrize("measure", ["RD", "RR", "OR"])
def test_a_synthesis_lies_among_its_sites(sites, measure):
    strata = [Stratum(first=Group(events=a, n=a + b), second=Group(events=c, n=c + d)) for a, b, c, d in sites]
    effects = site_effects(strata=strata, measure=measure)
    if not effects:
        return

    for method in ("FE", "DL", "PM", "HE"):
        found = synthesise(sites=effects, confidence=0.95, method=method)

        values = [one.value for one in effects]
        assert min(values) - 1e-9 <= found.effect.value <= max(values) + 1e-9
        assert found.tau2 >= 0
    if len(effects) > 1:
        assert len(leave_one_out(sites=effects, confidence=0.95, method="DL")) == len(effects)
