from fractions import Fraction

import numpy as np
import pytest

from primum.evidence.intervals import ImpossibleCounts
from primum.evidence.trials.allocation_checks import anytime_p, anytime_p_at_looks, ratio_by_stratum

EVEN = (Fraction(1), Fraction(1))


def test_a_planned_allocation_is_no_mismatch_at_any_look():
    looks = [[10, 12], [100, 95], [1000, 1010]]

    assert anytime_p_at_looks(looks=looks, shares=EVEN) == (1.0, 1.0, 1.0)


def test_a_mismatch_once_seen_stays_seen():
    found = anytime_p_at_looks(looks=[[600, 400], [1000, 1000]], shares=EVEN)

    assert found[0] == found[1] < 0.001


def test_looking_after_every_unit_alerts_no_more_often_than_promised():
    arms = np.cumsum(np.random.default_rng(2).random((300, 400)) < 0.5, axis=1)

    ever = [
        min(
            anytime_p(observed=(int(one), at + 1 - int(one)), shares=EVEN, concentration=50)
            for at, one in enumerate(path)
            if at % 5 == 4
        )
        <= 0.05
        for path in arms
    ]

    assert np.mean(ever) <= 0.05


def test_no_unit_is_no_mismatch():
    assert anytime_p(observed=(0, 0), shares=EVEN) == 1


@pytest.mark.parametrize(
    ("observed", "shares", "concentration"),
    [((-1, 2), EVEN, 10), ((1, 2), (Fraction(1), Fraction(0)), 10), ((1, 2), EVEN, 0)],
)
def test_impossible_allocations_are_refused(observed, shares, concentration):
    with pytest.raises(ImpossibleCounts):
        anytime_p(observed=observed, shares=shares, concentration=concentration)


def test_an_arm_that_was_not_planned_and_is_empty_is_left_out():
    shares = (Fraction(1), Fraction(1), Fraction(0))

    assert anytime_p(observed=(60, 40, 0), shares=shares) == anytime_p(observed=(60, 40), shares=EVEN)


def test_each_site_is_tested_and_adjusted():
    found = ratio_by_stratum(observed={"north": (12, 3), "south": (2600, 2400), "west": (0, 0)}, shares=EVEN)

    assert [one.p for one in found] == pytest.approx([0.03515625, 0.004677735, None])
    assert [one.adjusted for one in found] == pytest.approx([0.03515625, 0.00935547, None])
