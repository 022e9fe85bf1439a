"""The gate's message in a stand-in for Slack: posted once, caught up, frozen, repaired, whatever Slack does."""

from datetime import timedelta

import pytest

from primum.actions import outbox, suspension
from primum.chat import gate_posts, posting
from primum.ledger import slack_reading
from primum.roadmap.people import Role
from tests.slack_at_work import CHANNEL, clinic
from tests.slack_server import Drops, Fails, Html, RateLimited, slack_server


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@pytest.fixture
def at_work(slack, sqlite_ledger, tmp_path):
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path) as made:
        yield made


def waiting(at_work) -> int:
    return outbox.condition(at=at_work.clock(), workplace=at_work.place).waiting


def test_a_gate_that_asks_its_seats_has_one_message_with_four_buttons_and_a_thread(at_work):
    done = at_work.deliver()

    (message,) = at_work.shown
    (line,) = at_work.thread
    assert done.delivered == 1
    assert "Approve" in message.written
    assert "Recommendation: PASS" in message.written
    assert "0 of 4 seats signed" in message.written
    assert line.thread_ts == message.ts
    assert "asked to sign" in line.text


def test_a_burst_of_votes_makes_one_update_and_one_line_each(at_work):
    at_work.deliver()
    before = len(at_work.slack.called("chat.update"))
    at_work.sign("amara-okafor", Role.CLINICAL_LEAD)
    at_work.sign("leila-haddad", Role.ETHICIST)
    at_work.sign("tomas-silva", Role.PATIENT_REPRESENTATIVE)

    at_work.deliver()

    assert len(at_work.slack.called("chat.update")) == before + 1
    assert "3 of 4 seats signed" in at_work.message.written
    assert [line.text.split(": ")[1][:12] for line in at_work.thread[1:]] == [
        "Amara Okafor",
        "Leila Haddad",
        "Tomas Silva ",
    ]


def test_what_was_delivered_is_not_delivered_again_by_another_process(at_work):
    at_work.deliver()
    calls = len(at_work.slack.called("chat.postMessage"))

    at_work.deliver(rounds=3)

    assert len(at_work.slack.called("chat.postMessage")) == calls


def test_a_decision_stands_while_slack_asks_to_wait_and_the_message_catches_up(at_work):
    at_work.deliver()
    at_work.sign("amara-okafor", Role.CLINICAL_LEAD)
    at_work.slack.misbehave("chat.update", RateLimited(seconds=30), times=1)

    refused = at_work.deliver()
    at_work.clock.later(seconds=29)
    too_early = at_work.deliver()
    at_work.clock.later(seconds=2)
    at_work.deliver()

    assert refused.pause == timedelta(seconds=30)
    assert too_early.delivered == 0
    assert "1 of 4 seats signed" in at_work.message.written


def test_a_post_whose_answer_was_lost_leaves_one_message_with_buttons(at_work):
    at_work.slack.misbehave("chat.postMessage", Drops(), times=1)

    at_work.deliver()
    at_work.clock.later(minutes=1)
    at_work.deliver()

    with_buttons = [one for one in at_work.shown if "Approve" in one.written]
    others = [one for one in at_work.shown if "Approve" not in one.written]
    assert with_buttons == [at_work.message]
    assert "this one counts" in at_work.message.written
    assert [one.blocks for one in others] == [[]]


def test_where_slack_knows_the_key_again_a_lost_answer_leaves_one_message(at_work):
    at_work.slack.world.knows_keys = True
    at_work.slack.misbehave("chat.postMessage", Drops(), times=1)

    at_work.deliver()
    at_work.clock.later(minutes=1)
    at_work.deliver()

    assert at_work.shown == [at_work.message]
    assert len(at_work.thread) == 1


@pytest.mark.parametrize("fault", [Drops(performs=False), Html(), Html(status=200), Fails(error="internal_error")])
def test_a_post_that_was_never_taken_comes_later(at_work, fault):
    at_work.slack.misbehave("chat.postMessage", fault, times=1)

    at_work.deliver()
    at_work.clock.later(minutes=1)
    at_work.deliver()

    assert at_work.shown == [at_work.message]
    assert waiting(at_work) == 0


def test_a_lost_answer_to_an_update_doubles_nothing(at_work):
    at_work.slack.misbehave("chat.update", Drops(), times=1)

    at_work.deliver()
    at_work.clock.later(minutes=1)
    at_work.deliver()

    assert at_work.shown == [at_work.message]
    assert "this one counts" not in at_work.message.written


