import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.integrations.slack.fields import Malformed
from primum.integrations.slack.parsing import parse_envelope, parse_event, parse_form
from primum.integrations.slack.payloads import (
    ChannelChanged,
    Click,
    Command,
    FormClosed,
    FormSent,
    Handshake,
    HomeOpened,
    Member,
    MemberChanged,
    NotForUs,
    Uninstalled,
    from_plain,
    plain,
)

CLICK = {
    "type": "block_actions",
    "api_app_id": "A1",
    "team": {"id": "T1", "domain": "clinic"},
    "user": {"id": "U1", "username": "lead", "team_id": "T2"},
    "trigger_id": "1.2.3",
    "container": {"type": "message", "message_ts": "171.5", "channel_id": "C1", "is_ephemeral": False},
    "channel": {"id": "C1", "name": "gates"},
    "message": {"ts": "171.5", "text": "A gate waits"},
    "actions": [{"type": "button", "action_id": "approve", "block_id": "b", "value": "g-1:2", "action_ts": "172.0"}],
}
VALUES = {
    "reason": {"text": {"type": "plain_text_input", "value": "Good reasons, all of them"}},
    "note": {"text": {"type": "plain_text_input", "value": None}},
    "meaning": {"radio": {"type": "radio_buttons", "selected_option": {"value": "review", "text": {}}}},
    "ticks": {"boxes": {"type": "checkboxes", "selected_options": [{"value": "a"}, {"value": "b"}]}},
    "who": {"user": {"type": "users_select", "selected_user": "U2"}},
    "until": {"when": {"type": "datetimepicker", "selected_date_time": 1795000000}},
}
FORM = {
    "type": "view_submission",
    "api_app_id": "A1",
    "team": {"id": "T1"},
    "user": {"id": "U1", "team_id": "T1"},
    "trigger_id": "4.5.6",
    "view": {
        "id": "V1",
        "hash": "156.abc",
        "callback_id": "approve",
        "private_metadata": "g-1",
        "state": {"values": VALUES},
    },
}
COMMAND = {
    "api_app_id": "A1",
    "team_id": "T1",
    "user_id": "U1",
    "trigger_id": "7.8.9",
    "command": "/gates",
    "text": "delegate <@U2>",
    "channel_id": "C1",
}


def event(**changes) -> dict:
    inner = {"type": "app_home_opened", "user": "U1", "tab": "home", **changes}
    return {"type": "event_callback", "event_id": "Ev1", "api_app_id": "A1", "team_id": "T1", "event": inner}


def form(payload: object) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def body(found: object) -> bytes:
    return json.dumps(found).encode()


def test_a_click_names_who_pressed_and_not_whose_app_it_is():
    click = parse_form(form(CLICK))

    assert isinstance(click, Click)
    assert click.member == Member(team="T2", user="U1")
    assert (click.team, click.value, click.channel, click.message) == ("T1", "g-1:2", "C1", "171.5")
    assert click.key == "block_actions:C1:171.5:172.0:U1:approve"


def test_a_form_gives_what_each_input_held():
    sent = parse_form(form(FORM))

    assert isinstance(sent, FormSent)
    assert sent.written("reason") == "Good reasons, all of them"
    assert sent.chosen("note") == ()
    assert sent.written("meaning") == "review"
    assert sent.chosen("ticks") == ("a", "b")
    assert (sent.written("who"), sent.written("until"), sent.written("nothing")) == ("U2", "1795000000", "")


def test_a_form_sent_again_after_errors_is_not_the_form_delivered_twice():
    corrected = parse_form(form({**FORM, "trigger_id": "4.5.7"}))

    assert parse_form(form(FORM)).key == parse_form(form(FORM)).key != corrected.key


def test_a_command_keeps_its_words():
    command = parse_form(urlencode(COMMAND).encode())

    assert command == parse_envelope({"type": "slash_commands", "envelope_id": "e", "payload": COMMAND}).payload
    assert isinstance(command, Command)
    assert (command.name, command.words) == ("/gates", "delegate <@U2>")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, HomeOpened(key="event:Ev1", app="A1", team="T1", member=Member(team="T1", user="U1"), tab="home")),
        (
            {"type": "channel_shared", "channel": "G1", "connected_team_id": "E9"},
            ChannelChanged(key="event:Ev1", app="A1", team="T1", change="channel_shared", channel="G1", becomes=""),
        ),
        (
            {"type": "channel_id_changed", "old_channel_id": "G1", "new_channel_id": "C1"},
            ChannelChanged(
                key="event:Ev1", app="A1", team="T1", change="channel_id_changed", channel="G1", becomes="C1"
            ),
        ),
        (
            {"type": "user_change", "user": {"id": "U1", "team_id": "T1", "deleted": True, "is_restricted": False}},
            MemberChanged(
                key="event:Ev1",
                app="A1",
                team="T1",
                member=Member(team="T1", user="U1"),
                deleted=True,
                guest=False,
                bot=False,
            ),
        ),
        ({"type": "tokens_revoked"}, Uninstalled(key="event:Ev1", app="A1", team="T1", change="tokens_revoked")),
        ({"type": "app_uninstalled"}, Uninstalled(key="event:Ev1", app="A1", team="T1", change="app_uninstalled")),
        ({"type": "message"}, NotForUs(key="event:Ev1", app="A1", team="T1", kind="message")),
    ],
    ids=lambda value: value.get("type", "app_home_opened") if isinstance(value, dict) else "",
)
def test_an_event_is_known_by_its_id(changes, expected):
    assert parse_event(body(event(**changes))) == expected


