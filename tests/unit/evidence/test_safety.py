import math
from itertools import product

import pytest

from primum.evidence.designs.boundaries import Design, LooksRefused
from primum.evidence.intervals import Group, ImpossibleCounts
from primum.evidence.shares import rates
from primum.evidence.shares.observed_expected import observed_expected
from primum.evidence.watching import safety

POCOCK = Design(name="lan-demets-pocock", alpha=0.05)


def binomial(k, n, p):
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


def test_the_error_of_a_boundary_on_counts_is_what_enumeration_finds():
    looks, null = (5, 10, 15), 0.2
    found = safety.binomial_boundary(design=POCOCK, looks=looks, null=null)

    stopped = [0.0, 0.0, 0.0]
    for path in product(range(6), repeat=3):
        totals = [sum(path[: look + 1]) for look in range(3)]
        crossed = [limit is not None and total >= limit for total, limit in zip(totals, found.stop_at, strict=True)]
        if any(crossed):
            stopped[crossed.index(True)] += math.prod(binomial(one, 5, null) for one in path)

    assert [sum(stopped[: look + 1]) for look in range(3)] == pytest.approx(found.spent)
    assert found.spent[-1] <= 0.05


def test_a_boundary_is_the_lowest_that_keeps_to_alpha():
    (stop_at,), (spent,) = vars(safety.binomial_boundary(design=POCOCK, looks=(20,), null=0.1)).values()

    assert stop_at == 5
    assert spent == pytest.approx(sum(binomial(k, 20, 0.1) for k in range(5, 21)))
    assert sum(binomial(k, 20, 0.1) for k in range(4, 21)) > 0.05


def test_too_few_units_cannot_stop():
    found = safety.binomial_boundary(design=POCOCK, looks=(2, 40), null=0.5)

    assert found.stop_at[0] is None
    assert found.spent[0] == 0


def test_a_boundary_on_events_in_exposure_keeps_to_alpha():
    found = safety.poisson_boundary(design=POCOCK, looks=(1000.0, 2000.0, 4000.0), null=0.001)

    assert found.stop_at == (5, 6, 9)
    assert found.spent == pytest.approx((0.00365985, 0.01769140, 0.03198214), abs=1e-8)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: safety.binomial_boundary(design=POCOCK, looks=(20, 10), null=0.1),
        lambda: safety.binomial_boundary(design=POCOCK, looks=(), null=0.1),
        lambda: safety.binomial_boundary(design=POCOCK, looks=(20,), null=1.0),
        lambda: safety.poisson_boundary(design=POCOCK, looks=(20.0,), null=0.0),
        lambda: safety.poisson_boundary(design=Design(name="pocock", alpha=0.05, sides=2), looks=(1.0,), null=0.1),
        lambda: safety.maxsprt_critical(expected=0.0, alpha=0.05),
        lambda: safety.maxsprt_critical(expected=0.01, alpha=0.05, fewest=3),
    ],
)
def test_a_boundary_that_cannot_be_is_refused(wrong):
    with pytest.raises(LooksRefused, match=r"\."):
        wrong()


def test_a_ratio_test_decides_at_its_bounds():
    test = safety.sprt_share(acceptable=0.01, harmful=0.03, alpha=0.05, beta=0.1)

    assert test.decision(events=3, others=10) == "harm"
    assert test.decision(events=0, others=111) == "safe"
    assert test.decision(events=1, others=50) == "go on"


def test_a_ratio_test_of_rates_counts_exposure():
    test = safety.sprt_rate(acceptable=0.01, harmful=0.03, alpha=0.05, beta=0.1)

    assert test.ratio(events=2, others=100.0) == pytest.approx(2 * math.log(3) - 2)


@pytest.mark.parametrize("wrong", [safety.sprt_share, safety.sprt_rate])
def test_rates_that_do_not_rise_are_refused(wrong):
    with pytest.raises(ImpossibleCounts, match="cannot be told apart"):
        wrong(acceptable=0.03, harmful=0.01, alpha=0.05, beta=0.1)


def test_waiting_for_more_events_lowers_the_critical_value():
    first, third = (safety.maxsprt_critical(expected=10.0, alpha=0.05, fewest=number) for number in (1, 3))

    assert third < first
    assert safety.maxsprt_ratio(events=3, expected=5.0) == 0.0
    assert safety.maxsprt_ratio(events=3, expected=0.0) == math.inf


def test_equal_arms_are_as_likely_to_be_worse_either_way():
    even = safety.chance_of_more_harm(treated=Group(events=3, n=50), control=Group(events=3, n=50))
    nothing = safety.chance_of_more_harm(treated=Group(events=0, n=0), control=Group(events=0, n=0))

    assert even == pytest.approx(0.5)
    assert nothing == pytest.approx(0.5)


def test_after_no_event_among_nobody_nothing_is_said():
    with pytest.raises(ImpossibleCounts, match="nothing can be seen"):
        safety.rule_of_three(n=0)


def test_two_rates_without_events_have_no_ratio():
    none = rates.compare_rates(events=(0, 0), exposures=(10.0, 20.0), confidence=0.95)
    one_sided = rates.compare_rates(events=(3, 0), exposures=(1.0, 2.0), confidence=0.95)

    assert none.value is None
    assert none.p == 1.0
    assert one_sided.value == math.inf
    assert one_sided.interval.lower == pytest.approx(0.826463, abs=1e-6)


@pytest.mark.parametrize(("observed", "flag"), [(0, "low"), (5, "not different"), (20, "high")])
def test_an_outlier_is_flagged_by_its_interval(observed, flag):
    found = observed_expected(observed=observed, expected=6.0, confidence=0.95)

    assert found.flag == flag
    assert (found.p < 0.05) == (flag != "not different")


def test_nothing_expected_is_refused():
    with pytest.raises(ImpossibleCounts, match="exposure is above 0"):
        observed_expected(observed=1, expected=0.0, confidence=0.95)
