"""An alarm answered from Slack: a button under it, a form, the same action; and never by who may not."""

import json

import pytest

from primum.actions.monitor_alarms import Raising, act
from primum.actions.watched import watched
from primum.ledger import monitor_reading
from primum.ledger.audit import verify
from primum.roadmap.monitors import AlarmAction, Cause, Subject
from tests.consoles import console
from tests.slack_at_work import CHANNEL, clinic
from tests.slack_server import slack_server

LEAD, ETHICIST, ROLLOUT = "amara-okafor", "leila-haddad", "test-rollout"
DONE = {"found": "real", "done": "The reviews were made this morning."}
SENTENCE = "At north: 5 of 20 are late or expired; 2 may be."


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@pytest.fixture
def at_work(slack, sqlite_ledger, tmp_path):
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path, policy={}) as made, console(made.place) as served:
        slack.world.clock = lambda: made.clock().timestamp()
        slack.delivers_to(served.address)
        made.enrol(LEAD, "U0AMARA")
        raised(made)
        made.deliver(2)
        yield made


def raised(at_work):
    """The watch itself raised an alarm that holds the rollout."""
    with at_work.place.ledger.transaction() as tx:
        tx.lock_rollout(ROLLOUT)
        raising = Raising(tx=tx, of=watched(rollout=ROLLOUT, session=tx.session), person="primum", at=at_work.clock())
        raising.alarm(
            None, cause=Cause.SILENT, sentence=SENTENCE, action=AlarmAction.HOLD, about=Subject(), period="2026-W09"
        )
        tx.session.flush()
        act(raising)


def alarms(at_work, *, is_open=True):
    with at_work.place.ledger.reading() as session:
        return monitor_reading.alarms(session, rollout=ROLLOUT, is_open=is_open)


def told(at_work):
    """The message of the alarm in the channel, which has its button."""
    return next(one for one in at_work.slack.messages(CHANNEL) if "alarm.answer" in json.dumps(one.blocks))


def opened(at_work, member):
    at_work.slack.press(told(at_work), "alarm.answer", by=member)
    return at_work.slack.wait(lambda: at_work.slack.form_of(member))


def test_a_clinical_lead_answers_an_alarm_from_its_message(at_work):
    member = at_work.members[LEAD]

    answered = at_work.slack.submit(opened(at_work, member), DONE, by=member)

    assert "Recorded." in json.dumps(answered.body)
    (row,) = alarms(at_work, is_open=False)
    assert (row.acknowledged_by, row.finding, row.note) == (LEAD, "real", DONE["done"])
    assert verify(at_work.place.ledger) == ()


def test_neither_the_message_nor_the_form_holds_a_count(at_work):
    shown = opened(at_work, at_work.members[LEAD])

    assert "5 of 20" not in json.dumps([told(at_work).blocks, shown.body])


def test_a_second_delivery_answers_nothing_more(at_work):
    member = at_work.members[LEAD]
    sent = at_work.slack.submission(opened(at_work, member), DONE, by=member)

    first, second = at_work.slack.deliver(sent), at_work.slack.deliver(sent)

    assert first.body == second.body
    assert alarms(at_work) == []


def test_who_may_not_answer_it_is_told_why_and_gets_no_form(at_work):
    member = at_work.enrol(ETHICIST, "U0LEILA")

    shown = opened(at_work, member)

    assert "does not own this monitor" in json.dumps(shown.body)
    assert [block for block in shown.body["blocks"] if block["type"] == "input"] == []


def test_who_is_nobody_here_gets_no_form(at_work):
    stranger = at_work.slack.member("U0STRANGER")

    at_work.slack.press(told(at_work), "alarm.answer", by=stranger)

    assert at_work.slack.wait(lambda: "not tied to anybody known" in json.dumps(at_work.slack.ephemerals))
    assert at_work.slack.form_of(stranger) is None


def test_one_that_was_answered_meanwhile_says_so(at_work):
    member = at_work.members[LEAD]
    shown = opened(at_work, member)
    at_work.slack.submit(shown, DONE, by=member)

    at_work.slack.press(told(at_work), "alarm.answer", by=member)

    assert at_work.slack.wait(lambda: "was acknowledged by" in json.dumps(at_work.slack.form_of(member).body))


def test_words_that_name_somebody_are_refused_and_nothing_is_recorded(at_work):
    member = at_work.members[LEAD]

    answered = at_work.slack.submit(opened(at_work, member), DONE | {"done": "Mrs Smith of 1950 was seen."}, by=member)

    assert "Nothing was recorded" in json.dumps(answered.body)
    assert len(alarms(at_work)) == 1
