import numpy as np
import pytest

from primum.evidence.equity import intersections
from primum.evidence.measures.registry import measure
from primum.roadmap.judging import judge
from tests import evidence_factories as make
from tests import factories
from tests.evidence_factories import GAP_BELOW_5

BY_CLUSTERS = GAP_BELOW_5 | {"method": "cluster bootstrap"}
SEX_AND_AGE = {
    ("F", "young"): (60, 80),
    ("F", "old"): (36, 60),
    ("M", "young"): (190, 200),
    ("M", "old"): (95, 100),
    ("X", "young"): (9, 12),
    ("", "old"): (3, 7),
}


def by_sex_and_age(**changes):
    rows = {}
    for (sex, age), (right, n) in (SEX_AND_AGE | changes).items():
        rows[("1", "1", sex, age)] = right
        rows[("1", "0", sex, age)] = n - right
    return make.diagnostic(rows, "sex", "age")


def hospitals(number: int, *, spread: float, arms: tuple[str, ...] = ()):
    """Counts by hospital and sex; each hospital has its own rate for each sex."""
    draw, rows = np.random.default_rng(11), {}
    for site in range(number):
        for sex in ("F", "M"):
            rate = float(np.clip(draw.normal(0.9, spread), 0, 1))
            for arm in arms or ("1",):
                right = int(draw.binomial(40, rate))
                rows |= {(arm, "1", f"site {site}", sex): right, (arm, "0", f"site {site}", sex): 40 - right}
    return make.trial(rows, "site", "sex") if arms else make.diagnostic(rows, "site", "sex")


def by_scope(estimates):
    return {estimate.scope: estimate for estimate in estimates}


def test_each_pair_of_levels_has_its_gap_and_small_ones_what_they_need():
    found = by_scope(make.asked("gap_intersections", by_sex_and_age(), threshold=GAP_BELOW_5, subgroups=("sex", "age")))

    assert list(found) == [
        "sex=F, age=old",
        "sex=F, age=young",
        "sex=M, age=old",
        "sex=M, age=young",
        "sex=X, age=young",
        "sex and age",
    ]
    worst, small, spread = found["sex=F, age=old"], found["sex=X, age=young"], found["sex and age"]
    assert (worst.value, worst.n, worst.adjusted) == (0.35, 60, "simultaneous over the 4 levels of sex and age")
    assert (small.value, small.note) == (None, "fewer than 30 positives are not compared")
    assert small.needed > 500
    assert "1 levels could not be compared; 7 positives without sex and age are left out" in spread.note


def test_how_few_are_compared_is_the_policys_choice():
    found = by_scope(make.asked("gap_intersections", by_sex_and_age(), subgroups=("sex", "age"), cases="10"))

    assert found["sex=X, age=young"].value is not None


def test_a_small_pair_takes_others_with_it_so_that_no_sum_gives_it_away():
    cells = make.diagnostic(
        {
            ("1", "1", sex, age): n
            for (sex, age), n in {
                ("F", "old"): 4,
                ("F", "mid"): 50,
                ("F", "young"): 60,
                ("M", "old"): 70,
                ("M", "mid"): 80,
                ("M", "young"): 90,
            }.items()
        },
        "sex",
        "age",
    )

    found = by_scope(make.asked("gap_intersections", cells, subgroups=("sex", "age")))

    hidden = {scope for scope, one in found.items() if one.suppressed}
    assert hidden == {"sex=F, age=old", "sex=F, age=mid", "sex=M, age=old", "sex=M, age=mid"}
    assert found["sex and age"].n == 150
    assert found["sex=M, age=mid"].note.startswith("hidden because another group")


def test_a_table_with_nothing_small_hides_nothing():
    sizes = {("a", "x"): 9, ("a", "y"): 9}

    assert intersections.partners(sizes, small=frozenset()) == frozenset()
    assert intersections.partners(sizes, small=frozenset(sizes)) == frozenset()


@pytest.mark.parametrize(
    ("subgroups", "note"),
    [((), "fewer than two attributes"), (("sex",), "fewer than two attributes"), (("sex", "age", "zip"), "zip")],
)
def test_pairs_need_two_counted_attributes(subgroups, note):
    (estimate,) = make.asked("gap_intersections", by_sex_and_age(), subgroups=subgroups)

    assert estimate.value is None
    assert note in estimate.note


def test_a_pooled_rate_lies_between_the_observed_one_and_the_others():
    found = by_scope(make.asked("shrunken_sensitivity", by_sex_and_age(), subgroups=("sex",)))

    small = found["sex=X"]
    assert 9 / 12 < small.value < 285 / 300
    assert small.note == "observed 75.0%, 9 of 12; shown, never decides"
    assert "own data weigh" in small.adjusted


def test_a_pooled_rate_never_decides():
    (estimate,) = make.asked("shrunken_sensitivity", by_sex_and_age(), threshold=GAP_BELOW_5 | {"method": ""})

    assert estimate.value is None
    assert "never decides" in estimate.note


