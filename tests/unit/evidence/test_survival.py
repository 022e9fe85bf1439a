import pytest

from primum.evidence.models.effects import NoEstimate
from primum.evidence.trials.survival import (
    AtTime,
    both_arms,
    cox,
    kaplan_meier,
    log_rank,
    restricted_mean,
    restricted_mean_difference,
    stratified_log_rank,
)
from tests import evidence_factories as make


def followed(*rows):
    return [AtTime(time=time, events=events, censored=censored) for time, events, censored in rows]


SLOW, FAST = followed((2, 1, 0), (5, 1, 2), (9, 1, 5)), followed((1, 3, 0), (2, 2, 1), (4, 2, 2))


def test_counts_become_follow_up():
    cells = make.cells(
        "trial",
        ("arm", "time", "event"),
        {
            ("intervention", "10", "1"): 2,
            ("intervention", "9", "0"): 3,
            ("control", "2.5", "1"): 1,
            ("control", "", "1"): 4,
        },
    )

    treated, control = both_arms(cells=cells)

    assert treated == (AtTime(time=9, events=0, censored=3), AtTime(time=10, events=2, censored=0))
    assert control == (AtTime(time=2.5, events=1, censored=0),)


def test_a_time_that_is_no_number_is_refused():
    cells = make.cells("trial", ("arm", "time", "event"), {("control", "soon", "1"): 2})

    with pytest.raises(NoEstimate, match="not a number"):
        both_arms(cells=cells)


def test_the_curve_falls_to_nothing_without_an_interval():
    *_, last = kaplan_meier(rows=followed((1, 2, 0), (3, 2, 0)), confidence=0.95)

    assert (last.survival, last.error, last.interval) == (0, None, None)


@pytest.mark.parametrize("kind", ["plain", "log", "log-log"])
def test_an_interval_of_the_curve_holds_it(kind):
    for point in kaplan_meier(rows=SLOW, confidence=0.95, interval=kind):
        assert 0 <= point.interval.lower <= point.survival <= point.interval.upper <= 1


def test_groups_are_compared_either_way():
    assert log_rank(first=SLOW, second=FAST).p == pytest.approx(log_rank(first=FAST, second=SLOW).p)
    assert cox(first=FAST, second=SLOW, confidence=0.95).value == pytest.approx(
        -cox(first=SLOW, second=FAST, confidence=0.95).value
    )
    assert cox(first=FAST, second=SLOW, confidence=0.95).value > 0


def test_strata_of_the_log_rank_test_add_up():
    twice, once = stratified_log_rank(strata=[(SLOW, FAST), (SLOW, FAST)]), log_rank(first=SLOW, second=FAST)

    assert twice.statistic == pytest.approx(2 * once.statistic)


def test_a_difference_of_restricted_means_favours_the_slower():
    found = restricted_mean_difference(first=SLOW, second=FAST, horizon=4, confidence=0.95)

    assert found.value > 0


def test_nobody_with_the_event_lives_to_the_horizon():
    found = restricted_mean(rows=followed((5, 0, 3)), horizon=4)

    assert (found.value, found.error) == (4, 0)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: log_rank(first=[], second=[]), "No event happened"),
        (lambda: log_rank(first=followed((1, 0, 5)), second=followed((1, 0, 5))), "No event happened"),
        (lambda: cox(first=followed((1, 0, 5)), second=FAST, confidence=0.95), "no event"),
        (
            lambda: cox(first=followed((1, 2, 0)), second=followed((2, 2, 0)), confidence=0.95),
            "did not settle|No event",
        ),
        (lambda: restricted_mean(rows=SLOW, horizon=20), "Follow-up ends at 9"),
        (lambda: restricted_mean(rows=[], horizon=2), "needs followed units"),
        (
            lambda: restricted_mean_difference(
                first=followed((5, 0, 3)), second=followed((5, 0, 3)), horizon=4, confidence=0.95
            ),
            "no spread",
        ),
    ],
)
def test_what_follow_up_cannot_tell_says_why(ask, sentence):
    with pytest.raises(NoEstimate, match=sentence):
        ask()
