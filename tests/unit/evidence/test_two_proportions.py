import itertools
import math
from fractions import Fraction

import pytest

from primum.evidence.intervals import Group, Interval
from primum.evidence.shares import contingency, ratios, two_proportions

TREATED = Group(events=184, n=200)
CONTROL = Group(events=170, n=200)
NOBODY, EVERYBODY = Group(events=0, n=10), Group(events=10, n=10)
DIFFERENCES = (two_proportions.newcombe, two_proportions.miettinen_nurminen, two_proportions.mee)


def ends(interval: Interval) -> tuple[float, float]:
    return interval.lower, interval.upper


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (two_proportions.newcombe, (0.0071321939, 0.1336540821)),
        (two_proportions.wald, (0.0078502869, 0.1321497131)),
    ],
)
def test_184_against_170_of_200_has_its_published_intervals(method, expected):
    assert ends(method(first=TREATED, second=CONTROL, confidence=0.95)) == pytest.approx(expected, abs=1e-9)


def test_184_against_170_of_200_has_its_published_p_values():
    assert contingency.pearson(first=TREATED, second=CONTROL).p == pytest.approx(0.02822057, abs=1e-8)
    assert contingency.fisher_exact(first=TREATED, second=CONTROL) == pytest.approx(0.04067824, abs=1e-8)