def test_levels_without_predictions_are_not_pooled():
    cells = make.diagnostic({("1", "", "F"): 50, ("1", "1", "X"): 40, ("1", "0", "Y"): 60}, "sex")

    found = by_scope(make.asked("shrunken_sensitivity", cells, subgroups=("sex",)))

    assert found["sex=F"].note == "there are no positives with a prediction"
    assert found["sex=Y"].value > 0


def test_levels_too_small_to_show_are_not_pooled():
    cells = make.diagnostic({("1", "1", "M"): 4, ("1", "1", "X"): 40, ("1", "0", "Y"): 60}, "sex")

    found = by_scope(make.asked("shrunken_sensitivity", cells, subgroups=("sex",)))

    assert {scope for scope, one in found.items() if one.suppressed} == {"sex=M", "sex=X"}
    assert make.asked("shrunken_sensitivity", make.diagnostic({("1", "1", "M"): 4}, "sex"), subgroups=("sex",))[
        0
    ].note.startswith("no level of sex")


def test_hospitals_that_differ_widen_a_gap_and_what_it_needs():
    cells = hospitals(30, spread=0.08)

    clustered, alone = (
        by_scope(make.asked("gap_sensitivity", cells, threshold=rule, subgroups=("sex",)))["sex"]
        for rule in (BY_CLUSTERS, GAP_BELOW_5)
    )

    assert clustered.value == alone.value
    assert clustered.upper > alone.upper
    assert clustered.method == "cluster bootstrap"
    assert "30 clusters (site) drawn 10,000 times, seed 1; design effect" in clustered.note


def test_clusters_never_make_a_gap_narrower():
    cells = make.diagnostic(
        {("1", "1", f"site {site}", sex): 20 for site in range(12) for sex in ("F", "M")}, "site", "sex"
    )

    clustered, alone = (
        by_scope(make.asked("gap_sensitivity", cells, threshold=rule, subgroups=("sex",)))["sex"]
        for rule in (BY_CLUSTERS, GAP_BELOW_5)
    )

    assert clustered.upper == alone.upper > 0


def test_four_hospitals_are_too_few_and_that_is_no_pass():
    criterion = factories.criterion(
        metric="gap_sensitivity", evidence="diagnostic", threshold=factories.threshold(**BY_CLUSTERS)
    )
    cells = hospitals(4, spread=0.0)
    evidence = factories.evidence(kind="diagnostic", columns={key: key for key in cells.keys}, subgroups=("sex",))

    estimates = measure(
        criterion=criterion,
        cells={"diagnostic": cells},
        rollout=factories.rollout(evidence=(evidence,)),
        policy=factories.policy(),
    )

    assert judge(criterion=criterion, estimates=estimates).outcome == "insufficient"
    assert "needs at least 10 clusters with data, and there are 4" in estimates[0].note


def test_benefits_are_compared_over_clusters_as_well():
    cells = hospitals(14, spread=0.05, arms=("intervention", "control"))

    found = by_scope(
        make.asked("gap_benefit", cells, threshold=BY_CLUSTERS, subgroups=("sex",), protocol=make.protocol(), seed="3")
    )

    assert "14 clusters (site) drawn 10,000 times, seed 3" in found["sex"].note
    assert found["sex"].lower <= found["sex"].value <= found["sex"].upper


@pytest.mark.parametrize(
    ("parameters", "note"),
    [
        ({"method": "guess"}, "asks in its parameters for the method 'guess'"),
        ({"method": "cluster bootstrap", "resample": "sites"}, "asks to draw 'sites' again"),
        ({"method": "cluster bootstrap", "replicates": "50"}, "takes 1,000 draws or more"),
        ({"method": "cluster bootstrap", "column": "ward"}, "the column 'ward' is not mapped"),
    ],
)
def test_what_cannot_be_drawn_is_said(parameters, note):
    (estimate,) = make.asked("gap_accuracy", hospitals(12, spread=0.0), subgroups=("sex",), **parameters)

    assert estimate.value is None
    assert note in estimate.note


def test_allocation_is_tested_at_each_site_and_at_any_look():
    rows = {("intervention", "0", "north"): 80, ("control", "0", "north"): 20}
    rows |= {(arm, "0", "south"): 50 for arm in ("intervention", "control")} | {("", "0", "west"): 9}
    cells = make.trial(rows, "site")

    sites = by_scope(make.asked("sample_ratio_by_site", cells, protocol=make.protocol()))
    (ever,) = make.asked("sample_ratio_anytime", cells, protocol=make.protocol(), concentration="100")

    assert sites["site=north"].value < 1e-8
    assert sites["site=south"].value == pytest.approx(1)
    assert sites["site=west"].note == "no unit is in either arm here"
    assert 0.001 < ever.value < 0.05
    assert ever.note == "130 against 70, planned 1:1; holds at any number of looks"


@pytest.mark.parametrize("metric", ["sample_ratio_by_site", "sample_ratio_anytime"])
def test_allocation_needs_a_protocol_and_the_unit_that_was_randomised(metric):
    cells = make.trial({("intervention", "0", "north"): 80}, "site")

    (without,) = make.asked(metric, cells)
    (clustered,) = make.asked(metric, cells, protocol=make.protocol(design="cluster-rct", unit="ward"))

    assert without.note == "no protocol is declared"
    assert clustered.note == "the column 'cluster' is not mapped"
