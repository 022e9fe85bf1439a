"""A gate decided from Slack over signed HTTP, against a stand-in that speaks Slack's protocol over real sockets."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from primum.actions import gates, promotion
from primum.ledger import reading
from primum.ledger.audit import verify
from primum.roadmap.judging import judge
from primum.roadmap.people import Role
from primum.roadmap.verdicts import Verdict
from tests import factories
from tests import gates_at_work as work
from tests.consoles import console
from tests.slack_at_work import CHANNEL, REASON, clinic
from tests.slack_server import Drops, Fails, RateLimited, slack_server

FORM = {"meaning": "approval", "reason": REASON}
USERS = {
    "amara-okafor": "U0AMARA",
    "leila-haddad": "U0LEILA",
    "tomas-silva": "U0TOMAS",
    "mei-lin": "U0MEI",
    "second-lead": "U0SECOND",
    "noah-kim": "U0NOAH",
}


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@pytest.fixture
def at_work(slack, sqlite_ledger, tmp_path):
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path) as made, console(made.place) as served:
        slack.world.clock = lambda: made.clock().timestamp()
        slack.delivers_to(served.address)
        for person, user in USERS.items():
            made.enrol(person, user)
        made.deliver()
        yield made


def press(at_work, person, deed="approve"):
    """Press a button and return what opens."""
    member, before = at_work.members[person], len(at_work.slack.world.views)
    answered = at_work.slack.press(at_work.message, f"gate.{deed}", by=member)
    assert answered.is_acknowledged
    at_work.slack.wait(lambda: len(at_work.slack.world.views) > before)
    return at_work.slack.form_of(member)


def submit(at_work, form, person, **values):
    return at_work.slack.submit(form, FORM | values, by=at_work.members[person])


def votes(at_work):
    with at_work.place.ledger.reading() as session:
        return [(one.person, one.answer, one.channel) for one in reading.votes(session, gate=at_work.gate)]


def test_four_people_approve_from_slack_and_the_rollout_moves_on(at_work):
    for person, _ in work.QUORUM:
        submit(at_work, press(at_work, person), person)
    done = promotion.commit(
        gate=at_work.gate,
        world=work.world(),
        submission=at_work.submission,
        person="noah-kim",
        at=at_work.clock(),
        workplace=at_work.place,
    )
    at_work.deliver(rounds=2)

    assert done
    assert [vote[2] for vote in votes(at_work)] == ["slack"] * 4
    assert "4 of 4 seats signed" in at_work.message.written
    assert "Approved and in effect" in at_work.message.written
    assert "the rollout moved on" in at_work.thread[-1].text.lower()
    assert verify(at_work.place.ledger) == ()


def test_what_is_missing_is_said_under_its_line_and_the_form_stays(at_work):
    form = press(at_work, "amara-okafor")

    answered = submit(at_work, form, "amara-okafor", reason="too short", meaning=None)

    assert set(answered.errors) == {"reason", "meaning"}
    assert votes(at_work) == []


def test_a_form_sent_again_after_a_correction_is_taken(at_work):
    form = press(at_work, "amara-okafor")
    submit(at_work, form, "amara-okafor", reason="too short")

    submit(at_work, form, "amara-okafor")

    assert len(votes(at_work)) == 1


def test_a_second_delivery_of_a_submit_gives_the_same_answer_and_changes_nothing(at_work):
    form = press(at_work, "amara-okafor")
    payload = at_work.slack.submission(form, FORM, by=at_work.members["amara-okafor"])

    first = at_work.slack.deliver(payload)
    second = at_work.slack.deliver(payload)

    assert first.body == second.body
    assert len(votes(at_work)) == 1


def test_two_deliveries_of_a_submit_at_once_are_one_vote_and_one_answer(at_work):
    form = press(at_work, "amara-okafor")
    payload = at_work.slack.submission(form, FORM, by=at_work.members["amara-okafor"])

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(at_work.slack.deliver, (payload, payload))

    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert len(votes(at_work)) == 1


def test_a_person_who_has_signed_sees_a_calm_window_on_the_next_click(at_work):
    submit(at_work, press(at_work, "amara-okafor"), "amara-okafor")

    form = press(at_work, "amara-okafor")

    assert "Your signature stands" in form.written
    assert len(votes(at_work)) == 1


def test_who_may_not_sign_gets_the_sentence_of_every_entrance(at_work):
    form = press(at_work, "noah-kim")

    assert "Noah Kim asked for this gate and cannot sign it." in form.written


def test_a_seat_that_was_taken_while_the_form_was_open_is_refused_with_its_sentence(at_work):
    form = press(at_work, "second-lead")
    at_work.sign("amara-okafor", Role.CLINICAL_LEAD)

    submit(at_work, form, "second-lead")

    assert "already signed by Amara Okafor" in form.written
    assert len(votes(at_work)) == 1


def test_a_new_revision_while_the_form_was_open_is_refused_with_a_link(at_work):
    form = press(at_work, "amara-okafor")
    gates.open_gate(
        submission=at_work.submission,
        evaluation=work.evaluation(table="sha256:second"),
        run=work.RUN,
        person="noah-kim",
        at=at_work.clock(),
        workplace=at_work.place,
    )

    submit(at_work, form, "amara-okafor")

    assert "is void" in form.written
    assert f"http://primum.example/gates/{at_work.gate}" in form.written
    assert votes(at_work) == []


def test_an_external_user_with_the_same_user_id_is_nobody(at_work):
    outsider = at_work.slack.world.people["U0AMARA"]
    outsider = type(outsider)(user="U0AMARA", team="T0VENDOR")

    answered = at_work.slack.press(at_work.message, "gate.approve", by=outsider)
    at_work.slack.wait(lambda: at_work.slack.ephemerals)

    assert answered.is_acknowledged
    assert at_work.slack.world.views == []
    assert "not tied to anybody" in str(at_work.slack.ephemerals[0])


@pytest.mark.parametrize(
    ("about", "sentence"),
    [
        ({"deleted": True}, "deactivated"),
        ({"is_restricted": True}, "Guests"),
        ({"is_ultra_restricted": True}, "Guests"),
        ({"is_bot": True}, "A program cannot sign"),
        ({"is_stranger": True}, "another organisation"),
    ],
)
def test_an_account_that_does_not_count_is_refused_on_click_and_on_submit(at_work, about, sentence):
    form = press(at_work, "amara-okafor")
    at_work.slack.member("U0AMARA", **about)

    at_work.slack.press(at_work.message, "gate.approve", by=at_work.members["amara-okafor"])
    at_work.slack.wait(lambda: at_work.slack.ephemerals)
    submit(at_work, form, "amara-okafor")

    assert sentence in str(at_work.slack.ephemerals[0])
    assert sentence in form.written
    assert votes(at_work) == []


@pytest.mark.parametrize(
    "error",
    ["trigger_expired", "trigger_exchanged", "expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"],
)
def test_a_form_that_comes_too_late_leaves_a_link_instead(at_work, error):
    at_work.slack.misbehave("views.open", Fails(error=error), times=1)
    member = at_work.members["amara-okafor"]

    at_work.slack.press(at_work.message, "gate.approve", by=member)
    (told,) = at_work.slack.wait(lambda: at_work.slack.direct(member))

    assert f"http://primum.example/gates/{at_work.gate}" in told.written


def test_a_vote_whose_message_slack_refuses_stands_and_is_shown_later(at_work):
    at_work.slack.misbehave("chat.update", RateLimited(seconds=30), times=1)
    submit(at_work, press(at_work, "amara-okafor"), "amara-okafor")
    at_work.deliver()

    at_work.clock.later(seconds=31)
    at_work.deliver()

    assert len(votes(at_work)) == 1
    assert "1 of 4 seats signed" in at_work.message.written


@pytest.mark.parametrize(("deed", "answer"), [("reject", "reject"), ("request-evidence", "request-evidence")])
def test_one_rejection_closes_and_a_request_holds(at_work, deed, answer):
    form = press(at_work, "amara-okafor", deed)

    submit(at_work, form, "amara-okafor", meaning="review")
    at_work.deliver()

    assert votes(at_work) == [("amara-okafor", answer, "slack")]
    assert "Approve" not in at_work.message.written


def test_an_approval_carries_its_limits_and_what_it_leaves_to_do(at_work):
    form = press(at_work, "amara-okafor")
    limits = {"limits.sites": ["north"], "limits.share": "25", "limits.until": "2026-06-30"}
    left = {"left.what": "Train the night shift.", "left.owner": "mei-lin", "left.due": "2026-04-01"}

    submit(at_work, form, "amara-okafor", **limits, **left)

    with at_work.place.ledger.reading() as session:
        (vote,) = reading.votes(session, gate=at_work.gate)
    assert vote.conditions["sites"] == ["north"]
    assert vote.conditions["share"] == "25/100"
    assert vote.contingency["owner"] == "mei-lin"


def test_a_seat_is_delegated_from_its_form(at_work):
    form = press(at_work, "amara-okafor", "delegate")

    at_work.slack.submit(
        form, {"deputy": "second-lead", "until": "2026-03-20", "reason": REASON}, by=at_work.members["amara-okafor"]
    )
    at_work.deliver()

    assert "Second Lead signs for you" in form.written
    assert any("delegated" in line.text.lower() for line in at_work.thread)
    assert at_work.slack.direct(at_work.members["second-lead"])


def test_a_click_kept_but_not_worked_off_is_found_again_after_a_crash(at_work):
    from primum.chat import receipts
    from primum.chat.conversation import Conversation
    from primum.integrations.slack.parsing import an_interaction

    at_work.slack.world.trigger_seconds = 0
    member = at_work.members["amara-okafor"]
    click = an_interaction(at_work.slack.click(at_work.message, "gate.approve", by=member))
    receipts.keep(click, at=at_work.clock(), workplace=at_work.place)

    conversation = Conversation(office=at_work.office)
    found = conversation.catch_up(at=at_work.clock.later(seconds=30))
    conversation.close()

    assert found == 1
    assert f"/gates/{at_work.gate}" in at_work.slack.direct(member)[0].written


def test_a_post_accepted_and_dropped_leaves_one_message_to_sign_on(at_work):
    at_work.slack.world.posted.clear()
    at_work.slack.misbehave("chat.postMessage", Drops(), times=1)
    at_work.sign("amara-okafor", Role.CLINICAL_LEAD)
    for _ in range(3):
        at_work.deliver()
        at_work.clock.later(minutes=2)

    assert [one for one in at_work.shown if "Approve" in one.written] == [at_work.message]


def test_a_shared_channel_closes_signing_from_it_at_once(at_work):
    form = press(at_work, "amara-okafor")
    at_work.slack.event("channel_shared", channel=CHANNEL, connected_team_id="T0VENDOR", event_ts="1.2")
    at_work.slack.wait(lambda: "Approve" not in at_work.message.written)

    after = at_work.message.written
    submit(at_work, form, "amara-okafor")

    assert "shown only in a private channel" in after
    assert len(votes(at_work)) == 1


@pytest.mark.parametrize(
    "typed",
    [
        "<!channel> and <!here> should all look at <https://evil.example|the real page> now",
        "Right to left \u202eevals ot siht dna\u202c and then back again to the left",
        "I approve this with a great deal of joy " + "\U0001f600" * 2_000,
        "*Bold* _italic_ `code` ~gone~ @amara :tada: &lt;!channel&gt; and so on",
    ],
)
def test_what_people_type_calls_nobody_and_links_nowhere(at_work, typed):
    submit(at_work, press(at_work, "amara-okafor"), "amara-okafor", reason=typed)

    at_work.deliver(rounds=2)

    sent = at_work.slack.everything_sent()
    assert len(votes(at_work)) == 1
    assert "1 of 4 seats signed" in at_work.message.written
    assert not [mark for mark in ("<!channel", "<!here", "<https://evil", "\u202e", "\\u202e") if mark in sent]


def test_forty_criteria_that_are_not_met_fit_into_the_message_and_the_form(slack, sqlite_ledger, tmp_path):
    many = tuple(factories.criterion(id=f"check-{number}", title=f"Check {number}") for number in range(40))
    low = factories.estimate(value=0.5, lower=0.4, upper=0.6)
    findings = tuple(replace(judge(criterion=one, estimates=[low]), waived=True) for one in many[1:])
    first = judge(criterion=many[0], estimates=[factories.estimate()])
    result = replace(work.evaluation(), verdict=Verdict(findings=(first, *findings)))
    policy = {"criteria": many}
    with (
        clinic(slack, ledger=sqlite_ledger, home=tmp_path, policy=policy, result=result) as made,
        console(made.place) as served,
    ):
        slack.world.clock = lambda: made.clock().timestamp()
        slack.delivers_to(served.address)
        made.enrol("amara-okafor", "U0AMARA")
        made.deliver()
        form = press(made, "amara-okafor")
        ticks = {
            block["block_id"]: [option["value"] for option in block["element"]["options"]]
            for block in form.blocks
            if block["type"] == "input" and block["block_id"].startswith("unmet.")
        }
        missing = submit(made, form, "amara-okafor")
        taken = submit(made, form, "amara-okafor", **ticks)

    assert len(made.message.blocks) <= 50
    assert set(missing.errors) == set(ticks)
    assert sum(map(len, ticks.values())) == 39
    assert "Recorded" in str(taken.body)
