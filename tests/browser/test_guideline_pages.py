"""The registry of guidelines and the look-backs in a real browser, narrow and wide."""

import csv

import pytest

from primum.actions import look_back
from tests.browser import chromium
from tests.browser.test_pages_for_everybody import look_everywhere
from tests.consoles import console
from tests.factories import MORNING
from tests.guideline_factories import before_2025, of_2025
from tests.guidelines_at_work import AFTER, LEAD, at_work

HEADINGS = {"/guidelines": ("Guidelines", 3), "/look-backs": ("Look-backs", 1)}


@pytest.fixture(scope="module")
def working(tmp_path_factory):
    working = at_work(tmp_path_factory.mktemp("registry"))
    for guideline in (before_2025(), of_2025()):
        working.publish(guideline)
    sites = ("north", "south")
    rows = [(f"U-{n:04d}", sites[n % 2], 50, "high", 134, 70) for n in range(40)]
    rows += [(f"N-{n:04d}", sites[n % 7 == 0], 50, "usual", 120, 70) for n in range(60)]
    working.advise([*rows, *((f"O-{n}", "south", 50, None, 134, 70) for n in range(3))])
    given = {"person": working.person(LEAD), "at": MORNING, "workplace": working.place}
    made = look_back.make(submission=working.submission(), evidence="past-advice", new=AFTER, **given)
    with made.file.open(encoding="utf-8") as file:
        units = [row["unit"] for row in csv.DictReader(file)]
    look_back.close(look_back=made.state.id, units=units[:20], **given)
    yield working
    working.place.ledger.close()


@pytest.fixture(scope="module")
def served(working):
    with console(working.place) as running:
        yield running


@pytest.mark.parametrize("path", HEADINGS)
def test_a_page_of_guidelines_reads_well_everywhere(path, browser, served):
    with chromium.window(browser, served, person=LEAD) as window:
        status = window.open(path)

        assert status == 200
        assert look_everywhere(window) == []
        assert (window.elsewhere, window.complaints) == ([], [])
        heading, sections = HEADINGS[path]
        window.keep(f"guidelines-{heading.lower()}")
        assert window.page.locator("h1").inner_text() == heading
        assert window.page.locator("main section").count() == sections
