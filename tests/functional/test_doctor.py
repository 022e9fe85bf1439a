"""What `primum doctor` says of the parts that people meet: accounts, console, outbox, Slack."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from primum.actions.workplace import open_workplace
from primum.integrations.heartbeats import SLACK, beat
from primum.ledger.tables import OutboxMessage
from primum.settings import Settings
from tests import gates_at_work
from tests.consoles import console, have_account

PARTS = ("accounts", "console", "outbox", "Slack")


@pytest.fixture
def place(tmp_path, primum):
    opened = open_workplace(Settings(home=tmp_path / "home"))
    yield opened
    opened.ledger.close()


def said(primum):
    signs = {one["part"]: one for one in json.loads(primum("doctor", "--json").out)}
    return {part: (signs[part]["well"], signs[part]["sentence"]) for part in PARTS}


def test_a_fresh_installation_is_well_and_says_how_people_get_in(place, primum):
    found = said(primum)

    assert [well for well, _ in found.values()] == [True] * 4
    assert "nobody can sign in" in found["accounts"][1]
    assert "does not answer" in found["console"][1]
    assert "not configured" in found["Slack"][1]


def test_accounts_without_an_administrator_are_told(place, primum):
    have_account("amara-okafor", place=place)

    well, sentence = said(primum)["accounts"]

    assert not well
    assert "primum people invite" in sentence


def test_a_console_that_answers_is_told(place, primum, monkeypatch):
    with console(place) as served:
        monkeypatch.setenv("PRIMUM_ADDRESS", served.address)
        found = said(primum)["console"]

    assert found == (True, f"answers at {served.address}.")


@pytest.mark.parametrize(("seconds", "words"), [(None, "does not run"), (90, "does not run"), (1, "hears Slack")])
def test_slack_is_judged_by_the_last_sign_of_life_of_its_client(place, primum, monkeypatch, seconds, words):
    monkeypatch.setenv("PRIMUM_SLACK_BOT_TOKEN", "xoxb-secret")
    if seconds is not None:
        at = datetime.now(UTC) - timedelta(seconds=seconds)
        beat(home=place.home, part=SLACK, at=at, heard_at=at)

    well, sentence = said(primum)["Slack"]

    assert words in sentence
    assert well is (words == "hears Slack")
    assert "xoxb" not in sentence


def test_messages_that_were_given_up_are_told(place, primum):
    gates_at_work.awaiting(gates_at_work.submission(), place)
    with place.ledger.transaction() as tx:
        for row in tx.session.exec(select(OutboxMessage)):
            row.parked_at = datetime.now(UTC)

    well, sentence = said(primum)["outbox"]

    assert not well
    assert "given up after many tries" in sentence
