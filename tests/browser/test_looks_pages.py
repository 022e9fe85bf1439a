"""The looks of a pilot in a real browser: the board's page by arm and the team's, narrow and wide."""

import pytest

from primum.ledger.database import Ledger
from tests import gates_at_work
from tests.browser import chromium
from tests.browser.test_pages_for_everybody import look_everywhere
from tests.consoles import console
from tests.looks_on_disk import BOARD, ROLLOUT, TEAM, rows_of, running


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    home = tmp_path_factory.mktemp("looks")
    with Ledger.open(f"sqlite:///{home / 'ledger.db'}", key=home / "key") as ledger:
        made = running(home / "files", gates_at_work.workplace(ledger, home / "home"))
        made.table(rows_of(210, new=0.72))
        made.take()
        made.table(rows_of(300, new=0.74))
        made.take(person=BOARD, reason="Three reports of harm in a week.")
        made.table(rows_of(410, new=0.7))
        made.take()
        yield made


@pytest.fixture(scope="module")
def served(pilot):
    with console(pilot.place, at=pilot.at) as running_console:
        yield running_console


@pytest.mark.parametrize(("person", "figures"), [(BOARD, 2), (TEAM, 1)])
def test_the_page_of_looks_reads_well_everywhere(person, figures, browser, served):
    with chromium.window(browser, served, person=person) as window:
        status = window.open(f"/rollouts/{ROLLOUT}/looks")

        assert status == 200
        assert look_everywhere(window) == []
        assert (window.elsewhere, window.complaints) == ([], [])
        window.keep(f"looks-{person}")
        assert window.page.locator("figure").count() == figures
        assert window.page.locator("li.card").count() == 3
