import json
import random
import time
from collections import Counter
from datetime import UTC, datetime

from primum.integrations.slack.fields import Malformed
from primum.integrations.slack.parsing import parse_envelope, parse_event, parse_form
from primum.integrations.slack.payloads import from_plain, plain
from primum.integrations.slack.signing import NotFromSlack, verify
from tests import slack_fuzz
from tests.slack_server import people
from tests.slack_server.world import Message, Person, View, World

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECRET = "8f742231b10e8888abcd99stand85a5in"
BUTTON = {"type": "button", "action_id": "approve", "value": "g", "text": {"type": "plain_text", "text": "Approve…"}}
REASON = {"type": "input", "block_id": "reason", "element": {"type": "plain_text_input", "action_id": "text"}}
TICKS = {"type": "input", "block_id": "ticks", "element": {"type": "checkboxes", "action_id": "boxes", "options": []}}


def originals() -> list[slack_fuzz.Original]:
    """One of each kind of request that Slack makes."""
    world, lead = World(clock=AT.timestamp), Person(user="U0LEAD")
    gate = Message(channel="C0GATES", ts="1.1", text="A gate", blocks=[{"type": "actions", "elements": [BUTTON]}])
    form = View(id="V1", hash="1.a", user="U0LEAD", body={"type": "modal", "blocks": [REASON, TICKS]})
    member = {"id": "U0LEAD", "team_id": "T0CLINIC", "deleted": True}
    made = [
        ("interaction", people.click(world, gate, "approve", by=lead)),
        ("interaction", people.submission(world, form, {"reason": "Good", "ticks": ["a"]}, by=lead)),
        ("interaction", people.closing(world, form, by=lead)),
        ("command", people.command(world, "/gates", "help", by=lead, channel="C0GATES")),
        ("event", people.event(world, "app_home_opened", user="U0LEAD", tab="home")),
        ("event", people.event(world, "user_change", user=member)),
        ("event", people.event(world, "channel_id_changed", old_channel_id="C1", new_channel_id="G1")),
        ("event", {"type": "url_verification", "challenge": "3eZbrw1a"}),
    ]
    return [slack_fuzz.Original(kind=kind, path=kind, payload=payload) for kind, payload in made]


def read(sent: slack_fuzz.Sent) -> str:
    """Return what the door makes of a request, in one word."""
    try:
        verify(headers=sent.headers, body=sent.body, secrets=(SECRET,), at=AT)
        found = parse_event(sent.body) if sent.path == "event" else parse_form(sent.body)
    except NotFromSlack:
        return "not from Slack"
    except Malformed:
        return "malformed"
    assert from_plain(plain(found)) == found
    return type(found).__name__


def test_ten_thousand_requests_are_refused_or_understood_and_nothing_else():
    sent = list(slack_fuzz.requests(originals(), count=10_000, secret=SECRET, at=AT.timestamp()))
    start = time.monotonic()

    said = [read(one) for one in sent]

    assert time.monotonic() - start < 60
    assert all((word == "not from Slack") is not one.is_signed for one, word in zip(sent, said, strict=True))
    # Enough of each came through for this to mean something.
    assert {word for word in said if said.count(word) > 50} >= {
        "Click",
        "Command",
        "FormSent",
        "FormClosed",
        "HomeOpened",
        "MemberChanged",
        "Handshake",
        "malformed",
        "not from Slack",
    }


def test_ten_thousand_envelopes_are_refused_or_understood_and_nothing_else():
    dice, kinds = random.Random(20261122), {"event": "events_api", "command": "slash_commands"}
    whole = [
        {"envelope_id": "e-1", "type": kinds.get(one.kind, "interactive"), "payload": one.payload}
        for one in originals()
        if one.payload["type" if "type" in one.payload else "command"] != "url_verification"
    ]
    said: Counter[str] = Counter()

    for _ in range(10_000):
        try:
            received = parse_envelope(slack_fuzz.changed(dice.choice(whole), dice))
        except Malformed:
            said["malformed"] += 1
        else:
            said[type(received.payload).__name__] += 1
            assert from_plain(json.loads(json.dumps(plain(received.payload)))) == received.payload

    assert said["malformed"] > 1_000
    assert min(said[kind] for kind in ("Click", "Command", "FormSent", "HomeOpened", "MemberChanged")) > 100


def test_what_is_tried_is_the_same_each_time():
    one, two = (list(slack_fuzz.requests(originals(), count=50, secret=SECRET, at=0)) for _ in range(2))

    assert one == two
