"""The model card where people meet it: on its page, as a file, in the API and in a terminal."""

import pytest

from primum.roadmap.card_versions import Occasion
from tests import cards_at_work, gates_at_work
from tests.consoles import console

LEAD = "amara-okafor"


@pytest.fixture
def place(ledger, tmp_path):
    """A rollout whose gate was granted and that had an alarm since."""
    place = gates_at_work.workplace(ledger, tmp_path)
    gates_at_work.granted(cards_at_work.submission(summary="Reads tracings & signs in a test."), place)
    cards_at_work.failed(place, cause=Occasion.MONITOR, subject="alarm-7", sentence="Alarm alarm-7 held the rollout.")
    return place


@pytest.fixture
def browser(place):
    with console(place) as opened:
        yield opened.browser_of(LEAD)


def test_the_page_shows_the_card_its_history_and_the_six_items(browser):
    text = browser.get("/rollouts/test-rollout/card").text

    assert "Reads tracings &amp; signs in a test." in text
    assert "98.0%" in text
    assert "Alarm alarm-7 held the rollout." in text
    assert text.index("Version 2") < text.index("Version 1")
    assert "In use: Alarm alarm-7 held the rollout." in text
    assert "Autonomy (K1)" in text
    assert "What belongs in each field" in text


@pytest.mark.parametrize(("form", "begins"), [("md", "# Model card"), ("json", "{"), ("html", "<!DOCTYPE html>")])
def test_a_version_is_handed_out_as_a_file(browser, form, begins):
    answer = browser.get(f"/rollouts/test-rollout/card/export/{form}?version=1")

    assert answer.headers["content-disposition"] == f'attachment; filename="test-rollout-card-1.{form}"'
    assert answer.text.startswith(begins)
    assert "alarm-7" not in answer.text.partition("Versions")[0]


@pytest.mark.parametrize("form", ["md", "json", "html"])
def test_the_api_hands_out_the_same_file(browser, form):
    page = browser.get(f"/rollouts/test-rollout/card/export/{form}?version=1")
    call = browser.get(f"/api/v1/rollouts/test-rollout/cards/1/export/{form}")

    assert call.content == page.content
    assert call.headers["content-type"] == page.headers["content-type"]


def test_a_version_that_is_not_there_and_another_form_are_said(browser):
    nine = browser.get("/rollouts/test-rollout/card/export/md?version=9")
    other = browser.get("/rollouts/test-rollout/card/export/docx")

    assert (nine.status_code, "no version 9 of its model card" in nine.text) == (404, True)
    assert (other.status_code, "handed out as md, json, html" in other.text) == (404, True)


def test_the_api_tells_versions_and_the_six_items(place):
    with console(place) as opened:
        browser = opened.browser_of(LEAD)
        listed = browser.get("/api/v1/rollouts/test-rollout/cards").json()
        first = browser.get("/api/v1/rollouts/test-rollout/cards/1").json()
        items = browser.get("/api/v1/rollouts/test-rollout/scorecard").json()

    assert [one["number"] for one in listed["items"]] == [2, 1]
    assert listed["items"][0]["previous"] == first["digest"]
    assert first["card"]["performance"][0]["n"] == 500
    assert [one["id"] for one in items] == ["K1", "K2", "K3", "K4", "K5", "K6"]
    assert {one["outcome"] for one in items} == {"insufficient"}


def test_a_rollout_without_a_card_shows_how_one_is_written(ledger, tmp_path):
    place = gates_at_work.workplace(ledger, tmp_path)
    gates_at_work.register(gates_at_work.submission(), place)
    with console(place) as opened:
        text = opened.browser_of(LEAD).get("/rollouts/test-rollout/card").text

    assert "the first is written when a gate is granted" in text
    assert "Writing a model card" in text


def test_somebody_without_a_role_is_told_nothing(place):
    with console(place) as opened:
        answer = opened.browser_of("a-stranger").get("/rollouts/test-rollout/card")

    assert answer.status_code == 403
    assert "tracings" not in answer.text
