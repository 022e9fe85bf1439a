"""A concealed list in a real ledger: taken over once, given away place by place, and readable by nobody before."""

import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from primum.actions.allocation import CannotAllocate, Enrolled
from primum.actions.allocation_report import allocation_report
from primum.actions.enrolling import Enrolment
from primum.actions.randomisation_lists import few_places
from primum.ledger import audit
from primum.ledger.database import Ledger
from primum.ledger.list_tables import ConcealedPlaces
from primum.ledger.refusals import LedgerDamaged, NeverChanged
from primum.ledger.seeds import SeedRefused, seed_at
from primum.ledger.tables import OutboxMessage, Record
from tests import randomisation_lists
from tests.factories import MORNING
from tests.integration.test_allocation import ROLLOUT, at_pilot, people, put
from tests.integration.test_protocol_lock import handed_in, signed
from tests.randomisation_lists import take_over

LISTED = {"north": "icciiccicici", "south": "ciicciic"}


@pytest.fixture
def place(ledger, tmp_path):
    return at_pilot(ledger, tmp_path)


@pytest.fixture
def on_file(sqlite_ledger, tmp_path):
    return at_pilot(sqlite_ledger, tmp_path)


def letters(done):
    return "".join(one.arm[0] for one in done)


def rows_of(place, table):
    with place.ledger.reading() as session:
        return list(session.exec(select(table)))


def test_units_take_the_next_place_of_their_stratum_once_for_good(place, ledger_url, ledger_key):
    take_over(place, LISTED)
    mixed = [*people(1, 2), *people(10, site="south"), *people(3)]

    first = put(place, mixed)
    with Ledger.open(ledger_url, key=ledger_key) as elsewhere:
        again = put(replace(place, ledger=elsewhere), [*people(4), *reversed(mixed)])

    assert letters(first) == "icc" + LISTED["north"][2]
    assert letters(again[:1]) == LISTED["north"][3]
    assert {one.unit: one.arm for one in again[1:]} == {one.unit: one.arm for one in first}
    assert [one.new for one in again] == [True, False, False, False, False]
    assert audit.verify(place.ledger) == ()


@given(order=st.permutations(["north"] * 8 + ["south"] * 8), cuts=st.sets(st.integers(1, 15)))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_requests_within_a_stratum_decides_and_nothing_else(on_file, order, cuts):
    """In whatever pieces and however mixed with others units ask, the nth of a stratum has its nth place."""
    rollout_units = [
        Enrolled(unit=f"{number}-{order}-{cuts}", values={"site": one}) for number, one in enumerate(order)
    ]
    listed = {site: randomisation_lists.drawn(2_000, seed=site) for site in ("north", "south")}
    take_over(on_file, listed)
    before = allocation_report(rollout=ROLLOUT, workplace=on_file).left

    ends = [0, *sorted(cuts), len(order)]
    pieces = pairwise(ends)
    done = [one for start, end in pieces for one in put(on_file, rollout_units[start:end])]

    for site in ("north", "south"):
        begin = 2_000 - before[f"site={site}"]
        assert letters(one for one in done if one.stratum == f"site={site}") == listed[site][begin : begin + 8]


def test_two_at_once_never_take_the_same_place(place, ledger_url, ledger_key):
    listed = {"north": randomisation_lists.drawn(120, seed=7)}
    take_over(place, listed)
    together, refused = threading.Barrier(3), []

    def ask(name):
        with Ledger.open(ledger_url, key=ledger_key) as ledger:
            together.wait()
            for number in range(20):
                try:
                    put(replace(place, ledger=ledger), people(f"{name}-{number}", f"{name}-{number}-b"))
                except Exception as error:  # noqa: BLE001 -- whatever a thread meets is told by the test
                    refused.append(error)

    asking = [threading.Thread(target=ask, args=(name,)) for name in "abc"]
    for one in asking:
        one.start()
    for one in asking:
        one.join()

    report = allocation_report(rollout=ROLLOUT, workplace=place, recompute=True)
    assert refused == []
    assert (report.units, report.otherwise, report.left) == (120, 0, {"site=north": 0})
    assert report.arms == {"control": 60, "intervention": 60}


def test_nobody_who_has_the_ledger_can_read_the_next_arm(place):
    take_over(place, LISTED)

    with place.ledger.reading() as session:
        every = " ".join(str(session.execute(table.select()).all()) for table in Record.metadata.sorted_tables)
    plain = "icciiccicici"
    assert plain not in every
    assert plain.encode().hex() not in every
    assert [one.places for one in rows_of(place, ConcealedPlaces)] in ([12, 8], [8, 12])
    assert len({one.sealed for one in rows_of(place, ConcealedPlaces)}) == 2


def test_a_list_that_is_used_up_says_so_and_goes_on_with_further_places(place):
    take_over(place, {"north": "icci", "south": "ciic"}, warn_at=2)
    put(place, people(1))
    assert few_places(rollout=ROLLOUT, workplace=place) == {}
    put(place, people(2, 3))

    with pytest.raises(CannotAllocate, match="too few places left in the stratum 'site=north'; nobody of this batch"):
        put(place, (*people(4, 5), *people(6, site="south")))
    told = [one.body for one in rows_of(place, OutboxMessage) if one.kind == "allocation.running-out"]
    more = take_over(place, randomisation_lists.rows({"north": "ciic"}, first=5), warn_at=2)
    done = put(place, people(4, 5))

    assert told == [{"stratum": "site=north", "left": 1, "people": ["noah-kim"]}]
    assert (more.kind, more.places) == ("further", 4)
    assert letters(done) == "ic"
    assert few_places(rollout=ROLLOUT, workplace=place) == {}
    report = allocation_report(rollout=ROLLOUT, workplace=place, recompute=True)
    assert (report.units, report.otherwise, report.left) == (5, 0, {"site=north": 3, "site=south": 4})
    assert len(report.lists) == 2
    assert report.allowed is None
    assert audit.verify(place.ledger) == ()


