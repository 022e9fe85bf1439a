import importlib

import pytest

from benchmarks import rollouts
from benchmarks.report import ratio, spread
from benchmarks.stopwatch import POINTS
from primum.actions.registration import why_not
from primum.actions.submission import read_submission
from primum.integrations import sources


@pytest.mark.parametrize("point", POINTS)
def test_the_stopwatch_starts_at_functions_that_are_there(point):
    module, _, name = point.partition(":")

    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("kind", rollouts.KINDS)
def test_a_rollout_that_is_measured_is_one_that_may_be_registered(kind, tmp_path):
    folder = tmp_path / f"{kind}-500"

    rollouts.main(kind, 500, folder)

    read = read_submission(folder / "rollout.yaml")
    assert why_not(read) is None
    assert sources.inspect(evidence=read.rollout.evidence[0], base=read.base).rows == 500


def test_a_figure_is_given_with_its_smallest_and_largest():
    assert spread([1.5, 1.25, 9.0]) == "1.50 (1.25-9.00)"


def test_a_ratio_is_the_median_of_the_ratios_of_each_round():
    assert ratio([2.0, 30.0, 4.0], [1.0, 10.0, 4.0]) == "2.00"
