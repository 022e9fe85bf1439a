"""What monitors say of given counts: each kind's alarm, its sentence, and when it cannot say."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from primum.evidence.scores import drift
from primum.evidence.shares.multiplicity import holm
from primum.evidence.watching import anytime
from primum.evidence.watching.kinds import KINDS, MonitorRefused, Series, SeriesRefused, Tally, series_of
from primum.evidence.watching.kinds_drift import holm_over_columns, moves
from primum.evidence.watching.kinds_rare import RareEvents, log_evidence
from tests import kinds_at_work as work


def only(kind, counts, *, changes=None, smallest_cell=0, baseline=None):
    """Read one place."""
    made = work.series({name: np.atleast_2d(values) for name, values in counts.items()}, baseline=baseline)
    (one,) = KINDS[kind].read(replace(made, smallest_cell=smallest_cell), {**work.PARAMETERS[kind], **(changes or {})})
    return one


def test_errors_that_double_are_noticed_and_the_chart_stays_in_alarm():
    found = only("performance-cusum", {"n": [50] * 8, "events": [2, 3, 2, 9, 10, 8, 0, 0]})

    assert (found.state, found.since, found.period) == ("alarm", "2026-00003", "2026-00007")
    assert "signalled in 2026-00003: 9 events among 50 in 2026-00003 where 2.5 are acceptable" in found.sentence


def test_errors_without_known_outcomes_are_estimated_and_never_quiet():
    unknown = {"n": [50, 0], "events": [2, 0], "unlabelled": [0, 48], "expected_events": [0, 11.3]}

    found = only("performance-cusum", unknown)

    assert found.state == "estimated"
    assert found.statistic == pytest.approx(11.3)
    assert "Estimated only" in found.sentence
    assert "no evidence that all is well" in found.sentence


@pytest.mark.parametrize("kind", ["performance-cusum", "performance-ewma", "outcomes-oe", "outcomes-cusum"])
def test_a_period_without_counts_is_insufficient(kind):
    counts = {name: [float(value), np.nan] for name, value in work.PERFECT[kind].items()}

    found = only(kind, counts)

    assert found.state == "insufficient"
    assert found.needed >= 1


def test_an_average_asks_for_enough_cases_before_it_speaks():
    found = only("performance-ewma", {"n": [100], "events": [10]})

    # 20 of n p (1 - p) at a share of 1 in 10 are 223 cases.
    assert (found.state, found.needed) == ("insufficient", 123)


@pytest.mark.parametrize(
    ("overridden", "state", "measure"), [(0, "alarm", "low"), (40, "quiet", ""), (190, "alarm", "high")]
)
def test_overrides_alarm_both_ways(overridden, state, measure):
    found = only("override-rate", {"shown": [300], "overridden": [overridden]})

    assert (found.state, found.measure) == (state, measure)


def test_too_few_suggestions_to_see_automation_bias_say_how_many_more():
    found = only("override-rate", {"shown": [40], "overridden": [0]})

    # 0.98^n is at most 1/20 from n = 149 on.
    assert (found.state, found.needed) == ("insufficient", 109)


def test_what_one_period_cannot_spend_lets_a_later_one_alarm_at_one_count_fewer():
    # Of 120 uses 6 or more lie outside by chance in 3.4 % of periods, 5 or more in 9.4 %; 5 % are asked for.
    alarms = [
        only("outside-use", {"encounters": [120] * upto, "outside": [0] * (upto - 1) + [5]}).state == "alarm"
        for upto in range(1, 9)
    ]

    assert alarms == [False, False, False, True, False, False, False, True]


def test_a_period_that_nobody_reported_leaves_nothing_over():
    silent = only("outside-use", {"encounters": [np.nan] * 20 + [120], "outside": [np.nan] * 20 + [5]})

    assert silent.state == "quiet"


@pytest.mark.parametrize(("events", "state"), [(20, "alarm"), (58, "quiet")])
def test_specialists_who_are_asked_less_often_than_in_control_alarm(events, state):
    found = only("against-control", {"n": [400], "events": [events], "control_n": [400], "control_events": [60]})

    assert found.state == state
    assert f"{events} of 400 of those with output, 60 of 400 of the control arm" in found.sentence


def test_without_a_control_arm_nothing_is_compared():
    found = only("against-control", {"n": [400], "events": [2], "control_n": [0], "control_events": [0]})

    assert found.state == "insufficient"


def test_a_language_that_goes_without_is_named_among_its_site():
    counts = {"n": np.array([[[300.0], [80.0]]]), "without": np.array([[[6.0], [14.0]]])}
    made = Series(sites=("north",), groups=("German", "Turkish"), periods=("2026-01",), counts=counts)

    german, turkish = KINDS["access-equity"].read(made, work.PARAMETERS["access-equity"])

    assert (german.state, turkish.state) == ("quiet", "alarm")
    assert turkish.sentence.startswith("At north, Turkish: 14 of 80 of this group, 6 of 300 of everybody else")


@pytest.mark.parametrize(
    ("changed", "versions", "words"),
    [(12, 0, "although no new version was announced"), (0, 1, "another version answered")],
)
def test_a_vendor_who_changes_the_model_is_noticed_whether_it_says_so_or_not(changed, versions, words):
    found = only("canary", {"asked": [60], "changed": [changed], "version_changes": [versions]})

    assert found.state == "alarm"
    assert words in found.sentence


def test_one_changed_answer_alarms_where_answers_are_fixed():
    changes = {"at_most": "0"}

    assert only("canary", {"asked": [60], "changed": [1]}, changes=changes).state == "alarm"
    assert only("canary", {"asked": [60], "changed": [0]}, changes=changes).state == "quiet"


@pytest.mark.parametrize(
    ("kwh", "carbon", "states"),
    [(1.9, 0.4, ("quiet", "quiet")), (2.1, 0.6, ("alarm", "alarm")), (1.0, np.nan, ("quiet", "insufficient"))],
)
def test_energy_and_carbon_are_held_against_what_was_declared(kwh, carbon, states):
    made = work.series(
        {name: np.array([[value]]) for name, value in (("answers", 1000), ("kwh", kwh), ("kg_co2e", carbon))}
    )

    found = KINDS["energy"].read(made, work.PARAMETERS["energy"])

    assert tuple(one.state for one in found) == states


@pytest.mark.parametrize(
    ("drills", "state"),
    [([1, 0, 0, 0, 0, 0], "quiet"), ([1, 0, 0, 0, 0, 0, 0], "alarm"), ([0, 0], "insufficient"), ([0] * 6, "alarm")],
)
def test_a_downtime_drill_is_due_every_six_periods(drills, state):
    assert only("downtime-drill", {"drills": drills}).state == state


@pytest.mark.parametrize(("reviewed", "state"), [(5, "quiet"), (4, "alarm")])
def test_the_quota_of_reviews_is_whole_numbers_not_floats(reviewed, state):
    assert only("review-coverage", {"outputs": [100], "reviewed": [reviewed]}).state == state


def test_scores_that_promise_too_little_alarm_in_their_band():
    cases = {"scored=0.1": [200], "positive=0.1": [45], "scored=0.8": [50], "positive=0.8": [40]}

    found = only("calibration", cases)

    assert found.state == "alarm"
    assert found.measure == "scores above 0 up to 0.5"
    assert "45 events among 200" in found.sentence


def test_a_new_level_and_a_moved_mix_alarm_with_their_effect():
    found = only(
        "drift",
        {"age=0-17": [10], "age=18-64": [200], "age=65+": [290]},
        changes={"effect": "1/10", "ordered": "age"},
        baseline={"age=0-17": [500], "age=18-64": [1000], "age=65+": [500]},
    )

    assert (found.state, found.measure) == ("alarm", "age")
    assert "inputs moved: age (effect 0.33" in found.sentence


def test_many_rows_that_moved_a_little_do_not_alarm():
    found = only(
        "drift",
        {"age=1": [52_000], "age=2": [48_000]},
        changes={"effect": "1/10"},
        baseline={"age=1": [50_000], "age=2": [50_000]},
    )

    assert found.state == "quiet"


def test_small_counts_are_not_printed_and_alarm_all_the_same():
    found = only("performance-cusum", {"n": [12], "events": [4]}, smallest_cell=5)

    assert (found.state, found.statistic) == ("alarm", None)
    assert "fewer than 5 events among 12" in found.sentence
    assert "excess" not in found.sentence


def test_moves_of_many_places_are_those_of_each_alone():
    chosen = np.random.default_rng(5)
    before, now = chosen.integers(20, 90, (6, 4)).astype(float), chosen.integers(20, 90, (6, 4)).astype(float)

    found = moves(column="age", reference=before, current=now, ordered=False)

    for place in range(6):
        one = drift.shift_of_categories(
            column="age",
            reference=dict(zip("abcd", before[place].astype(int).tolist(), strict=True)),
            current=dict(zip("abcd", now[place].astype(int).tolist(), strict=True)),
        )
        got = (found.effect[place], found.stability[place], found.p[place])
        assert got == pytest.approx((one.effect, one.stability_index, one.p), rel=1e-9)


def test_moves_of_ordered_levels_are_those_of_each_alone_with_a_p_value_for_so_many_ties():
    chosen = np.random.default_rng(5)
    before, now = chosen.integers(20, 90, (6, 4)).astype(float), chosen.integers(20, 90, (6, 4)).astype(float)

    found = moves(column="age", reference=before, current=now, ordered=True)

    for place in range(6):
        one = drift.shift_of_values(column="age", reference=before[place].astype(int), current=now[place].astype(int))
        assert (found.effect[place], found.stability[place]) == pytest.approx((one.effect, one.stability_index))
        assert found.p[place] < one.p


def test_with_two_levels_the_largest_distance_is_the_one_there_is():
    before, now = np.array([[5_000.0, 5_000.0]]), np.array([[2_350.0, 2_650.0]])

    found = moves(column="sex", reference=before, current=now, ordered=True)

    # 0.03 apart; drawn without replacement from 7,350 and 7,650 of 15,000 it has this standard deviation.
    deviation = (0.49 * 0.51 * 15_000**2 / (10_000 * 5_000 * 14_999)) ** 0.5
    assert found.p[0] == pytest.approx(2 * norm.sf(0.03 / deviation))


def test_many_levels_come_close_to_the_distribution_without_ties():
    chosen = np.random.default_rng(5)
    before, now = chosen.multinomial(60_000, [1 / 200] * 200), chosen.multinomial(60_000, [1 / 200] * 200)

    found = moves(column="day", reference=before[None].astype(float), current=now[None].astype(float), ordered=True)

    without_ties = drift.kolmogorov_smirnov(before, now).p
    assert 0.7 * without_ties < found.p[0] < without_ties


def test_p_values_are_adjusted_over_the_columns_of_each_place():
    p = np.random.default_rng(2).random((5, 4))

    assert holm_over_columns(p) == pytest.approx(np.array([holm(row) for row in p.tolist()]))


def test_evidence_of_many_places_is_that_of_each_alone():
    asked = RareEvents.model_validate(work.PARAMETERS["rare-events"])
    events, exposure = np.array([0.0, 3.0, 12.0]), np.array([90.0, 210.0, 400.0])

    found = log_evidence(events=events, exposure=exposure, parameters=asked)

    prior = anytime.RatePrior(events=1, exposure=200)
    alone = [
        anytime.rate_e_value(events=int(x), exposure=t, null=0.01, prior=prior, alternative="greater")
        for x, t in zip(events, exposure, strict=True)
    ]
    assert np.exp(found) == pytest.approx(alone)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_refuses_parameters_with_a_sentence(kind):
    with pytest.raises(MonitorRefused, match=f"A monitor of the kind '{kind}' cannot have these parameters: "):
        KINDS[kind].design({"colour": "green"})


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_what_it_is_and_what_it_needs(kind):
    asked = KINDS[kind]

    assert asked.notices
    assert asked.design(work.PARAMETERS[kind]).words.endswith(".")
    assert asked.needs or asked.may_have
    assert all(field.description for field in asked.parameters.model_fields.values())


def test_a_chart_with_rates_that_do_not_rise_is_refused():
    with pytest.raises(MonitorRefused, match="cannot be charted"):
        KINDS["performance-cusum"].design({**work.PARAMETERS["performance-cusum"], "worse": "1/100"})


def test_counts_of_another_shape_are_refused():
    with pytest.raises(SeriesRefused, match="1 sites, 1 groups and 2 periods"):
        Series(sites=("a",), periods=("1", "2"), counts={"n": np.zeros((1, 1, 3))})


def test_stored_counts_become_a_series_with_what_is_missing_unknown():
    rows = [
        Tally(period="2026-02", site="b", column="age=1", value=3),
        Tally(period="2026-01", site="a", column="age=2", value=4),
        Tally(period="baseline", site="a", column="age=1", value=None),
    ]

    made = series_of(rows)

    assert (made.sites, made.periods) == (("a", "b"), ("2026-01", "2026-02"))
    assert made.counts["age=1"][0, 0, 0] == 0
    assert np.isnan(made.counts["age=1"][0, 0, 1])
    assert np.isnan(made.baseline["age=1"][0, 0])


def test_over_all_sites_a_period_is_the_sum_of_those_that_reported():
    counts = {"held": np.array([[10.0], [20.0], [np.nan]]), "late": np.array([[1.0], [2.0], [np.nan]])}

    (only_one,) = KINDS["overdue-reviews"].read(work.series(counts), {"at_most": "2", "level": "rollout"})

    assert only_one.sentence == "Over all sites: 3 of 30 are late or expired; 2 may be."
