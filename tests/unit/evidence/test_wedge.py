import numpy as np
import pytest

from primum.evidence.intervals import Group
from primum.evidence.models.effects import NoEstimate
from primum.evidence.trials.wedge import ClusterPeriod, NotAWedge, in_order, period_adjusted, permutation_test
from primum.evidence.trials.wedge_power import hussey_hughes, schedule, simulated_power


def wedge(*, effect=0.3, drift=0.05, clusters=6, periods=4, n=40):
    treated = schedule(clusters=clusters, periods=periods)
    rows = []
    for cluster in range(clusters):
        for period in range(periods):
            noise = 0.02 * (cluster * 3 % 5 - 2) + 0.03 * ((cluster * 5 + period * 7) % 4 - 1.5)
            rate = 0.25 + noise + drift * period + effect * treated[cluster, period]
            group = Group(events=round(n * min(rate, 1)), n=n)
            rows.append(
                ClusterPeriod(
                    cluster=f"c{cluster}", period=str(period), treated=bool(treated[cluster, period]), group=group
                )
            )
    return in_order(rows)


def test_a_trend_over_time_is_not_taken_for_an_effect():
    found = period_adjusted(rows=wedge(effect=0.0, drift=0.15), confidence=0.95)

    assert found.interval.lower < 0 < found.interval.upper
    assert abs(found.value) < 0.06


@pytest.mark.parametrize("model", ["cr2", "reml"])
def test_an_effect_is_found_beside_a_trend(model):
    found = period_adjusted(rows=wedge(), confidence=0.95, model=model)

    assert found.value == pytest.approx(0.3, abs=0.06)
    assert found.interval.lower > 0


def test_orders_of_start_are_tried_all_or_at_random_by_a_seed():
    every = permutation_test(rows=wedge(), draws=1000, seed=1)
    some = [permutation_test(rows=wedge(), draws=50, seed=1) for _ in range(2)]

    assert (every.orders, every.exact) == (90, True)
    assert every.p == pytest.approx(1 / 90)
    assert some[0] == some[1]
    assert not some[0].exact


def test_a_cluster_that_goes_back_or_has_both_arms_is_refused():
    row = {"cluster": "a", "group": Group(events=1, n=5)}
    back = [ClusterPeriod(period=one, treated=one == "1", **row) for one in ("1", "2")]
    both = [ClusterPeriod(period="1", treated=one, **row) for one in (True, False)]

    with pytest.raises(NotAWedge, match="goes back to control in period 2"):
        in_order(back)
    with pytest.raises(NotAWedge, match="both arms in period 1"):
        in_order(both)


def test_periods_are_ordered_as_numbers():
    rows = [
        ClusterPeriod(cluster="a", period=one, treated=one == "10", group=Group(events=1, n=5))
        for one in ("10", "9", "1")
    ]

    assert [row.period for row in in_order(rows)] == ["1", "9", "10"]


def test_a_permutation_needs_every_cluster_in_every_period():
    with pytest.raises(NotAWedge, match="every cluster in every period"):
        permutation_test(rows=wedge()[1:], draws=10, seed=1)


def test_clusters_that_start_together_cannot_be_told_from_time():
    rows = in_order(
        [
            ClusterPeriod(cluster=cluster, period=period, treated=period == "2", group=Group(events=3, n=10))
            for cluster in "ab"
            for period in "12"
        ]
    )

    for ask in (
        lambda: period_adjusted(rows=rows, confidence=0.95),
        lambda: permutation_test(rows=rows, draws=10, seed=1),
    ):
        with pytest.raises(NoEstimate, match="told"):
            ask()


def test_an_uneven_schedule_is_refused():
    with pytest.raises(NoEstimate, match="7 clusters cannot be spread over 4 steps"):
        schedule(clusters=7, periods=5)


def test_a_schedule_without_steps_has_no_power():
    with pytest.raises(NoEstimate, match="cannot be told from period"):
        hussey_hughes(treated=np.ones((3, 2)), size=10, control=0.1, intervention=0.2, between_variance=0.001)


def test_simulated_power_is_near_the_formula_and_repeats_with_its_seed():
    asked = {"treated": schedule(clusters=8, periods=5), "size": 60, "control": 0.5, "intervention": 0.7}

    simulated = [simulated_power(**asked, between_sd=0.03, seed=7, draws=60) for _ in range(2)]
    formula = hussey_hughes(**asked, between_variance=0.0009)

    assert simulated[0] == simulated[1]
    assert simulated[0].error == pytest.approx(formula.error, rel=0.35)
