import pytest

from primum.evidence.intervals import Group, ImpossibleCounts, Interval, bisect, normal_quantile
from primum.evidence.shares import proportions, rates


def test_93_of_100_has_its_textbook_intervals():
    group = Group(events=93, n=100)

    exact = proportions.clopper_pearson(group=group, confidence=0.95)
    score = proportions.wilson(group=group, confidence=0.95)

    assert (exact.lower, exact.upper) == pytest.approx((0.8610802715, 0.9713947112), abs=5e-10)
    assert (score.lower, score.upper) == pytest.approx((0.8625048526, 0.9656807389), abs=5e-10)


def test_one_sided_bounds_are_the_published_ones():
    assert proportions.exact_lower(group=Group(events=95, n=100), confidence=0.95) == pytest.approx(0.8977466, abs=1e-7)
    assert proportions.exact_upper(group=Group(events=0, n=100), confidence=0.95) == pytest.approx(0.02951305, abs=1e-8)


def test_a_screening_device_passes_a_point_rule_and_fails_a_bound_rule():
    device = Group(events=173, n=198)

    assert device.p > 0.85
    assert proportions.exact_lower(group=device, confidence=0.975) == pytest.approx(0.819, abs=5e-4)


@pytest.mark.parametrize("method", [proportions.clopper_pearson, proportions.wilson, proportions.jeffreys])
@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_nobody_and_everybody_have_an_interval(method, n):
    none = method(group=Group(events=0, n=n), confidence=0.95)
    everybody = method(group=Group(events=n, n=n), confidence=0.95)

    assert 0 <= none.lower < none.upper < 1
    assert 0 < everybody.lower < everybody.upper <= 1
    assert none.upper == pytest.approx(1 - everybody.lower)


@pytest.mark.parametrize("method", [proportions.clopper_pearson, proportions.wilson])
def test_an_empty_group_may_be_anything(method):
    assert method(group=Group(events=0, n=0), confidence=0.95) == Interval(lower=0.0, upper=1.0)


@pytest.mark.parametrize(("events", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(events, n):
    with pytest.raises(ImpossibleCounts, match="0 <= events <= n"):
        Group(events=events, n=n)


@pytest.mark.parametrize(("alternative", "p"), [("greater", 0.9453125), ("less", 0.171875), ("two-sided", 0.34375)])
def test_the_exact_test_has_three_sides(alternative, p):
    given = Group(events=3, n=10)

    found = proportions.exact_test(group=given, null=0.5, alternative=alternative)

    assert found == pytest.approx(p)


def test_another_tools_word_for_a_side_is_not_read_as_one_of_the_sides():
    with pytest.raises(ValueError, match=r"'greater', 'less' or 'two-sided'; this one is 'two\.sided'"):
        proportions.exact_test(group=Group(events=3, n=10), null=0.5, alternative="two.sided")


def test_seven_events_in_a_thousand_have_the_exact_rate_interval():
    interval = rates.exact_rate(events=7, exposure=1000, confidence=0.95)

    assert (interval.lower, interval.upper) == pytest.approx((0.002814363, 0.014422675), abs=1e-9)


def test_no_event_at_all_leaves_room_for_the_rule_of_three():
    upper = rates.exact_rate_upper(events=0, exposure=1000, confidence=0.95)

    assert upper == pytest.approx(3 / 1000, rel=0.002)
    assert rates.exact_rate(events=0, exposure=1000, confidence=0.95).lower == 0


def test_a_rate_needs_an_exposure():
    with pytest.raises(ImpossibleCounts, match="exposure is above 0"):
        rates.exact_rate(events=1, exposure=0, confidence=0.95)


def test_quantiles_are_infinite_at_the_ends():
    assert normal_quantile(0) == -normal_quantile(1) == float("-inf")
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054, abs=1e-14)


def test_a_root_at_the_end_is_found_there():
    assert bisect(lambda at: 1.0, low=0.0, high=2.0) == pytest.approx(2.0)
    assert bisect(lambda at: 1.5 - at, low=0.0, high=2.0) == pytest.approx(1.5, abs=1e-14)
