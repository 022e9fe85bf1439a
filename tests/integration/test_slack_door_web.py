import logging
import socket
import threading
from contextlib import contextmanager

import pytest

from primum.integrations.slack.refusals import NotSent, RateLimited, Refused, Unknown, Unreachable
from primum.integrations.slack.web_api import Posted, SlackWeb, proxy_for
from tests.slack_server import Drops, Fails, Hangs, Html, slack_server
from tests.slack_server import RateLimited as Limits

BUTTON = {"type": "button", "action_id": "approve", "value": "g", "text": {"type": "plain_text", "text": "Approve…"}}
BLOCKS = [{"type": "actions", "block_id": "answers", "elements": [BUTTON]}]
FIELD = {"type": "input", "block_id": "reason", "label": {"type": "plain_text", "text": "Reason"}}
FORM = {
    "type": "modal",
    "callback_id": "approve",
    "title": {"type": "plain_text", "text": "Approve"},
    "submit": {"type": "plain_text", "text": "Continue"},
    "blocks": [{**FIELD, "element": {"type": "plain_text_input", "action_id": "text"}}],
}
HOME = {"type": "home", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "Nothing waits"}}]}
SECRET = "Mr Smith, 1931"


@pytest.fixture
def slack():
    with slack_server() as running:
        running.channel("C0GATES")
        running.member("U0LEAD", name="Dr Lead", email="lead@clinic.example")
        yield running


@pytest.fixture
def web(slack):
    return SlackWeb(token=slack.bot_token, base_url=slack.api, timeout=0.5)


