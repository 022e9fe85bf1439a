import time
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from primum.integrations.slack.doctor import PICTURE, Expected, examine, show_figure
from primum.integrations.slack.payloads import Member
from primum.integrations.slack.socket_line import SocketAccess
from primum.integrations.slack.web_api import SlackWeb
from tests.slack_listening import access_to, listening
from tests.slack_server import Fails, slack_server, world

GATE = {"text": "A gate waits", "blocks": [{"type": "divider"}]}
HOME = {"type": "home", "blocks": [{"type": "divider"}]}


@pytest.fixture
def slack():
    with slack_server() as running:
        running.channel("C0GATES")
        running.member("U0LEAD", email="lead@clinic.example")
        yield running


def now() -> datetime:
    return datetime.now(UTC)


def examined(slack, *, clock=now, socket=None, people=(), templates=None, token=None):
    web = SlackWeb(token=token or slack.bot_token, base_url=slack.api)
    return examine(web=web, clock=clock, channels=["C0GATES"], people=people, templates=templates or {}, socket=socket)


def lead(slack, **changes) -> Expected:
    fields = {"member": Member(team=slack.team, user="U0LEAD"), "email": "Lead@clinic.example", **changes}
    return Expected(name="Dr Lead", **fields)


def wrong(checks) -> dict[str, str]:
    assert all(one.sentence.endswith(".") for one in checks)
    return {one.name: one.sentence for one in checks if not one.holds}


def test_a_workspace_in_order_has_nothing_to_mend(slack):
    checks = examined(
        slack, socket=access_to(slack), people=[lead(slack)], templates={"the gate": GATE, "the Home tab": HOME}
    )

    names = ["Workspace", "Scopes", "Clock", "Socket Mode", "Blocks", "Blocks", "Channel", "Person"]
    assert [one.name for one in checks] == names
    assert wrong(checks) == {}
    assert not slack.messages("C0GATES")


def test_a_wrong_token_is_all_there_is_to_say(slack):
    checks = examined(slack, token="xoxb-wrong")

    assert wrong(checks) == {"Workspace": "Slack refused auth.test: invalid_auth."}
    assert len(checks) == 1


@pytest.mark.parametrize(
    ("scopes", "says"),
    [("chat:write,commands", "lacks channels:read, files:write"), (world.SCOPES + ",admin", "may admin")],
)
def test_scopes_are_neither_fewer_nor_more(slack, monkeypatch, scopes, says):
    monkeypatch.setattr("tests.slack_server.web.SCOPES", scopes)

    assert says in wrong(examined(slack))["Scopes"]


@pytest.mark.parametrize(("seconds", "says"), [(-400, "300 seconds on"), (90, "Use NTP"), (30, None)])
def test_a_clock_that_is_off_is_told(slack, seconds, says):
    found = wrong(examined(slack, clock=lambda: now() + timedelta(seconds=seconds)))

    assert (says is None) == ("Clock" not in found)
    assert says is None or says in found["Clock"]


def test_another_primum_on_the_same_app_is_told_and_our_own_is_not(slack):
    with listening(slack) as found:
        slack.wait(lambda: found.holds)
        assert wrong(examined(slack, socket=access_to(slack))) == {}

    slack.wait(lambda: not slack.sockets)
    slack.link.other_connections = 3
    assert "3 other connections" in wrong(examined(slack, socket=access_to(slack)))["Socket Mode"]


def test_an_app_token_that_is_wrong_is_told(slack):
    found = wrong(examined(slack, socket=SocketAccess(app_token="xapp-wrong", base_url=slack.api)))

    assert found["Socket Mode"] == "Slack refused apps.connections.open: invalid_auth."


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"is_private": False}, "it is public"),
        ({"is_ext_shared": True}, "another organisation"),
        ({"is_pending_ext_shared": True}, "another organisation"),
        ({"is_member": False}, "invite it"),
        ({"is_archived": True}, "archived"),
    ],
)
def test_a_channel_where_gates_must_not_go_is_told(slack, changes, says):
    slack.channel("C0GATES", **changes)

    assert says in wrong(examined(slack))["Channel"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"deleted": True}, "deactivated"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_stranger": True}, "another organisation"),
        ({"is_bot": True}, "bot"),
        ({"team": "T0OTHER"}, "belongs to T0OTHER"),
        ({"email": "else@clinic.example"}, "e-mail"),
    ],
)
def test_a_person_who_could_not_sign_is_told(slack, changes, says):
    slack.member("U0LEAD", **{"email": "lead@clinic.example", **changes})

    assert says in wrong(examined(slack, people=[lead(slack)]))["Person"]


def test_whoever_is_not_there_is_told(slack):
    found = wrong(examined(slack, people=[lead(slack, member=Member(team=slack.team, user="U0GONE"))]))

    assert found["Person"] == "Dr Lead: Slack refused users.info: user_not_found."


def test_blocks_that_slack_would_refuse_are_told_by_us_and_by_slack(slack):
    big = {"text": "A gate waits", "blocks": [{"type": "divider"}] * 51}
    slack.misbehave("blocks.validate", Fails(error="internal_error"), times=1)

    assert "Slack broke" in wrong(examined(slack, templates={"the gate": GATE}))["Blocks"]
    assert "51 blocks" in wrong(examined(slack, templates={"the gate": big}))["Blocks"]


def test_a_picture_goes_to_one_person_though_slack_needs_a_moment(slack):
    slack.misbehave("chat.postMessage", Fails(error="invalid_blocks"), times=1)
    paused = []

    check = show_figure(web=SlackWeb(token=slack.bot_token, base_url=slack.api), user="U0LEAD", pause=paused.append)

    [message] = slack.direct(slack.world.people["U0LEAD"])
    assert check.holds
    assert paused == [1.0]
    assert message.blocks[1]["slack_file"]["id"] == slack.uploads[0].id


@pytest.mark.parametrize(
    "fault", [("files.getUploadURLExternal", "missing_scope"), ("chat.postMessage", "invalid_blocks")]
)
def test_a_picture_that_does_not_arrive_is_told(slack, fault):
    method, error = fault
    slack.misbehave(method, Fails(error=error))

    check = show_figure(
        web=SlackWeb(token=slack.bot_token, base_url=slack.api), user="U0LEAD", pause=lambda _: time.sleep(0)
    )

    assert not check.holds
    assert error in check.sentence


def test_the_picture_is_one():
    assert PICTURE.startswith(b"\x89PNG\r\n\x1a\n")
    assert zlib.crc32(PICTURE[-8:-4]).to_bytes(4, "big") == PICTURE[-4:]
