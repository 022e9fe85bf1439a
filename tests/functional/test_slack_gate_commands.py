"""The command /gates, enrolment, the Home tab, the digest and stepping up, over signed HTTP."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from primum.actions import digests, reminders, voting
from primum.chat import members, personal, posting
from primum.integrations.slack.payloads import Member
from primum.ledger import reading, signing_reading
from primum.ledger.audit import verify
from primum.roadmap.policy import SignatureRule
from primum.roadmap.stages import GateName
from tests import factories
from tests.consoles import console
from tests.slack_at_work import REASON, clinic
from tests.slack_server import Hangs, people, slack_server

STEP_UP = {"signatures": (SignatureRule(method="step_up", gates=tuple(GateName), source=factories.LOCAL),)}


@pytest.fixture
def slack():
    with slack_server() as running:
        yield running


@pytest.fixture
def policy():
    return {}


@pytest.fixture
def at_work(slack, sqlite_ledger, tmp_path, policy):
    with clinic(slack, ledger=sqlite_ledger, home=tmp_path, policy=policy) as made, console(made.place) as served:
        slack.world.clock = lambda: made.clock().timestamp()
        slack.delivers_to(served.address)
        made.deliver()
        yield made


def said(answered) -> str:
    assert answered.status == 200
    assert answered.body["response_type"] == "ephemeral"
    return str(answered.body)


def code_for(at_work, person):
    return members.make_code(person=person, by="primum", at=at_work.clock(), workplace=at_work.place)


def person_behind(at_work, member):
    return members.person_of(Member(team=member.team, user=member.user), workplace=at_work.place)


def test_a_code_typed_in_slack_pins_the_account_once(at_work):
    lead, other = at_work.slack.member("U0AMARA"), at_work.slack.member("U0OTHER")
    code = code_for(at_work, "amara-okafor")

    first = said(at_work.slack.command("/gates", f"enrol {code.lower()}", by=lead))
    again = said(at_work.slack.command("/gates", f"enrol {code}", by=other))

    assert "stands for Amara Okafor, clinical lead" in first
    assert "This code does not work" in again
    assert (person_behind(at_work, lead), person_behind(at_work, other)) == ("amara-okafor", None)
    assert verify(at_work.place.ledger) == ()


def test_a_code_is_over_after_fifteen_minutes(at_work):
    code = code_for(at_work, "amara-okafor")
    member = at_work.slack.member("U0AMARA")
    found = at_work.office.slack.user(user="U0AMARA")

    with pytest.raises(members.NotCounted, match="does not work"):
        members.enrol(
            code=code,
            member=Member(team=member.team, user=member.user),
            found=found,
            at=at_work.clock() + timedelta(minutes=15),
            workplace=at_work.place,
        )


def test_after_five_wrong_codes_not_even_the_right_one_works(at_work):
    lead = at_work.slack.member("U0AMARA")
    for number in range(5):
        at_work.slack.command("/gates", f"enrol WRONG{number}", by=lead)

    answer = said(at_work.slack.command("/gates", f"enrol {code_for(at_work, 'amara-okafor')}", by=lead))

    assert "Too many codes" in answer
    assert person_behind(at_work, lead) is None


def test_a_guest_cannot_be_enrolled(at_work):
    guest = at_work.slack.member("U0GUEST", is_restricted=True)

    answer = said(at_work.slack.command("/gates", f"enrol {code_for(at_work, 'amara-okafor')}", by=guest))

    assert "Guests of the workspace cannot sign" in answer
    assert person_behind(at_work, guest) is None


def test_a_deactivated_account_stands_for_nobody_from_then_on(at_work):
    lead = at_work.enrol("amara-okafor", "U0AMARA")

    at_work.slack.event("user_change", user={"id": "U0AMARA", "team_id": lead.team, "deleted": True})
    at_work.slack.wait(lambda: person_behind(at_work, lead) is None)

    assert verify(at_work.place.ledger) == ()


def test_gates_lists_what_waits_for_whoever_asks(at_work):
    lead = at_work.enrol("amara-okafor", "U0AMARA")
    stranger = at_work.slack.member("U0NOBODY")

    mine = said(at_work.slack.command("/gates", "", by=lead))
    nobody = said(at_work.slack.command("/gates", "", by=stranger))

    assert at_work.gate in mine
    assert "1 gate waits for you" in mine
    assert "not tied to anybody" in nobody


def test_one_command_suspends_a_rollout_and_a_second_delivery_says_the_same(at_work):
    lead = at_work.enrol("amara-okafor", "U0AMARA")
    command = people.command(
        at_work.slack.world, "/gates", "suspend test-rollout a harm at north", by=lead, channel="D1"
    )

    first = at_work.slack.deliver(command, kind="command")
    second = at_work.slack.deliver(command, kind="command")

    with at_work.place.ledger.reading() as session:
        standing = reading.suspension(session, rollout="test-rollout")
    assert standing.person == "amara-okafor"
    assert "suspended: standard care" in said(first)
    assert first.body == second.body


def test_suspending_works_while_slack_answers_nothing(at_work):
    lead = at_work.enrol("amara-okafor", "U0AMARA")
    at_work.slack.misbehave("*", Hangs(seconds=60))

    answer = at_work.slack.command("/gates", "suspend test-rollout a harm", by=lead)

    assert "standard care" in said(answer)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("suspend", "Say which rollout and why"),
        ("suspend nowhere because of this", "No rollout 'nowhere' is registered"),
        ("delegate somebody", "Say to whom, until when and why"),
        ("enrol", "Type the code you were given"),
        ("help", "What you can type"),
        ("anything else", "What you can type"),
        ("incident nowhere", "Say which rollout it was"),
    ],
)
def test_what_was_not_understood_says_how_it_is_typed(at_work, words, sentence):
    lead = at_work.enrol("amara-okafor", "U0AMARA")

    assert sentence in said(at_work.slack.command("/gates", words, by=lead))


def test_who_may_not_suspend_is_told_why(at_work):
    member = at_work.enrol("mei-lin", "U0MEI")

    answer = said(at_work.slack.command("/gates", "suspend test-rollout a harm", by=member))

    assert "Mei Lin holds none of the roles that may suspend" in answer


def test_a_seat_is_delegated_by_command(at_work):
    lead = at_work.enrol("amara-okafor", "U0AMARA")
    at_work.enrol("second-lead", "U0SECOND")

    words = f"delegate <@U0SECOND|second> until 2026-03-20 {REASON}"
    answer = said(at_work.slack.command("/gates", words, by=lead))

    with at_work.place.ledger.reading() as session:
        (row,) = signing_reading.delegations(session)
    assert "Second Lead signs for you until the end of 20 March 2026" in answer
    assert (row.person, row.deputy, row.channel) == ("amara-okafor", "second-lead", "slack")


def test_the_home_tab_shows_what_waits_and_changes_with_it(at_work):
    lead = at_work.enrol("amara-okafor", "U0AMARA")
    at_work.slack.event("app_home_opened", user=lead.user, tab="home", channel="D1")
    # Slack has the tab a moment before the ledger knows that it has.
    at_work.slack.wait(lambda: posting.standing(f"home:{lead.team}:{lead.user}", office=at_work.office))
    before = at_work.slack.homes[lead.user].written
    at_work.sign("amara-okafor", factories.ROLES[0])

    early = personal.refresh_homes(at=at_work.clock.later(seconds=30), office=at_work.office)
    later = personal.refresh_homes(at=at_work.clock.later(seconds=31), office=at_work.office)
    again = personal.refresh_homes(at=at_work.clock.later(seconds=61), office=at_work.office)

    assert at_work.gate in before
    assert (early, later, again) == (0, 1, 0)
    assert "Nothing waits for your signature" in at_work.slack.homes[lead.user].written


def test_the_home_tab_of_a_stranger_shows_nothing(at_work):
    stranger = at_work.slack.member("U0NOBODY")

    at_work.slack.event("app_home_opened", user=stranger.user, tab="home", channel="D1")

    home = at_work.slack.wait(lambda: at_work.slack.homes.get(stranger.user))
    assert at_work.gate not in home.written


def test_the_digest_comes_once_in_the_morning_and_not_in_the_afternoon(at_work):
    lead = at_work.enrol("amara-okafor", "U0AMARA")
    at_work.clock.at = datetime(2026, 3, 3, 8, 31, tzinfo=ZoneInfo("Europe/Zurich"))
    for _ in range(2):
        digests.ask_for_digests(at=at_work.clock(), person="primum", workplace=at_work.place)
    at_work.deliver(rounds=2)
    at_work.clock.later(days=1)
    digests.ask_for_digests(at=at_work.clock(), person="primum", workplace=at_work.place)
    at_work.clock.later(hours=5)

    at_work.deliver(rounds=2)

    (message,) = at_work.slack.direct(lead)
    assert "1 gate waiting for you" in message.text


def test_who_has_not_signed_is_reminded_directly_and_the_thread_says_so(at_work):
    lead = at_work.enrol("amara-okafor", "U0AMARA")
    at_work.clock.at = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)
    at_work.sign("leila-haddad", factories.ROLES[1])

    reminders.remind_due(at=at_work.clock(), person="primum", workplace=at_work.place)
    at_work.deliver(rounds=3)

    (told,) = at_work.slack.direct(lead)
    assert "Half of the time has gone." in told.text
    assert any("Amara Okafor was reminded" in line.text for line in at_work.thread)


class TestSteppingUp:
    @pytest.fixture
    def policy(self):
        return STEP_UP

    def submitted(self, at_work):
        lead = at_work.enrol("amara-okafor", "U0AMARA")
        at_work.slack.press(at_work.message, "gate.approve", by=lead)
        form = at_work.slack.wait(lambda: at_work.slack.form_of(lead))
        payload = at_work.slack.submission(form, {"meaning": "approval", "reason": REASON}, by=lead)
        return [at_work.slack.deliver(payload) for _ in range(2)]

    def test_a_submit_records_the_intent_and_gives_a_link_that_works_once(self, at_work):
        first, second = self.submitted(at_work)

        code = str(first.body).split("/sign/")[1].split("|")[0]
        intention = voting.intended(code=code, at=at_work.clock(), workplace=at_work.place)
        with at_work.place.ledger.reading() as session:
            assert reading.votes(session, gate=at_work.gate) == []
        assert intention.person == "amara-okafor"
        assert first.body == second.body

    def test_the_link_is_nowhere_in_the_database_nor_in_the_channel(self, at_work, tmp_path):
        first, _ = self.submitted(at_work)

        at_work.deliver(rounds=2)

        code = str(first.body).split("/sign/")[1].split("|")[0]
        assert code not in at_work.slack.everything_sent()
        assert code.encode() not in (tmp_path / "ledger.db").read_bytes()
