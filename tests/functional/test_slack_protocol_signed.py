"""Signed HTTP over a real socket: only what Slack signed, lately, once, is taken; all else is 401 with one sentence."""

import http.client
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlmodel import select

from primum.integrations.slack.fields import Malformed
from primum.integrations.slack.parsing import parse_event, parse_form
from primum.integrations.slack.payloads import Command, FormSent, Handshake, Payload
from primum.ledger.database import Ledger
from primum.ledger.slack_tables import SlackReceipt
from tests import slack_fuzz
from tests.slack_at_work import clinic
from tests.slack_server import people, slack_server
from tests.slack_transports import APPROVE, SIGNED, Ward, over_http

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: bytes

    @property
    def sentence(self) -> str:
        return json.loads(self.body)["error"]


@pytest.fixture(scope="module")
def ward(sqlite_template, tmp_path_factory):
    """One clinic for all: what is refused leaves nothing behind."""
    home = tmp_path_factory.mktemp("clinic")
    url = f"sqlite:///{shutil.copy(sqlite_template, home / 'ledger.db')}"
    with (
        Ledger.open(url, key=home / "ledger.key") as ledger,
        slack_server() as slack,
        clinic(slack, ledger=ledger, home=home) as made,
        over_http(made) as connected,
    ):
        connected.begin()
        yield connected


def send(ward: Ward, *, body: bytes, headers: list[tuple[str, str]], path: str = "/slack/interactions") -> Answer:
    """Send exactly these headers, repeated ones and odd bytes included."""
    place = urlsplit(ward.clinic.slack.address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
    connection.putrequest("POST", path)
    for name, value in (*headers, ("Content-Length", str(len(body)))):
        connection.putheader(name, value.encode("latin-1"))
    connection.endheaders(body)
    answer = connection.getresponse()
    found = Answer(status=answer.status, body=answer.read())
    connection.close()
    return found


def click(ward: Ward) -> bytes:
    payload = ward.clinic.slack.click(ward.message, APPROVE, by=ward.clinic.members["amara-okafor"])
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(ward: Ward, body: bytes, **changes: Any) -> list[tuple[str, str]]:
    return [("Content-Type", FORM), *ward.clinic.slack.signed(body, **changes).items()]


def receipts(ward: Ward) -> int:
    with ward.clinic.place.ledger.reading() as session:
        return len(session.exec(select(SlackReceipt)).all())


@pytest.mark.parametrize(("seconds", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)])
def test_a_click_is_taken_up_to_five_minutes_either_way(ward, seconds, status):
    body, before = click(ward), receipts(ward)
    headers = signed(ward, body, at=ward.clinic.slack.world.clock() + seconds)

    answer = send(ward, body=body, headers=headers)

    assert answer.status == status
    assert receipts(ward) - before == (status == 200)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda pairs: pairs[:1], "0 headers x-slack-request-timestamp"),
        (lambda pairs: pairs[:2], "0 headers x-slack-signature"),
        (lambda pairs: [*pairs, pairs[2]], "2 headers x-slack-signature"),
        (lambda pairs: [*pairs, (pairs[1][0].lower(), "1")], "2 headers x-slack-request-timestamp"),
        (lambda pairs: [pairs[0], (pairs[1][0], "soon"), pairs[2]], "not a number"),
        (lambda pairs: [pairs[0], (pairs[1][0], ""), pairs[2]], "not a number"),
        (lambda pairs: [*pairs[:2], (pairs[2][0], "v0=\xe9\xff")], "not Slack's"),
        (lambda pairs: [*pairs[:2], (pairs[2][0], "")], "not Slack's"),
        (lambda pairs: [*pairs[:2], (pairs[2][0], "v0=" + "0" * 64)], "not Slack's"),
    ],
)
def test_what_is_not_signed_as_slack_does_is_told_so_and_leaves_nothing(ward, change, says):
    body, before = click(ward), receipts(ward)

    answer = send(ward, body=body, headers=change(signed(ward, body)))

    assert answer.status == 401
    assert says in answer.sentence
    assert receipts(ward) == before


def test_a_body_changed_on_its_way_is_refused(ward):
    body, before = click(ward), receipts(ward)

    answer = send(ward, body=body.replace(b"U0AMARA", b"U0LEILA"), headers=signed(ward, body))

    assert answer.status == 401
    assert receipts(ward) == before


def test_a_request_heard_before_is_refused_also_at_the_same_moment(ward):
    body, before = click(ward), receipts(ward)
    headers = signed(ward, body)

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: send(ward, body=body, headers=headers), range(8)))
    later = send(ward, body=body, headers=headers)

    assert sorted(one.status for one in said) == [200] + [401] * 7
    assert "taken before" in later.sentence
    assert receipts(ward) == before + 1


