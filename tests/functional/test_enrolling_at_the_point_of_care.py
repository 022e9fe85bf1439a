"""A unit that is new enrols with its first question, where the locked protocol says so."""

import asyncio

import httpx
import pytest
from sqlmodel import select

from primum.actions import allocation
from primum.actions.allocation import Enrolled
from primum.actions.enrolling import PERSON
from primum.ledger import audit
from primum.ledger.tables import Entry
from primum.ledger.trial_tables import Allocation, AllocationBatch
from primum.web.exposure.point_of_care import FLAGS
from tests import gates_at_work
from tests.factories import MORNING
from tests.points_of_care import ROLLOUT, in_pilot, serving

MANY = 300


@pytest.fixture
def care(ledger, tmp_path):
    place = gates_at_work.workplace(ledger, tmp_path)
    units = in_pilot(place, enrolment="at-first-request", strata=("site", "sex"))
    allocation.seed_of(place, create=True)
    with serving(place, units) as answering:
        yield answering


def asked(care, unit="unit-new", *, path=f"{FLAGS}/{ROLLOUT}", **facts):
    answer = httpx.post(f"{care.address}{path}", json=question(unit, **facts), headers=bearing(care))
    assert answer.status_code == 200, answer.text
    return answer.json()


def question(unit, **facts):
    return {"context": {"targetingKey": unit, "site": "north", "age": 44, "sex": "F", **facts}}


def bearing(care):
    return {"Authorization": f"Bearer {care.key}"}


def rows(care, table):
    with care.workplace.ledger.reading() as session:
        return session.exec(select(table)).all()


def test_a_new_unit_is_allocated_with_its_first_question_and_keeps_its_arm(care):
    first, again = asked(care), asked(care)

    (row,) = rows(care, Allocation)
    assert first == again
    assert first["value"] == {"intervention": "lmm", "control": "control"}[row.arm]
    assert [batch.person for batch in rows(care, AllocationBatch)] == [PERSON]
    assert audit.verify(care.workplace.ledger) == ()


def test_its_arm_is_the_one_that_a_list_would_have_given(care):
    units = [f"unit-{number}" for number in range(12)]
    found = {unit: asked(care, unit)["value"] for unit in units}

    listed = [Enrolled(unit=unit, values={"site": "north", "sex": "F"}) for unit in units]
    kept = allocation.allocate(rollout=ROLLOUT, units=listed, person="noah-kim", at=MORNING, workplace=care.workplace)

    assert not any(one.new for one in kept)
    assert found == {one.unit: "lmm" if one.arm == "intervention" else "control" for one in kept}


def test_many_that_ask_at_once_get_one_arm_each_in_few_entries(care):
    units = [f"unit-{number % 60}" for number in range(MANY)]

    found = asyncio.run(all_at_once(care, units))

    by_unit = {unit: {value for one, value in found if one == unit} for unit in set(units)}
    entries = [one for one in rows(care, Entry) if one.kind == "units.allocated"]
    assert all(len(values) == 1 and values <= {"lmm", "control"} for values in by_unit.values())
    assert len(rows(care, Allocation)) == 60
    assert len(entries) < 60


async def all_at_once(care, units):
    async with httpx.AsyncClient(base_url=care.address, headers=bearing(care), timeout=30) as client:

        async def one(unit):
            answer = await client.post(f"{FLAGS}/{ROLLOUT}", json=question(unit))
            return unit, answer.json()["value"]

        return await asyncio.gather(*(one(unit) for unit in units))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"age": 12}, "Children were not studied."),
        ({"sex": None}, "stratifies by sex"),
        ({"sex": "Jane Doe, born 1970"}, "stratifies by sex"),
    ],
)
def test_who_is_excluded_or_says_no_stratum_is_not_enrolled(care, facts, why):
    answer = asked(care, **facts)

    assert answer["value"] == "off"
    assert why in answer["metadata"]["why"]
    assert rows(care, Allocation) == []


def test_nobody_is_enrolled_while_the_rollout_is_suspended(care):
    care.suspend()

    answer = asked(care)

    assert answer["metadata"]["why"] == "The rollout is suspended: standard care."
    assert rows(care, Allocation) == []


def test_a_question_about_every_rollout_enrols_nobody(care):
    answer = asked(care, path=FLAGS)

    assert answer["flags"][0]["metadata"]["why"] == "Not enrolled: this unit was not allocated to an arm."
    assert rows(care, Allocation) == []


def test_a_unit_that_cannot_be_enrolled_is_off_and_told_why(care):
    asked(care, "unit-first")
    care.workplace.settings.allocation_seed.write_text(f"{'ab' * 32}\n", encoding="ascii")

    answer = asked(care, "unit-second")

    assert answer["value"] == "off"
    assert "Put the old one back" in answer["metadata"]["why"]
