import math

import pytest

from primum.evidence.designs.boundaries import Design, LooksRefused, boundaries, haybittle_peto
from primum.evidence.designs.futility import BetaSpending, with_futility
from primum.evidence.designs.paths import crossed

OBRIEN_FLEMING = Design(name="lan-demets-obrien-fleming", alpha=0.025)
THIRDS = (1 / 3, 2 / 3, 1)
BETA = BetaSpending(name="lan-demets-obrien-fleming", beta=0.1)


def test_a_closing_look_short_of_the_plan_spends_all_that_is_left():
    found = boundaries(design=OBRIEN_FLEMING, information=(600, 900), planned=948, closing=True)

    assert found.spent[-1] == 0.025
    assert sum(crossed(times=(600, 900), upper=found.critical)[0]) == pytest.approx(0.025, abs=1e-12)


def test_a_look_without_alpha_cannot_stop_and_costs_nothing():
    late = Design(name="user-defined", alpha=0.025, spent=(0.0, 0.01, 0.025))

    found = boundaries(design=late, information=THIRDS, planned=1)

    assert found.critical[0] == math.inf
    assert found.critical[1] == pytest.approx(2.326348, abs=1e-6)


def test_all_of_alpha_at_the_end_is_the_fixed_design():
    found = boundaries(design=Design(name="no-early-efficacy", alpha=0.025), information=THIRDS, planned=1)

    assert found.critical == pytest.approx((math.inf, math.inf, 1.959964), abs=1e-6)


def test_a_binding_futility_bound_gives_alpha_back():
    plain = boundaries(design=OBRIEN_FLEMING, information=THIRDS, planned=1).critical
    bound = boundaries(design=OBRIEN_FLEMING, information=THIRDS, planned=1, lower=(0.0, 0.8)).critical

    assert bound[0] == plain[0]
    assert bound[2] < plain[2] - 0.01


def test_two_looks_that_lie_close_are_as_exact_as_one_by_quadrature():
    found = boundaries(design=Design(name="lan-demets-pocock", alpha=0.025), information=(0.5, 0.52), planned=1)

    above, _ = crossed(times=(0.5, 0.52), upper=found.critical)

    assert found.critical == pytest.approx((2.156999, 2.363629), abs=1e-6)
    assert above[1] == pytest.approx(0.000457898025, abs=1e-12)


@pytest.mark.parametrize(
    ("design", "sentence"),
    [
        (Design(name="user-defined", alpha=0.025, spent=(0.01, 0.005, 0.025)), "never falls"),
        (Design(name="user-defined", alpha=0.025, spent=(0.01, 0.02)), "2 of 3 looks"),
        (Design(name="user-defined", alpha=0.025, spent=(0.01, 0.02, 0.03)), "more than the design's 0.025"),
        (Design(name="pocock", alpha=1.5), "between 0 and 1"),
        (Design(name="haybittle-peto", alpha=0.001), "interim looks alone spend"),
    ],
)
def test_alpha_that_cannot_be_spent_is_refused(design, sentence):
    with pytest.raises(LooksRefused, match=sentence):
        boundaries(design=design, information=THIRDS, planned=1)


def test_a_two_sided_design_takes_no_futility_bound():
    with pytest.raises(LooksRefused, match="one-sided design takes one for every look but the last"):
        boundaries(design=Design(name="pocock", alpha=0.05, sides=2), information=THIRDS, planned=1, lower=(0, 0))


def test_haybittle_and_peto_may_use_another_interim_bound():
    found = haybittle_peto(alpha=0.025, information=THIRDS, interim=4.0)

    assert found.critical == pytest.approx((4, 4, 1.960119), abs=1e-6)


@pytest.mark.parametrize(
    ("design", "spending", "sentence"),
    [
        (Design(name="pocock", alpha=0.05, sides=2), BETA, "two-sided"),
        (Design(name="pocock", alpha=0.025), BETA, "'pocock' has a fixed shape"),
        (OBRIEN_FLEMING, BetaSpending(name="all-at-once", beta=0.1), "'all-at-once' spends no beta"),
        (OBRIEN_FLEMING, BetaSpending(name="kim-demets", beta=0.99, parameter=1), "between 0 and 1 minus alpha"),
        (OBRIEN_FLEMING, BetaSpending(name="user-defined", beta=0.1, spent=(0.1,)), "each of 3 looks"),
        (OBRIEN_FLEMING, BetaSpending(name="user-defined", beta=0.1, spent=(0.1, 0.1, 0.1)), "keeps some"),
    ],
)
def test_futility_that_cannot_be_is_refused(design, spending, sentence):
    with pytest.raises(LooksRefused, match=sentence):
        with_futility(design=design, spending=spending, information=THIRDS, planned=1, binding=True)


def test_futility_loses_exactly_beta_under_the_effect_the_trial_is_made_for():
    found = with_futility(design=OBRIEN_FLEMING, spending=BETA, information=(300, 700, 948), planned=948)
    times = (300 / 948, 700 / 948, 1.0)

    above, below = crossed(
        times=times, upper=found.critical, lower=(*found.futility, -math.inf), drift=math.sqrt(found.shift)
    )

    assert sum(below[:2]) == pytest.approx(found.beta_spent[1], abs=1e-10)
    assert sum(above) == pytest.approx(0.9, abs=1e-10)


@pytest.mark.parametrize("binding", [False, True])
def test_ten_looks_spend_alpha_above_and_beta_below(binding):
    tenths = tuple(step / 10 for step in range(1, 11))
    found = with_futility(design=OBRIEN_FLEMING, spending=BETA, information=tenths, planned=1, binding=binding)
    floor = (*found.futility, -math.inf)

    harmless = sum(crossed(times=tenths, upper=found.critical, lower=floor if binding else ())[0])
    power = sum(crossed(times=tenths, upper=found.critical, lower=floor, drift=math.sqrt(found.shift))[0])

    assert harmless == pytest.approx(0.025, abs=1e-10)
    assert power == pytest.approx(0.9, abs=1e-9)
