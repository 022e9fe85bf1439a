import itertools
from fractions import Fraction

import pytest
from scipy.stats import binom

from primum.evidence.equity.naive_rule import false_alarm, naive_rule
from primum.evidence.intervals import Group, ImpossibleCounts

FIVE_POINTS = Fraction(5, 100)
SIMULATED = {
    2: (0.321, 0.126, 0.040, 0.002),
    4: (0.743, 0.418, 0.163, 0.009),
    6: (0.909, 0.643, 0.299, 0.021),
    10: (0.991, 0.874, 0.547, 0.050),
}


@pytest.mark.parametrize("groups", SIMULATED)
def test_the_table_of_false_alarms_is_reproduced(groups):
    exact = [false_alarm(sizes=[n] * groups, rate=0.93, margin=FIVE_POINTS) for n in (50, 100, 200, 500)]

    assert exact == pytest.approx(SIMULATED[groups], abs=0.008)


def by_listing(sizes, rate, margin):
    total = 0.0
    for outcome in itertools.product(*(range(n + 1) for n in sizes)):
        values = [Fraction(x, n) for x, n in zip(outcome, sizes, strict=True)]
        if max(values) - min(values) > margin:
            chances = [float(binom.pmf(x, n, rate)) for x, n in zip(outcome, sizes, strict=True)]
            product = 1.0
            for chance in chances:
                product *= chance
            total += product
    return total


@pytest.mark.parametrize(
    ("sizes", "rate", "margin"),
    [
        ([7, 9, 12], 0.8, Fraction(1, 10)),
        ([20, 20], 0.5, FIVE_POINTS),
        ([20, 40], 0.95, FIVE_POINTS),
        ([4, 5, 10], 0.93, Fraction(1, 5)),
        ([1, 3], 0.3, Fraction(1, 3)),
    ],
)
def test_listing_every_outcome_says_the_same(sizes, rate, margin):
    assert false_alarm(sizes=sizes, rate=rate, margin=margin) == pytest.approx(by_listing(sizes, rate, margin))


def test_sizes_beyond_listing_change_smoothly():
    just, more, huge = (false_alarm(sizes=[n, 60, 100], rate=0.9, margin=FIVE_POINTS) for n in (20_000, 20_002, 10**9))

    assert more == pytest.approx(just, abs=0.001)
    assert huge == pytest.approx(just, abs=0.005)


@pytest.mark.parametrize(
    ("sizes", "rate"), [([], 0.9), ([50], 0.9), ([50, 50], 0.0), ([50, 50], 1.0), ([10**6] * 3, 0.9)]
)
def test_nothing_can_fire_without_chance(sizes, rate):
    assert false_alarm(sizes=sizes, rate=rate, margin=FIVE_POINTS) == 0


def test_a_group_without_units_is_refused():
    with pytest.raises(ImpossibleCounts, match="leave it out"):
        false_alarm(sizes=[0, 5], rate=0.5, margin=FIVE_POINTS)


def test_five_points_exactly_are_no_breach():
    exactly, more = (
        naive_rule(groups=[Group(events=91, n=100), Group(events=worse, n=100), Group(events=0, n=0)])
        for worse in (86, 85)
    )

    assert not exactly.breach
    assert more.breach


def test_the_sources_example_breaches_and_would_often_without_a_gap():
    rule = naive_rule(groups=[Group(events=x, n=100) for x in (89, 91, 87, 76)])

    assert rule.spread == Fraction(15, 100)
    assert rule.words == (
        "the naive rule of the sources (points more than 5 points apart) would say breach; "
        "without any true gap it fires 68% of the time at these sizes"
    )


def test_no_group_has_no_rate():
    assert naive_rule(groups=[]).words.endswith("it fires less than 0.1% of the time at these sizes")
