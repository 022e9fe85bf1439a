import math

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from primum.evidence.counts.moments import Moments
from primum.evidence.intervals import Group
from primum.evidence.scores import drift
from primum.evidence.scores.drift import TooFewRows
from primum.evidence.trials import balance
from primum.evidence.trials.balance import NoBalance

CATEGORIES = {"a": 60, "b": 40}


def test_equal_samples_have_no_distance():
    counts = [5, 0, 20, 75]

    assert drift.stability_index(counts, counts) == 0.0
    assert drift.jensen_shannon(counts, counts) == 0.0
    assert drift.kolmogorov_smirnov(counts, counts) == drift.Distance(statistic=0.0, p=1.0)
    assert drift.wasserstein(counts, counts, points=[1, 2, 3, 4]) == 0.0


def test_samples_with_nothing_in_common_are_as_far_as_can_be():
    one, other = [10, 0], [0, 30]

    assert drift.stability_index(one, other) == math.inf
    assert drift.jensen_shannon(one, other) == pytest.approx(1.0)
    assert drift.kolmogorov_smirnov(one, other).statistic == 1.0
    assert drift.wasserstein(one, other, points=[1.0, 3.5]) == 2.5
    assert drift.association([one, other]).cramers_v == pytest.approx(1.0)


def test_distances_are_those_of_scipy():
    rng = np.random.default_rng(3)
    reference, current = rng.normal(size=80), rng.normal(0.3, 1.2, size=120)
    points, one, other = drift.counts_at_shared_points(np.append(reference, np.nan), current)

    assert drift.wasserstein(one, other, points=points) == pytest.approx(wasserstein_distance(reference, current))
    assert drift.jensen_shannon([3, 5, 2], [2, 2, 6]) == pytest.approx(jensenshannon([3, 5, 2], [2, 2, 6], 2) ** 2)
    assert one.sum() == 80


@pytest.mark.parametrize("table", [[[5, 5]], [[5, 0], [7, 0]], [[0, 0], [3, 4]]])
def test_one_row_or_column_has_no_association(table):
    found = drift.association(table)

    assert (found.test.statistic, found.test.p, found.cramers_v) == (None, None, None)


def test_too_few_rows_are_no_drift_and_no_absence_of_it():
    with pytest.raises(TooFewRows, match="'sex' has 100 reference rows and 3 current"):
        drift.shift_of_categories(column="sex", reference=CATEGORIES, current={"a": 3}, least=50)
    with pytest.raises(TooFewRows):
        drift.shift_of_values(column="age", reference=[60, 60], current=[1, 2])
    with pytest.raises(TooFewRows, match="nothing to compare"):
        drift.stability_index([0, 0], [1, 2])


def test_p_values_of_several_columns_are_adjusted():
    shifts = [
        drift.shift_of_categories(column="sex", reference=CATEGORIES, current={"a": 40, "b": 60}),
        drift.shift_of_values(column="age", reference=[50, 50], current=[48, 52]),
    ]

    sex, age = drift.adjusted(shifts)

    assert sex.adjusted_p == pytest.approx(2 * sex.p)
    assert age.adjusted_p == age.p
    assert sex.adjusted == "holm over 2 columns"
    assert drift.adjusted([]) == ()


def test_a_category_that_vanished_everywhere_is_no_shift():
    found = drift.shift_of_categories(column="arm", reference={"a": 80}, current={"a": 90})

    assert (found.effect, found.p, found.stability_index) == (0.0, 1.0, 0.0)


def moments(n: int, mean: float, variance: float | None) -> Moments:
    return Moments(n=n, total=n * mean, mean=mean, variance=variance)


def test_a_standardised_difference_is_in_standard_deviations():
    found = balance.difference_of_means(first=moments(50, 12.0, 4.0), second=moments(50, 11.0, 4.0), confidence=0.95)

    assert found.value == 0.5
    assert found.interval.lower < 0.5 < found.interval.upper


def test_two_categories_have_the_distance_of_their_share():
    first, second = Group(events=30, n=100), Group(events=45, n=90)

    share = balance.difference_of_shares(first=first, second=second, confidence=0.95)
    mix = balance.difference_of_categories(first=[30, 70], second=[45, 45], confidence=0.95)

    assert mix.value == pytest.approx(abs(share.value))


def test_equal_constants_are_balanced():
    found = balance.difference_of_means(first=moments(5, 1.0, 0.0), second=moments(6, 1.0, 0.0), confidence=0.95)

    assert found.value == 0.0
    assert balance.difference_of_categories(first=[5, 0], second=[7, 0], confidence=0.95).value == 0.0


@pytest.mark.parametrize(
    ("compare", "first", "second"),
    [
        (balance.difference_of_means, moments(5, 1.0, 0.0), moments(6, 2.0, 0.0)),
        (balance.difference_of_means, moments(1, 1.0, None), moments(6, 2.0, 1.0)),
        (balance.difference_of_shares, Group(events=0, n=0), Group(events=1, n=2)),
        (balance.difference_of_shares, Group(events=3, n=3), Group(events=0, n=2)),
        (balance.difference_of_categories, [0, 0], [1, 2]),
        (balance.difference_of_categories, [5, 0], [0, 4]),
    ],
)
def test_a_difference_without_limit_is_refused(compare, first, second):
    with pytest.raises(NoBalance):
        compare(first=first, second=second, confidence=0.95)
