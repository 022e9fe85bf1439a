"""Counts of a reader study whose readers read the same cases: no benefit is found in them, and why."""

import numpy as np
import pytest

from primum.evidence.intervals import Group
from primum.evidence.shares.two_proportions import miettinen_nurminen
from tests import evidence_factories as make
from tests.evidence_factories import ABOVE_ZERO

STUDY = make.protocol(
    design="randomised-mrmc", unit="case", margin="2/100", margin_reason="made for a test", planned_units=400
)


@pytest.mark.parametrize("metric", ["primary_benefit", "primary_noninferiority", "primary_ratio", "safety_difference"])
def test_readings_of_the_same_cases_are_never_tested_as_if_they_were_independent(metric):
    cells = make.trial({("intervention", "1", "0"): 10, ("control", "1", "0"): 90}, "serious")

    for estimate in make.asked(metric, cells, threshold=ABOVE_ZERO, protocol=STUDY):
        assert (estimate.value, estimate.lower) == (None, None)
        assert "several readers read the same cases" in estimate.note


def test_where_readers_are_randomised_they_are_compared_as_clusters():
    study = make.protocol(design="randomised-mrmc", unit="reader", planned_units=8)
    rows = {
        (arm, found, f"reader {number}"): count
        for number in range(8)
        for arm in [("control", "intervention")[number % 2]]
        for found, count in (("1", 20 - 8 * (number % 2) + number), ("0", 60))
    }

    (benefit,) = make.asked("primary_benefit", make.trial(rows, "cluster"), threshold=ABOVE_ZERO, protocol=study)

    assert benefit.lower is not None


def test_taken_as_independent_they_find_a_gain_where_there_is_none_several_times_as_often_as_alpha():
    """Eight readers read 400 cases both ways; some readers, and some cases, go better one way by chance."""
    generator, readers, cases, runs, found = np.random.default_rng(1), 8, 400, 250, 0

    for _ in range(runs):
        common = generator.normal(0, 0.3, (1, readers, 1)) + generator.normal(0, 1, (1, 1, cases))
        each_way = generator.normal(0, 0.2, (2, readers, 1)) + generator.normal(0, 0.3, (2, 1, cases))
        right = 0.84 + common + each_way + generator.normal(0, 1, (2, readers, cases)) > 0
        alone, with_it = (Group(events=int(one.sum()), n=readers * cases) for one in right)
        found += miettinen_nurminen(first=with_it, second=alone, confidence=0.95).lower > 0

    assert found / runs > 4 * 0.025
