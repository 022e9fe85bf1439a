from fractions import Fraction

import pytest

from primum.evidence.equity import subgroups
from primum.evidence.intervals import Group, Interval
from primum.evidence.shares.two_proportions import miettinen_nurminen, newcombe

SOURCES = {"Women 18-40": 89, "Men 18-40": 91, "Women 65+": 87, "Low-resource setting": 76}


def example(n: int) -> dict[str, Group]:
    """The sources' example, with n positives in each group."""
    return {level: Group(events=share * n // 100, n=n) for level, share in SOURCES.items()}


def test_the_sources_example_has_a_spread_of_15_points():
    gaps = subgroups.gaps_of_proportions(levels=example(100), confidence=0.95)

    assert gaps.spread.value == Fraction(15, 100)
    assert gaps.best == "Men 18-40"
    assert {gap.level: float(gap.value) for gap in gaps.levels} == pytest.approx(
        {"Women 18-40": 0.02, "Men 18-40": 0.0, "Women 65+": 0.04, "Low-resource setting": 0.15}
    )


def test_only_the_low_resource_setting_is_surely_more_than_5_points_below():
    gaps = subgroups.gaps_of_proportions(levels=example(1000), confidence=0.95)

    assert [gap.level for gap in gaps.levels if gap.interval.lower > 0.05] == ["Low-resource setting"]


def test_few_cases_decide_nothing():
    gaps = subgroups.gaps_of_proportions(levels=example(100), confidence=0.95)

    assert gaps.spread.interval.lower < 0.05 < gaps.spread.interval.upper


@pytest.mark.parametrize("method", [newcombe, miettinen_nurminen])
def test_two_levels_have_the_usual_interval(method):
    women, men = Group(events=36, n=50), Group(events=396, n=418)
    gaps = subgroups.gaps_of_proportions(levels={"F": women, "M": men}, confidence=0.95, compare=method)

    usual = method(first=men, second=women, confidence=0.95)

    spread = gaps.spread.interval
    assert (spread.lower, spread.upper) == pytest.approx((usual.lower, usual.upper), abs=1e-12)


def test_the_error_of_one_comparison_is_sidaks():
    assert subgroups.one_sided_error(levels=2, confidence=0.95) == pytest.approx(0.025)
    assert (1 - subgroups.one_sided_error(levels=5, confidence=0.95)) ** 4 == pytest.approx(0.975)
    assert subgroups.pairwise_confidence(levels=2, confidence=0.95) == pytest.approx(0.95)
    assert subgroups.pairwise_confidence(levels=4, confidence=0.95) ** 6 == pytest.approx(0.95)


@pytest.mark.parametrize("groups", [[(0, 5), (0, 5)], [(5, 5), (5, 5)], [(0, 5), (5, 5)], [(1, 1), (0, 1), (1, 1)]])
def test_full_and_empty_groups_have_gaps_with_a_width(groups):
    levels = {str(place): Group(events=x, n=n) for place, (x, n) in enumerate(groups)}

    gaps = subgroups.gaps_of_proportions(levels=levels, confidence=0.95)

    for gap in (*gaps.levels, gaps.spread):
        assert 0 <= gap.interval.lower <= float(gap.value) <= gap.interval.upper <= 1
    assert gaps.spread.interval.upper > 0


def test_a_gap_needs_two_levels():
    with pytest.raises(subgroups.TooFewLevels, match="at least two levels with data, and there is 1"):
        subgroups.gaps_of_proportions(levels={"F": Group(events=1, n=2)}, confidence=0.95)


def test_gaps_of_effects_come_from_the_effects_own_intervals():
    effects = {
        "young": subgroups.Measured(value=Fraction(1, 10), interval=lambda level: Interval(lower=0.05, upper=0.15)),
        "old": subgroups.Measured(value=Fraction(0), interval=lambda level: Interval(lower=-0.05, upper=0.05)),
    }

    gaps = subgroups.gaps_of_effects(levels=effects, confidence=0.95)

    assert gaps.spread.interval.upper == pytest.approx(0.1 + 0.05 * 2**0.5)
    assert gaps.best == "young"


def test_five_points_exactly_are_five_points():
    spread = subgroups.largest_difference([Group(events=91, n=100), Group(events=86, n=100)])

    assert spread == Fraction(5, 100)
    assert not spread > Fraction(5, 100)
    assert 0.91 - 0.86 > 0.05


def test_groups_without_units_have_no_difference():
    assert subgroups.largest_difference([]) == 0
    assert subgroups.largest_difference([Group(events=0, n=0), Group(events=1, n=2)]) == 0
