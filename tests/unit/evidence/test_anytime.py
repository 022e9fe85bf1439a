import math

import numpy as np
import pytest

from primum.evidence.intervals import Group, ImpossibleCounts
from primum.evidence.watching.anytime import (
    RatePrior,
    anytime_p,
    rate_e_value,
    rate_sequence,
    share_e_value,
    share_sequence,
)

PRIOR = RatePrior(events=1.0, exposure=100.0)


def test_the_ends_of_a_confidence_sequence_have_an_e_value_of_one_over_alpha():
    group = Group(events=20, n=200)

    ends = share_sequence(group=group, confidence=0.95)

    assert share_e_value(group=group, null=ends.lower) == pytest.approx(20)
    assert share_e_value(group=group, null=ends.upper) == pytest.approx(20)


def test_the_ends_of_a_rate_sequence_have_an_e_value_of_one_over_alpha():
    ends = rate_sequence(events=7, exposure=1000.0, confidence=0.9, prior=PRIOR)

    for end in (ends.lower, ends.upper):
        assert rate_e_value(events=7, exposure=1000.0, null=end, prior=PRIOR) == pytest.approx(10)


@pytest.mark.parametrize(
    ("events", "n", "lower", "upper"), [(0, 0, 0.0, 1.0), (0, 80, 0.0, 0.088239), (80, 80, 0.911761, 1.0)]
)
def test_nobody_and_everybody_have_a_sequence(events, n, lower, upper):
    ends = share_sequence(group=Group(events=events, n=n), confidence=0.95)

    assert (ends.lower, ends.upper) == pytest.approx((lower, upper), abs=1e-6)


def test_a_rate_without_events_has_an_upper_end():
    ends = rate_sequence(events=0, exposure=100.0, confidence=0.95, prior=PRIOR)

    assert ends.lower == 0
    assert 0.03 < ends.upper < 0.05


@pytest.mark.parametrize(("null", "expected"), [(0.0, math.inf), (1.0, math.inf)])
def test_a_share_that_cannot_be_has_infinite_evidence_against_it(null, expected):
    assert share_e_value(group=Group(events=3, n=9), null=null) == expected


def test_a_rate_of_none_has_infinite_evidence_against_it_once_there_is_an_event():
    assert rate_e_value(events=1, exposure=10.0, null=0.0, prior=PRIOR) == math.inf
    assert rate_e_value(events=0, exposure=10.0, null=0.0, prior=PRIOR) == 0.0


def test_evidence_points_one_way():
    many, few = Group(events=40, n=200), Group(events=1, n=200)

    assert share_e_value(group=many, null=0.1, alternative="greater") > 20
    assert share_e_value(group=many, null=0.1, alternative="less") < 1
    assert share_e_value(group=few, null=0.1, alternative="less") > 20
    assert rate_e_value(events=40, exposure=1000.0, null=0.01, prior=PRIOR, alternative="greater") > 20
    assert rate_e_value(events=40, exposure=1000.0, null=0.01, prior=PRIOR, alternative="less") < 1


def test_without_data_there_is_no_evidence():
    assert share_e_value(group=Group(events=0, n=0), null=0.3, alternative="greater") == 1.0
    assert anytime_p(0.5) == 1.0
    assert anytime_p(25.0) == 0.04


def test_exposure_that_cannot_be_is_refused():
    with pytest.raises(ImpossibleCounts, match="exposure is above 0"):
        rate_sequence(events=1, exposure=0.0, confidence=0.95, prior=PRIOR)


@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_under_the_null_evidence_ever_reaches_twenty_at_most_once_in_twenty(alternative):
    chosen, trials, looks = np.random.default_rng(20_261_122), 400, 300
    events = np.cumsum(chosen.random((trials, looks)) < 0.1, axis=1)

    ever = sum(
        any(
            share_e_value(group=Group(events=int(events[trial, n - 1]), n=n), null=0.1, alternative=alternative) >= 20
            for n in range(10, looks + 1, 10)
        )
        for trial in range(trials)
    )

    assert ever <= 20 + 3 * math.sqrt(20)


def test_under_its_rate_a_rate_sequence_misses_at_any_time_at_most_once_in_twenty():
    chosen, trials = np.random.default_rng(7), 300
    counts = np.cumsum(chosen.poisson(0.02 * 50.0, size=(trials, 40)), axis=1)

    missed = sum(
        any(
            rate_e_value(events=int(counts[trial, step]), exposure=50.0 * (step + 1), null=0.02, prior=PRIOR) >= 20
            for step in range(40)
        )
        for trial in range(trials)
    )

    assert missed <= 15 + 3 * math.sqrt(15)
