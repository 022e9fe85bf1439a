"""
Coverage of every 95 % interval at n = 50, 200, 1,000 and p = 0.5, 0.05, 0.95, by enumeration where possible.

What decides covers 94 % or more everywhere. Some intervals are known to fall below somewhere; they are
shown or kept for comparison, never decide, and are named here with the place.
"""

import itertools
from functools import cache

import numpy as np
import pytest
from scipy.stats import poisson

from primum.evidence.intervals import Group, Interval
from primum.evidence.shares import paired, proportions, rates, ratios, two_proportions
from tests.simulation.enumeration import contains, discordant, likely, of_one, of_two, of_two_by_edges

SIZES, RATES = (50, 200, 1_000), (0.5, 0.05, 0.95)
PLACES = list(itertools.product(SIZES, RATES))
LEAST, MOST = 0.94, 0.965


def group(events: int, n: int) -> Group:
    return Group(events=events, n=n)


# -- one proportion --------------------------------------------------------------------------


@cache
def one(method, n: int, p: float) -> float:
    return of_one(n, p, lambda x: method(group=group(x, n), confidence=0.95))


@pytest.mark.parametrize(("n", "p"), PLACES)
def test_clopper_pearson_decides_and_covers_95_per_cent_everywhere(n, p):
    assert one(proportions.clopper_pearson, n, p) >= 0.95


@pytest.mark.parametrize(
    ("method", "below"),
    [
        (proportions.wilson, {(50, 0.5)}),
        (proportions.agresti_coull, {(50, 0.5)}),
        (proportions.jeffreys, {(50, 0.5), (50, 0.05), (50, 0.95)}),
    ],
)
def test_what_is_shown_covers_94_per_cent_but_where_it_is_named(method, below):
    found = {(n, p): one(method, n, p) for n, p in PLACES}

    assert {place for place, share in found.items() if share < LEAST} == below
    assert min(found.values()) > 0.88


# -- two proportions -------------------------------------------------------------------------


def difference(method, n: int):
    @cache
    def interval(first: int, second: int) -> Interval:
        return method(first=group(first, n), second=group(second, n), confidence=0.95)

    return interval


@pytest.mark.parametrize(("n", "p"), PLACES)
@pytest.mark.parametrize("method", [two_proportions.miettinen_nurminen, two_proportions.newcombe])
def test_differences_that_decide_cover_94_to_96_and_a_half_or_more(method, n, p):
    share = of_two_by_edges(n, (p, p), difference(method, n), truth=0.0)

    assert share >= LEAST
    assert share <= MOST or (n, p) in {(50, 0.05), (50, 0.95), (200, 0.05), (200, 0.95)}, "wider where events are few"


@pytest.mark.parametrize(("n", "p"), PLACES)
@pytest.mark.parametrize("method", [two_proportions.mee, two_proportions.agresti_caffo, two_proportions.wald])
def test_other_differences_of_equal_groups_cover_94_per_cent_or_more(method, n, p):
    assert of_two_by_edges(n, (p, p), difference(method, n), truth=0.0) >= LEAST


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("rates", [(0.95, 0.90), (0.99, 0.94), (0.5, 0.05)])
@pytest.mark.parametrize("method", [two_proportions.miettinen_nurminen, two_proportions.newcombe])
def test_a_true_difference_is_covered_by_what_decides(method, rates, n):
    assert of_two_by_edges(n, rates, difference(method, n), truth=rates[0] - rates[1]) >= LEAST


def test_the_simple_difference_misses_a_true_one_and_never_decides():
    assert of_two_by_edges(50, (0.99, 0.94), difference(two_proportions.wald, 50), truth=0.05) < LEAST


@pytest.mark.parametrize("method", [two_proportions.miettinen_nurminen, two_proportions.newcombe])
def test_the_edges_say_what_every_pair_says(method):
    interval = difference(method, 30)

    every = of_two(30, (0.9, 0.8), lambda first, second: contains(interval(first, second), 0.1))

    assert of_two_by_edges(30, (0.9, 0.8), interval, truth=0.1) == pytest.approx(every, abs=1e-12)


