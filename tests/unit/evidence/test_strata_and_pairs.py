import pytest

from primum.evidence.intervals import Group
from primum.evidence.shares import diagnostics, multiplicity, paired, stratified

P_VALUES = (0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216)
SILENT = stratified.Stratum(first=Group(events=0, n=20), second=Group(events=0, n=30))
LOUD = stratified.Stratum(first=Group(events=5, n=20), second=Group(events=2, n=30))


@pytest.mark.parametrize(
    ("adjustment", "expected"),
    [
        ("holm", (0.010, 0.072, 0.312, 0.312, 0.312, 0.312, 0.312, 0.615, 0.615, 0.615)),
        ("hochberg", (0.010, 0.072, *[0.216] * 8)),
        ("hommel", (0.010, 0.072, 0.185, 0.185, 0.185, *[0.216] * 5)),
        ("bh", (0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.105714, 0.216, 0.216, 0.216)),
        ("by", (0.0292897, 0.1171587, *[0.2460333] * 3, 0.2928968, 0.3096338, *[0.6326571] * 3)),
    ],
)
def test_ten_p_values_are_adjusted_as_published(adjustment, expected):
    found = multiplicity.ADJUSTMENTS[adjustment](P_VALUES)

    assert found == pytest.approx(expected, abs=2e-3 if adjustment == "hommel" else 1e-6)


@pytest.mark.parametrize("adjustment", multiplicity.ADJUSTMENTS)
@pytest.mark.parametrize("p_values", [(), (0.2,)])
def test_one_p_value_or_none_needs_no_adjustment(adjustment, p_values):
    assert multiplicity.ADJUSTMENTS[adjustment](p_values) == p_values


def test_mcnemar_has_its_published_p_values():
    pairs = paired.Pairs(both=50, only_a=10, only_b=24, neither=16)

    assert paired.mcnemar(pairs, continuity=False).statistic == pytest.approx(5.764705882, abs=1e-9)
    assert paired.mcnemar(pairs, continuity=False).p == pytest.approx(0.01635122, abs=1e-8)
    assert paired.mcnemar_exact(pairs) == pytest.approx(0.02430651, abs=1e-8)


def test_screentrust_finds_its_published_ratio():
    pairs = paired.Pairs(both=242, only_a=19, only_b=8, neither=55312)

    found = paired.paired_ratio(pairs, confidence=0.95)

    assert (round(found.value, 3), round(found.interval.lower, 3), round(found.interval.upper, 3)) == (
        1.044,
        1.003,
        1.086,
    )


def test_pairs_that_all_agree_show_no_difference():
    pairs = paired.Pairs(both=30, only_a=0, only_b=0, neither=10)

    assert paired.mcnemar_exact(pairs) == paired.mcnemar_mid_p(pairs) == 1
    assert paired.mcnemar(pairs, continuity=True).p is None
    for method in (paired.tango, paired.newcombe_paired):
        interval = method(pairs, confidence=0.95)
        assert interval.lower < 0 < interval.upper


@pytest.mark.parametrize("method", [paired.tango, paired.newcombe_paired, paired.wald_difference])
@pytest.mark.parametrize("pairs", [(0, 0, 0, 0), (9, 0, 0, 0), (0, 9, 0, 0), (0, 0, 9, 0), (0, 0, 0, 9)])
def test_extreme_pairs_have_an_interval_around_the_difference(method, pairs):
    both, only_a, only_b, neither = pairs
    table = paired.Pairs(both=both, only_a=only_a, only_b=only_b, neither=neither)

    interval = method(table, confidence=0.95)

    assert interval.lower <= paired.paired_difference(table) <= interval.upper


def test_a_reading_without_events_has_no_ratio():
    assert paired.paired_ratio(paired.Pairs(both=0, only_a=3, only_b=0, neither=5), confidence=0.95).value is None


def test_a_negative_count_of_pairs_is_refused():
    with pytest.raises(ValueError, match="counts start at 0"):
        paired.Pairs(both=1, only_a=-1, only_b=0, neither=0)


def test_a_stratum_without_events_says_no_difference_and_nothing_of_the_ratio():
    alone, both = (LOUD,), (LOUD, SILENT)

    difference = [stratified.pooled_difference(strata=strata, confidence=0.95).value for strata in (alone, both)]
    ratio = [stratified.pooled_risk_ratio(strata=strata, confidence=0.95).value for strata in (alone, both)]

    assert difference[1] == pytest.approx(difference[0] / 2)
    assert ratio[0] == ratio[1]


@pytest.mark.parametrize(
    "strata", [(), (SILENT,), (stratified.Stratum(first=Group(events=1, n=1), second=Group(events=0, n=0)),)]
)
def test_strata_that_tell_nothing_give_nothing(strata):
    assert stratified.pooled_risk_ratio(strata=strata, confidence=0.95) == stratified.UNDEFINED
    assert stratified.pooled_odds_ratio(strata=strata, confidence=0.95) == stratified.UNDEFINED
    assert stratified.cochran_mantel_haenszel(strata=strata, continuity=True).p is None


def test_an_epidemiologists_example_has_its_published_ratios():
    found = diagnostics.diagnostic_accuracy(tp=95, fp=30, fn=5, tn=170, confidence=0.95)

    ratio, odds = found.positive_likelihood_ratio, found.diagnostic_odds_ratio
    assert (ratio.value, ratio.interval.lower, ratio.interval.upper) == pytest.approx(
        (6.3333, 4.53972, 8.83559), abs=5e-5
    )
    assert (odds.value, odds.interval.lower, odds.interval.upper) == pytest.approx(
        (107.667, 40.4297, 286.723), abs=5e-4
    )


def test_one_class_only_leaves_the_other_measures_unknown():
    found = diagnostics.diagnostic_accuracy(tp=9, fp=0, fn=1, tn=0, confidence=0.95)

    assert found.sensitivity.value == 0.9
    assert found.specificity.value is found.youden is found.positive_likelihood_ratio.value is None
