"""Traps that were measured: what a plain rule does, exactly, and what ours does in its place."""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import accumulate

import pytest

from primum.evidence.designs.boundaries import Design, boundaries
from primum.evidence.equity import subgroups
from primum.evidence.intervals import Group
from primum.evidence.shares import proportions, sample_size, stratified, two_proportions
from primum.evidence.shares.stratified import Stratum

ONE_SIDED = 1.6448536269514722
"""The quantile of a test that may be wrong once in twenty."""


@cache
def chances(n: int, p: float) -> list[float]:
    """The chance of 0, 1, 2 ... events among n."""
    log = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(n + 1)]
    return [math.exp(way + k * math.log(p) + (n - k) * math.log1p(-p)) for k, way in enumerate(log)]


def shipped(*, n: int, new: float, old: float, ships: Callable[[Group, Group], bool]) -> float:
    """The exact chance that a rule ships a new model; more hits of the new one never count against it."""
    at_least = list(accumulate(chances(n, new)[::-1]))[::-1]
    total, fewest = 0.0, 0
    for hits, chance in enumerate(chances(n, old)):
        while fewest <= n and not ships(Group(events=fewest, n=n), Group(events=hits, n=n)):
            fewest += 1
        total += chance * at_least[fewest] if fewest <= n else 0.0
    return total


def test_a_point_rule_passes_a_model_that_misses_too_many():
    found = [Group(events=hits, n=100) for hits in range(101)]

    by_point, by_bound = (
        sum(chances(100, 0.93)[group.events] for group in found if passes(group))
        for passes in (
            lambda group: group.rate > Fraction(95, 100),
            lambda group: proportions.exact_lower(group=group, confidence=0.975) > 0.95,
        )
    )

    assert by_point == pytest.approx(0.16, abs=0.005)
    assert by_bound < 0.001


def test_to_ship_when_inconclusive_ships_a_worse_model():
    chance = shipped(
        n=500,
        new=0.87,
        old=0.90,
        ships=lambda new, old: two_proportions.pooled_z(first=new, second=old) > -ONE_SIDED,
    )

    assert chance == pytest.approx(0.56, abs=0.005)


def test_a_margin_of_two_points_hardly_ever_ships_it():
    chance = shipped(
        n=500,
        new=0.87,
        old=0.90,
        ships=lambda new, old: two_proportions.score_z(first=new, second=old, null=-0.02, corrected=False) > ONE_SIDED,
    )

    assert chance == pytest.approx(0.017, abs=0.002)


def test_floats_call_39_of_96_pairs_five_points_apart_more_than_five():
    pairs = [(Group(events=at, n=100), Group(events=at - 5, n=100)) for at in range(5, 101)]

    by_float = sum(high.events / 100 - low.events / 100 > 0.05 for high, low in pairs)
    by_count = sum(subgroups.largest_difference(pair) > Fraction(5, 100) for pair in pairs)

    assert (len(pairs), by_float, by_count) == (96, 39, 0)


def test_two_formulas_of_a_noninferiority_size_are_two_numbers():
    asked = {"treated": 0.9, "control": 0.9, "margin": 0.05, "power": 0.8, "alpha": 0.025}

    by_score = sample_size.noninferiority_farrington_manning(**asked)
    by_wald = 2 * sample_size.noninferiority_wald(**asked)

    assert by_score == pytest.approx(1161.48, abs=0.01)
    assert by_wald == pytest.approx(1130.24, abs=0.01)


@pytest.mark.parametrize("name", ["lan-demets-obrien-fleming", "lan-demets-pocock"])
def test_a_two_sided_design_spends_half_a_side(name):
    asked = {"information": (1, 2, 3), "planned": 3.0}

    both = boundaries(design=Design(name=name, alpha=0.05, sides=2), **asked)
    one = boundaries(design=Design(name=name, alpha=0.025), **asked)

    assert both.critical == pytest.approx(one.critical, abs=2e-5)
    assert both.spent == pytest.approx([2 * spent for spent in one.spent])


def strata(*counts: tuple[int, int, int, int]) -> list[Stratum]:
    return [Stratum(first=Group(events=a, n=m), second=Group(events=b, n=n)) for a, m, b, n in counts]


def test_a_site_without_events_counts_for_the_difference_and_not_for_the_ratio():
    sites, without = strata((8, 100, 16, 100), (4, 50, 9, 60)), strata((0, 80, 0, 90))

    def change(pooled):
        return abs(pooled(strata=sites + without, confidence=0.95).value - pooled(strata=sites, confidence=0.95).value)

    assert change(stratified.pooled_difference) > 0.01
    assert change(stratified.pooled_risk_ratio) == pytest.approx(0, abs=1e-15)
    assert change(stratified.pooled_odds_ratio) == pytest.approx(0, abs=1e-15)


def test_counts_of_millions_do_not_overflow():
    small, large = (
        strata((30, 600, 20, 600), (12, 500, 10, 500)),
        strata((3_000_000, 60_000_000, 2_000_000, 60_000_000), (1_200_000, 50_000_000, 1_000_000, 50_000_000)),
    )

    few, many = (
        stratified.cochran_mantel_haenszel(strata=sites, continuity=False).statistic for sites in (small, large)
    )

    # A hundred thousand times the people is that many times the statistic, but for the factor N/(N-1).
    assert many / few == pytest.approx(100_000, rel=2e-3)
