"""How often an equity decision is wrong when there is no gap, and when there is one of exactly the margin."""

from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

from primum.evidence.equity import bootstrap, subgroups
from primum.evidence.equity.naive_rule import SOURCES_MARGIN
from primum.evidence.intervals import Group, Interval
from primum.evidence.shares.two_proportions import miettinen_nurminen
from primum.roadmap.judging import judge
from tests import evidence_factories as make
from tests import factories
from tests.evidence_factories import GAP_BELOW_5

TABLES, MARGIN = 1_500, 0.05
# Three standard errors of a share of 5 % and of 2.5 % among so many tables.
WITHIN_5, WITHIN_2 = 3 * (0.05 * 0.95 / TABLES) ** 0.5, 3 * (0.025 * 0.975 / TABLES) ** 0.5


@cache
def pair(first: Group, second: Group, confidence: float) -> Interval:
    return miettinen_nurminen(first=first, second=second, confidence=confidence)


def remembered(*, first: Group, second: Group, confidence: float) -> Interval:
    return pair(first, second, confidence)


@cache
def decided(counts: tuple[int, ...], n: int) -> tuple[float, float]:
    """Both ends of largest minus smallest."""
    levels = {str(place): Group(events=x, n=n) for place, x in enumerate(counts)}
    spread = subgroups.gaps_of_proportions(levels=levels, confidence=0.95, compare=remembered).spread
    return spread.interval.lower, spread.interval.upper


def ends(rates: list[float], n: int, *, seed: int) -> np.ndarray:
    """Ends of the largest gap in many simulated tables; the order of equal groups does not matter."""
    draws = np.random.default_rng(seed).binomial(n, rates, size=(TABLES, len(rates)))
    return np.array([decided(tuple(sorted(row)), n) for row in draws.tolist()])


@pytest.mark.parametrize("n", [50, 100])
@pytest.mark.parametrize("groups", [2, 4, 6, 10])
def test_without_a_gap_a_gap_is_claimed_in_5_per_cent_at_most(groups, n):
    lower = ends([0.93] * groups, n, seed=groups)[:, 0]

    assert (lower > 0).mean() <= 0.05 + WITHIN_5
    assert (lower > MARGIN).mean() <= 0.025


@pytest.mark.parametrize("groups", [2, 4, 6, 10])
def test_a_gap_of_the_margin_passes_in_2_and_a_half_per_cent_at_most(groups):
    upper = ends([0.93] * (groups - 1) + [0.88], 120, seed=groups)[:, 1]

    assert (upper < MARGIN).mean() <= 0.025 + WITHIN_2


def test_the_naive_rule_fires_in_most_tables_without_a_gap():
    draws = np.random.default_rng(6).binomial(100, 0.93, size=(2_000, 6)).tolist()

    fired = [subgroups.largest_difference([Group(events=x, n=100) for x in row]) > SOURCES_MARGIN for row in draws]

    assert np.mean(fired) == pytest.approx(0.637, abs=0.035)


def outcome(found: tuple[int, int], n: int) -> str:
    rows = {}
    for sex, events in zip(("F", "M"), found, strict=True):
        rows |= {("1", "1", sex): events, ("1", "0", sex): n - events}
    estimates = make.asked("gap_sensitivity", make.diagnostic(rows, "sex"), threshold=GAP_BELOW_5, subgroups=("sex",))
    rule = factories.threshold(**({"method": ""} | GAP_BELOW_5))
    return judge(criterion=factories.criterion(metric="gap_sensitivity", threshold=rule), estimates=estimates).outcome


def test_the_verdict_of_a_policy_is_wrong_as_seldom_as_the_policy_says():
    n, counts = 60, range(47, 61)
    verdicts = {(one, other): outcome((one, other), n) for one in counts for other in counts}

    def chance(said: str, rates: tuple[float, float]) -> float:
        one, other = (dict(zip(counts, binom.pmf(counts, n, p), strict=True)) for p in rates)
        return sum(one[a] * other[b] for (a, b), verdict in verdicts.items() if verdict == said)

    assert chance("fail", (0.93, 0.93)) <= 0.025
    assert chance("pass", (0.93, 0.88)) <= 0.025
    assert chance("fail", (0.99, 0.85)) > 0.3


def hospitals(draw: np.random.Generator, *, clusters: int, levels: int, shift: float):
    """Counts at hospitals that share errors (ICC 0.05), one level worse by the shift."""
    n = draw.integers(10, 30, (clusters, levels))
    rates = draw.beta(0.9 * 19, 0.1 * 19, (clusters, levels))
    rates[:, 0] = np.maximum(0.0, rates[:, 0] - shift)
    return draw.binomial(n, rates), n


def clustered(events: np.ndarray, n: np.ndarray, *, seed: int) -> Interval:
    table = bootstrap.cluster_table(levels=tuple(map(str, range(n.shape[1]))), events=events, n=n)
    return bootstrap.simultaneous_gaps(table=table, confidence=0.95, seed=seed, replicates=800).spread.interval


def independent(events: np.ndarray, n: np.ndarray) -> Interval:
    levels = {
        str(place): Group(events=x, n=size)
        for place, (x, size) in enumerate(zip(events.sum(axis=0).tolist(), n.sum(axis=0).tolist(), strict=True))
    }
    return subgroups.gaps_of_proportions(levels=levels, confidence=0.95).spread.interval


def test_where_hospitals_share_errors_the_bootstrap_holds_its_level_and_independence_does_not():
    draw = np.random.default_rng(3)
    tables = [hospitals(draw, clusters=20, levels=3, shift=0.0) for _ in range(200)]

    drawn = [clustered(*table, seed=place).lower > 0 for place, table in enumerate(tables)]
    alone = [independent(*table).lower > 0 for table in tables]

    # Three standard errors of 5 % among 200 tables are 4.6 points.
    assert np.mean(drawn) <= 0.05 + 0.046
    assert np.mean(alone) > 0.12


def test_where_hospitals_share_errors_a_gap_of_the_margin_hardly_ever_passes():
    draw = np.random.default_rng(4)

    passed = [
        clustered(*hospitals(draw, clusters=40, levels=2, shift=MARGIN), seed=place).upper < MARGIN
        for place in range(150)
    ]

    assert np.mean(passed) <= 0.025 + 0.038
