import math

import pytest

from primum.evidence.designs.designs_power import effective_units
from primum.evidence.intervals import ImpossibleCounts
from primum.evidence.shares.observed_expected import observed_expected
from primum.evidence.shares.rates import exact_rate_upper
from primum.evidence.shares.rates_size import (
    exposure_to_stay_below,
    exposure_two_rates,
    fewest_for_excess,
    power_of_excess,
    units_without_event,
)
from primum.evidence.watching.safety import sprt_share


def test_twice_the_rate_needs_the_exposure_of_the_formula():
    found = exposure_two_rates(first=0.01, second=0.02, alpha=0.05)

    assert found == pytest.approx((1.959964 + 0.841621) ** 2 * 0.03 / 0.01**2, rel=1e-5)
    assert exposure_two_rates(first=0.01, second=0.01, alpha=0.05) == math.inf


def test_the_fewest_events_of_an_excess_are_flagged_and_one_less_is_not():
    fewest = fewest_for_excess(expected=6.0, confidence=0.95)

    flags = [observed_expected(observed=count, expected=6.0, confidence=0.95).flag for count in (fewest - 1, fewest)]

    assert flags == ["not different", "high"]


def test_the_power_of_an_excess_is_the_chance_of_that_many():
    below = sum(math.exp(-12) * 12**count / math.factorial(count) for count in range(12))

    assert power_of_excess(expected=6.0, ratio=2.0, confidence=0.95) == pytest.approx(1 - below)


def test_the_exposure_to_stay_below_keeps_the_bound_there_as_often_as_asked():
    exposure = exposure_to_stay_below(limit=0.01, truth=0.005, confidence=0.975)

    kept = [count for count in range(40) if exact_rate_upper(events=count, exposure=exposure, confidence=0.975) <= 0.01]
    mean = 0.005 * exposure
    power = sum(math.exp(-mean) * mean**count / math.factorial(count) for count in kept)

    assert 0.8 <= power < 0.83


def test_without_any_event_the_rule_of_three_gives_the_exposure():
    assert exposure_to_stay_below(limit=0.01, truth=0.0, confidence=0.95) == pytest.approx(-math.log(0.05) / 0.01)
    assert exposure_to_stay_below(limit=0.01, truth=0.01, confidence=0.95) == math.inf
    assert units_without_event(limit=0.05, confidence=0.975) == 72


def test_a_share_of_all_cannot_be_ruled_out():
    with pytest.raises(ImpossibleCounts, match="lies between 0 and 1"):
        units_without_event(limit=1.0, confidence=0.95)


def test_a_ratio_test_takes_longest_between_its_two_shares():
    test = sprt_share(acceptable=0.01, harmful=0.03, alpha=0.05, beta=0.1)
    between = test.per_other / (test.per_other - test.per_event)

    safe, undecided, harmful = (test.expected_units(share=share) for share in (0.01, between, 0.03))

    assert undecided > max(safe, harmful)
    assert safe == pytest.approx(
        (0.05 * test.upper + 0.95 * test.lower) / (0.01 * test.per_event + 0.99 * test.per_other)
    )


def test_units_in_clusters_are_worth_fewer():
    assert effective_units(units=1000, cluster_size=50, icc=0.02) == pytest.approx(1000 / 1.98)
