"""Standing in: a seat is handed to somebody of the same role, for a time, and not handed on."""

from datetime import timedelta

import pytest

from primum.actions import delegation, voting
from primum.ledger import reading, signing_reading
from primum.roadmap.delegations import StandIn, why_not_delegate
from primum.roadmap.people import Role
from tests import factories
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.refusal_scenes import DEPUTY, GATE, LEAD, Scene

title = "Standing in"
DAY = timedelta(days=1)
A, B, C = (factories.person(f"dr-{letter}", Role.CLINICAL_LEAD) for letter in ("aa", "bb", "cc"))
OTHER = factories.person("dr-ee", Role.ETHICIST)


def stand_in(person, deputy, *, starts=MORNING, days=10, **changes):
    values = {
        "id": f"{person.id}-{deputy.id}",
        "role": Role.CLINICAL_LEAD,
        "rollouts": ("test-rollout",),
        "person": person.id,
        "deputy": deputy.id,
        "starts_at": starts,
        "ends_at": starts + days * DAY,
    }
    return StandIn(**(values | changes))


def why_not(**changes):
    values = {
        "person": A,
        "deputy": B,
        "role": Role.CLINICAL_LEAD,
        "rollout": "test-rollout",
        "starts_at": MORNING,
        "ends_at": MORNING + 7 * DAY,
        "reason": "I am away at a congress this week.",
        "longest_days": 30,
        "standing": (),
        "at": MORNING,
    }
    return why_not_delegate(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"deputy": A}, "cannot be their own deputy"),
        ({"ends_at": MORNING}, "ends after it begins"),
        ({"starts_at": MORNING - 9 * DAY, "ends_at": MORNING - DAY}, "in the future"),
        ({"ends_at": MORNING + 31 * DAY}, "at most 30 days"),
        ({"deputy": OTHER}, "Dr Ee does not hold the role clinical-lead"),
        ({"person": OTHER}, "Dr Ee does not hold the role clinical-lead"),
        ({"starts_at": MORNING + 725 * DAY, "ends_at": MORNING + 735 * DAY}, "ends before this delegation"),
        ({"standing": [stand_in(A, C)]}, "has handed this seat to dr-cc"),
        ({"standing": [stand_in(C, A)]}, "is not handed on"),
        ({"standing": [stand_in(B, C)]}, "cannot stand in for others"),
        ({"reason": "away"}, "at least 20 characters"),
    ],
)
def test_a_seat_that_cannot_be_handed_over_says_why(changes, words):
    assert words in why_not(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ends_at": MORNING + 30 * DAY},
        {"standing": [stand_in(C, B)]},
        {"standing": [stand_in(A, C, starts=MORNING + 7 * DAY)]},
        {"standing": [stand_in(A, C, rollouts=("another",))]},
        {"standing": [stand_in(A, C, role=Role.ETHICIST)]},
        {"standing": [stand_in(A, C, revoked_at=MORNING)]},
    ],
)
def test_a_seat_is_handed_over_where_nothing_stands_against_it(changes):
    assert why_not(**changes) is None


@pytest.mark.parametrize(("days", "counts"), [(-1, False), (0, True), (9, True), (10, False)])
def test_a_delegation_counts_from_its_beginning_until_its_end(days, counts):
    assert stand_in(A, B).in_force(MORNING + days * DAY) is counts


@pytest.fixture
def scene(sqlite_ledger, tmp_path):
    made = Scene(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path), at=MORNING)
    made.awaiting()
    return made


def hand_over(scene, *, person=LEAD, deputy=DEPUTY):
    return delegation.delegate(
        submission=scene.submission,
        person=person,
        deputy=deputy,
        role=Role.CLINICAL_LEAD,
        ends_at=scene.days(7),
        reason="I am away at a congress this week.",
        channel="test",
        at=scene.at,
        workplace=scene.place,
    )


def offers(scene, person):
    with scene.place.ledger.reading() as session:
        listed = voting.seats_for(person=person, gate=GATE, submission=scene.submission, at=scene.at, session=session)
    return [(offer.role, offer.on_behalf_of) for offer in listed]


def test_the_deputy_is_offered_the_seat_for_the_absent_person(scene):
    hand_over(scene)

    assert offers(scene, DEPUTY) == [(Role.CLINICAL_LEAD, None), (Role.CLINICAL_LEAD, LEAD)]
    assert offers(scene, "third-lead") == [(Role.CLINICAL_LEAD, None)]


def test_a_vote_says_for_whom_it_was_given_and_fills_one_seat(scene):
    hand_over(scene)

    scene.sign(DEPUTY, Role.CLINICAL_LEAD, on_behalf_of=LEAD)

    with scene.place.ledger.reading() as session:
        (vote,) = reading.votes(session, gate=GATE)
    assert (vote.printed_name, vote.on_behalf_of) == ("Second Lead", LEAD)
    assert offers(scene, LEAD) == []


def test_deputies_of_deputies_are_refused_in_the_ledger_too(scene):
    hand_over(scene)

    with pytest.raises(delegation.CannotDelegate, match="is not handed on"):
        hand_over(scene, person=DEPUTY, deputy="third-lead")


@pytest.mark.parametrize(("person", "may"), [(LEAD, True), (DEPUTY, True), ("third-lead", False)])
def test_those_whom_it_concerns_end_a_delegation_and_nobody_else(scene, person, may):
    made = hand_over(scene)

    def revoke():
        delegation.revoke(
            delegation=made, submission=scene.submission, person=person, at=scene.days(1), workplace=scene.place
        )

    if may:
        revoke()
    else:
        with pytest.raises(delegation.CannotDelegate, match="neither made this delegation nor stands in"):
            revoke()
    with scene.place.ledger.reading() as session:
        listed = delegation.in_force(submission=scene.submission, at=scene.days(2), session=session)
        told = [one.kind for one in signing_reading.messages_since(session, kind="seat.delegated", since=MORNING)]
    assert (listed == ()) is may
    assert told == ["seat.delegated"]


def test_who_has_an_interest_does_not_choose_who_signs(scene):
    people = tuple(
        one.model_copy(update={"conflicts": ("small-trial",)}) if one.id == LEAD else one
        for one in scene.submission.people
    )
    scene.write_people(people)

    with pytest.raises(delegation.CannotDelegate, match="does not choose who signs"):
        hand_over(scene)
