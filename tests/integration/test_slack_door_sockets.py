import asyncio
import logging
import time

import pytest

from primum.integrations.slack import answers
from primum.integrations.slack.payloads import Click, Command, HomeOpened
from primum.integrations.slack.refusals import Refused
from primum.integrations.slack.socket_line import Rhythm, SocketAccess
from primum.integrations.slack.socket_mode import NoHello, TooManyConnections, greeting
from primum.integrations.slack.web_api import SlackWeb
from tests.slack_listening import QUICK, access_to, listening
from tests.slack_server import Fails, Html, RateLimited, slack_server
from tests.slack_server.sockets import AS_SLACK

BUTTON = {"type": "button", "action_id": "approve", "value": "g", "text": {"type": "plain_text", "text": "Approve…"}}
# As it is in use; what is asked is that the next click works within ten seconds.
IN_USE = Rhythm()
SOON = 10


@pytest.fixture
def slack():
    with slack_server() as running:
        running.channel("C0GATES")
        running.lead = running.member("U0LEAD")
        running.gate = posted(running)
        yield running


def posted(slack):
    blocks = [{"type": "actions", "block_id": "answers", "elements": [BUTTON]}]
    SlackWeb(token=slack.bot_token, base_url=slack.api).post_message(channel="C0GATES", text="A gate", blocks=blocks)
    return slack.messages("C0GATES")[0]


def works_again(slack) -> float:
    """Press until it is taken; return after how many seconds it was."""
    slack.link.patience = AS_SLACK
    start = time.monotonic()
    slack.wait(lambda: slack.press(slack.gate, "approve", by=slack.lead).is_acknowledged, seconds=SOON)
    return time.monotonic() - start


def test_what_people_do_arrives_and_is_answered_on_two_connections(slack):
    async def take(envelope):
        return answers.said("Nothing waits") if isinstance(envelope.payload, Command) else answers.acknowledged()

    with listening(slack, take=take) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        pressed = [slack.press(slack.gate, "approve", by=slack.lead) for _ in range(4)]
        asked = slack.command("/gates", by=slack.lead)
        opened = slack.event("app_home_opened", user="U0LEAD", tab="home")

        assert all(one.is_acknowledged and one.seconds < 1 for one in (*pressed, asked, opened))
        assert asked.body["text"] == "Nothing waits"
        assert {type(one.payload) for one in found.heard} == {Click, Command, HomeOpened}
        assert [len(one.acknowledged) for one in slack.sockets] == [3, 3]
        assert slack.wait(lambda: found.now.taken == 6)


def test_an_envelope_is_acknowledged_where_it_came_in_while_the_line_is_renewed(slack):
    async def take(envelope):
        await asyncio.sleep(0.4)
        return answers.acknowledged()

    with listening(slack, take=take) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        [first, second] = slack.sockets
        slack.refresh(first, closes_after=None)
        answered = slack.deliver(slack.click(slack.gate, "approve", by=slack.lead), on=second)

        assert answered.is_acknowledged
        assert len(second.acknowledged) == 1
        slack.wait(lambda: first not in slack.sockets)
        assert len(slack.sockets) == 2
        assert slack.wait(lambda: found.holds, seconds=SOON)


def test_what_a_session_delivered_is_acknowledged_on_it_before_it_is_left(slack):
    async def take(envelope):
        slack.refresh(delivering, closes_after=None)
        await asyncio.sleep(0.5)
        return answers.acknowledged()

    with listening(slack, take=take) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        [delivering, _] = slack.sockets
        answered = slack.deliver(slack.click(slack.gate, "approve", by=slack.lead), on=delivering)

        assert answered.is_acknowledged
        assert len(delivering.acknowledged) == 1
        slack.wait(lambda: delivering not in slack.sockets)


@pytest.mark.parametrize("change", ["refresh", "warn", "drop", "hang_up", "freeze"])
def test_the_next_click_works_soon_after_both_connections_end(slack, change):
    with listening(slack, rhythm=IN_USE) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        before = slack.sockets
        for socket in before:
            getattr(slack, change)(socket)

        assert works_again(slack) < SOON
        slack.wait(lambda: len(slack.sockets) == 2 and not set(before) & set(slack.sockets), seconds=SOON)
        slack.wait(lambda: found.holds and found.now.sessions >= 4)


def test_an_outage_is_told_and_survived(slack):
    with listening(slack) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        slack.go_down()
        slack.wait(lambda: found.now.open == 0 and found.now.problem)

        slack.come_back()

        assert works_again(slack) < SOON
        slack.wait(lambda: found.holds and not found.now.problem, seconds=SOON)


@pytest.mark.parametrize(
    "fault", [Fails(error="internal_error"), Html(status=502), Html(status=200), RateLimited(seconds=1)], ids=str
)
def test_a_connection_that_is_not_given_is_asked_for_again(slack, fault):
    slack.misbehave("apps.connections.open", fault, times=2)

    with listening(slack) as found:
        slack.wait(lambda: found.holds, seconds=SOON)

        assert works_again(slack) < SOON


