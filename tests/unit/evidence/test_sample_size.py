import math
from fractions import Fraction

import numpy as np
import pytest

from primum.evidence.intervals import Group, normal_quantile
from primum.evidence.shares import sample_size
from primum.evidence.shares.proportions import exact_lower
from primum.evidence.shares.two_proportions import restricted_rates

TARGET = Fraction(95, 100)


@pytest.mark.parametrize(
    ("truth", "positives", "found"), [("97/100", 827, 798), ("98/100", 338, 329), ("99/100", 173, 170)]
)
def test_the_positives_that_show_more_than_95_per_cent(truth, positives, found):
    more = sample_size.more_positives(target=TARGET, truth=Fraction(truth), alpha=0.025)

    assert more == positives
    assert sample_size.fewest_found(n=positives, target=TARGET, alpha=0.025) == found


def test_72_positives_without_a_miss_show_more_than_95_per_cent():
    assert sample_size.smallest_without_miss(target=TARGET, alpha=0.025) == 72
    assert exact_lower(group=Group(events=72, n=72), confidence=0.975) > 0.95
    assert exact_lower(group=Group(events=71, n=71), confidence=0.975) < 0.95


@pytest.mark.parametrize(("n", "misses"), [(71, -1), (72, 0), (100, 0), (200, 3), (500, 15)])
def test_the_misses_that_are_still_allowed(n, misses):
    assert sample_size.most_misses(n=n, target=TARGET, alpha=0.025) == misses


def test_cases_so_far_count_as_they_are():
    fresh = sample_size.more_positives(target=TARGET, truth=Fraction(98, 100), alpha=0.025)
    after_good = sample_size.more_positives(target=TARGET, truth=Fraction(98, 100), alpha=0.025, found=100, n=100)
    after_bad = sample_size.more_positives(target=TARGET, truth=Fraction(98, 100), alpha=0.025, found=90, n=100)

    assert after_good < fresh - 100 < fresh < after_bad


def test_what_is_shown_already_needs_nobody_more():
    assert sample_size.more_positives(target=TARGET, truth=Fraction(98, 100), alpha=0.025, found=500, n=500) == 0


def test_what_is_not_true_cannot_be_shown_by_any_number():
    assert sample_size.more_positives(target=TARGET, truth=TARGET, alpha=0.025) is None


@pytest.mark.parametrize(("rate", "positives"), [(0.90, 581), (0.93, 434), (0.95, 334), (0.97, 235)])
def test_the_positives_per_group_that_show_a_gap_below_5_points(rate, positives):
    assert sample_size.positives_per_group(rate=rate, margin=0.05, alpha=0.025) == positives


def test_noninferiority_by_five_points_needs_its_published_total():
    total = sample_size.noninferiority_farrington_manning(treated=0.9, control=0.9, margin=0.05, power=0.8, alpha=0.025)

    assert total == pytest.approx(1161.48, abs=0.005)


def test_no_number_shows_an_effect_that_is_not_there():
    assert sample_size.two_proportions(p1=0.5, p2=0.5, power=0.8, alpha=0.05) == math.inf
    assert sample_size.two_proportions_arcsine(p1=0.5, p2=0.5, power=0.8, alpha=0.05) == math.inf
    assert math.inf == sample_size.noninferiority_wald(treated=0.8, control=0.9, margin=0.1, power=0.8, alpha=0.025)
    assert math.inf == sample_size.noninferiority_farrington_manning(
        treated=0.8, control=0.9, margin=0.1, power=0.8, alpha=0.025
    )


def test_a_strict_size_is_never_larger():
    loose = sample_size.two_proportions(p1=0.4, p2=0.5, power=0.3, alpha=0.2)
    strict = sample_size.two_proportions(p1=0.4, p2=0.5, power=0.3, alpha=0.2, strict=True)

    assert strict < loose
    assert sample_size.power_two_proportions(p1=0.4, p2=0.5, n=strict, alpha=0.2, strict=True) == pytest.approx(0.3)


def test_clusters_of_fifty_nearly_double_the_size():
    assert sample_size.design_effect(cluster_size=50, icc=0.02) == pytest.approx(1.98)
    assert sample_size.clusters_per_arm(n_per_arm=100, cluster_size=50) == 2
    assert sample_size.clusters_per_arm(n_per_arm=101, cluster_size=50) == 3


def test_a_gap_in_benefit_needs_the_size_of_two_differences():
    size = sample_size.units_per_level_of_effect(rate=0.1, margin=0.05, alpha=0.025, shares=(0.5, 0.5))

    assert size == math.ceil((1.959963984540054 + 0.8416212335729143) ** 2 * 8 * 0.09 / 0.0025)


def test_one_gap_of_two_is_shown_with_80_per_cent_and_both_with_60():
    both = sample_size.power_of_all_gaps(n=434, rate=0.93, margin=0.05, alpha=0.025, levels=2)

    assert both == pytest.approx(0.6, abs=0.002)


@pytest.mark.parametrize(("levels", "alpha", "positives"), [(2, 0.025, 577), (6, 0.0050508, 1286)])
def test_the_positives_per_group_that_show_every_gap_at_once(levels, alpha, positives):
    needed = sample_size.positives_for_all_gaps(rate=0.93, margin=0.05, alpha=alpha, levels=levels)

    assert needed == positives


def test_power_of_all_gaps_is_what_normal_draws_say():
    draw = np.random.default_rng(1).normal(0.93, math.sqrt(0.93 * 0.07 / 600), (200_000, 4))
    first, second = restricted_rates(first=0.93, second=0.93, null=-0.05, ratio=1.0)
    error = math.sqrt((first * (1 - first) + second * (1 - second)) / 600)

    within = draw.max(axis=1) - draw.min(axis=1) + normal_quantile(0.99) * error < 0.05

    power = sample_size.power_of_all_gaps(n=600, rate=0.93, margin=0.05, alpha=0.01, levels=4)
    assert power == pytest.approx(within.mean(), abs=0.004)


@pytest.mark.parametrize(("rate", "n", "power"), [(1.0, 200, 1.0), (0.93, 5, 0.0)])
def test_power_without_spread_is_certain_and_with_few_units_none(rate, n, power):
    assert sample_size.power_of_all_gaps(n=n, rate=rate, margin=0.05, alpha=0.025, levels=3) == pytest.approx(power)
