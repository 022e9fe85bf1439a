"""A program takes a look and has a gate evaluated anew, by the same actions and with the same sentences as a person."""

import pytest

from primum.actions.tokens import Scope
from primum.ledger import incident_reading
from tests import gates_at_work
from tests.api_calls import program
from tests.consoles import console
from tests.factories import MORNING
from tests.in_use import LEAD as HER
from tests.in_use import ROLLOUT as IN_USE
from tests.in_use import SAFETY, InScale
from tests.looks_on_disk import BOARD, LEAD, ROLLOUT, TEAM, rows_of, running

LOOKS = f"/rollouts/{ROLLOUT}/looks"
DUE = f"{LOOKS}/due"
STOP = f"/rollouts/{IN_USE}/suspension"
REOPEN = f"{STOP}/reopening"


@pytest.fixture
def pilot(sqlite_ledger, tmp_path):
    made = running(tmp_path / "files", gates_at_work.workplace(sqlite_ledger, tmp_path / "home"))
    made.table(rows_of(210, new=0.9, old=0.7))
    return made


@pytest.fixture
def served(pilot):
    with console(pilot.place, at=pilot.at) as opened:
        yield opened


def test_a_look_that_is_due_is_taken_once_and_the_team_is_told_no_arm(pilot, served):
    team = program(served, TEAM)

    before = team.get(DUE).json()
    first, again = team.post(LOOKS, json={}), team.post(LOOKS, json={})
    shown = team.get(LOOKS).json()["items"]

    assert (before["due"]["number"], before["why_not"], before["asks_reason"]) == (1, "", False)
    assert (first.status_code, first.json()["number"], first.json()["new"]) == (201, 1, True)
    assert (again.status_code, again.json()["new"]) == (200, False)
    assert [(one["id"], one["board"]) for one in shown] == [(first.json()["look"], None)]
    assert [(one.number, one.person) for one in pilot.looks()] == [(1, TEAM)]


def test_one_that_nobody_planned_is_for_the_board_says_its_price_and_takes_a_reason(pilot, served):
    pilot.take()
    pilot.table(rows_of(300, new=0.74))
    served.clock.at = pilot.at
    board, lead = program(served, BOARD), program(served, LEAD)

    offered, hers = board.get(DUE).json(), lead.get(DUE).json()
    without = board.post(LOOKS, json={})
    refused = lead.post(LOOKS, json={"reason": "I would like to know."})
    taken = board.post(LOOKS, json={"reason": "Three reports of harm."})

    assert offered["asks_reason"]
    assert offered["due"]["price"]["final_with"] > offered["due"]["price"]["final_without"]
    assert (without.status_code, refused.status_code, taken.status_code) == (409, 409, 201)
    assert refused.json()["detail"] == hers["why_not"]
    assert "may not ask for a look that nobody planned" in hers["why_not"]


def test_who_may_not_see_a_rollout_takes_no_look_and_a_token_needs_the_scope(pilot, served):
    stranger, reads = program(served, "a-stranger"), program(served, TEAM, scopes=[Scope.READ])

    assert stranger.get(DUE).status_code == 403
    assert stranger.post(LOOKS, json={}).status_code == 403
    assert "with the scope 'sign'" in reads.post(LOOKS, json={}).json()["detail"]
    assert pilot.looks() == []


def test_before_a_pilot_it_says_why_there_is_nothing_to_look_at(pilot, served):
    pilot.enter("assess")

    offer = program(served, TEAM).get(DUE).json()

    assert offer["due"] is None
    assert "is in stage assess; looks are taken in its pilot" in offer["why_not"]


# -- after a stop ----------------------------------------------------------------------------


@pytest.fixture
def there(tmp_path, empty_tracking_store):
    made = InScale(home=tmp_path / "home", tracking=empty_tracking_store)
    yield made
    made.place.ledger.close()


@pytest.fixture
def desk(there):
    with console(there.place, at=MORNING.replace(hour=20)) as opened:
        yield opened


def test_after_harm_the_gate_is_asked_anew_once_and_two_people_go_on(there, desk):
    stopped = there.stop_for_harm()
    asks = program(desk, "noah-kim")

    before = asks.get(STOP).json()
    opened, again = asks.post(REOPEN), asks.post(REOPEN)
    after = asks.get(STOP).json()

    with there.place.ledger.reading() as session:
        (gate,) = [one.gate_id for one in incident_reading.resumption_gates(session, suspension=stopped)]
    assert (before["needs_gate"], before["gate"]) == (True, None)
    assert opened.json() == again.json() == {"gate": gate, "state": "awaiting-seats"}
    assert (after["gate"], after["gate_state"]) == (gate, "awaiting-seats")
    there.sign_all(gate)
    assert [there.agree(one).is_lifted for one in (HER, SAFETY)] == [False, True]


def test_a_stop_without_harm_needs_no_gate_and_says_so(there, desk):
    lead = program(desk, HER)
    lead.post(STOP, json={"reason": "A look at the logs."})

    refused = lead.post(REOPEN)

    assert refused.status_code == 409
    assert "needs no gate to go on" in refused.json()["detail"]
    assert lead.get(STOP).json()["needs_gate"] is False