def test_slack_asks_whether_we_are_here():
    probe = parse_event(body({"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}))

    assert probe == Handshake(key="url_verification", challenge="3eZbrw1a")
    assert parse_form(b"ssl_check=1&token=x") == Handshake(key="ssl_check", challenge="")


def test_a_closed_form_and_a_shortcut_are_told_apart():
    closed = parse_form(form({**FORM, "type": "view_closed", "is_cleared": False}))
    shortcut = parse_form(form({**CLICK, "type": "shortcut"}))

    assert isinstance(closed, FormClosed)
    assert (closed.view, closed.callback) == ("V1", "approve")
    assert isinstance(shortcut, NotForUs)
    assert shortcut.kind == "shortcut"


@pytest.mark.parametrize(
    "found",
    [
        parse_form(form(CLICK)),
        parse_form(form(FORM)),
        parse_form(form({**FORM, "type": "view_closed"})),
        parse_form(urlencode(COMMAND).encode()),
        parse_event(body(event())),
        parse_event(body(event(type="message"))),
        Handshake(key="ssl_check", challenge=""),
    ],
    ids=lambda found: type(found).__name__,
)
def test_a_payload_survives_being_kept(found):
    assert from_plain(json.loads(json.dumps(plain(found)))) == found


@pytest.mark.parametrize(
    "kept", [{}, {"payload": "Click"}, {"payload": "Click", "member": 3}, {"payload": "Handshake", "x": 1}]
)
def test_a_kept_payload_of_another_version_is_refused(kept):
    with pytest.raises(Malformed, match="another version"):
        from_plain(kept)


@pytest.mark.parametrize(
    "payload",
    [
        [],
        {"type": 3},
        {**CLICK, "user": None},
        {**CLICK, "user": {"id": "U1"}},
        {**CLICK, "user": {"id": "U 1", "team_id": "T1"}},
        {**CLICK, "user": {"id": "U" * 256, "team_id": "T1"}},
        {**CLICK, "actions": []},
        {**CLICK, "actions": CLICK["actions"] * 2},
        {**CLICK, "actions": [{**CLICK["actions"][0], "value": "a\x00b"}]},
        {**CLICK, "actions": [{**CLICK["actions"][0], "value": "\ud800"}]},
        {**CLICK, "container": {}, "message": None},
        {**FORM, "view": {"id": "V1", "state": {"values": {"b": 3}}}},
        {**FORM, "view": {"id": "V1", "state": {"values": {"b": {"a": {"type": "checkboxes", "value": 1}}}}}}
        | {"view": 1},
    ],
)
def test_a_malformed_interaction_is_one_sentence(payload):
    with pytest.raises(Malformed, match=r"\.$"):
        parse_form(form(payload))


@pytest.mark.parametrize(
    "raw",
    [b"", b"payload", b"payload=%7B", b"payload=%ff", b"payload={}&payload={}", b"a=1", b"payload=" + b"[" * 100_000],
)
def test_a_malformed_form_is_one_sentence(raw):
    with pytest.raises(Malformed, match=r"\.$"):
        parse_form(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*CLICK, *FORM, "event", "event_id"]), JSON), st.sampled_from([CLICK, FORM]))
def test_nothing_but_a_refusal_or_a_payload_comes_of_any_interaction(changes, whole):
    try:
        found = parse_form(form({**whole, **changes}))
    except Malformed:
        return

    assert json.loads(json.dumps(plain(found)))["key"] == found.key
    assert len(found.key) <= 255


@given(JSON, JSON)
def test_nothing_but_a_refusal_or_a_payload_comes_of_any_event(changes, inner):
    try:
        found = parse_event(body({**event(), "event": inner} if isinstance(inner, dict) else changes))
    except Malformed:
        return

    assert found.key
