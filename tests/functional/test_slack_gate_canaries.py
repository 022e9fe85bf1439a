"""None of fifty planted identifiers gets into anything that is sent to Slack, whoever typed it wherever (P9)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from primum.actions import delegation, incidents
from primum.chat import personal
from primum.integrations.slack.payloads import Member
from primum.ledger import audit
from primum.roadmap.incidents import Category, Severity
from primum.roadmap.people import Role
from tests import factories
from tests import gates_at_work as work
from tests.consoles import console
from tests.slack_at_work import clinic
from tests.slack_server import slack_server

NAMES = ("Quellmalz", "Zubieta", "Ostrander", "Yllescas", "Wrzesniak", "Fiskholm", "Umgeher", "Vantongeren", "Okwuosa")
IDENTIFIERS = (
    *(f"MRN 48{number:05d}" for number in range(11)),
    *(f"someone{number}@canary.example" for number in range(10)),
    *(f"+41 79 555 10 {number:02d}" for number in range(10)),
    *(f"19{50 + number}-04-1{number}" for number in range(10)),
    *(f"Mrs {name}" for name in NAMES),
)
# A title and a name: the name alone is what must not appear.
TRACES = tuple(one.removeprefix("Mrs ").removeprefix("MRN ") for one in IDENTIFIERS)


@pytest.fixture
def at_work(sqlite_ledger, tmp_path):
    with (
        slack_server() as slack,
        clinic(slack, ledger=sqlite_ledger, home=tmp_path) as made,
        console(made.place) as served,
    ):
        slack.world.clock = lambda: made.clock().timestamp()
        slack.delivers_to(served.address)
        for number, (person, _) in enumerate(work.QUORUM):
            made.enrol(person, f"U0P{number}")
        made.deliver()
        yield made


def sentence(*found: str) -> str:
    return f"I looked at {' and '.join(found)} and at all the tables myself."


def through_slack(at_work, person: str, deed: str, **values) -> str:
    """Fill a form in; return what came back."""
    member, slack = at_work.members[person], at_work.slack
    before = len(slack.world.views)
    slack.press(at_work.message, f"gate.{deed}", by=member)
    slack.wait(lambda: len(slack.world.views) > before)
    return str(slack.submit(slack.form_of(member), values, by=member).body)


def plant(at_work) -> list[str]:
    """Type every identifier somewhere; return what was answered."""
    left = iter(IDENTIFIERS)

    def some(many: int) -> list[str]:
        return [next(left) for _ in range(many)]

    at, place = at_work.clock(), at_work.place
    first = {"meaning": "approval", "reason": sentence(*some(10)), "left.what": sentence(*some(5))}
    answers = [
        through_slack(
            at_work, "amara-okafor", "approve", **first, **{"left.owner": "mei-lin", "left.due": "2026-04-01"}
        ),
        through_slack(at_work, "leila-haddad", "approve", meaning="review", reason=sentence(*some(10))),
    ]
    delegation.delegate(
        submission=at_work.submission,
        person="amara-okafor",
        deputy="second-lead",
        role=Role.CLINICAL_LEAD,
        ends_at=at + timedelta(days=5),
        reason=sentence(*some(5)),
        channel="test",
        at=at,
        workplace=place,
    )
    with pytest.raises(incidents.CannotReport):
        incidents.report(
            rollout="test-rollout",
            person=at_work.submission.person("amara-okafor"),
            site="north",
            severity=Severity.MINOR,
            category=Category.WRONG_OUTPUT,
            what=sentence(*some(5)),
            occurred_at=at,
            channel="test",
            at=at,
            workplace=place,
        )
    at_work.deliver(rounds=3)
    answers.append(through_slack(at_work, "tomas-silva", "reject", meaning="review", reason=sentence(*some(10))))
    lead = at_work.members["amara-okafor"]
    answers.append(str(at_work.slack.command("/gates", f"suspend test-rollout {sentence(*some(5))}", by=lead).body))
    assert next(left, None) is None
    return answers


def test_no_identifier_gets_into_anything_that_slack_is_sent(at_work):
    answers = plant(at_work)
    for person, member in at_work.members.items():
        assert person
        personal.publish_home(Member(team=member.team, user=member.user), at=at_work.clock(), office=at_work.office)
    at_work.deliver(rounds=5)

    sent = "\n".join([at_work.slack.everything_sent(), *answers])

    assert len(IDENTIFIERS) == 50
    assert [trace for trace in TRACES if trace in sent] == []
    assert "Reason recorded; it is not repeated here." in sent
    assert audit.verify(at_work.place.ledger) == ()


def test_a_small_group_stays_unseen_in_slack(sqlite_ledger, tmp_path):
    small = replace(factories.estimate(), n=3, events=3, value=0.98765, lower=0.96543, upper=0.99321)
    result = work.evaluation(estimate=small)
    with slack_server() as slack, clinic(slack, ledger=sqlite_ledger, home=tmp_path, result=result) as made:
        made.deliver(rounds=2)

        sent = slack.everything_sent()

    assert "Sensitivity for critical conditions" in sent
    assert not [number for number in ("98.7", "98.8", "96.5", "99.3") if number in sent]


def test_no_reason_is_kept_twice_in_the_database(at_work):
    through_slack(at_work, "amara-okafor", "approve", meaning="approval", reason=sentence("a thing typed once"))

    with at_work.place.ledger.reading() as session:
        kept = session.connection().exec_driver_sql("SELECT payload FROM slack_receipt").fetchall()

    assert "a thing typed once" not in str(kept)
