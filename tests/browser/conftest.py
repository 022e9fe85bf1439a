"""For each module one browser, and one hospital whose console is served."""

import pytest

from tests.browser import chromium, hospital
from tests.consoles import console


# Not for the session: while it runs, no other test of the process could begin an event loop.
@pytest.fixture(scope="module")
def browser():
    with chromium.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """The hospital with everything a page can show."""
    made = hospital.open_hospital(tmp_path_factory.mktemp("hospital"))
    hospital.fill(made)
    return made


@pytest.fixture(scope="module")
def served(clinic):
    with console(clinic.place, at=clinic.at) as running:
        yield running


@pytest.fixture
def window_of(browser, served):
    """A function that opens the window of a person; it is closed after the test."""
    opened = []

    def of(person=hospital.LEAD, **options):
        manager = chromium.window(browser, served, person=person, **options)
        opened.append(manager)
        return manager.__enter__()

    yield of
    for manager in opened:
        manager.__exit__(None, None, None)
