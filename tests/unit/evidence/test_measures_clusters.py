import numpy as np
import pytest

from primum.evidence.counts.amounts import Amount, weights_of
from primum.evidence.counts.cells import Cells
from tests import evidence_factories as make
from tests.evidence_factories import ABOVE_ZERO

TEAMS = {f"team {number}": (number % 5 + 2, 40) for number in range(5)} | {
    f"team {number}": (number % 5 + 9, 50) for number in range(5, 10)
}
CLUSTERED = make.protocol(design="cluster-rct", unit="team", planned_units=20)
PRIMARY = ["primary_benefit", "primary_noninferiority", "primary_ratio", "benefit_by_site", "safety_difference"]


def teams(*keys):
    rows = {}
    for number, (cluster, (events, n)) in enumerate(TEAMS.items()):
        arm, site = ("intervention" if number < 5 else "control"), ("north" if number % 5 < 3 else "south")
        more = tuple({"cluster": cluster, "site": site, "serious": "0"}[key] for key in keys)
        rows |= {(arm, "1", *more): events, (arm, "0", *more): n - events}
    return make.trial(rows, *keys)


def wedge(*, effect=0.3):
    rows = {}
    for cluster in range(6):
        for period in range(4):
            arm = "intervention" if period > cluster // 2 else "control"
            rate = 0.7 - 0.04 * period - (effect if arm == "intervention" else 0)
            events = round(40 * rate) + (cluster * 5 + period * 7) % 4
            rows |= {
                (arm, "1", f"c{cluster}", str(period)): events,
                (arm, "0", f"c{cluster}", str(period)): 40 - events,
            }
    return make.trial(rows, "cluster", "period")


@pytest.mark.parametrize("metric", PRIMARY)
@pytest.mark.parametrize("changes", [{"design": "cluster-rct", "unit": "team"}, {"unit": "clinic"}])
def test_rows_are_never_tested_where_clusters_were_randomised(metric, changes):
    protocol = make.protocol(margin="2/100", margin_reason="made for a test", **changes)

    for estimate in make.asked(metric, teams("serious", "site"), protocol=protocol):
        assert (estimate.value, estimate.lower) == (None, None)
        assert estimate.note.startswith("the column 'cluster' is not mapped; a row-level test would be wrong: ")


def test_the_primary_benefit_of_clusters_is_at_their_level():
    (benefit,) = make.asked("primary_benefit", teams("cluster"), threshold=ABOVE_ZERO, protocol=CLUSTERED)
    (again,) = make.asked("cluster_difference", teams("cluster"), protocol=CLUSTERED)

    assert (benefit.n, benefit.unit, benefit.method) == (10, "teams", "t-test on clusters")
    assert benefit.value == pytest.approx(11 / 50 - 4 / 40)
    assert benefit.note.startswith("5 against 5 clusters, mean 0.1000 against 0.2200; ICC ")
    assert (benefit.lower, benefit.upper) == (again.lower, again.upper)


def test_clusters_widen_the_interval_of_rows():
    by_rows = make.asked("primary_benefit", teams("cluster"), protocol=make.protocol())[0]
    by_clusters = make.asked("primary_benefit", teams("cluster"), protocol=make.protocol(unit="ward"))[0]

    assert by_rows.method == "Miettinen-Nurminen"
    assert by_clusters.method == "t-test on clusters"


def test_a_margin_and_a_ratio_are_at_the_level_of_clusters():
    protocol = make.protocol(
        design="cluster-rct", unit="team", question="non-inferiority", margin="2/100", margin_reason="made for a test"
    )

    (shown,) = make.asked("primary_noninferiority", teams("cluster"), protocol=protocol)
    (ratio,) = make.asked("primary_ratio", teams("cluster"), protocol=protocol)

    assert shown.value == pytest.approx(0.12 + 0.02)
    assert "margin 2 points" in shown.note
    assert ratio.value == pytest.approx(0.1 / 0.22)
    assert ratio.lower < ratio.value < ratio.upper < 1


def test_looks_count_clusters():
    protocol = make.with_looks(10, planned=20, design="cluster-rct", unit="team")

    (early,) = make.asked("primary_benefit", teams("cluster"), protocol=protocol)
    (plain,) = make.asked("cluster_difference", teams("cluster"), protocol=CLUSTERED)

    assert "at 10 of 20 teams" in early.note
    assert early.adjusted == "adjusted for looks"
    assert early.lower < plain.lower


def test_harm_is_measured_by_clusters():
    rows = {
        (arm, "0", outcome, f"team {number}"): count
        for number in range(6)
        for arm in ["intervention" if number < 3 else "control"]
        for outcome, count in (("1", 8 - number), ("0", 30))
    }

    (harm,) = make.asked("safety_difference", make.trial(rows, "serious", "cluster"), protocol=CLUSTERED)

    assert harm.scope == "endpoint=serious event"
    assert harm.value > 0
    assert harm.n == 6