def test_a_stratum_without_places_is_refused_and_not_repeated(place):
    take_over(place, LISTED)

    with pytest.raises(CannotAllocate, match="for the stratum of a unit") as refused:
        put(place, people(1, site="MRN-4711"))

    assert "4711" not in str(refused.value)


def test_the_same_list_again_changes_nothing_and_another_is_taken_only_before_the_first_unit(place):
    first = take_over(place, {"north": "icci"})
    other = take_over(place, LISTED)
    again = take_over(place, list(reversed(randomisation_lists.rows(LISTED))))
    put(place, people(1))

    assert [first.kind, other.kind, again.kind] == ["whole", "whole", "known"]
    assert again.digest == other.digest != first.digest
    assert take_over(place, LISTED).kind == "known"
    for another in ({"north": "icci"}, LISTED | {"north": "ic" * 6}):
        with pytest.raises(CannotAllocate, match="this is another one"):
            take_over(place, another)
    assert letters(put(place, people(2))) == "c"


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (randomisation_lists.rows({"north": "icci"}, first=2), "does not begin with place 1 for the stratum"),
        (randomisation_lists.rows({"north": "i" * 30 + "c" * 4}), "are not in the protocol's ratio of 1:1"),
        (randomisation_lists.rows({"north": "icci"}) * 2, "Line 2 gives place 1 of the stratum 'site=north' a second"),
    ],
)
def test_a_list_that_does_not_fit_changes_nothing(place, rows, sentence):
    with pytest.raises(CannotAllocate, match=sentence):
        take_over(place, rows)

    assert rows_of(place, ConcealedPlaces) == []
    assert put(place, people(1))[0].new


def test_a_list_comes_before_the_first_unit_and_after_the_lock(place, ledger, tmp_path):
    put(place, people(1))

    with pytest.raises(CannotAllocate, match="without a list; a list is taken over before the first unit"):
        take_over(place, LISTED)
    with pytest.raises(CannotAllocate, match="is not locked"):
        take_over(place, LISTED, rollout="other")


def test_units_that_come_with_their_arms_take_no_place_of_a_concealed_list(place):
    take_over(place, LISTED)

    with pytest.raises(CannotAllocate, match="would take a place that is not its own"):
        put(place, people(1, arm="control"), method="list")


def test_an_amended_protocol_needs_a_list_of_its_own_that_nobody_has_seen(place):
    take_over(place, LISTED)
    before = put(place, people(1, 2))
    signed(handed_in(strata=("site",), subgroups=("sex",)), place, change="by-version", at=MORNING + timedelta(days=1))

    with pytest.raises(CannotAllocate, match="take one over for the version in force"):
        put(place, people(3))
    with pytest.raises(CannotAllocate, match="known to those who saw them"):
        take_over(place, LISTED)
    take_over(place, {"north": "ccii"})
    after = put(place, people(1, 2, 3))

    assert letters(after) == letters(before) + "c"
    report = allocation_report(rollout=ROLLOUT, workplace=place, recompute=True)
    assert (report.units, report.otherwise, report.left) == (3, 0, {"site=north": 3})


def test_without_the_seed_a_list_cannot_be_opened_and_no_other_seed_is_made(place):
    take_over(place, LISTED)
    seed = place.settings.allocation_seed
    seed.unlink()

    with pytest.raises(SeedRefused, match="is missing"):
        put(place, people(1))
    seed_at(seed, create=True)
    with pytest.raises(CannotAllocate, match="depends on the seed"):
        put(place, people(1))


def test_a_list_is_never_changed_and_one_that_was_past_the_guards_is_found(on_file):
    take_over(on_file, LISTED)
    change = text("UPDATE concealed_places SET sealed = (SELECT max(sealed) FROM concealed_places)")
    with pytest.raises(NeverChanged), on_file.ledger.transaction() as tx:
        tx.session.connection().execute(change)

    with on_file.ledger.transaction() as tx:
        tx.session.connection().execute(text("DROP TRIGGER concealed_places_never_changed"))
        tx.session.connection().execute(change)

    assert any("concealed_places" in sentence for sentence in audit.verify(on_file.ledger))
    with pytest.raises(LedgerDamaged, match="cannot be opened for the stratum"):
        put(on_file, (*people(1), *people(2, site="south")))


def test_at_the_point_of_care_one_without_a_place_keeps_nobody_else_from_theirs(on_file):
    take_over(on_file, {"north": "ic", "south": "ci"})
    put(on_file, people(1, 2))
    enrolment = Enrolment(workplace=on_file)
    units = (*people(3), *people(4, 5, site="south"))
    waiting = [enrolment.enrol(rollout=ROLLOUT, unit=one, at=MORNING) for one in units]
    enrolment.close()

    why = [one.result() for one in waiting]

    assert "too few places left in the stratum 'site=north'" in why[0]
    assert why[1:] == ["", ""]
    assert allocation_report(rollout=ROLLOUT, workplace=on_file).units == 4