@pytest.mark.parametrize(
    ("first", "n", "expected"),
    [
        (87, 100, (-0.0493, 0.1301)),
        (261, 300, (-0.0104, 0.0908)),
        (870, 1000, (0.0126, 0.0675)),
        (76, 100, (0.0472, 0.2514)),
        (228, 300, (0.0914, 0.2083)),
        (760, 1000, (0.1180, 0.1819)),
    ],
)
def test_the_gap_of_the_sources_example_has_its_newcombe_interval(first, n, expected):
    best, other = Group(events=91 * n // 100, n=n), Group(events=first, n=n)

    assert ends(two_proportions.newcombe(first=best, second=other, confidence=0.95)) == pytest.approx(
        expected, abs=5e-5
    )


def test_pooled_z_of_the_indomethacin_trial_is_the_published_one():
    z = two_proportions.pooled_z(first=Group(events=27, n=295), second=Group(events=52, n=307))

    assert z == pytest.approx(-2.828163, abs=5e-7)


@pytest.mark.parametrize("method", DIFFERENCES)
@pytest.mark.parametrize("first", [NOBODY, EVERYBODY, Group(events=3, n=10)])
@pytest.mark.parametrize("second", [NOBODY, EVERYBODY, Group(events=7, n=1000)])
def test_full_and_empty_groups_have_an_interval_around_the_difference(method, first, second):
    low, high = ends(method(first=first, second=second, confidence=0.95))

    assert -1 <= low <= two_proportions.risk_difference(first=first, second=second) <= high <= 1
    assert low < high


@pytest.mark.parametrize("method", [*DIFFERENCES, two_proportions.wald])
def test_without_units_a_difference_may_be_anything(method):
    nothing = Group(events=0, n=0)

    assert ends(method(first=nothing, second=TREATED, confidence=0.95))[0] <= -0.92


def test_nobody_in_either_arm_gives_z_0():
    assert two_proportions.pooled_z(first=NOBODY, second=NOBODY) == 0
    assert two_proportions.pooled_z(first=Group(events=0, n=0), second=NOBODY) == 0


def test_a_null_that_no_counts_can_have_is_infinitely_far():
    test = two_proportions.farrington_manning(first=NOBODY, second=NOBODY, null=-1.0, alternative="greater")

    assert test.z == math.inf


def test_interval_and_test_of_noninferiority_agree():
    for events in range(80, 101):
        found = two_proportions.noninferiority(
            first=Group(events=events, n=100), second=Group(events=95, n=100), margin=0.1, good="higher", alpha=0.025
        )

        assert found.noninferior == (found.p < 0.025)


def test_masai_has_its_published_ratio():
    ratio = ratios.katz(first=Group(events=244, n=39996), second=Group(events=203, n=40024), confidence=0.95)

    assert ratio.value == pytest.approx(1.2028, abs=5e-5)
    assert ends(ratio.interval) == pytest.approx((0.9990, 1.4482), abs=5e-5)


def test_masai_interval_cancers_have_their_published_ratio():
    ratio = ratios.katz(first=Group(events=82, n=53043), second=Group(events=93, n=52872), confidence=0.95)

    assert (round(ratio.value, 3), round(ratio.interval.lower, 3), round(ratio.interval.upper, 3)) == (
        0.879,
        0.653,
        1.182,
    )


def test_a_ratio_without_events_is_unknown_and_its_score_interval_is_not_nan():
    assert ratios.katz(first=TREATED, second=NOBODY, confidence=0.95).value is None
    assert ratios.katz(first=NOBODY, second=TREATED, confidence=0.95) == ratios.Ratio(
        value=0.0, interval=None, log_error=None
    )
    assert ratios.score_ratio(first=NOBODY, second=TREATED, confidence=0.95).lower == 0
    assert ratios.score_ratio(first=TREATED, second=NOBODY, confidence=0.95).upper == math.inf
    assert ends(ratios.score_ratio(first=NOBODY, second=NOBODY, confidence=0.95)) == (0, math.inf)


def test_an_odds_ratio_with_an_empty_cell_has_no_log_interval():
    assert ratios.woolf(first=EVERYBODY, second=TREATED, confidence=0.95).interval is None
    assert ratios.woolf(first=EVERYBODY, second=NOBODY, confidence=0.95).value is None


def test_tables_without_variation_have_no_chi_square():
    assert contingency.pearson(first=NOBODY, second=NOBODY).p is None
    assert contingency.fisher_exact(first=NOBODY, second=NOBODY) == 1
    assert contingency.conditional_odds_ratio(first=NOBODY, second=NOBODY) is None
    assert contingency.conditional_odds_ratio(first=EVERYBODY, second=NOBODY) == math.inf
    assert contingency.conditional_odds_ratio(first=NOBODY, second=EVERYBODY) == 0


@pytest.mark.parametrize("groups", [[Group(events=7, n=12), Group(events=87, n=94)], [TREATED, CONTROL]])
def test_the_exact_test_of_many_groups_is_fishers_for_two(groups):
    two = contingency.fisher_exact(first=groups[0], second=groups[1])

    assert contingency.fisher_exact_groups(groups) == pytest.approx(two, rel=1e-9)


def test_the_exact_test_of_three_groups_lists_every_table():
    seen, sizes = (1, 4, 6), (5, 6, 7)
    tables = [x for x in itertools.product(*(range(n + 1) for n in sizes)) if sum(x) == sum(seen)]
    ways = {x: math.prod(map(math.comb, sizes, x)) for x in tables}

    p = contingency.fisher_exact_groups([Group(events=x, n=n) for x, n in zip(seen, sizes, strict=True)])

    assert p == pytest.approx(sum(way for way in ways.values() if way <= ways[seen]) / sum(ways.values()))


@pytest.mark.parametrize(
    ("counts", "p"),
    [
        ([(126, 139), (94, 106), (101, 109), (111, 114)], 0.06024468),
        ([(200, 220), (180, 200), (150, 190), (90, 100)], 0.001759542),
        ([(50, 100), (60, 100), (70, 100), (40, 100), (55, 100)], 0.000424073),
        ([(50, 100)] * 4, 1.0),
    ],
)
def test_the_exact_test_of_whole_hospitals_is_what_r_says(counts, p):
    groups = [Group(events=events, n=n) for events, n in counts]

    found = [contingency.fisher_exact_groups(order) for order in (groups, groups[::-1])]

    assert found == pytest.approx([p, p], rel=1e-6)


def test_too_many_tables_are_refused():
    counts = [(2500, 5000), (2510, 5050), (2600, 5100), (2500, 5150)]

    with pytest.raises(contingency.TooManyTables, match="too many tables"):
        contingency.fisher_exact_groups([Group(events=events, n=n) for events, n in counts])


@pytest.mark.parametrize(("observed", "p"), [((5000, 4780), 0.0261076), ((821588, 815482), 1.82179e-06)])
def test_a_sample_ratio_mismatch_has_its_published_p(observed, p):
    test = contingency.sample_ratio(observed=observed, shares=[Fraction(1), Fraction(1)])

    assert test.p == pytest.approx(p, rel=1e-5)


def test_a_sample_ratio_of_nobody_is_unknown():
    assert contingency.sample_ratio(observed=(0, 0), shares=(1, 1)).p is None
