import numpy as np
import pytest

from primum.evidence.counts.amounts import Amount
from primum.evidence.counts.counting import Counting
from primum.evidence.intervals import normal_cdf
from primum.roadmap.wording import measured
from tests import evidence_factories as make

INDOMETHACIN = make.with_looks(400, 600, 948, planned=948)
STOPPED = make.two_arms(intervention=(27, 295), control=(52, 307))
HALFWAY = make.two_arms(intervention=(20, 200), control=(28, 200))


def followed(rows, *, keys=("arm", "serious"), amount="days", decimals=3, kind="trial"):
    """Counts of (levels, how many rows, amount of each row or None)."""
    counting = Counting(kind=kind, keys=keys, amounts=(Amount(name=amount, decimals=decimals),))
    for levels, times, each in rows:
        coded = {key: (np.zeros(times, np.int32), (level,)) for key, level in zip(keys, levels, strict=True)}
        counting.add(coded, {amount: np.full(times, np.nan if each is None else each)})
    return counting.cells(sources=("a",))


TWO_ARMS = followed(
    [
        (("intervention", "1"), 7, 5.0),
        (("intervention", "0"), 193, 10.0),
        (("control", "1"), 2, 5.0),
        (("control", "0"), 198, 10.0),
    ]
)


def test_a_trial_halfway_may_still_succeed():
    (estimate,) = make.asked("conditional_power", HALFWAY, protocol=make.with_looks(400, planned=800))

    assert estimate.lower < estimate.value < estimate.upper
    assert estimate.value == pytest.approx(normal_cdf((2 * 1.2309149 * 0.5**0.5 - 1.9685959) / 0.5**0.5), abs=1e-6)
    assert "predictive power" in estimate.note
    assert "50.0% of the information" in estimate.note


def test_without_looks_the_end_lies_ahead():
    (estimate,) = make.asked("conditional_power", HALFWAY, protocol=make.protocol(planned_units=800))

    assert estimate.value == pytest.approx(normal_cdf((2 * 1.2309149 * 0.5**0.5 - 1.9599640) / 0.5**0.5), abs=1e-6)


def test_a_margin_makes_success_likelier():
    plain = make.protocol(planned_units=800)
    margin = make.protocol(planned_units=800, question="non-inferiority", margin="5/100", margin_reason="test")

    better, worse = (make.asked("conditional_power", HALFWAY, protocol=one)[0].value for one in (margin, plain))

    assert better > 0.9 > worse


def test_nothing_lies_ahead_of_a_trial_that_is_all_in():
    (estimate,) = make.asked("conditional_power", STOPPED, protocol=make.with_looks(400, planned=602))

    assert estimate.value is None
    assert "nothing lies ahead" in estimate.note


def test_the_indomethacin_trial_would_have_stopped_at_a_smaller_alpha():
    (estimate,) = make.asked("repeated_p", STOPPED, protocol=INDOMETHACIN)

    assert estimate.value == estimate.lower == estimate.upper
    assert 0.005 < estimate.value < 0.025
    assert "z 2.8282 at look 2" in estimate.note
    assert measured(estimate).startswith("p 0.0")


@pytest.mark.parametrize(
    ("metric", "changes", "reason"),
    [
        ("repeated_p", {"protocol": make.protocol()}, "plans no looks"),
        ("repeated_p", {}, "no protocol"),
        ("conditional_power", {"protocol": make.protocol(design="cluster-rct", unit="ward")}, "wards were randomised"),
        ("anytime_event_share", {}, "names no `column`"),
        ("anytime_event_share", {"column": "serious"}, "'serious' is not mapped"),
        ("anytime_event_share", {"column": "relapse", "by": "site"}, "'site' is not mapped"),
        ("event_rate", {"column": "relapse"}, "names no `exposure`"),
        ("event_rate", {"column": "relapse", "exposure": "days"}, "'days' was not summed"),
        ("observed_expected", {"column": "relapse"}, "names no `amount`"),
    ],
)
def test_what_cannot_be_known_says_why(metric, changes, reason):
    (estimate,) = make.asked(metric, STOPPED, **changes)

    assert estimate.value is None
    assert reason in estimate.note


def test_a_share_is_watched_at_all_times_and_by_arm():
    every, control, intervention = make.asked(
        "anytime_event_share",
        STOPPED,
        column="relapse",
        by="arm",
        threshold={"operator": "less_than", "value": "20/100", "bound": "upper"},
    )

    assert [one.scope for one in (every, control, intervention)] == ["all", "arm=control", "arm=intervention"]
    assert every.exact == "79/602"
    assert every.lower < 79 / 602 < every.upper < 0.2
    assert every.adjusted == "valid at every look"
    assert "that it is below the threshold" in every.note


def test_events_are_counted_over_exposure_by_arm():
    every, control, intervention = make.asked("event_rate", TWO_ARMS, column="serious", exposure="days")

    assert every.events == 9
    assert intervention.value == pytest.approx(7 / 1965)
    assert (intervention.lower, intervention.upper) == pytest.approx((0.00143225, 0.00733978), abs=1e-8)
    assert control.n == 200
    assert measured(intervention).startswith("intervention: 0.003562 (7 of 200, 95% interval 0.001432 to 0.00734")


def test_rows_without_exposure_leave_the_rate_unknown():
    cells = followed([(("control", "1"), 6, 5.0), (("control", "0"), 94, None)])

    every, control = make.asked("event_rate", cells, column="serious", exposure="days")

    assert every.value is control.value is None
    assert every.note == "94 of 100 rows lack 'days'"


def test_rows_that_do_not_say_are_left_out_with_their_exposure():
    cells = followed([(("control", "1"), 6, 5.0), (("control", ""), 10, 100.0), (("control", "0"), 94, 5.0)])

    every = make.asked("event_rate", cells, column="serious", exposure="days")[0]

    assert every.value == pytest.approx(6 / 500)
    assert "10 rows do not say" in every.note


def test_no_exposure_at_all_is_said():
    cells = followed([(("control", "0"), 20, 0.0)])

    assert make.asked("event_rate", cells, column="serious", exposure="days")[0].note.startswith("'days' sums to 0")


def test_hospitals_are_held_against_what_was_expected_of_them():
    cells = followed(
        [
            (("north", "1"), 20, 0.0062),
            (("north", "0"), 4757, 0.0062),
            (("south", "1"), 23, 0.0121),
            (("south", "0"), 697, 0.0121),
            (("west", "0"), 3, 0.01),
        ],
        keys=("site", "relapse"),
        amount="risk",
        decimals=6,
        kind="diagnostic",
    )

    every, north, south, west = make.asked("observed_expected", cells, column="relapse", amount="risk")

    assert north.value == pytest.approx(0.675278721)
    assert (north.lower, north.upper) == pytest.approx((0.412477786, 1.042913217))
    assert "not different from expected" in north.note
    # The smallest shown site is hidden with the one too small to show.
    assert south.suppressed
    assert west.suppressed
    assert every.events == 43


def test_an_outlier_is_named():
    cells = followed(
        [(("south", "1"), 23, 0.0121), (("south", "0"), 697, 0.0121)],
        keys=("site", "relapse"),
        amount="risk",
        decimals=6,
        kind="diagnostic",
    )

    assert "more than expected" in make.asked("observed_expected", cells, column="relapse", amount="risk")[1].note
