"""A gate decided from Slack over signed HTTP, against a stand-in that speaks Slack's protocol over real sockets."""

import pytest

from primum.ledger import reading
from tests.consoles import console
from tests.slack_at_work import REASON, clinic
from tests.slack_server import slack_server

FORM = {"meaning": "approval", "reason": REASON}


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@pytest.fixture
def at_work(slack, sqlite_ledger, tmp_path):
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path) as made, console(made.place) as served:
        slack.world.clock = lambda: made.clock().timestamp()
        slack.delivers_to(served.address)
        made.enrol("amara-okafor", "U0AMARA")
        made.deliver()
        yield made


def press(at_work, person, deed="approve"):
    """Press a button and wait for what opens."""
    member, before = at_work.members[person], len(at_work.slack.world.views)
    answered = at_work.slack.press(at_work.message, f"gate.{deed}", by=member)
    at_work.slack.wait(lambda: len(at_work.slack.world.views) > before)
    return answered, at_work.slack.form_of(member)


def votes(at_work):
    with at_work.place.ledger.reading() as session:
        return [(one.person, one.answer, one.channel) for one in reading.votes(session, gate=at_work.gate)]


def test_a_lead_approves_and_the_message_says_so(at_work):
    clicked, form = press(at_work, "amara-okafor")
    sent = at_work.slack.submit(form, FORM, by=at_work.members["amara-okafor"])
    at_work.deliver()

    assert (clicked.status, sent.status) == (200, 200)
    assert "You approved as clinical lead" in form.written
    assert votes(at_work) == [("amara-okafor", "approve", "slack")]
    assert "1 of 4 seats signed" in at_work.message.written
