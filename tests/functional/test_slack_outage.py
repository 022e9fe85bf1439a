"""Slack down for an hour, a thousand messages queued, the client killed: nothing lost, nothing doubled, in order."""

import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from primum.actions import outbox, suspension
from primum.chat import service
from primum.chat.conversation import Conversation
from primum.chat.delivery import SlackDestination
from primum.ledger import reading
from primum.roadmap.people import Role
from tests import gates_at_work as work
from tests.slack_at_work import CHANNEL, REASON, clinic
from tests.slack_server import RateLimited, slack_server

MANY = 1_000
FAR = datetime(2100, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
CLIENT = "from primum.cli.main import run; run()"


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@pytest.fixture
def at_work(slack, sqlite_ledger, tmp_path):
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path) as made:
        yield made


def queue(at_work, many: int) -> None:
    """As many reminders about one gate, each with its entry in the log."""
    for number in range(many):
        with at_work.place.ledger.transaction() as tx:
            body = {"gate": at_work.gate, "number": number}
            tx.record(kind="gate.reminded", rollout="test-rollout", person="primum", at=at_work.clock(), body=body)
            tx.notify(kind="gate.reminded", rollout="test-rollout", gate=at_work.gate, body={}, at=at_work.clock())


def rounds_until_empty(at_work, *, step: timedelta, most: int) -> None:
    destination = SlackDestination(office=at_work.office, sleep=lambda _: None)
    for _ in range(most):
        while outbox.work_off(
            destination=destination, at=at_work.clock(), jitter=lambda: 1.0, workplace=at_work.place
        ).delivered:
            pass
        if outbox.condition(at=at_work.clock(), workplace=at_work.place).waiting == 0:
            return
        at_work.clock.at += step
    raise AssertionError("messages still wait")


def positions(at_work) -> list[int]:
    return [int(re.match(r"#(\d+)", line.text)[1]) for line in at_work.thread]


def test_an_hour_without_slack_loses_and_doubles_nothing_and_keeps_the_order(at_work):
    at_work.deliver()
    at_work.slack.go_down()
    queue(at_work, MANY)
    for _ in range(60):
        at_work.deliver()
        at_work.clock.later(minutes=1)
    person = at_work.submission.person("amara-okafor")
    suspension.suspend(
        rollout="test-rollout", person=person, reason="A harm.", at=at_work.clock(), workplace=at_work.place
    )
    at_work.slack.come_back()

    rounds_until_empty(at_work, step=timedelta(minutes=1), most=10)

    found = positions(at_work)
    assert found == sorted(set(found))
    assert len(found) >= MANY + 1
    assert outbox.condition(at=at_work.clock(), workplace=at_work.place).parked == 0
    assert "Suspended: standard care" in at_work.message.written


def test_a_slack_that_now_and_then_asks_to_wait_gets_every_line_once(at_work):
    at_work.deliver()
    queue(at_work, 40)
    for _ in range(8):
        at_work.slack.misbehave("chat.postMessage", RateLimited(seconds=1), times=1)
        at_work.deliver()
        at_work.clock.later(seconds=2)
    rounds_until_empty(at_work, step=timedelta(seconds=5), most=20)

    assert len(positions(at_work)) == len(set(positions(at_work))) == 41


def client(at_work) -> subprocess.Popen:
    """`primum slack run` as a process of its own."""
    settings = at_work.place.settings
    clean = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, "slack", "run"],
        env=clean
        | {
            "PRIMUM_HOME": str(settings.home),
            "PRIMUM_DATABASE_URL": f"sqlite:///{settings.home}/ledger.db",
            "PRIMUM_LEDGER_KEY": str(settings.home / "ledger.key"),
            "PRIMUM_ADDRESS": settings.address,
            "PRIMUM_SLACK_CHANNEL": CHANNEL,
            "PRIMUM_SLACK_BOT_TOKEN": at_work.slack.bot_token,
            "PRIMUM_SLACK_APP_TOKEN": at_work.slack.app_token,
            "PRIMUM_SLACK_API_URL": at_work.slack.api,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen, how: int) -> str:
    process.send_signal(how)
    return process.communicate(timeout=20)[0]


def approve(at_work, person: str, user: str):
    member = at_work.enrol(person, user)
    slack = at_work.slack
    assert slack.press(at_work.message, "gate.approve", by=member).is_acknowledged
    form = slack.wait(lambda: slack.form_of(member), seconds=10)
    return slack.submit(form, {"meaning": "approval", "reason": REASON}, by=member)


def votes(at_work) -> int:
    with at_work.place.ledger.reading() as session:
        return len(reading.votes(session, gate=at_work.gate))


@pytest.fixture
def open_today(slack, sqlite_ledger, tmp_path):
    """A gate that is open on the day this runs: a process of its own reads the real clock."""
    policy = {"gate_open_days": 36_500, "people": tuple(for_ever(person) for person in work.PEOPLE)}
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path, policy=policy) as made:
        yield made


def for_ever(person):
    held = tuple(one.model_copy(update={"valid_until": FAR}) for one in person.authorities)
    return person.model_copy(update={"authorities": held})


def test_a_client_killed_between_acknowledgement_and_update_is_followed_by_one_that_catches_up(open_today):
    at_work, slack = open_today, open_today.slack
    first = client(at_work)
    slack.wait(lambda: any("Approve" in one.written for one in at_work.shown), seconds=30)
    slack.wait(lambda: len(slack.sockets) == 2, seconds=20)
    slack.misbehave("chat.update", RateLimited(seconds=30))
    answered = approve(at_work, "amara-okafor", "U0AMARA")
    slack.wait(lambda: len(slack.called("chat.update")) > 1, seconds=10)
    ended(first, signal.SIGKILL)
    slack.behave()

    second = client(at_work)
    try:
        slack.wait(lambda: "1 of 4 seats signed" in at_work.message.written, seconds=60)
    finally:
        said = ended(second, signal.SIGTERM)

    assert answered.is_acknowledged
    assert votes(at_work) == 1
    assert len(at_work.shown) == 1
    assert second.returncode == 0
    assert "Stopped" in said


def test_the_upkeep_does_what_is_due_and_no_more(at_work):
    conversation = Conversation(office=at_work.office)
    upkeep = service.Upkeep(office=at_work.office, conversation=conversation)
    upkeep.turn(at=at_work.clock())
    first = dict(upkeep.last)

    upkeep.turn(at=at_work.clock.later(seconds=11))
    conversation.close()

    assert set(first) == set(service.EVERY)
    assert {name for name, at in upkeep.last.items() if at != first[name]} == {"catch up"}


def test_a_seat_signed_while_slack_is_down_counts_at_once(at_work):
    at_work.slack.go_down()

    at_work.sign("leila-haddad", Role.ETHICIST)
    at_work.deliver()
    at_work.slack.come_back()

    assert votes(at_work) == 1
