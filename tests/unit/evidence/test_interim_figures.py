import math

import pytest

from primum.evidence.designs.boundaries import Design, LooksRefused, boundaries
from primum.evidence.designs.conditional import (
    Interim,
    conditional_error,
    conditional_power,
    conditional_power_rates,
    predictive_power,
)
from primum.evidence.designs.repeated import (
    repeated_interval,
    repeated_interval_rates,
    repeated_p,
    repeated_ps,
    stopped_trial,
)
from primum.evidence.intervals import Group, normal_cdf, normal_tail

OBRIEN_FLEMING = Design(name="lan-demets-obrien-fleming", alpha=0.025)
THIRD = Interim(z=1.2, seen=1 / 3, fractions=(1.0,), critical=(1.993047,))


def test_the_repeated_p_is_alpha_exactly_on_the_boundary():
    critical = boundaries(design=OBRIEN_FLEMING, information=(400, 602), planned=948).critical

    p = repeated_p(design=OBRIEN_FLEMING, information=(400, 602), planned=948, z=critical[1])

    assert p == pytest.approx(0.025, abs=1e-10)


@pytest.mark.parametrize(("z", "expected"), [(-3.0, 0.5), (0.0, 0.5), (40.0, 1e-13)])
def test_a_repeated_p_stays_within_its_limits(z, expected):
    assert repeated_p(design=OBRIEN_FLEMING, information=(1, 2), planned=2, z=z) == pytest.approx(expected)


def test_a_look_that_is_not_there_is_refused():
    with pytest.raises(LooksRefused, match="Look 3 is not one of the 2 looks"):
        repeated_ps(design=OBRIEN_FLEMING, information=(1, 2), planned=2, look=3, z=1.0)


def test_user_defined_alpha_is_scaled_for_a_repeated_p():
    design = Design(name="user-defined", alpha=0.02, spent=(0.01, 0.02))

    assert repeated_ps(design=design, information=(1, 2), planned=2, look=1, z=2.326347874) == pytest.approx(0.02)


def test_a_repeated_interval_of_a_look_that_cannot_stop_has_no_ends():
    assert repeated_interval(value=0.1, error=0.02, critical=math.inf).lower == -math.inf
    assert repeated_interval(value=0.1, error=0.02, critical=2.0).upper == pytest.approx(0.14)


@pytest.mark.parametrize(
    ("first", "second", "critical", "ends"),
    [
        ((0, 0), (5, 10), 2.0, (-1.0, 1.0)),
        ((5, 10), (5, 10), math.inf, (-1.0, 1.0)),
        ((10, 10), (0, 10), 2.0, (0.6, 1.0)),
    ],
)
def test_a_repeated_interval_of_rates_stays_within_one(first, second, critical, ends):
    groups = {name: Group(events=x, n=n) for name, (x, n) in (("first", first), ("second", second))}

    found = repeated_interval_rates(**groups, critical=critical)

    assert (found.lower, found.upper) == pytest.approx(ends, abs=0.1)


def test_a_trial_of_one_look_has_the_usual_p_and_interval():
    found = stopped_trial(information=(100.0,), critical=(), z=2.5, confidence=0.95)

    assert found.p == pytest.approx(normal_tail(2.5))
    assert found.median_unbiased == pytest.approx(0.25)
    assert found.interval.lower == pytest.approx(0.25 - 0.1959964, abs=1e-7)


def test_predictive_power_with_one_look_ahead_has_its_closed_form():
    expected = normal_cdf((1.2 * math.sqrt(3) - 1.993047) / math.sqrt(2))

    assert predictive_power(interim=THIRD) == pytest.approx(expected, abs=1e-10)


def test_a_firm_belief_makes_predictive_power_conditional_power():
    believed = predictive_power(interim=THIRD, prior=(2.8, 1e-12))

    assert believed == pytest.approx(conditional_power(interim=THIRD, drift=2.8), abs=1e-6)


def test_without_an_effect_the_conditional_power_is_the_conditional_error():
    expected = normal_tail((1.993047 - 1.2 / math.sqrt(3)) / math.sqrt(2 / 3))

    assert conditional_error(interim=THIRD) == pytest.approx(expected, abs=1e-12)


def test_nothing_ahead_has_no_conditional_power():
    with pytest.raises(LooksRefused, match="a look that is still ahead"):
        conditional_power(interim=Interim(z=1.0, seen=1.0, fractions=(), critical=()))


def test_rates_that_never_vary_ask_for_those_hoped_for():
    none = Group(events=0, n=100)

    with pytest.raises(LooksRefused, match="give the rates hoped for"):
        conditional_power_rates(interim=THIRD, first=none, second=none, more=200)

    assert 0 < conditional_power_rates(interim=THIRD, first=none, second=none, more=200, rates=(0.3, 0.2)) < 1
