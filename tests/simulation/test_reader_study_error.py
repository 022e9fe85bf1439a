"""A crossed reader study rehearsed through its own gate: it opens as rarely, and as often, as theory says."""

import numpy as np
import pytest

from primum.actions.rehearsal import rehearsed
from primum.evidence.planning.assumed import NoPlan
from primum.evidence.planning.sizes import power_of
from primum.evidence.rehearsing.reader_studies import reader_studies, reader_world
from primum.evidence.rehearsing.runs import Ending
from primum.evidence.rehearsing.truths import world_of
from primum.evidence.scores import reader_counts
from primum.roadmap.policy import Threshold
from primum.roadmap.protocol_parts import Planning
from primum.roadmap.stages import GateName
from primum.roadmap.truths import Truth
from tests import factories, gates_at_work
from tests import reader_studies as study
from tests.unit.roadmap.test_locking import WHOLE

ABOVE_0 = Threshold(operator="more_than", value="0", bound="lower", method="")
BELOW_5 = Threshold(operator="less_than", value="5/100", bound="upper", method="")
READING = {
    "readers": 8,
    "gain": "5/100",
    "of_cases": 100,
    "interaction": "3/10000",
    "error": "22/10000",
    "same_reader": "9/10000",
    "same_reading": "8/10000",
    "neither": "7/10000",
}
SEXES = [{"attribute": "sex", "level": one, "share": "1/2"} for one in "FM"]


def plan(*, cases=160, levels=(), **changes):
    planning = {"control": "80/100", "intervention": "85/100", "reading": READING, "levels": levels}
    given = {"planned_units": cases, "safety": (), "estimand": WHOLE, "planning": Planning.model_validate(planning)}
    return study.protocol(**(given | changes))


def criterion(metric, threshold=ABOVE_0):
    return factories.criterion(
        id=metric.replace("_", "-"), metric=metric, evidence="trial", gates=(GateName.G2,), threshold=threshold
    )


def rehearsal(protocol, *criteria, truth, runs, seed=5):
    handed_in = gates_at_work.submission(protocol=protocol)
    policy = factories.policy(criteria=criteria)
    return rehearsed(type(handed_in)(**(vars(handed_in) | {"policy": policy})), truth=truth, runs=runs, seed=seed)


def test_without_a_gain_the_gate_opens_no_more_often_than_alpha():
    found = rehearsal(plan(), criterion("primary_benefit"), truth=Truth.SAME, runs=400)

    opened = found.outlook.endings[Ending.OPENED]
    assert found.allowed == 0.025
    assert opened.interval.lower <= 0.025 <= opened.interval.upper


def test_with_the_gain_hoped_for_it_opens_as_often_as_the_planner_says():
    protocol, runs = plan(), 200
    power = power_of(protocol=protocol, units=160)

    opened = rehearsal(protocol, criterion("primary_benefit"), truth=Truth.BETTER, runs=runs)

    # Three standard errors, and 5 points for areas that vary by reader and gain, which the planner holds still.
    assert 0.5 < power < 0.95
    shown = opened.outlook.endings[Ending.OPENED].value
    assert shown == pytest.approx(power, abs=3 * (power * (1 - power) / runs) ** 0.5 + 0.05)


def test_the_readings_have_the_variances_they_were_planned_with():
    protocol = plan(cases=100)
    truth = world_of(protocol=protocol, policy=factories.policy(), truth=Truth.BETTER)
    world = reader_world(protocol=protocol, world=truth)

    figures = [
        reader_counts.areas(reader_counts.paired_readings(tables["readings.pairs"]))
        for tables in reader_studies(world=world, runs=80, generator=np.random.default_rng(3))
    ]

    assert np.mean([one.values.mean(axis=1) for one in figures], axis=0) == pytest.approx([0.80, 0.85], abs=0.01)
    assert np.mean([one.variance for one in figures]) == pytest.approx(0.0022, rel=0.1)
    assert np.mean([one.covariances for one in figures], axis=0) == pytest.approx([0.0009, 0.0008, 0.0007], rel=0.2)


def test_more_false_alarms_with_the_model_are_harm_and_hold_the_gate():
    harmful = plan(safety=(study.FALSE_ALARMS,), positive_from=50)
    harm = criterion("safety_difference", BELOW_5)

    found = rehearsal(harmful, criterion("primary_benefit"), harm, truth=Truth.HARMFUL, runs=100)

    assert found.keeps
    assert found.outlook.held_by["safety-difference"] >= 90


def test_a_gain_that_differs_between_groups_is_let_through_no_more_often_than_the_policy_says():
    unfair = plan(levels=SEXES, cases=300)

    found = rehearsal(
        unfair, criterion("primary_benefit"), criterion("gap_benefit", BELOW_5), truth=Truth.UNFAIR, runs=60
    )

    assert found.keeps
    assert found.outlook.held_by["gap-benefit"] > 50


def test_the_same_seed_gives_the_same_rehearsal_and_nothing_of_it_is_evidence():
    one, again = (rehearsal(plan(cases=60), criterion("primary_benefit"), truth=Truth.SAME, runs=5) for _ in range(2))
    world = reader_world(protocol=plan(), world=world_of(protocol=plan(), policy=factories.policy(), truth=Truth.SAME))
    (tables,) = reader_studies(world=world, runs=1, generator=np.random.default_rng(1))

    assert one == again
    assert {cells.sources for cells in tables.values()} == {("simulated",)}


@pytest.mark.parametrize(
    ("changes", "reading", "sentence"),
    [
        ({"primary": {"name": "found", "event": "sensitivity", "good": "higher"}}, {}, "on the area under the curve"),
        ({"looks": ({"at": 80},), "spending": "lan-demets-pocock"}, {}, "once at its end"),
        ({}, {"gain": "4/100"}, "hopes for 0.05 more area, and its `reading` for 0.04"),
        ({}, {"error": "5/10000"}, "has a variance of at least"),
        ({}, {"same_reader": "20/10000", "same_reading": "20/10000"}, "nothing of its own"),
    ],
)
def test_a_plan_that_cannot_be_drawn_is_refused_with_its_reason(changes, reading, sentence):
    planning = {"control": "80/100", "intervention": "85/100", "reading": READING | reading}

    with pytest.raises(NoPlan, match=sentence):
        rehearsal(
            plan(planning=Planning.model_validate(planning), **changes),
            criterion("primary_benefit"),
            truth=Truth.SAME,
            runs=5,
        )