@pytest.mark.parametrize("body", [b"payload=\xff\xfe", b"payload=%ff", b"payload=%7B%22a%22", b"", b"[]"])
def test_a_body_that_is_not_what_slack_sends_is_refused_though_it_is_signed(ward, body):
    before = receipts(ward)

    answer = send(ward, body=body, headers=signed(ward, body))

    assert answer.status == 401
    assert answer.sentence.endswith(".")
    assert receipts(ward) == before


def test_slack_asks_whether_we_are_here_and_only_slack_is_told(ward):
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()

    told = send(ward, body=body, headers=signed(ward, body), path="/slack/events")
    asked = send(ward, body=body, headers=[("Content-Type", "application/json")], path="/slack/events")
    probe = send(ward, body=b"ssl_check=1", headers=signed(ward, b"ssl_check=1"), path="/slack/commands")

    assert (told.status, told.body) == (200, b"3eZbrw1a")
    assert asked.status == 401
    assert b"3eZbrw1a" not in asked.body
    assert (probe.status, probe.body) == (200, b"")


def test_a_body_too_large_to_be_slacks_is_not_read(ward):
    body = b"payload=" + b"x" * 2_000_000

    answer = send(ward, body=body, headers=signed(ward, body))

    assert answer.status == 413


def test_a_form_whose_answer_was_lost_is_answered_again_and_signed_once(ward):
    view = ward.form("amara-okafor")
    payload = ward.clinic.slack.submission(view, SIGNED, by=ward.clinic.members["amara-okafor"])

    first, again = ward.clinic.slack.deliver(payload), ward.clinic.slack.deliver(payload)

    assert first.body == again.body
    assert ward.votes.count(("amara-okafor", "approve")) == 1


def originals(ward: Ward) -> list[slack_fuzz.Original]:
    """One of each kind of request, each by a real person and about the real gate."""
    slack, lead = ward.clinic.slack, ward.clinic.members["leila-haddad"]
    view = ward.form("leila-haddad")
    made = [
        ("interaction", "interactions", slack.click(ward.message, APPROVE, by=lead)),
        ("interaction", "interactions", slack.submission(view, SIGNED, by=lead)),
        ("interaction", "interactions", people.closing(slack.world, view, by=lead)),
        ("command", "commands", people.command(slack.world, "/gates", "help", by=lead, channel="C0GATES")),
        ("command", "commands", people.command(slack.world, "/gates", "enrol ABCD", by=lead, channel="C0GATES")),
        ("event", "events", people.event(slack.world, "app_home_opened", user=lead.user, tab="home")),
        ("event", "events", people.event(slack.world, "user_change", user={"id": "U0X", "team_id": slack.team})),
    ]
    return [slack_fuzz.Original(kind=kind, path=f"/slack/{path}", payload=found) for kind, path, found in made]


def is_right(sent: slack_fuzz.Sent, answer: Answer, *, heard: set[bytes]) -> bool:
    """Return whether this is the answer due: a refusal, an acknowledgement, or what a form or a command is told."""
    if answer.status == 401:
        due = not sent.is_signed or sent.body in heard or not isinstance(understood(sent), Payload)
        return due and answer.sentence.endswith(".")
    found = understood(sent)
    if isinstance(found, FormSent):
        return json.loads(answer.body)["response_action"] in ("errors", "update")
    if isinstance(found, Command):
        return json.loads(answer.body)["response_type"] == "ephemeral"
    due_body = found.challenge.encode() if isinstance(found, Handshake) else b""
    return answer.status == 200 and answer.body == due_body


def understood(sent: slack_fuzz.Sent) -> Payload | Malformed:
    try:
        return parse_event(sent.body) if sent.path.endswith("events") else parse_form(sent.body)
    except Malformed as problem:
        return problem


def test_requests_that_are_wrong_somewhere_are_refused_or_answered_as_is_due(ward):
    slack = ward.clinic.slack
    sent = slack_fuzz.requests(originals(ward), count=1_000, secret=slack.signing_secret, at=slack.world.clock())
    heard, said = set[bytes](), []

    for one in sent:
        answer = send(ward, body=one.body, headers=list(one.headers), path=one.path)
        said.append((one, answer, is_right(one, answer, heard=heard)))
        heard |= {one.body} if one.is_signed else set()

    assert [(one, answer) for one, answer, right in said if not right] == []
    assert sum(answer.status == 200 for _, answer, _ in said) > 100
    assert {person for person, _ in ward.votes} <= {"amara-okafor", "leila-haddad"}
