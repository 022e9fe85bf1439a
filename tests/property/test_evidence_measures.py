import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primum.evidence.measures.registry import METRICS
from tests import evidence_factories as make

ANSWERS = st.sampled_from(["1", "0", ""])
SITES = st.sampled_from(["", "north", "south"])
SEXES = st.sampled_from(["", "F", "M", "X"])
COUNTS = st.sampled_from([0, 1, 2, 4, 5, 9, 40, 300])
PROTOCOLS = [
    None,
    make.protocol(),
    make.protocol(margin="2/100", margin_reason="made for a test", question="non-inferiority"),
    make.with_looks(100, 200, 400, planned=400),
    make.protocol(design="cluster-rct", unit="ward"),
]
THRESHOLDS = [None, make.MORE_THAN_95, make.ABOVE_ZERO, make.GAP_BELOW_5]

diagnostic_rows = st.dictionaries(st.tuples(ANSWERS, ANSWERS, SITES, SEXES, ANSWERS, ANSWERS), COUNTS, max_size=10)
trial_rows = st.dictionaries(
    st.tuples(st.sampled_from(["intervention", "control", ""]), ANSWERS, ANSWERS, SITES, SEXES, ANSWERS),
    COUNTS,
    max_size=10,
)
DIAGNOSTIC = ("reference", "prediction", "site", "sex", "reader_alone", "reader_with_lmm")
OF_TRIALS = {"allocation", "trial", "sites", "conduct", "clusters", "heterogeneity", "means", "missing", "sequential"}
TRIAL = ("arm", "relapse", "serious", "site", "sex", "in_primary")


def is_sound(estimate):
    ends = [one for one in (estimate.lower, estimate.value, estimate.upper) if one is not None]
    if estimate.value is None and not estimate.note:
        return False
    return all(map(math.isfinite, ends)) and all(low <= high + 1e-12 for low, high in pairwise(ends))


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=40)
@given(
    rows=diagnostic_rows,
    trial=trial_rows,
    protocol=st.sampled_from(PROTOCOLS),
    threshold=st.sampled_from(THRESHOLDS),
)
def test_no_counts_crash_a_metric_or_give_a_number_that_is_none(metric, rows, trial, protocol, threshold):
    of_trials = METRICS[metric].__module__.rsplit("_", 1)[-1] in OF_TRIALS or metric == "gap_benefit"
    cells = make.cells("trial", TRIAL, trial) if of_trials else make.cells("diagnostic", DIAGNOSTIC, rows)

    estimates = make.asked(
        metric, cells, threshold=threshold, protocol=protocol, subgroups=("sex", "site"), column="relapse"
    )

    assert estimates
    assert all(is_sound(estimate) for estimate in estimates)


@given(rows=diagnostic_rows)
def test_no_count_below_the_smallest_cell_is_in_a_subgroups_estimate(rows):
    cells = make.cells("diagnostic", DIAGNOSTIC, rows)

    for metric in ("gap_sensitivity", "gap_accuracy", "site_sensitivity"):
        for estimate in make.asked(metric, cells, subgroups=("sex",)):
            assert estimate.scope == "all" or not 0 < estimate.n < 5


@given(found=st.integers(0, 200), missed=st.integers(0, 200))
def test_one_more_case_found_never_lowers_the_bound(found, missed):
    before, after = (
        make.asked("sensitivity", make.diagnostic({("1", "1"): found + more, ("1", "0"): missed}))[0] for more in (0, 1)
    )

    assert before.lower is None or before.lower <= after.lower


@given(events=st.integers(0, 99), control=st.integers(0, 100))
def test_one_event_less_never_lowers_the_benefit(events, control):
    more, less = (
        make.asked(
            "primary_benefit",
            make.two_arms(intervention=(number, 100), control=(control, 100)),
            protocol=make.protocol(),
        )[0]
        for number in (events + 1, events)
    )

    assert more.lower <= less.lower + 1e-12
    assert more.value < less.value