@contextmanager
def answering(raw: bytes):
    """A server that answers whatever is asked with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(raw)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/api/"
        thread.join(5)


def test_a_message_is_posted_and_changed_with_its_blocks(slack, web):
    posted = web.post_message(channel="C0GATES", text="A gate waits", blocks=BLOCKS, event="gate-1")

    web.update_message(posted=posted, text="Granted", blocks=BLOCKS)

    [message] = slack.messages("C0GATES")
    assert (message.text, message.blocks, message.ts) == ("Granted", BLOCKS, posted.ts)
    assert message.metadata["event_payload"] == {"name": "gate-1"}
    assert not message.unfurl_links


def test_a_person_is_written_to_directly_and_alone(slack, web):
    channel = web.open_dm(user="U0LEAD")
    posted = web.post_message(channel=channel, text="Yours to sign")
    web.post_ephemeral(channel="C0GATES", user="U0LEAD", text="You signed this already")

    web.update_message(posted=posted, text="Signed", blocks=())

    assert [one.text for one in slack.direct(slack.world.people["U0LEAD"])] == ["Signed"]
    assert [one["text"] for one in slack.ephemerals] == ["You signed this already"]


def test_a_form_opens_once_and_changes_while_it_is_what_we_saw(slack, web):
    lead = slack.world.people["U0LEAD"]
    trigger = slack.world.trigger(lead.user)

    opened = web.open_view(trigger=trigger, view=FORM)
    changed = web.update_view(opened=opened, view={**FORM, "blocks": HOME["blocks"]})

    assert slack.form_of(lead).blocks == HOME["blocks"]
    assert changed.hash != opened.hash
    with pytest.raises(Refused) as again:
        web.open_view(trigger=trigger, view=FORM)
    assert again.value.error == "exchanged_trigger_id"
    with pytest.raises(Refused) as stale:
        web.update_view(opened=opened, view=FORM)
    assert stale.value.error == "hash_conflict"


def test_people_and_channels_are_told_as_they_are(slack, web):
    slack.member("U0GUEST", team="T0OTHER", is_restricted=True, is_stranger=True, deleted=True)
    slack.channel("C0OPEN", is_private=False, is_pending_ext_shared=True, is_member=False)

    lead, guest = web.user(user="U0LEAD"), web.user(user="U0GUEST")
    gates, shared = web.channel(channel="C0GATES"), web.channel(channel="C0OPEN")

    assert (lead.team, lead.name, lead.email) == (slack.team, "Dr Lead", "lead@clinic.example")
    assert not any((lead.deleted, lead.guest, lead.stranger, lead.is_bot))
    assert guest.deleted
    assert (guest.guest, guest.stranger, guest.team) == (True, True, "T0OTHER")
    assert (gates.private, gates.shared, gates.member) == (True, False, True)
    assert (shared.private, shared.shared, shared.member) == (False, True, False)


def test_a_figure_goes_up_as_a_private_file_with_its_words(slack, web):
    file = web.upload_figure(content=b"\x89PNG", filename="forest.png", alt="Five sites, all above 90 %", title="Sites")

    [upload] = slack.uploads
    assert (upload.id, upload.content, upload.channel) == (file, b"\x89PNG", None)
    assert upload.alt_text == "Five sites, all above 90 %"


def test_who_we_are_comes_with_our_scopes_and_slacks_time(slack, web):
    found = web.auth_test()

    assert (found.team, found.user) == (slack.team, "U0PRIMUM")
    assert "chat:write" in found.scopes
    assert found.date.endswith("GMT")


def test_a_home_tab_is_shown_and_blocks_are_checked_by_slack(slack, web):
    web.publish_view(user="U0LEAD", view=HOME)

    assert slack.homes["U0LEAD"].blocks == HOME["blocks"]
    assert web.validate_blocks(view=FORM) == ()
    assert web.validate_blocks(message={"blocks": BLOCKS * 51}) == ("/blocks: invalid_blocks.",)


@pytest.mark.parametrize(
    ("fault", "expected", "posts"),
    [
        (Fails(error="channel_not_found"), Refused, 0),
        (Fails(error="internal_error"), Unknown, 0),
        (Fails(error="service_unavailable"), Unreachable, 0),
        (Fails(error="ratelimited"), RateLimited, 0),
        (Limits(seconds=30), RateLimited, 0),
        (Drops(performs=True), Unknown, 1),
        (Drops(performs=False), Unknown, 0),
        (Hangs(performs=True), Unknown, 1),
        (Html(status=502), Unknown, 0),
        (Html(status=504), Unknown, 0),
        (Html(status=200), Unknown, 0),
    ],
    ids=str,
)
def test_each_failure_is_one_of_four_and_nothing_is_repeated(slack, web, fault, expected, posts):
    slack.misbehave("chat.postMessage", fault)

    with pytest.raises(expected) as problem:
        web.post_message(channel="C0GATES", text=SECRET, blocks=BLOCKS)

    assert len(slack.called("chat.postMessage")) == 1
    assert len(slack.messages("C0GATES")) == posts
    assert str(problem.value).endswith(".")
    assert SECRET not in str(problem.value)
    assert slack.bot_token not in str(problem.value)


def test_slack_says_how_long_to_wait(slack, web):
    slack.misbehave("chat.postMessage", Limits(seconds=30))

    with pytest.raises(RateLimited, match="wait 30 seconds") as problem:
        web.post_message(channel="C0GATES", text="A gate waits")

    assert problem.value.retry_after == 30


def test_nobody_there_is_told_from_an_answer_lost(slack, web):
    slack.go_down()

    with pytest.raises(Unreachable):
        web.auth_test()
    with pytest.raises(Unreachable):
        SlackWeb(token="xoxb-1", base_url="http://nowhere.invalid/api/").auth_test()

    slack.come_back()
    assert web.auth_test().team == slack.team


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
@pytest.mark.parametrize("fault", [Html(status=502), Drops(performs=False), Hangs()], ids=str)
def test_an_upload_that_breaks_at_any_step_is_one_of_four(slack, web, method, fault):
    slack.misbehave(method, fault)

    with pytest.raises(NotSent):
        web.upload_figure(content=b"\x89PNG", filename="forest.png", alt="Five sites", title="Sites")


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n3",
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}',
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=none\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_an_answer_that_is_not_slacks_leaves_it_unknown(raw):
    with answering(raw) as address, pytest.raises(Unknown):
        SlackWeb(token="xoxb-1", base_url=address, timeout=2).user(user="U1")


def test_a_wrong_token_is_refused_and_never_told(slack):
    with pytest.raises(Refused, match=r"Slack refused auth.test: invalid_auth\.") as problem:
        SlackWeb(token="xoxb-wrong", base_url=slack.api).auth_test()

    assert "xoxb" not in str(problem.value)


def test_nothing_of_a_message_is_logged_even_when_everything_is(slack, web, caplog):
    with caplog.at_level(logging.DEBUG):
        web.post_message(channel="C0GATES", text=SECRET)
        slack.misbehave("chat.update", Hangs())
        with pytest.raises(Unknown):
            web.update_message(posted=Posted(channel="C0GATES", ts="1.1"), text=SECRET, blocks=())

    assert SECRET not in caplog.text
    assert slack.bot_token not in caplog.text


def test_the_proxy_of_the_environment_is_used_except_where_it_is_not_to_be(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.clinic.example:3128")
    monkeypatch.setenv("no_proxy", "localhost,.clinic.example")

    assert proxy_for("https://slack.com/api/") == "http://proxy.clinic.example:3128"
    assert proxy_for("wss://wss-primary.slack.com/link/") == "http://proxy.clinic.example:3128"
    assert proxy_for("https://relay.clinic.example/api/") is None
    assert SlackWeb(token="xoxb-1", base_url="https://relay.clinic.example/api/")._client.proxy is None
