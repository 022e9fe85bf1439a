import pytest

from primum.evidence.trials.sequential import all_looks, looks_around, looks_so_far
from tests import evidence_factories as make

INDOMETHACIN = make.with_looks(400, 600, 948, planned=948)
STOPPED = make.two_arms(intervention=(27, 295), control=(52, 307))


def test_the_indomethacin_trial_crosses_its_second_boundary():
    looks = looks_so_far(protocol=INDOMETHACIN, cells=STOPPED)

    assert [look.information for look in looks] == [400, 602]
    assert looks[-1].boundary == pytest.approx(2.595016, abs=5e-7)
    assert looks[-1].z == pytest.approx(2.828163, abs=5e-7)
    assert looks[-1].fraction == pytest.approx(602 / 948)


def test_of_an_earlier_look_only_its_boundary_is_known():
    first = looks_so_far(protocol=INDOMETHACIN, cells=STOPPED)[0]

    assert first.z is None
    assert first.boundary == pytest.approx(3.258836, abs=5e-7)


def test_looks_ahead_are_shown_as_not_reached():
    looks = all_looks(protocol=INDOMETHACIN, cells=STOPPED)

    assert [look.reached for look in looks] == [True, True, False]
    assert looks[-1].boundary == pytest.approx(1.987508, abs=5e-7)


@pytest.mark.parametrize(
    ("now", "before", "after"),
    [
        (100, (), (400, 600, 948)),
        (390, (), (600, 948)),
        (447, (), (600, 948)),
        (500, (400,), (600, 948)),
        (598, (400,), (948,)),
        (602, (400,), (948,)),
        (940, (400, 600), ()),
        (948, (400, 600), ()),
        (1500, (400, 600), ()),
    ],
)
def test_a_look_takes_the_place_of_the_planned_one_it_is_near(now, before, after):
    assert looks_around(protocol=INDOMETHACIN, now=now) == (before, after)


def test_an_unplanned_look_is_charged():
    unplanned = looks_so_far(protocol=INDOMETHACIN, cells=make.two_arms(intervention=(20, 250), control=(40, 250)))[-1]

    assert not unplanned.planned
    assert unplanned.information == 500


def test_the_end_of_the_plan_is_a_look_even_if_nobody_wrote_it_down():
    protocol = make.with_looks(200, planned=400)
    looks = all_looks(protocol=protocol, cells=make.two_arms(intervention=(10, 100), control=(20, 100)))

    assert [look.information for look in looks] == [200, 400]


def test_only_known_outcomes_of_the_primary_analysis_are_information():
    cells = make.cells(
        "trial",
        ("arm", "relapse", "in_primary"),
        {
            ("intervention", "1", "1"): 10,
            ("intervention", "0", "1"): 90,
            ("intervention", "", "1"): 7,
            ("control", "1", "1"): 20,
            ("control", "0", "1"): 80,
            ("control", "1", "0"): 50,
        },
    )

    look = looks_so_far(protocol=make.with_looks(200, 400, planned=400), cells=cells)[-1]

    assert look.information == 200


@pytest.mark.parametrize("protocol", [make.protocol(), make.with_looks(200, planned=400)])
def test_without_data_or_spending_there_is_no_look(protocol):
    cells = make.trial({("intervention", ""): 5}) if protocol.looks else STOPPED

    assert looks_so_far(protocol=protocol, cells=cells) == ()
