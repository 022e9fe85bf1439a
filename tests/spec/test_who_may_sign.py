"""Who may sign, and when the seats are filled."""

from datetime import timedelta

import pytest

from primum.roadmap.people import Authority, Role
from primum.roadmap.seats import Answer, Seat, Signature, empty_seats, required_seats, why_not_reason, why_not_sit
from primum.roadmap.stages import GateName
from tests import factories
from tests.factories import MORNING

title = "Who may sign"
LEAD = Seat(role=Role.CLINICAL_LEAD)
ETHICIST = Seat(role=Role.ETHICIST)
AUDITOR = Seat(role=Role.AUDITOR, other_organisation=True)


def why_not(person, role=Role.CLINICAL_LEAD, seats=(LEAD,), at=MORNING):
    return why_not_sit(
        person=person,
        role=role,
        rollout=factories.rollout(),
        seats=seats,
        requested_by="noah-kim",
        authors=frozenset({"hana-sato"}),
        at=at,
    )


def test_a_person_with_the_role_may_sign():
    assert why_not(factories.person("amara-okafor", Role.CLINICAL_LEAD)) is None


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (factories.person("jonas-weber", Role.ETHICIST), "does not hold the role"),
        (factories.person("noah-kim", Role.CLINICAL_LEAD), "asked for this gate"),
        (factories.person("hana-sato", Role.CLINICAL_LEAD), "author of the evidence"),
        (factories.person("amara-okafor", Role.CLINICAL_LEAD, conflicts=("Example Ltd",)), "conflict of interest"),
    ],
)
def test_a_person_who_may_not_sign_is_told_the_one_reason(person, words):
    assert words in why_not(person)


def test_authority_ends_on_its_day():
    lead = factories.person("amara-okafor", Role.CLINICAL_LEAD)

    assert "at this time" in why_not(lead, at=MORNING + timedelta(days=730))


def test_authority_for_another_rollout_does_not_count():
    elsewhere = Authority(
        role=Role.CLINICAL_LEAD,
        rollouts=("another",),
        valid_from=MORNING - timedelta(days=1),
        valid_until=MORNING + timedelta(days=1),
    )
    lead = factories.person("amara-okafor", authorities=(elsewhere,))

    assert "does not hold" in why_not(lead)


def test_an_auditor_comes_from_another_organisation():
    inside = factories.person("oskar", Role.AUDITOR)
    outside = factories.person("oskar", Role.AUDITOR, organisation="Nordic Institute")

    assert "another organisation" in why_not(inside, role=Role.AUDITOR, seats=(AUDITOR,))
    assert why_not(outside, role=Role.AUDITOR, seats=(AUDITOR,)) is None


def signed(person, role, answer=Answer.APPROVE, digest="sha256:now"):
    return Signature(person=person, role=role, answer=answer, shown_digest=digest)


def test_one_person_with_two_roles_fills_one_seat():
    both = factories.person("both", Role.CLINICAL_LEAD, Role.ETHICIST)
    signatures = [signed(both, Role.CLINICAL_LEAD), signed(both, Role.ETHICIST)]

    empty = empty_seats(seats=(LEAD, ETHICIST), signatures=signatures, digest="sha256:now")

    assert len(empty) == 1


def test_people_are_matched_so_that_a_quorum_that_exists_is_found():
    both = factories.person("aa-both", Role.CLINICAL_LEAD, Role.ETHICIST)
    lead = factories.person("zz-lead", Role.CLINICAL_LEAD)
    signatures = [signed(both, Role.CLINICAL_LEAD), signed(both, Role.ETHICIST), signed(lead, Role.CLINICAL_LEAD)]

    assert empty_seats(seats=(LEAD, ETHICIST), signatures=signatures, digest="sha256:now") == ()


def test_a_vote_on_other_evidence_fills_no_seat():
    lead = factories.person("lead", Role.CLINICAL_LEAD)
    signatures = [signed(lead, Role.CLINICAL_LEAD, digest="sha256:before")]

    assert empty_seats(seats=(LEAD,), signatures=signatures, digest="sha256:now") == (LEAD,)


def test_the_four_groups_of_the_sources_are_seats_of_g1():
    seats = required_seats(policy=factories.policy(), rollout=factories.rollout(), gate=GateName.G1)

    assert {seat.role for seat in seats} == set(factories.ROLES)


@pytest.mark.parametrize(("reason", "fine"), [("ok", False), (" " * 40, False), ("I read every table myself.", True)])
def test_a_signature_carries_a_written_reason(reason, fine):
    assert (why_not_reason(reason) is None) is fine
