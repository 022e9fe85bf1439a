"""After a stop for harm the gate is opened again from the console, by the action of `primum resume --reopen`."""

import pytest

from primum.ledger import incident_reading, reading
from tests.consoles import console
from tests.factories import MORNING
from tests.in_use import LEAD, ROLLOUT, SAFETY, InScale

PAGE, REOPEN = f"/rollouts/{ROLLOUT}/suspension", f"/rollouts/{ROLLOUT}/suspension/reopen"
YES = {"confirmed": "yes"}
# Whoever has a gate evaluated does not sign it.
ASKER = "noah-kim"


@pytest.fixture
def there(tmp_path, empty_tracking_store):
    made = InScale(home=tmp_path / "home", tracking=empty_tracking_store)
    yield made
    made.place.ledger.close()


@pytest.fixture
def served(there):
    with console(there.place, at=MORNING.replace(hour=20)) as opened:
        yield opened


def gates_for(there, suspension):
    with there.place.ledger.reading() as session:
        return [one.gate_id for one in incident_reading.resumption_gates(session, suspension=suspension)]


def test_one_of_its_people_has_the_gate_evaluated_again_and_two_of_them_go_on(there, served):
    stopped = there.stop_for_harm()
    asks = served.browser_of(ASKER)

    before = asks.get(PAGE).text
    unticked = asks.post(REOPEN)
    opened = asks.post(REOPEN, data=YES, follow_redirects=True)
    again = asks.post(REOPEN, data=YES, follow_redirects=True)

    (gate,) = gates_for(there, stopped)
    assert "Evaluate the gate again" in before
    assert "does not sign it" in before
    assert (unticked.status_code, "count no more" in unticked.text) == (409, True)
    assert "its state stands below" in opened.text
    assert f'href="/gates/{gate}"' in opened.text
    assert "Evaluate the gate again" not in opened.text
    assert again.status_code == 200
    there.sign_all(gate)
    assert [there.agree(one).is_lifted for one in (LEAD, SAFETY)] == [False, True]


def test_it_is_offered_again_when_it_came_to_nothing(there, served):
    there.stop_for_harm()
    lead = served.browser_of(LEAD)
    lead.post(REOPEN, data=YES)
    with there.place.ledger.transaction() as tx:
        row = reading.open_gate(tx.session, rollout=ROLLOUT, name="G2")
        row.state = "expired"
        tx.session.add(row)
        tx.record(kind="gate.expired", rollout=ROLLOUT, person="primum", at=MORNING, body={"gate": row.id})

    assert "Evaluate the gate again" in lead.get(PAGE).text


def test_a_stop_without_harm_asks_for_none_and_says_so(there, served):
    lead = served.browser_of(LEAD)
    lead.post(f"/rollouts/{ROLLOUT}/suspend", data={"reason": "A look at the logs."})

    page, refused = lead.get(PAGE).text, lead.post(REOPEN, data=YES)

    assert "Evaluate the gate again" not in page
    assert refused.status_code == 409
    assert "needs no gate to go on" in refused.text


def test_who_is_none_of_its_people_opens_nothing(there, served):
    stopped = there.stop_for_harm()
    administrator = served.browser_of("the-administrator", administrator=True)

    page, answer = administrator.get(PAGE), administrator.post(REOPEN, data=YES)

    assert "is not among the people of this rollout" in page.text
    assert "Evaluate the gate again" not in page.text
    assert answer.status_code == 409
    assert gates_for(there, stopped) == []
