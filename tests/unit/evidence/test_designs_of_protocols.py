"""Every way to share alpha that a protocol may declare, against the reference values of statistics.md 2.1."""

import re

import pytest

from primum.evidence.designs.paths import LooksRefused
from primum.evidence.explanations.explaining import explain
from primum.evidence.measures.registry import question_of
from primum.evidence.trials.sequential import bounds_of, design_of, looks_so_far
from primum.roadmap.protocol import Look
from primum.roadmap.protocol_parts import Futility
from tests import evidence_factories as make
from tests import factories

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
THIRDS = (300, 600, 900)
# name, parameter, spent -> critical values at a third, two thirds and all (rpact 3.3.4)
REFERENCE = {
    ("lan-demets-obrien-fleming", None, ()): (3.710302873, 2.511427484, 1.993047483),
    ("lan-demets-pocock", None, ()): (2.279428239, 2.294911139, 2.295939587),
    ("hwang-shih-decani", "-4", ()): (3.010739485, 2.546530552, 1.999226354),
    ("kim-demets", "2", ()): (2.772921295, 2.347272210, 2.061913766),
    ("obrien-fleming", None, ()): (3.471091445, 2.454432299, 2.004035580),
    ("wang-tsiatis", "0", ()): (3.471091445, 2.454432299, 2.004035580),
    ("pocock", None, ()): (2.289478456, 2.289478456, 2.289478456),
    ("haybittle-peto", None, ()): (3.0, 3.0, 1.975097633),
    ("user-defined", None, ("1035057181/10000000000000", "60483890773/10000000000000", "25/1000")): (
        3.710302873,
        2.511427484,
        1.993047483,
    ),
    ("no-early-efficacy", None, ()): (float("inf"), float("inf"), 1.959963985),
}


def planned(name, parameter=None, spent=(), **changes):
    looks = tuple(Look(at=one) for one in THIRDS)
    return make.protocol(
        spending=name, spending_parameter=parameter, spent=spent, looks=looks, planned_units=900, **changes
    )


@pytest.mark.parametrize("named", REFERENCE, ids=lambda named: named[0])
def test_a_declared_design_has_the_boundaries_of_the_reference(named):
    found = bounds_of(protocol=planned(*named), information=THIRDS)

    assert found.critical == pytest.approx(REFERENCE[named], abs=1e-6)


@pytest.mark.parametrize("question", ["superiority", "non-inferiority"])
@pytest.mark.parametrize("named", REFERENCE, ids=lambda named: named[0])
def test_a_look_is_measured_and_derived_alike_by_every_design(named, question):
    protocol = planned(*named, question=question, margin="5/100", margin_reason="set for a test")
    metric = "primary_benefit" if question == "superiority" else "primary_noninferiority"
    counts = make.two_arms(intervention=(60, 300), control=(90, 300))

    (estimate,) = make.asked(metric, counts, protocol=protocol)
    (working,) = explain(
        question_of(
            criterion=factories.criterion(metric=metric, evidence="trial", threshold=None),
            cells={"trial": counts},
            rollout=factories.rollout(protocol=protocol),
            policy=factories.policy(),
        )
    )

    assert estimate.adjusted == "adjusted for looks"
    assert [float(text) for text in NUMBER.findall(working.result)] == pytest.approx(
        [estimate.value, estimate.lower, estimate.upper], abs=1e-7
    )


def test_the_lower_end_of_a_look_against_a_margin_is_above_0_exactly_when_z_crosses():
    protocol = planned("pocock", question="non-inferiority", margin="5/100", margin_reason="set for a test")
    for events in range(60, 121, 3):
        counts = make.two_arms(intervention=(events, 300), control=(90, 300))

        (estimate,) = make.asked("primary_noninferiority", counts, protocol=protocol)
        look = looks_so_far(protocol=protocol, cells=counts)[-1]

        assert (estimate.lower > 0) == (look.z > look.boundary)


def test_futility_is_shown_with_the_look_and_moves_the_boundary_only_if_it_binds():
    counts = make.two_arms(intervention=(150, 300), control=(140, 300))
    futility = Futility(spending="lan-demets-obrien-fleming", beta="1/10")
    told = planned("lan-demets-obrien-fleming", futility=futility)
    binding = told.model_copy(update={"futility": futility.model_copy(update={"binding": True})})

    free, bound = (bounds_of(protocol=one, information=THIRDS) for one in (told, binding))
    (estimate,) = make.asked("primary_benefit", counts, protocol=told)

    assert free.futility == pytest.approx((-0.6945411659, 1.0024595610), abs=1e-6)
    assert bound.futility == pytest.approx((-0.7133670455, 0.9758355371), abs=1e-6)
    assert bound.critical == pytest.approx((3.710302873, 2.511394553, 1.958784379), abs=1e-6)
    assert "futility bound 1.002460 not reached" in estimate.note


def test_an_unplanned_look_of_a_user_defined_design_is_charged_on_the_line_between_its_neighbours():
    protocol = planned("user-defined", spent=("1/1000", "5/1000", "25/1000"))

    assert design_of(protocol=protocol, information=(300, 450, 900)).spent == pytest.approx((0.001, 0.003, 0.025))


def test_a_protocol_without_looks_has_no_design():
    with pytest.raises(LooksRefused, match="plans no looks"):
        design_of(protocol=make.protocol())