def katz(first: Group, second: Group) -> Interval | None:
    return ratios.katz(first=first, second=second, confidence=0.95).interval


def woolf(first: Group, second: Group) -> Interval | None:
    return ratios.woolf(first=first, second=second, confidence=0.95).interval


def katz_plus_half(first: Group, second: Group) -> Interval:
    return ratios.katz_plus_half(first=first, second=second, confidence=0.95)


@pytest.mark.parametrize(("n", "p"), PLACES)
@pytest.mark.parametrize("method", [katz, woolf, katz_plus_half])
def test_ratios_and_odds_ratios_cover_94_per_cent_or_more(method, n, p):
    share = of_two(n, (p, p), lambda first, second: contains(method(group(first, n), group(second, n)), 1.0))

    assert share >= LEAST


@pytest.mark.parametrize(("n", "p"), PLACES)
def test_the_score_ratio_covers_94_per_cent_or_more(n, p):
    assert of_two_by_edges(n, (p, p), difference(ratios.score_ratio, n), truth=1.0) >= LEAST


# -- paired ----------------------------------------------------------------------------------

AGREEMENT = 0.5


def swap(p: float) -> float:
    """How often only one reading is positive, where both are with chance p and agree by half."""
    return (1 - AGREEMENT) * p * (1 - p)


@pytest.mark.parametrize(("n", "p"), PLACES)
def test_tangos_paired_difference_covers_94_per_cent_or_more(n, p):
    counts, chances = discordant(n, swap(p))

    def interval(only_a: int, only_b: int) -> Interval:
        pairs = paired.Pairs(both=0, only_a=only_a, only_b=only_b, neither=n - only_a - only_b)
        return paired.tango(pairs, confidence=0.95)

    covered = 0.0
    for place, only_b in enumerate(counts):
        low, high = _edges(counts, lambda only_a, fixed=only_b: interval(only_a, fixed))
        covered += chances[low:high, place].sum()
    assert covered >= LEAST


def _edges(counts: range, interval) -> tuple[int, int]:
    """First place covered and first place beyond, by bisection: both ends grow with the count."""

    def first(holds) -> int:
        low, high = 0, len(counts)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(interval(counts[middle])) else (middle + 1, high)
        return low

    return first(lambda found: found.upper >= -1e-12), first(lambda found: found.lower > 1e-12)


@pytest.mark.parametrize(("n", "p"), PLACES)
def test_newcombes_paired_difference_and_the_paired_ratio_cover_94_per_cent_or_more(n, p):
    agree = p * p + AGREEMENT * p * (1 - p)
    chances = [agree, swap(p), swap(p), 1 - agree - 2 * swap(p)]
    tables, times = np.unique(np.random.default_rng(7).multinomial(n, chances, size=10_000), axis=0, return_counts=True)

    covered = np.zeros(2)
    for table, count in zip(tables.tolist(), times.tolist(), strict=True):
        pairs = paired.Pairs(**dict(zip(("both", "only_a", "only_b", "neither"), table, strict=True)))
        covered += count * np.array(
            [
                contains(paired.newcombe_paired(pairs, confidence=0.95), 0.0),
                contains(paired.paired_ratio(pairs, confidence=0.95).interval, 1.0),
            ]
        )

    # Four standard errors of 10,000 draws.
    assert (covered / 10_000 >= LEAST - 0.008).all()


# -- rates -----------------------------------------------------------------------------------


@pytest.mark.parametrize("expected", [n * p for n, p in PLACES])
def test_an_exact_rate_covers_95_per_cent_or_more(expected):
    events = range(max(0, int(expected - 6 * expected**0.5 - 5)), int(expected + 6 * expected**0.5 + 10))

    covered = sum(
        poisson.pmf(count, expected)
        for count in events
        if contains(rates.exact_rate(events=count, exposure=1.0, confidence=0.95), expected)
    )

    assert covered >= 0.95 - 1e-8


def test_likely_counts_leave_nothing_out():
    assert list(likely(3, 0.5)) == [0, 1, 2, 3]
