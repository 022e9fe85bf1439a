"""A look taken, a gate opened again and an alarm found in the inbox: by eye, by keyboard order and by screen reader."""

import pytest

from primum.actions.workplace import open_workplace
from primum.ledger.database import Ledger
from primum.settings import Settings
from tests import gates_at_work, in_use, looks_on_disk
from tests.browser.chromium import window
from tests.browser.test_pages_for_everybody import look_everywhere
from tests.consoles import console
from tests.factories import MORNING
from tests.monitors_at_work import MONDAY, ROLLOUT, line, ward


@pytest.fixture
def pilot(tmp_path):
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}", key=tmp_path / "key") as ledger:
        made = looks_on_disk.running(tmp_path / "files", gates_at_work.workplace(ledger, tmp_path / "home"))
        made.table(looks_on_disk.rows_of(210, new=0.72))
        yield made


def test_a_look_that_is_due_is_taken_with_a_tick_and_a_button(pilot, browser):
    with console(pilot.place, at=pilot.at) as running, window(browser, running, person=looks_on_disk.TEAM) as seen:
        seen.open(f"/rollouts/{looks_on_disk.ROLLOUT}/looks")
        seen.page.get_by_role("link", name="See whether a look is due").click()
        seen.keep("look-take")
        found = look_everywhere(seen)
        seen.page.get_by_label("Read the outcomes now").check()
        seen.page.get_by_role("button", name="Take the look").click()
        seen.keep("look-taken")

        assert found == []
        assert seen.page.get_by_role("status").inner_text().startswith("The look is taken")
        assert look_everywhere(seen) == []
        assert (seen.elsewhere, seen.complaints) == ([], [])
    assert len(pilot.looks()) == 1


def test_a_look_that_nobody_planned_asks_for_a_reason_below_its_price(pilot, browser):
    pilot.take()
    pilot.table(looks_on_disk.rows_of(300, new=0.74))
    with console(pilot.place, at=pilot.at) as running, window(browser, running, person=looks_on_disk.BOARD) as seen:
        seen.open(f"/rollouts/{looks_on_disk.ROLLOUT}/looks/take")
        seen.keep("look-unplanned")

        assert seen.page.get_by_label("Why now").is_visible()
        assert look_everywhere(seen) == []


def test_a_gate_is_opened_again_from_the_page_of_a_suspension(tmp_path, empty_tracking_store, browser):
    there = in_use.InScale(home=tmp_path / "home", tracking=empty_tracking_store)
    there.stop_for_harm()
    at = MORNING.replace(hour=20)
    with console(there.place, at=at) as running, window(browser, running, person="noah-kim") as seen:
        seen.open(f"/rollouts/{in_use.ROLLOUT}/suspension")
        seen.keep("reopen")
        found = look_everywhere(seen)
        seen.page.get_by_label("Evaluate the gate again").check()
        seen.page.get_by_role("button", name="Evaluate the gate again").click()
        seen.keep("reopened")

        assert found == []
        assert "its state stands below" in seen.page.get_by_role("status").inner_text()
        assert look_everywhere(seen) == []
        assert (seen.elsewhere, seen.complaints) == ([], [])
    there.place.ledger.close()


def test_an_alarm_is_found_in_the_inbox_and_answered_where_it_leads(tmp_path, browser):
    opened = open_workplace(Settings(home=tmp_path / "home"))
    place = ward(opened.ledger, tmp_path / "home")
    place.report(line(5))
    place.tick()
    with console(place.workplace, at=MONDAY) as running, window(browser, running, person="amara-okafor") as seen:
        seen.open("/inbox")
        seen.keep("inbox-with-an-alarm")
        found = look_everywhere(seen)
        seen.page.get_by_role("link", name="Answer the alarm of late-reviews").click()
        seen.page.get_by_text("Answer it").first.click()
        seen.page.get_by_label("What was found and done").first.fill("The reviews were made this morning.")
        seen.page.get_by_role("button", name="Record the answer").first.click()

        assert found == []
        assert f"/rollouts/{ROLLOUT}/monitors" in seen.page.url
        assert (seen.elsewhere, seen.complaints) == ([], [])
    assert place.alarms() == []
    opened.ledger.close()
