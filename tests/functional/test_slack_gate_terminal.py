"""The commands on Slack in a terminal: the app to make, the first-day check, codes; refusals with their exit codes."""

import json

import pytest

from primum.chat import members
from primum.cli.outcomes import ExitCode
from primum.integrations.slack.payloads import Member
from tests.slack_at_work import CHANNEL, clinic
from tests.slack_server import slack_server


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@pytest.fixture
def at_work(slack, sqlite_ledger, tmp_path):
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path) as made:
        yield made


@pytest.fixture
def configured(primum, at_work, monkeypatch):
    settings, slack = at_work.place.settings, at_work.slack
    for name, value in {
        "DATABASE_URL": f"sqlite:///{settings.home}/ledger.db",
        "LEDGER_KEY": str(settings.home / "ledger.key"),
        "SLACK_CHANNEL": CHANNEL,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_APP_TOKEN": slack.app_token,
        "SLACK_API_URL": slack.api,
    }.items():
        monkeypatch.setenv(f"PRIMUM_{name}", value)
    return primum


def test_the_app_to_make_is_printed_for_both_ways(primum):
    socket, http = primum("slack", "manifest"), primum("slack", "manifest", "--http", "https://primum.example")

    assert json.loads(socket.out)["settings"]["socket_mode_enabled"] is True
    assert "https://primum.example/slack/interactions" in http.out


def test_the_first_day_check_says_what_is_wrong(configured, at_work):
    well = configured("slack", "doctor")
    at_work.slack.channel(CHANNEL, is_ext_shared=True)
    unwell = configured("slack", "doctor", "--json")

    assert well.code == ExitCode.OK, well.text
    assert unwell.code == ExitCode.INDETERMINATE
    assert [one["part"] for one in json.loads(unwell.out) if not one["well"]] != []


def test_a_code_made_in_the_terminal_works_in_slack_and_can_be_ended(configured, at_work):
    made = configured("slack", "enrol", "amara-okafor", "--as", "noah-kim")
    code = made.out.split("Slack: ")[1].split()[0]

    assert made.code == ExitCode.OK
    assert len(code) == members.CODE_LENGTH
    assert members.person_of(Member(team="T0CLINIC", user="U1"), workplace=at_work.place) is None
    assert "0 accounts" in configured("slack", "end", "amara-okafor", "--as", "noah-kim").out
    assert "0 messages" in configured("slack", "retry").out


def test_nobody_unknown_is_enrolled(configured):
    refused = configured("slack", "enrol", "nobody-here", "--as", "noah-kim")

    assert refused.code == ExitCode.USAGE
    assert "nobody-here" in refused.err


def test_without_its_settings_the_client_says_which_are_missing(primum, at_work, monkeypatch):
    monkeypatch.setenv("PRIMUM_DATABASE_URL", f"sqlite:///{at_work.place.settings.home}/ledger.db")
    monkeypatch.setenv("PRIMUM_LEDGER_KEY", str(at_work.place.settings.home / "ledger.key"))

    refused = primum("slack", "run")

    assert refused.code == ExitCode.USAGE
    assert "PRIMUM_SLACK_BOT_TOKEN" in refused.err
