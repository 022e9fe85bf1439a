import pytest

from primum.evidence.counts.moments import Moments
from primum.evidence.intervals import Group
from primum.evidence.models.adjusted import StratumArm, standardise
from primum.evidence.models.continuous import ArmMoments, ancova, mean_difference
from primum.evidence.models.effects import NoEstimate
from primum.evidence.models.nonrandomised import CovariateCell, difference_in_differences, e_value, propensity_strata
from primum.evidence.models.time_series import interrupted_time_series
from primum.evidence.shares.stratified import Stratum, pooled_difference

COUNTS = {("F", True): (20, 80), ("F", False): (50, 120), ("M", True): (30, 120), ("M", False): (25, 60)}


def arms(*, clusters=("",)):
    return [
        StratumArm(
            treated=treated,
            factors=(sex,),
            group=Group(events=events // len(clusters) + 3 * (place % 2), n=n // len(clusters)),
            cluster=cluster and f"{treated} {cluster}",
        )
        for (sex, treated), (events, n) in COUNTS.items()
        for place, cluster in enumerate(clusters)
    ]


def test_standardisation_is_near_mantel_haenszel():
    found = standardise(arms=arms(), names=("sex",), confidence=0.95)
    strata = [
        Stratum(
            first=Group(events=COUNTS[sex, True][0], n=COUNTS[sex, True][1]),
            second=Group(events=COUNTS[sex, False][0], n=COUNTS[sex, False][1]),
        )
        for sex in ("F", "M")
    ]

    assert found.effect.value == pytest.approx(found.treated - found.control)
    assert found.effect.value == pytest.approx(pooled_difference(strata=strata, confidence=0.95).value, abs=0.005)


def test_standardisation_with_clusters_takes_errors_between_them():
    found = standardise(arms=arms(clusters=("a", "b", "c", "d")), names=("sex",), confidence=0.95)

    assert found.effect.degrees == 8 - 3
    assert found.effect.interval.lower < found.effect.value < found.effect.interval.upper


@pytest.mark.parametrize("scale", ["difference", "log-ratio", "log-odds-ratio"])
def test_an_outcome_that_never_happens_has_no_adjusted_effect(scale):
    none = [StratumArm(treated=one, factors=("a",), group=Group(events=0, n=9)) for one in (True, False)]

    with pytest.raises(NoEstimate, match="Nobody or everybody"):
        standardise(arms=none, names=("sex",), confidence=0.95, scale=scale)


def moments(n, mean, variance):
    return Moments(n=n, total=n * mean, mean=mean, variance=variance)


EMPTY = Moments(n=0, total=0.0, mean=None, variance=None)


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        (EMPTY, moments(5, 1, 1), "0 and 5 known values"),
        (Moments(n=1, total=1.0, mean=1.0, variance=None), moments(5, 1, 1), "1 and 5 known values"),
        (moments(5, 1, 0), moments(5, 2, 0), "the same"),
    ],
)
def test_means_that_cannot_be_compared_say_why(first, second, sentence):
    with pytest.raises(NoEstimate, match=sentence):
        mean_difference(first=first, second=second, confidence=0.95)


def test_adjustment_removes_what_a_stratum_explains():
    rows = [
        ArmMoments(treated=treated, stratum=stratum, moments=moments(n, mean, 4.0))
        for stratum, treated, n, mean in [
            ("old", 1, 40, 12),
            ("old", 0, 10, 11),
            ("young", 1, 10, 4),
            ("young", 0, 40, 3),
        ]
    ]

    assert ancova(arms=rows, confidence=0.95).value == pytest.approx(1.0)


def test_a_series_needs_three_periods_on_each_side():
    with pytest.raises(NoEstimate, match="2 periods before and 4 after"):
        interrupted_time_series(values=[1, 2, 3, 4, 5, 6], start=2, confidence=0.95)


def test_a_gap_in_a_series_is_refused():
    with pytest.raises(NoEstimate, match="no value"):
        interrupted_time_series(values=[1, 2, float("nan"), 4, 5, 6], start=3, confidence=0.95)


def test_a_jump_is_found_beside_seasons():
    season = [0, 3, 1, -2]
    noise = [0.1, -0.2, 0.15, 0.0, -0.1, 0.2, -0.05]
    values = [10 + season[one % 4] + noise[one % 7] + (5 if one >= 20 else 0) for one in range(40)]

    found = interrupted_time_series(values=values, start=20, confidence=0.95, seasons=4)

    assert found.level.interval.lower < 5 < found.level.interval.upper
    assert found.points == (20, 20)


def test_a_change_beyond_the_other_groups_change():
    before, after = (
        (Group(events=50, n=100), Group(events=50, n=100)),
        (Group(events=30, n=100), Group(events=45, n=100)),
    )

    assert difference_in_differences(before=before, after=after, confidence=0.95).value == pytest.approx(-0.15)
    with pytest.raises(NoEstimate, match="One of the four groups is empty"):
        difference_in_differences(before=(Group(events=0, n=0), before[1]), after=after, confidence=0.95)


def test_propensity_strata_balance_a_confounder():
    cells = [
        CovariateCell(treated=treated, covariates=(level,), group=Group(events=round(n * rate), n=n))
        for level, treated, n, rate in [
            ("sick", True, 80, 0.5),
            ("sick", False, 20, 0.6),
            ("well", True, 20, 0.1),
            ("well", False, 80, 0.2),
        ]
    ]

    found = propensity_strata(cells=cells, names=("state",), confidence=0.95)

    assert found.effect.value == pytest.approx(-0.1)
    assert found.balanced
    assert abs(found.balance[0].before) > 1


def test_arms_without_overlap_cannot_be_compared():
    cells = [
        CovariateCell(treated=one, covariates=(str(one), "x"), group=Group(events=3, n=9)) for one in (True, False)
    ]

    with pytest.raises(NoEstimate, match=r"\.$"):
        propensity_strata(cells=cells, names=("a", "b"), confidence=0.95)


@pytest.mark.parametrize(("ratio", "lower", "upper", "end"), [(0.8, 0.5, 1.2, 1.0), (0.5, 0.4, 0.8, 1.809017)])
def test_an_e_value_of_the_end_nearer_to_one(ratio, lower, upper, end):
    assert e_value(ratio=ratio, lower=lower, upper=upper).interval == pytest.approx(end, abs=1e-6)


def test_an_e_value_needs_a_ratio_inside_its_interval():
    with pytest.raises(NoEstimate, match="inside its interval"):
        e_value(ratio=2.0, lower=2.5, upper=3.0)
