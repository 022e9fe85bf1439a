"""Reporting an incident from Slack: a form of choices, no words, the same action; and who hears of what is owed."""

import json
from datetime import timedelta

import pytest

from primum.actions import care_reminders, incidents, suspension
from primum.ledger import signing_reading
from primum.ledger.audit import verify
from primum.roadmap.incidents import Category, Severity
from tests.consoles import console
from tests.slack_at_work import CHANNEL, clinic
from tests.slack_server import slack_server

LEAD, ROLLOUT = "amara-okafor", "test-rollout"
CHOSEN = {"severity": "serious", "category": "missed-finding", "site": "north"}


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@pytest.fixture
def at_work(slack, sqlite_ledger, tmp_path):
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path, policy={}) as made, console(made.place) as served:
        slack.world.clock = lambda: made.clock().timestamp()
        slack.delivers_to(served.address)
        made.deliver()
        yield made


@pytest.fixture
def form(at_work):
    member = at_work.enrol(LEAD, "U0AMARA")
    answered = at_work.slack.command("/gates", "incident", by=member)
    assert "The form is open" in str(answered.body)
    return at_work.slack.wait(lambda: at_work.slack.form_of(member)), member


def reported(at_work):
    with at_work.place.ledger.reading() as session:
        return signing_reading.incidents(session, rollout=ROLLOUT)


def messages(at_work):
    return json.dumps([[one.text, one.blocks] for one in at_work.slack.messages(CHANNEL)])


def test_the_form_asks_by_choices_and_takes_no_words(form):
    kinds = [block["element"]["type"] for block in form[0].body["blocks"] if block["type"] == "input"]

    assert kinds == ["static_select", "radio_buttons", "static_select", "static_select", "datepicker", "static_select"]


def test_what_is_chosen_is_reported_as_the_persons_own(at_work, form):
    shown, member = form

    answered = at_work.slack.submit(shown, CHOSEN, by=member)

    (row,) = reported(at_work)
    assert "Recorded." in json.dumps(answered.body)
    assert f"/incidents/{row.id}" in json.dumps(answered.body)
    assert (row.reporter, row.severity, row.category, row.channel) == (LEAD, "serious", "missed-finding", "slack")
    assert row.what == "Reported from Slack, without words: missed finding."
    assert verify(at_work.place.ledger) == ()


def test_a_second_delivery_reports_nothing_more(at_work, form):
    shown, member = form
    sent = at_work.slack.submission(shown, CHOSEN, by=member)

    first, second = at_work.slack.deliver(sent), at_work.slack.deliver(sent)

    assert first.body == second.body
    assert len(reported(at_work)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"severity": None}, "Choose how bad it was"), ({"day": "2026-12-24"}, "happened in the past")],
)
def test_a_form_that_cannot_be_kept_says_why(at_work, form, changes, words):
    shown, member = form
    values = {name: value for name, value in (CHOSEN | changes).items() if value}

    answered = at_work.slack.submit(shown, values, by=member)

    assert words in json.dumps(answered.body)
    assert reported(at_work) == []


def test_who_is_nobody_here_gets_no_form(at_work):
    stranger = at_work.slack.member("U0STRANGER")

    answered = at_work.slack.command("/gates", "incident", by=stranger)

    assert "not tied to anybody known" in str(answered.body)
    assert at_work.slack.form_of(stranger) is None


def test_which_rollout_it_was_is_named_where_it_is_not_plain(at_work):
    member = at_work.enrol(LEAD, "U0AMARA")

    answered = at_work.slack.command("/gates", "incident another", by=member)

    assert "Say which rollout it was: /gates incident ROLLOUT. Yours are test-rollout." in str(answered.body)


def test_the_channel_and_the_people_hear_of_a_site_that_stays_silent_even_when_files_are_broken(at_work):
    at_work.enrol(LEAD, "U0AMARA")
    lead = at_work.submission.person(LEAD)
    suspension.suspend(rollout=ROLLOUT, person=lead, reason="harm", at=at_work.clock(), workplace=at_work.place)
    at_work.deliver(2)
    (at_work.submission.path.parent / "policy.yaml").write_text("broken: [", encoding="utf-8")
    at = at_work.clock.later(hours=5)

    care_reminders.remind_of_care(at=at, person="primum", workplace=at_work.place)
    at_work.deliver(2)

    told = json.dumps([one.text for one in at_work.slack.world.posted])
    assert (
        told.count("Site north did not say in time that it has seen the suspension of test-rollout. Call there.") == 2
    )


def test_an_overdue_report_is_told_without_a_word_of_the_incident(at_work):
    incidents.report(
        rollout=ROLLOUT,
        person=at_work.submission.person(LEAD),
        site="north",
        severity=Severity.SERIOUS,
        category=Category.OTHER,
        what="A canary in words that name nobody.",
        occurred_at=at_work.clock() - timedelta(hours=1),
        channel="test",
        at=at_work.clock(),
        workplace=at_work.place,
    )
    at = at_work.clock.later(hours=24)

    care_reminders.remind_of_care(at=at, person="primum", workplace=at_work.place)
    at_work.deliver(2)

    assert "Nobody confirmed a serious incident in time" in messages(at_work)
    assert "canary" not in messages(at_work)
