"""Units allocated in a real ledger: once for good, in any process, and nobody who may not be."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, text, update

from primum.actions import allocation, suspension
from primum.actions.allocation import CannotAllocate, Enrolled
from primum.actions.allocation_report import allocation_report
from primum.ledger import audit
from primum.ledger.database import Ledger
from primum.ledger.refusals import NeverChanged
from primum.ledger.seeds import SeedRefused, seed_at
from primum.ledger.tables import RolloutRecord
from primum.ledger.transactions import Unrecorded
from primum.ledger.trial_tables import Allocation
from primum.roadmap.protocol_parts import Cluster
from tests import gates_at_work
from tests.digests import without_digests
from tests.factories import MORNING
from tests.integration.test_protocol_lock import handed_in, signed

ROLLOUT = "test-rollout"


def at_pilot(ledger, home, **changes):
    place, submission = gates_at_work.workplace(ledger, home), handed_in(**({"strata": ("site",)} | changes))
    gates_at_work.register(submission, place)
    with place.ledger.transaction() as tx:
        tx.session.get(RolloutRecord, ROLLOUT).stage = "pilot"
        tx.record(kind="test.moved", rollout=ROLLOUT, person="ada", at=MORNING, body={})
    signed(submission, place)
    return place


@pytest.fixture
def place(ledger, tmp_path):
    return at_pilot(ledger, tmp_path)


def people(*numbers, site="north", arm=""):
    return tuple(Enrolled(unit=f"P-{number}", values={"site": site}, arm=arm) for number in numbers)


def put(place, units, **changes):
    given = {"rollout": ROLLOUT, "person": "noah-kim", "at": MORNING, "workplace": place} | changes
    return allocation.allocate(units=units, **given)


def test_a_unit_keeps_its_arm_whenever_and_wherever_it_is_asked_for(place, ledger_url, ledger_key):
    first = put(place, people(*range(30)))

    with Ledger.open(ledger_url, key=ledger_key) as elsewhere:
        again = put(replace(place, ledger=elsewhere), (*people(40), *people(*range(29, -1, -1))))

    assert {one.unit: one.arm for one in again[1:]} == {one.unit: one.arm for one in first}
    assert [one.new for one in again] == [True, *[False] * 30]
    assert audit.verify(place.ledger) == ()


def test_one_by_one_and_in_pieces_give_the_same_arms(place):
    singly = [put(place, people(number))[0].arm for number in range(12)]
    at_once = put(place, people(*range(100, 112), site="south"))
    seed = allocation.seed_of(place)

    report = allocation_report(rollout=ROLLOUT, workplace=place, recompute=True)
    assert (report.units, report.otherwise) == (24, 0)
    assert report.imbalance <= report.allowed == 1.5
    assert allocation.arm_of(rollout=ROLLOUT, unit="P-3", seed=seed, workplace=place) == singly[3]
    assert allocation.arm_of(rollout=ROLLOUT, unit="P-99", seed=seed, workplace=place) is None
    assert len(at_once) == 12


def test_no_identifier_enters_the_ledger_and_the_next_arm_is_nowhere(place):
    put(place, people(4711))

    with place.ledger.reading() as session:
        rows = session.execute(text("SELECT * FROM allocation")).all()
        entries = session.execute(text("SELECT body FROM entry")).scalars().all()
    assert len(rows) == 1
    assert [one for one in (*rows, *entries) if "4711" in without_digests(one)] == []


@pytest.mark.parametrize(
    ("lose", "refusal"), [("missing", SeedRefused), ("other", CannotAllocate), ("open", SeedRefused)]
)
def test_without_its_own_seed_nobody_is_allocated(place, lose, refusal):
    put(place, people(1))
    seed = place.settings.allocation_seed
    if lose == "open":
        seed.chmod(0o644)
    else:
        seed.unlink()
    if lose == "other":
        seed_at(seed, create=True)

    with pytest.raises(refusal):
        put(place, people(2))


def test_a_list_drawn_elsewhere_is_taken_over_once_and_never_against_the_ledger(place):
    listed = (*people(1, 2, arm="control"), *people(3, arm="intervention"))

    first = put(place, listed, method="list")
    again = put(place, listed, method="list")

    assert [one.arm for one in again] == [one.arm for one in first] == ["control", "control", "intervention"]
    assert not any(one.new for one in again)
    with pytest.raises(CannotAllocate, match="is to be control and is intervention already"):
        put(place, people(3, 4, arm="control"), method="list")
    with pytest.raises(CannotAllocate, match="another arm than intervention or control"):
        put(place, people(5, arm="placebo"), method="list")


def test_while_suspended_nobody_is_added_and_everybody_keeps_their_arm(place):
    (kept,) = put(place, people(1))
    lead = handed_in().person("amara-okafor")
    suspension.suspend(rollout=ROLLOUT, person=lead, reason="a look", at=MORNING, workplace=place)

    with pytest.raises(CannotAllocate, match="is suspended"):
        put(place, people(2))
    assert put(place, people(1))[0].arm == kept.arm


def test_nobody_is_allocated_before_the_lock_or_before_the_pilot(ledger, tmp_path):
    place = gates_at_work.workplace(ledger, tmp_path)
    with pytest.raises(CannotAllocate, match="No rollout"):
        put(place, people(1))
    gates_at_work.register(handed_in(), place)
    with pytest.raises(CannotAllocate, match="is not locked"):
        put(place, people(1))
    signed(handed_in(), place)
    with pytest.raises(CannotAllocate, match="is in assess; units are allocated in pilot and scale only"):
        put(place, people(1))


def test_a_unit_without_its_stratum_stops_the_whole_piece(place):
    with pytest.raises(CannotAllocate, match="does not say its site"):
        put(place, (*people(1), Enrolled(unit="P-2", values={})))
    assert allocation_report(rollout=ROLLOUT, workplace=place).units == 0


def test_after_an_amendment_new_units_begin_new_blocks_and_old_ones_keep_their_arm(place):
    before = put(place, people(*range(10)))
    signed(handed_in(strata=("site",), ratio=(2, 1)), place, change="by-version", at=MORNING + timedelta(days=1))

    after = put(place, people(*range(90)))

    assert [one.arm for one in after[:10]] == [one.arm for one in before]
    assert 50 <= sum(one.arm == "intervention" for one in after[10:]) <= 57


def test_clusters_are_allocated_from_the_locked_list(ledger, tmp_path):
    wards = tuple(Cluster(id=f"ward-{n}", stratum="north") for n in range(6))
    place = at_pilot(ledger, tmp_path, design="cluster-rct", unit="ward", clusters=wards, strata=())

    done = allocation.allocate_clusters(rollout=ROLLOUT, person="noah-kim", at=MORNING, workplace=place)
    again = allocation.allocate_clusters(rollout=ROLLOUT, person="noah-kim", at=MORNING, workplace=place)

    assert sorted(one.arm for one in done) == ["control"] * 3 + ["intervention"] * 3
    assert [one.arm for one in again] == [one.arm for one in done]


def test_what_was_allocated_is_never_changed_and_a_change_past_the_guards_is_found(place):
    put(place, people(1, 2))

    with pytest.raises(Unrecorded), place.ledger.transaction() as tx:
        tx.session.execute(update(Allocation).values(arm="control"))
    with pytest.raises(Unrecorded), place.ledger.transaction() as tx:
        tx.session.execute(delete(Allocation))
    with pytest.raises(NeverChanged), place.ledger.transaction() as tx:
        tx.session.connection().execute(text("UPDATE allocation SET arm = 'control'"))


def test_a_change_past_the_guards_is_found_by_the_audit(sqlite_ledger, tmp_path):
    place = at_pilot(sqlite_ledger, tmp_path)
    treated = sum(one.arm == "intervention" for one in put(place, people(*range(8))))

    with place.ledger.transaction() as tx:
        tx.session.connection().execute(text("DROP TRIGGER allocation_never_changed"))
        tx.session.connection().execute(text("UPDATE allocation SET arm = 'control'"))

    found = audit.verify(place.ledger)
    assert any("are not those that were allocated" in sentence for sentence in found)
    assert allocation_report(rollout=ROLLOUT, workplace=place, recompute=True).otherwise == treated
