"""Setting a check aside: two people without an interest, a reason, an end; and never what guards people."""

from dataclasses import replace
from datetime import timedelta

import pytest

from primum.actions import conflicts, waiving
from primum.ledger import reading, signing_reading
from primum.roadmap.verdicts import Level
from tests import factories
from tests import gates_at_work as work
from tests.factories import MORNING

title = "Setting a check aside"
AGREED = ("amara-okafor", "leila-haddad")


@pytest.fixture
def place(sqlite_ledger, tmp_path):
    return work.workplace(sqlite_ledger, tmp_path)


@pytest.fixture
def handed_in(place):
    soft = factories.criterion(id="sites", level=Level.OVERRIDABLE)
    idle = factories.person("no-role")
    made = work.submission()
    made = replace(made, policy=factories.policy(criteria=(factories.criterion(), soft)), people=(*made.people, idle))
    work.register(made, place)
    return made


def waive(handed_in, place, *, by=AGREED, **changes):
    values = {"check": "sites", "reason": "The second site joins next month.", "days": 30} | changes
    people = tuple(handed_in.person(one) for one in by)
    return waiving.waive(approvers=people, submission=handed_in, at=MORNING, workplace=place, **values)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"check": "charm"}, "has no check 'charm'"),
        ({"check": "sensitivity"}, "is mandatory in policy test-policy and cannot be waived"),
        ({"by": ("amara-okafor", "amara-okafor")}, "needs 2 different approvers"),
        ({"by": ("amara-okafor", "hana-sato")}, "is an author of the evidence"),
        ({"by": ("amara-okafor", "no-role")}, "holds no role"),
        ({"days": 0}, "between 1 and 90 days"),
        ({"days": 91}, "between 1 and 90 days"),
        ({"reason": "later"}, "at least 20 characters"),
    ],
)
def test_a_check_that_may_not_be_set_aside_so_says_why(handed_in, place, changes, words):
    with pytest.raises(waiving.CannotWaive, match=words):
        waive(handed_in, place, **changes)

    with place.ledger.reading() as session:
        assert reading.waivers(session, rollout="test-rollout") == []


def test_who_declared_an_interest_agrees_to_none(handed_in, place):
    conflicts.declare(
        submission=handed_in,
        person="leila-haddad",
        reason="a share in the provider",
        channel="test",
        at=MORNING,
        workplace=place,
    )

    with pytest.raises(waiving.CannotWaive, match="conflict of interest"):
        waive(handed_in, place)


def test_a_check_is_set_aside_until_its_day_and_those_who_agreed_are_named(handed_in, place):
    waive(handed_in, place)

    with place.ledger.reading() as session:
        (row,) = reading.waivers(session, rollout="test-rollout")
        (told,) = signing_reading.messages_since(session, kind="check.waived", since=MORNING)
    assert (row.criterion, row.expires_at) == ("sites", MORNING + timedelta(days=30))
    assert row.approvers == told.body["people"] == list(AGREED)
