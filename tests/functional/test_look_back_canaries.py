"""Units planted in past advice are on the worklist, and nowhere else: not in the ledger, a message, a page or a log."""

import io
import logging
import sys

import pytest

from primum.actions.tokens import Scope
from tests.api_calls import program
from tests.consoles import console
from tests.guideline_factories import before_2025, of_2025
from tests.guidelines_at_work import AFTER, LEAD, STEWARD, at_work

CANARY = "CANARY7731"
PAGES = ("/", "/guidelines", "/look-backs", "/rollouts/small-trial", "/ledger", "/inbox", "/metrics", "/help")
CALLS = (
    "/guidelines/registry",
    "/rollouts/small-trial/timeline",
    "/rollouts/small-trial/evidence",
    "/ledger",
    "/look-backs",
)


def planted() -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (f"{CANARY}-{n:04d}", ("north", "south")[n % 2], 50, "high", 134, 70) for n in range(25)
    ]
    return [*rows, *((f"{CANARY}-N{n:03d}", "north", 50, "usual", 120, 70) for n in range(25))]


@pytest.fixture
def working(tmp_path, monkeypatch):
    working = at_work(tmp_path / "own")
    for guideline in (before_2025(), of_2025()):
        working.publish(guideline)
    working.advise(planted())
    monkeypatch.setenv("PRIMUM_HOME", str(working.place.home))
    yield working
    working.place.ledger.close()


def told_by_the_terminal(primum, working, monkeypatch) -> list[str]:
    """Make, count, mark by file and by standard input, mark a stranger, mark without a file, break the list."""
    asked = ("--table", "past-advice", "--new", AFTER, "--as", LEAD)
    told = [primum("lookback", "make", "small-trial", *asked), primum("guideline", "relabel", "small-trial", *asked)]
    (folder,) = (working.place.home / "look-back").iterdir()
    half = working.folder / "half.txt"
    half.write_text("".join(f"{CANARY}-{n:04d}\n" for n in range(12)))
    close = ("lookback", "close", folder.name, "--as", LEAD)
    told.append(primum(*close, "--units", str(half)))
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{CANARY}-0012\n\n{CANARY}-0013\n"))
    told.append(primum(*close))
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{CANARY}-STRANGER\n"))
    told += [primum(*close), primum(*close, "--units", str(working.folder / CANARY[:4]))]
    told += [primum("lookback", "status"), primum("lookback", "status", folder.name, "--json")]
    (folder / "worklist.csv").write_text(f"unit,site\n{CANARY}-0001,north\n")
    told.append(primum(*close, "--units", str(half)))
    assert [one.code for one in told] == [0, 0, 0, 0, 3, 2, 0, 0, 3], [one.text for one in told]
    return [one.text for one in told]


def told_by_the_console(working) -> list[str]:
    with console(working.place) as served:
        browser = served.browser_of(LEAD)
        pages = [browser.get(page).text for page in PAGES]
        calls = program(served, STEWARD, scopes=[Scope.READ])
        return [*pages, *(calls.get(call).text for call in CALLS)]


def test_a_unit_is_on_the_worklist_and_nowhere_else(primum, working, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)

    told = [*told_by_the_terminal(primum, working, monkeypatch), *told_by_the_console(working)]

    home = working.place.home
    files = [one for one in home.rglob("*") if one.is_file() and home / "look-back" not in one.parents]
    assert (home / "primum.db") in files
    assert [str(one) for one in files if CANARY.encode() in one.read_bytes()] == []
    assert [text[:200] for text in told if CANARY in text] == []
    assert CANARY not in caplog.text
    (worklist,) = (home / "look-back").rglob("done.ndjson")
    assert worklist.read_text().count(CANARY) == 14


def test_the_pages_count_what_the_worklist_names(primum, working):
    primum("lookback", "make", "small-trial", "--table", "past-advice", "--new", AFTER, "--as", LEAD)

    with console(working.place) as served:
        page = served.browser_of(LEAD).get("/look-backs").text
        registry = served.browser_of(LEAD).get("/guidelines").text
        (called,) = program(served, LEAD).get("/look-backs").json()["items"]

    assert "0 of 25 units were looked at; 25 are left." in page
    assert "at target to above: 25" in page
    assert (called["listed"], called["left"], called["complete"]) == (25, 25, False)
    assert called["words"] in page
    assert "adults at high risk: systolic 130-139 or diastolic 80-89 changes from at target to above" in registry
    assert "follows <code>hypertension@before-2025</code>" in registry