def test_sites_of_a_cluster_trial_are_shown_by_their_clusters():
    north, south, total = make.asked("benefit_by_site", teams("cluster", "site"), protocol=CLUSTERED)

    assert (north.n, south.n, total.n) == (6, 4, 10)
    assert total.scope == "all"


def test_a_wedge_is_adjusted_for_period_whatever_is_asked():
    protocol = make.protocol(design="stepped-wedge-rct", unit="clinic", planned_units=6)

    (effect,) = make.asked("wedge_effect", wedge(), protocol=protocol)
    (primary,) = make.asked("primary_benefit", wedge(), protocol=protocol)
    (ratio,) = make.asked("primary_ratio", wedge(), protocol=protocol)

    assert effect.value == pytest.approx(0.3, abs=0.05)
    assert (effect.lower, effect.adjusted) == (primary.lower, "adjusted for period")
    assert "6 clusters in 4 periods; permutation p 0.0" in effect.note
    assert ratio.value < 1


@pytest.mark.parametrize(
    ("metric", "cells", "note"),
    [
        ("wedge_effect", teams("cluster"), "the column 'period' is not mapped"),
        ("cluster_difference", make.trial({("control", "1", "a"): 5}, "cluster"), "0 and 1 clusters"),
        (
            "cluster_difference",
            make.trial({("control", "1", "a"): 5, ("intervention", "1", "a"): 5}, "cluster"),
            "1 clusters have units in both arms",
        ),
    ],
)
def test_what_clusters_cannot_tell_says_why(metric, cells, note):
    (estimate,) = make.asked(metric, cells, protocol=CLUSTERED)

    assert estimate.value is None
    assert note in estimate.note


def sites():
    rows = {}
    for number, (x1, x2) in enumerate([(15, 26), (12, 25), (2, 3), (30, 33)]):
        for arm, events in (("intervention", x1), ("control", x2)):
            n = 4 if number == 2 else 100
            rows |= {(arm, "1", f"s{number}"): events, (arm, "0", f"s{number}"): n - events}
    return make.trial(rows, "site")


def test_sites_are_studies():
    found = {
        one: make.asked("heterogeneity", sites(), protocol=make.protocol(), statistic=one)[0]
        for one in ("prediction", "i2", "tau2")
    }

    pooled = found["prediction"]
    assert pooled.lower < 0 < pooled.value < pooled.upper
    assert (pooled.n, pooled.unit) == (4, "sites")
    assert "I2 " in pooled.note
    assert 0 <= found["i2"].lower <= found["i2"].value <= found["i2"].upper <= 1
    assert found["tau2"].upper > 0


def test_the_result_without_each_site_is_shown_but_for_one_too_small():
    rest = make.asked("leave_one_site_out", sites(), protocol=make.protocol())

    assert [one.scope for one in rest] == [f"without site=s{number}" for number in range(4)]
    assert rest[2].suppressed
    assert all(one.value > 0 for one in rest if one.value is not None)


@pytest.mark.parametrize("metric", ["heterogeneity", "leave_one_site_out"])
def test_sites_as_studies_need_two_sites_and_no_clusters(metric):
    one_site = make.trial({("control", "1", "a"): 9, ("intervention", "0", "a"): 9}, "site")

    assert "at least two" in make.asked(metric, one_site, protocol=make.protocol())[0].note
    assert "row-level" in make.asked(metric, sites(), protocol=CLUSTERED)[0].note


def minutes(values):
    rows = [(arm, value) for arm, several in values.items() for value in several]
    counted = make.cells("trial", ("arm",), {(arm,): 1 for arm in values})
    amount = Amount(name="minutes")
    sums = [
        weights_of(np.array([v for a, v in rows if a == arm]), amount=amount).sum(axis=0) for arm in counted.levels[0]
    ]
    weights = np.column_stack([[len(values[arm]) for arm in counted.levels[0]], np.array(sums)])
    return Cells(
        kind="trial",
        keys=("arm",),
        levels=counted.levels,
        codes=counted.codes,
        weights=weights,
        sources=("a",),
        amounts=(amount,),
    )


def test_means_are_compared_from_exact_sums():
    cells = minutes({"intervention": [0.7, -1.6, -0.2, -1.2, -0.1], "control": [1.9, 0.8, 1.1, 0.1, -0.1]})

    (worse,) = make.asked("mean_difference", cells, protocol=make.protocol(), amount="minutes")
    (better,) = make.asked("mean_difference", cells, protocol=make.protocol(), amount="minutes", good="lower")
    (unnamed,) = make.asked("mean_difference", cells, protocol=make.protocol())

    assert worse.value == pytest.approx(-1.24)
    assert (better.value, better.upper) == (-worse.value, -worse.lower)
    assert unnamed.note == "the criterion names no `amount` in its parameters"
