import pytest

from primum.evidence.intervals import Group
from primum.evidence.models.clusters import clustered_proportion, compare_cluster_ratio, compare_clusters, icc_anova
from primum.evidence.models.effects import NoEstimate


def groups(*counts):
    return [Group(events=events, n=n) for events, n in counts]


FIRST, SECOND = groups((8, 10), (15, 30), (7, 10)), groups((3, 10), (4, 20), (5, 10))


def test_a_proportion_over_clusters_is_wider_than_over_units():
    found = clustered_proportion(clusters=groups((10, 10), (0, 10), (9, 10), (1, 10)), confidence=0.95)

    assert found.error > 2 * found.naive_error
    assert found.design_effect > 4
    assert found.interval.lower < 0.1


@pytest.mark.parametrize("events", [0, 10])
def test_clusters_that_are_all_alike_count_as_one_unit_each(events):
    found = clustered_proportion(clusters=groups((events, 10), (events, 10), (events, 10)), confidence=0.95)

    assert found.design_effect is None
    assert found.interval.upper - found.interval.lower > 0.7


def test_one_cluster_has_no_error():
    found = clustered_proportion(clusters=groups((3, 10), (0, 0)), confidence=0.95)

    assert (found.value, found.error, found.interval, found.clusters) == (0.3, None, None, 1)


def test_no_unit_is_no_proportion():
    with pytest.raises(NoEstimate, match="No cluster has a unit"):
        clustered_proportion(clusters=groups((0, 0)), confidence=0.95)


@pytest.mark.parametrize("options", [{}, {"welch": True}, {"weights": "size"}, {"weights": "minimum-variance"}])
def test_two_arms_are_compared_by_clusters(options):
    found = compare_clusters(first=FIRST, second=SECOND, confidence=0.95, **options)
    other = compare_clusters(first=SECOND, second=FIRST, confidence=0.95, **options)

    assert found.effect.interval.lower < found.effect.value < found.effect.interval.upper
    assert found.effect.value == pytest.approx(-other.effect.value)
    assert found.clusters == (3, 3)
    assert found.effect.degrees <= 4


def test_weights_by_size_give_the_proportion_of_all_units():
    found = compare_clusters(first=FIRST, second=SECOND, confidence=0.95, weights="size")

    assert found.means == pytest.approx((30 / 50, 12 / 40))


def test_a_ratio_of_arms_is_on_the_log_scale():
    found = compare_cluster_ratio(first=FIRST, second=SECOND, confidence=0.95)

    assert found.effect.value == pytest.approx(0.693147, abs=0.02)


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (groups((3, 10)), SECOND, "1 and 3 clusters"),
        (groups((0, 10), (0, 10)), groups((0, 9), (0, 9)), "no spread"),
        ([], [], "0 and 0 clusters"),
    ],
)
def test_a_comparison_that_cannot_be_made_says_why(first, second, sentence):
    with pytest.raises(NoEstimate, match=sentence):
        compare_clusters(first=first, second=second, confidence=0.95)


@pytest.mark.parametrize("second", [groups((0, 10), (0, 10)), groups((5, 10), (5, 10))])
def test_a_ratio_without_events_or_spread_says_so(second):
    with pytest.raises(NoEstimate, match=r"no event|no spread"):
        compare_cluster_ratio(first=groups((5, 10), (5, 10)), second=second, confidence=0.95)


@pytest.mark.parametrize("arms", [[], [groups((1, 2))], [groups((1, 1), (0, 1))], [groups((0, 5), (0, 5))]])
def test_an_intraclass_correlation_that_units_do_not_tell_is_unknown(arms):
    assert icc_anova(arms=arms).value is None
