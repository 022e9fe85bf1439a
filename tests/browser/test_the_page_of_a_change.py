"""The page of a guideline change in a real browser, narrow and wide: its steps, and a step taken from it."""

import pytest

from tests import changes_at_work as change
from tests.browser import chromium
from tests.browser.test_pages_for_everybody import look_everywhere
from tests.consoles import console

STEWARD = "yusuf-demir"
HEADINGS = {
    "/changes": "Guideline changes",
    f"/changes/{change.CHANGE}": "Advice on blood pressure by the guideline in force: the guideline changed",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    root = tmp_path_factory.mktemp("changes")
    scene = change.opened(root / "home", change.files(root / "rollouts"))
    with console(scene.place) as running:
        running.clock.at = change.MORNING.replace(day=3)
        yield running
    scene.place.ledger.close()


@pytest.mark.parametrize("path", HEADINGS)
def test_a_page_of_a_change_reads_well_everywhere(path, browser, served):
    with chromium.window(browser, served, person=STEWARD) as window:
        status = window.open(path)

        assert status == 200
        assert look_everywhere(window) == []
        assert (window.elsewhere, window.complaints) == ([], [])
        assert window.page.locator("h1").inner_text() == HEADINGS[path]


def test_a_step_is_taken_by_its_button_and_the_next_one_is_offered(browser, served):
    with chromium.window(browser, served, person=STEWARD) as window:
        window.open(f"/changes/{change.CHANGE}")

        window.page.locator("button", has_text="Take this step").click()

        assert window.page.get_by_role("status").inner_text() == "The step is taken."
        offered = window.page.locator("button", has_text="Take this step")
        assert "The evidence is labelled again" in (offered.text_content() or "")