def test_a_process_killed_after_posting_is_followed_by_one_that_knows(at_work):
    row = posting.Place(name=gate_posts.name_of(at_work.gate), channel=CHANNEL, gate=at_work.gate)
    posting._begun(row, anew=True, at=at_work.clock(), office=at_work.office)

    at_work.deliver()

    assert "this one counts" in at_work.message.written


def test_a_message_somebody_deleted_is_posted_anew_with_its_buttons(at_work):
    at_work.deliver()
    at_work.slack.world.posted.clear()
    at_work.sign("amara-okafor", Role.CLINICAL_LEAD)

    at_work.deliver()
    at_work.clock.later(minutes=1)
    at_work.deliver()

    assert "1 of 4 seats signed" in at_work.message.written
    assert "Approve" in at_work.message.written


def test_repair_brings_up_what_an_outage_left_behind(at_work):
    at_work.deliver()
    at_work.message.text, at_work.message.blocks = "old", []
    posting.shown(
        gate_posts.name_of(at_work.gate), digest="old", figure=None, at=at_work.clock(), office=at_work.office
    )

    changed = gate_posts.repair(at=at_work.clock(), office=at_work.office)
    again = gate_posts.repair(at=at_work.clock(), office=at_work.office)

    assert (changed, again) == (1, 0)
    assert "0 of 4 seats signed" in at_work.message.written


def test_a_channel_that_is_shared_is_frozen_and_thaws_again(at_work):
    at_work.deliver()
    at_work.slack.channel(CHANNEL, is_ext_shared=True)
    at_work.clock.later(minutes=2)
    at_work.sign("amara-okafor", Role.CLINICAL_LEAD)

    at_work.deliver()
    frozen = at_work.message.written
    lines = len(at_work.thread)
    at_work.slack.channel(CHANNEL)
    at_work.clock.later(minutes=2)
    at_work.deliver()

    assert "Approve" not in frozen
    assert "Amara" not in frozen
    assert lines == 1
    assert "1 of 4 seats signed" in at_work.message.written
    assert len(at_work.thread) == 2


def test_nothing_is_posted_in_a_public_channel_and_administrators_hear_of_it(at_work):
    from tests.consoles import have_account

    boss = at_work.enrol("amara-okafor", "U0BOSS")
    have_account("amara-okafor", place=at_work.place, administrator=True)
    at_work.slack.channel(CHANNEL, is_private=False)

    at_work.deliver(rounds=2)

    assert at_work.shown == []
    (told,) = at_work.slack.direct(boss)
    assert "no longer private" in told.text


def test_a_suspension_is_told_by_ids_and_takes_the_buttons_away(at_work):
    at_work.deliver()
    person = at_work.submission.person("amara-okafor")
    suspension.suspend(
        rollout="test-rollout", person=person, reason="A harm.", at=at_work.clock(), workplace=at_work.place
    )

    at_work.deliver()

    notice = at_work.shown[-1]
    assert "test-rollout is suspended" in notice.text
    assert "A harm" not in notice.written
    assert "Approve" not in at_work.message.written
    assert "Suspended: standard care" in at_work.message.written


def test_a_message_nobody_is_to_be_told_of_waits_no_longer(at_work):
    with at_work.place.ledger.transaction() as tx:
        tx.record(kind="note", rollout="test-rollout", person="ada", at=at_work.clock(), body={})
        tx.notify(kind="something.else", rollout="test-rollout", gate=None, body={}, at=at_work.clock())

    at_work.deliver()

    assert waiting(at_work) == 0


def test_a_slack_that_hangs_ends_the_round_and_loses_nothing(at_work):
    at_work.slack.misbehave("conversations.info", Fails(error="service_unavailable"), times=1)

    first = at_work.deliver()
    at_work.clock.later(minutes=1)
    second = at_work.deliver()

    assert (first.delivered, second.delivered) == (0, 1)


def test_every_message_of_ours_is_known_by_where_it_stands(at_work):
    at_work.deliver()

    with at_work.place.ledger.reading() as session:
        row = slack_reading.post_at(session, channel=CHANNEL, ts=at_work.message.ts)

    assert row.gate == at_work.gate


def test_the_same_holds_on_postgres(slack, postgres_ledger, tmp_path):
    with clinic(slack, ledger=postgres_ledger, home=tmp_path) as made:
        slack.misbehave("chat.postMessage", Drops(), times=1)
        made.deliver()
        made.sign("amara-okafor", Role.CLINICAL_LEAD)
        made.clock.later(minutes=1)

        made.deliver(rounds=2)

        assert "1 of 4 seats signed" in made.message.written
        assert len(made.thread) == 2