def test_slack_is_not_asked_while_it_wants_us_to_wait(slack):
    slack.misbehave("apps.connections.open", RateLimited(seconds=30))

    with listening(slack) as found:
        slack.wait(lambda: found.now and found.now.problem)
        time.sleep(1.5)

        assert len(slack.called("apps.connections.open")) == 1


def test_a_line_that_nothing_is_heard_on_is_opened_again(slack):
    # Pings are answered by nobody who would tell; the watchdog alone looks.
    deaf = Rhythm(ping=300.0, stale=0.6, watch=0.2, patience=(0.2,))
    with listening(slack, rhythm=deaf) as found:
        slack.wait(lambda: found.now and found.now.restarts >= 2)

        assert found.now.sessions >= 4
        assert works_again(slack) < SOON


def test_what_is_not_taken_is_not_acknowledged_and_stops_nothing(slack, caplog):
    async def take(envelope):
        if len(slack.heard) == 0:
            slack.heard.append(envelope)
            raise RuntimeError("Mr Smith, 1931")
        return answers.acknowledged()

    slack.heard, slack.link.patience = [], 1.0
    with listening(slack, take=take) as found, caplog.at_level(logging.DEBUG):
        slack.wait(lambda: found.holds, seconds=SOON)
        lost = slack.press(slack.gate, "approve", by=slack.lead)
        taken = slack.press(slack.gate, "approve", by=slack.lead)

        assert not lost.is_acknowledged
        assert taken.is_acknowledged
        slack.wait(lambda: found.now.failed == 1)
    assert "was not taken: RuntimeError" in caplog.text
    assert "Smith" not in caplog.text
    assert "ticket" not in caplog.text


@pytest.mark.parametrize(
    "frame", ["", "nonsense", "[]", "{}", '{"type": 3}', "[" * 100_000, b"\x00\xff", '{"type":"hello"}']
)
def test_a_frame_that_is_not_slacks_stops_nothing(slack, frame):
    with listening(slack) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        for socket in slack.sockets:
            slack.say(socket, frame)

        answered = [slack.press(slack.gate, "approve", by=slack.lead) for _ in range(2)]

        assert all(one.is_acknowledged for one in answered)
        assert found.now.sessions == 2


def test_another_program_on_the_same_app_is_refused_at_the_start(slack):
    slack.link.other_connections = 1

    with listening(slack) as found:
        slack.wait(lambda: found.ended)

    assert isinstance(found.ended, TooManyConnections)
    assert "Stop the other Primum" in str(found.ended)
    assert slack.sockets == []


def test_the_connections_of_a_process_that_just_ended_are_forgiven(slack):
    slack.link.other_connections = 1

    with listening(slack, rhythm=Rhythm(watch=0.1, patience=(0.3, 0.3, 0.3))) as found:
        slack.wait(lambda: slack.link.opened == 2)
        slack.link.other_connections = 0

        slack.wait(lambda: found.holds, seconds=SOON)


def test_another_program_that_comes_later_is_told_and_stops_nothing(slack):
    with listening(slack) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        slack.link.other_connections = 1
        slack.refresh(slack.sockets[0])

        slack.wait(lambda: found.now.others == 1)
        assert not found.now.holds
        assert slack.press(slack.gate, "approve", by=slack.lead).is_acknowledged

        slack.link.other_connections = 0
        slack.wait(lambda: found.holds, seconds=SOON)


def test_a_click_in_hand_is_finished_before_the_end(slack):
    async def take(envelope):
        await asyncio.sleep(0.5)
        return answers.acknowledged()

    with listening(slack, take=take) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        pressed = slack.link.deliver("interaction", slack.click(slack.gate, "approve", by=slack.lead), on=None)
        waiting = asyncio.run_coroutine_threadsafe(pressed, slack._loop)
        slack.wait(lambda: found.heard)

    assert waiting.result(3)[0] == 200


def test_the_first_day_check_hears_a_hello(slack):
    assert asyncio.run(greeting(access_to(slack))) == 0

    with listening(slack) as found:
        slack.wait(lambda: found.holds, seconds=SOON)
        assert asyncio.run(greeting(access_to(slack))) == 2


def test_the_first_day_check_says_what_is_wrong(slack):
    wrong = SocketAccess(app_token="xapp-wrong", base_url=slack.api)
    with pytest.raises(Refused, match="invalid_auth"):
        asyncio.run(greeting(wrong))

    slack.link.say_hello = False
    with pytest.raises(NoHello, match="said nothing"):
        asyncio.run(greeting(access_to(slack), rhythm=QUICK))


def test_the_token_is_never_shown(slack):
    assert slack.app_token not in repr(access_to(slack))
