"""Monitors at a telephone's width and a desk's: read, and an alarm answered without a script."""

import pytest

from primum.actions.workplace import open_workplace
from primum.settings import Settings
from tests.browser.chromium import window
from tests.browser.test_pages_for_everybody import look_everywhere
from tests.consoles import console
from tests.monitors_at_work import MONDAY, ROLLOUT, Ward, line, monitor, ward

PAGES = {"monitors": f"/rollouts/{ROLLOUT}/monitors", "monitor": f"/rollouts/{ROLLOUT}/monitors/late-reviews"}


@pytest.fixture
def place(tmp_path) -> Ward:
    opened = open_workplace(Settings(home=tmp_path / "home"))
    made = ward(opened.ledger, tmp_path / "home", monitor(), monitor(id="broken", kind="tea-leaves"))
    for week, late in ((10, 0), (11, 1), (12, 2), (13, 5)):
        made.report(line(late, period=f"2026-W{week}"), line(1, period=f"2026-W{week}", site="south"))
    made.tick()
    yield made
    opened.ledger.close()


def test_the_pages_read_well_and_the_owner_answers(place, browser):
    with console(place.workplace, at=MONDAY) as running, window(browser, running, person="pia-berg") as seen:
        found = []
        for name, path in PAGES.items():
            assert seen.open(path) == 200
            found += look_everywhere(seen)
            seen.keep(name)
        seen.open(PAGES["monitors"])
        seen.page.get_by_text("Answer it").first.click()
        seen.page.get_by_label("What was found and done").first.fill("The reviews were made this morning.")
        seen.page.get_by_role("button", name="Record the answer").first.click()

        assert found == []
        assert seen.page.get_by_role("status").inner_text().startswith("Recorded.")
        assert (seen.elsewhere, seen.complaints) == ([], [])
    assert len(place.alarms()) == 1
