"""The flow of a pilot from its allocations, the answers at the point of care and the newest look."""

import pytest

from primum.actions import allocation
from primum.actions.allocation import Enrolled
from primum.actions.consort import pilot_flow
from primum.integrations.answers import FOLDER, Answer, Answers
from primum.integrations.answers_counted import units_answered
from primum.integrations.figures_flow import Reason
from tests import evidence_factories, gates_at_work
from tests.factories import MORNING
from tests.looks_on_disk import ROLLOUT, TEAM, running

UNITS = [f"MRN-{number:05d}" for number in range(60)]
# Whatever the seed, blocks of at most six leave an arm of sixty with 29 at least.
SEEN = {
    "flow": {
        "intervention": {"reported": 27, "missing": 3, "analysed": 24},
        "control": {"reported": 29, "missing": 0, "analysed": 29},
    },
    "sample_ratio": {"observed": [28, 30], "p": 0.79},
}


@pytest.fixture
def pilot(sqlite_ledger, tmp_path):
    return running(tmp_path / "files", gates_at_work.workplace(sqlite_ledger, tmp_path / "home"))


@pytest.fixture
def arms(pilot):
    """Sixty units, allocated; fifty-five of them asked, and five who were never enrolled."""
    units = [Enrolled(unit=unit, values={}) for unit in UNITS]
    drawn = allocation.allocate(rollout=ROLLOUT, units=units, person=TEAM, at=pilot.at, workplace=pilot.place)
    answers = Answers(folder=pilot.place.home / FOLDER, replica="test")
    for one in [*drawn[:55], *drawn[:10]]:
        shown = "lmm" if one.arm == "intervention" else "control"
        answers.keep(answer(one.unit, shown))
    for number in range(10):
        answers.keep(answer(f"MRN-9{number:04d}", "off"))
    answers.keep(answer("MRN-99999", "lmm", stage="scale"))
    answers.close()
    return drawn


def answer(unit, shown, stage="pilot"):
    return Answer(at=MORNING, rollout=ROLLOUT, unit=unit, site="north", shown=shown, stage=stage, bundle="b")


def flow_of(pilot, *, statistics=SEEN, blinded=False, protocol=None):
    with pilot.place.ledger.reading() as session:
        return pilot_flow(
            rollout=ROLLOUT,
            protocol=protocol or pilot.submission.rollout.protocol,
            statistics=statistics,
            blinded=blinded,
            session=session,
            workplace=pilot.place,
        )


def test_units_are_counted_once_however_often_they_ask(pilot, arms):
    found = units_answered(answers=pilot.place.home / FOLDER, rollout=ROLLOUT)

    treated = sum(one.arm == "intervention" for one in arms[:55])
    assert (found.asked, dict(found.shown)) == (65, {"control": 55 - treated, "lmm": treated, "off": 10})


def test_each_arm_is_followed_from_its_allocation_to_its_analysis(pilot, arms):
    people = flow_of(pilot).people

    treated = people.arms[0]
    allocated = sum(one.arm == "intervention" for one in arms)
    assert people.assessed == 65
    assert (treated.name, treated.allocated, treated.missing, treated.analysed) == ("With the model", allocated, 3, 24)
    assert treated.received == sum(one.arm == "intervention" for one in arms[:55])
    assert treated.lost == (Reason(words="in no table yet", n=allocated - 27),)


def test_the_team_is_shown_one_column_for_all_arms(pilot, arms):
    (together,) = flow_of(pilot, blinded=True).people.arms

    assert (together.name, together.allocated, together.received) == ("All arms together", 60, 55)
    assert (together.missing, together.analysed) == (3, 53)


def test_before_the_first_look_nobody_is_analysed(pilot, arms):
    people = flow_of(pilot, statistics={}).people

    assert {arm.analysed for arm in people.arms} == {None}


def test_a_trial_that_somebody_else_randomised_is_told_by_its_tables(pilot):
    found = flow_of(pilot)

    assert [arm.allocated for arm in found.people.arms] == [27, 29]
    assert found.words == "Primum allocated nobody here; the flow is as the trial's tables tell it."


def test_more_units_in_a_table_than_were_allocated_are_said(pilot, arms):
    more = {**SEEN, "flow": SEEN["flow"] | {"control": {"reported": 40, "missing": 0, "analysed": 40}}}

    found = flow_of(pilot, statistics=more)

    assert found.words.startswith("The tables have more units in an arm than Primum allocated to it")


def test_of_randomised_clusters_only_these_are_counted(pilot):
    wards = evidence_factories.protocol(design="cluster-rct", unit="ward")

    found = flow_of(pilot, protocol=wards)

    assert [(arm.allocated, arm.analysed) for arm in found.people.arms] == [(28, None), (30, None)]
    assert found.people.unit == "wards"


def test_nobody_allocated_is_a_sentence(pilot):
    assert flow_of(pilot, statistics={}).words == "No patient is allocated yet."
