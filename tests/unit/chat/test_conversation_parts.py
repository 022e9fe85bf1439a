"""The parts of the conversation by themselves: what is kept, who counts, which channel may show a gate."""

from datetime import UTC, date, datetime, timedelta

import pytest

from primum.actions.workplace import Workplace
from primum.chat import channels, members, receipts
from primum.chat.asking import end_of
from primum.chat.delivery import trouble_of
from primum.integrations.slack.payloads import Command, FormSent, Member
from primum.integrations.slack.refusals import RateLimited, Refused, Unknown, Unreachable
from primum.integrations.slack.web_api import SlackChannel, SlackUser
from primum.ledger import slack_reading
from primum.settings import Settings
from tests.factories import MORNING

WHO = Member(team="T0CLINIC", user="U0LEAD")
ABOUT = {"app": "A0", "team": WHO.team, "member": WHO, "trigger": "1.2"}
COMMAND = Command(key="command:1", name="/gates", words="help", channel="D1", **ABOUT)
FORM = FormSent(key="form:1", view="V1", view_hash="1", callback="", metadata="", fields=(), **ABOUT)


@pytest.fixture
def place(ledger, tmp_path):
    return Workplace(ledger=ledger, settings=Settings(home=tmp_path))


def keep(place, payload=COMMAND, **more) -> bool:
    return receipts.keep(payload, at=MORNING, workplace=place, **more)


def test_what_comes_twice_is_kept_once(place):
    assert [keep(place), keep(place)] == [True, False]


def test_what_was_kept_is_there_for_the_next_process_and_gone_when_it_is_done(place):
    keep(place)

    before = receipts.payload_of(COMMAND.key, workplace=place)
    receipts.done(COMMAND.key, at=MORNING, workplace=place)

    assert before == COMMAND
    assert receipts.payload_of(COMMAND.key, workplace=place) is None
    assert receipts.undone(before=MORNING + timedelta(hours=1), workplace=place) == ()


def test_the_words_of_a_form_are_not_kept(place):
    keep(place, FORM)

    with place.ledger.reading() as session:
        assert slack_reading.receipt(session, key=FORM.key).payload == {}


def test_the_second_of_two_deliveries_hears_what_the_first_was_answered(place):
    keep(place, FORM)
    receipts.answered(FORM.key, answer={"response_action": "clear"}, at=MORNING, workplace=place)

    assert receipts.answer_of(FORM.key, workplace=place) == {"response_action": "clear"}


def test_the_second_of_two_deliveries_does_not_wait_for_ever(place):
    keep(place, FORM)
    slept = []

    answer = receipts.answer_of(FORM.key, workplace=place, sleep=slept.append)

    assert answer is None
    assert sum(slept) < 3


def test_what_fails_five_times_is_given_up(place):
    keep(place)

    over = [receipts.failed(COMMAND.key, error="Slack was away.", at=MORNING, workplace=place) for _ in range(5)]

    assert over == [False, False, False, False, True]


def test_a_signed_request_is_taken_once_though_it_says_something_else(place):
    keep(place, fingerprint="f" * 64)

    with pytest.raises(receipts.HeardBefore):
        keep(place, FORM, fingerprint="f" * 64)

    assert keep(place, FORM, fingerprint="a" * 64)


def test_what_is_old_and_done_is_forgotten_and_what_is_not_done_is_not(place):
    keep(place, fingerprint="f" * 64)
    keep(place, FORM)
    receipts.done(COMMAND.key, at=MORNING, workplace=place)

    receipts.prune(at=MORNING + timedelta(days=8), workplace=place)

    assert keep(place, fingerprint="f" * 64)
    assert not keep(place, FORM)


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({}, None),
        ({"private": False}, "public"),
        ({"shared": True}, "shared with another organisation"),
        ({"archived": True}, "archived"),
        ({"member": False}, "not a member"),
    ],
)
def test_a_gate_is_shown_in_a_private_channel_of_ours_alone(about, reason):
    found = SlackChannel(
        **{"channel": "C1", "private": True, "shared": False, "member": True, "archived": False} | about
    )

    said = channels.why_not_show(found)

    assert said is None if reason is None else reason in said


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({}, None),
        ({"team": "T0VENDOR"}, "another organisation"),
        ({"stranger": True}, "another organisation"),
        ({"deleted": True}, "deactivated"),
        ({"guest": True}, "Guests"),
        ({"is_bot": True}, "A program"),
    ],
)
def test_who_counts_is_a_member_of_our_own(about, reason):
    plain = {"team": WHO.team, "user": WHO.user, "name": "", "email": "", "zone": ""}
    flags = {"deleted": False, "is_bot": False, "guest": False, "stranger": False}

    said = members.why_not_count(SlackUser(**plain | flags | about), member=WHO)

    assert said is None if reason is None else reason in said


@pytest.mark.parametrize(
    ("problem", "refused", "stops_all"),
    [
        (RateLimited("Wait.", retry_after=30), False, True),
        (Unreachable("Away."), False, True),
        (Unknown("Perhaps."), False, True),
        (Refused("No.", error="invalid_blocks"), True, False),
        (Refused("No.", error="token_revoked"), False, True),
    ],
)
def test_only_what_slack_says_of_one_message_counts_against_that_message(problem, refused, stops_all):
    trouble = trouble_of(problem)

    assert (trouble.refused, trouble.stops_all) == (refused, stops_all)


def test_a_day_ends_where_the_person_is():
    assert end_of(date(2026, 3, 20), zone="Europe/Madrid") == datetime(2026, 3, 20, 23, 0, tzinfo=UTC)
    assert end_of(date(2026, 3, 20), zone="Nowhere/At all") == datetime(2026, 3, 21, 0, 0, tzinfo=UTC)
