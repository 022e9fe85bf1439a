import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.evidence.equity import subgroups
from primum.evidence.intervals import Group, Interval
from primum.evidence.shares import contingency, paired, proportions, ratios, two_proportions

DIFFERENCES = (two_proportions.newcombe, two_proportions.miettinen_nurminen, two_proportions.mee)
confidences = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@st.composite
def groups(draw, most=400):
    n = draw(st.integers(1, most))
    return Group(events=draw(st.integers(0, n)), n=n)


@given(group=groups(), confidence=confidences)
def test_a_share_lies_inside_its_intervals(group, confidence):
    for method in (proportions.clopper_pearson, proportions.wilson):
        interval = method(group=group, confidence=confidence)
        assert 0 <= interval.lower <= group.p <= interval.upper <= 1


@given(group=groups(), confidence=confidences)
def test_counting_the_absence_mirrors_the_interval(group, confidence):
    interval = proportions.clopper_pearson(group=group, confidence=confidence)
    other = proportions.clopper_pearson(group=group.others, confidence=confidence)

    assert (1 - other.upper, 1 - other.lower) == pytest.approx((interval.lower, interval.upper), abs=1e-9)


@pytest.mark.parametrize("method", DIFFERENCES)
@given(first=groups(), second=groups(), confidence=confidences)
def test_swapping_the_groups_mirrors_the_difference(method, first, second, confidence):
    one = method(first=first, second=second, confidence=confidence)
    other = method(first=second, second=first, confidence=confidence).mirrored()

    assert (one.lower, one.upper) == pytest.approx((other.lower, other.upper), abs=1e-8)


@pytest.mark.parametrize("method", DIFFERENCES)
@given(first=groups(), second=groups())
def test_more_confidence_is_a_wider_interval(method, first, second):
    narrow, wide = (method(first=first, second=second, confidence=confidence) for confidence in (0.9, 0.95))

    assert wide.lower <= narrow.lower + 1e-12
    assert narrow.upper <= wide.upper + 1e-12


@given(first=groups(), second=groups())
def test_score_test_and_score_interval_say_the_same(first, second):
    interval = two_proportions.miettinen_nurminen(first=first, second=second, confidence=0.95)
    z = two_proportions.score_z(first=first, second=second, null=0.0, corrected=True)

    assert (interval.lower > 1e-9) <= (z > 1.9599)
    assert (z > 1.96) <= (interval.lower > -1e-9)


@given(first=groups(), second=groups())
def test_a_score_ratio_contains_the_ratio(first, second):
    interval, ratio = (
        ratios.score_ratio(first=first, second=second, confidence=0.95),
        ratios.risk_ratio(first=first, second=second),
    )

    assert 0 <= interval.lower <= interval.upper
    assert ratio is None or interval.lower <= ratio * (1 + 1e-9)
    assert ratio is None or ratio <= interval.upper * (1 + 1e-9)


@given(first=groups(60), second=groups(60))
def test_exact_p_values_do_not_depend_on_the_order(first, second):
    p = contingency.fisher_exact(first=first, second=second)

    assert 0 < p <= 1
    assert p == pytest.approx(contingency.fisher_exact(first=second, second=first))
    assert p == pytest.approx(contingency.fisher_exact(first=first.others, second=second.others))


@given(st.tuples(*[st.integers(0, 60)] * 4))
def test_a_paired_difference_lies_inside_its_intervals(counts):
    both, only_a, only_b, neither = counts
    pairs = paired.Pairs(both=both, only_a=only_a, only_b=only_b, neither=neither)

    for method in (paired.tango, paired.newcombe_paired):
        interval = method(pairs, confidence=0.95)
        assert -1 <= interval.lower <= paired.paired_difference(pairs) + 1e-12
        assert paired.paired_difference(pairs) - 1e-12 <= interval.upper <= 1


def probability(events: int, n: int, p: float) -> float:
    ways = np.prod([(n - place) / (place + 1) for place in range(events)])
    return float(ways * p**events * (1 - p) ** (n - events))


@cache
def pair(first: tuple[int, int], second: tuple[int, int], confidence: float) -> Interval:
    return two_proportions.miettinen_nurminen(
        first=Group(events=first[0], n=first[1]), second=Group(events=second[0], n=second[1]), confidence=confidence
    )


def remembered(*, first: Group, second: Group, confidence: float) -> Interval:
    return pair((first.events, first.n), (second.events, second.n), confidence)


def exactly(rates: tuple[float, ...], sizes: tuple[int, ...], happens) -> float:
    """The exact probability, over all outcomes, that something happens to the gaps."""
    total = 0.0
    for outcome in itertools.product(*(range(n + 1) for n in sizes)):
        levels = {str(at): Group(events=x, n=n) for at, (x, n) in enumerate(zip(outcome, sizes, strict=True))}
        gaps = subgroups.gaps_of_proportions(levels=levels, confidence=0.95, compare=remembered)
        if happens(gaps):
            total += np.prod([probability(x, n, p) for x, n, p in zip(outcome, sizes, rates, strict=True)])
    return total


def covers(rates: tuple[float, ...]):
    truth = [max(rates) - rate for rate in rates]

    def all_gaps_inside(gaps: subgroups.Gaps) -> bool:
        ends = [gap.interval for gap in gaps.levels]
        return all(end.lower - 1e-9 <= gap <= end.upper + 1e-9 for end, gap in zip(ends, truth, strict=True))

    return all_gaps_inside


@pytest.mark.parametrize("rates", [(0.93, 0.93), (0.99, 0.99), (0.95, 0.85), (0.85, 0.95), (0.98, 0.6), (0.5, 0.5)])
def test_two_small_levels_are_inside_their_intervals_with_95_per_cent(rates):
    assert exactly(rates, (12, 20), covers(rates)) > 0.94


@pytest.mark.parametrize("rates", [(0.93, 0.93, 0.93), (0.95, 0.85, 0.85), (0.99, 0.95, 0.7)])
def test_three_small_levels_are_inside_together(rates):
    assert exactly(rates, (7, 8, 9), covers(rates)) > 0.95


@pytest.mark.parametrize("rates", [(1.0, 0.7), (0.7, 1.0), (0.9, 0.6), (0.8, 0.5)])
def test_a_gap_of_the_margin_passes_once_in_forty_at_most(rates):
    passed = exactly(rates, (20, 20), lambda gaps: gaps.spread.interval.upper < 0.3)

    assert passed <= 0.03
