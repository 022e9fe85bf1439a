"""Who may sign, and when the seats are filled."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from primum.integrations.configuration import load_policy
from primum.roadmap.people import Authority, OnCall, Role
from primum.roadmap.policy import Applies, Policy
from primum.roadmap.seats import Answer, Seat, Signature, empty_seats, required_seats, why_not_reason, why_not_sit
from primum.roadmap.signing_rules import FOUR_GROUPS, HEARD_AT, why_group_missing
from primum.roadmap.stages import GateName
from primum.roadmap.widening import Widening
from primum.settings import shipped
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


def rules(*, without: Role | None = None, **changes):
    """The four groups at every gate, one of them left out or changed."""
    kept = [factories.seat_rule(role) for role in factories.ROLES if role is not without]
    return (*kept, factories.seat_rule(without, **changes)) if without and changes else tuple(kept)


@pytest.mark.parametrize("role", factories.ROLES)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gates": (GateName.G1, GateName.G3)},
        {"applies": Applies(tiers=("high",))},
        {"from_share": "1/2"},
        {"from_sites": 2},
    ],
)
def test_a_policy_for_rollouts_that_does_not_hear_one_of_the_four_groups_is_refused(role, changes):
    said = factories.policy().model_dump(mode="json")
    seats = [rule.model_dump(mode="json") for rule in rules(without=role, **changes)]

    with pytest.raises(ValidationError, match=r"no seat for .* at G[12]: .*\(N4\)"):
        Policy.model_validate(said | {"seats": seats})
    assert Policy.model_validate(said | {"seats": seats, "scope": "replay"}).scope == "replay"


def test_a_clinician_may_speak_for_clinicians_where_no_lead_does():
    heard = (*rules(without=Role.CLINICAL_LEAD), factories.seat_rule(Role.CLINICIAN))

    assert why_group_missing(heard) is None


def test_the_shipped_policy_seats_the_four_groups_whatever_the_use_tier_or_size():
    policy = load_policy("who-lmm-2025", base=shipped("config"))
    small = Widening(stage="pilot", sites=("north",), share="1/100")
    low = {**factories.rollout().use.model_dump(), "purpose": "health-education"}

    for gate in HEARD_AT:
        seats = required_seats(policy=policy, rollout=factories.rollout(use=low, widening=(small,)), gate=gate)
        asked = {seat.role for seat in seats}
        assert all(asked & roles for roles in FOUR_GROUPS.values()), gate


def test_one_person_of_all_four_groups_is_one_of_four():
    everybody = factories.person("everybody", *factories.ROLES)
    seats = required_seats(policy=factories.policy(), rollout=factories.rollout(), gate=GateName.G1)
    signatures = [signed(everybody, role) for role in factories.ROLES]

    assert len(empty_seats(seats=seats, signatures=signatures, digest="sha256:now")) == 3


@pytest.mark.parametrize(
    ("stage", "leads"),
    [
        ({"sites": ("north",), "share": "1/4"}, 1),
        ({"sites": ("north",), "share": "1/2"}, 2),
        ({"sites": ("a", "b", "c"), "share": "1/4"}, 2),
        ({"sites": ("a", "b", "c"), "share": "1"}, 3),
        (None, 3),
    ],
)
def test_more_people_sign_for_a_bigger_widening_and_for_one_whose_size_nobody_said(stage, leads):
    bigger = factories.seat_rule(Role.CLINICAL_LEAD, from_share="1/2")
    wider = factories.seat_rule(Role.CLINICAL_LEAD, from_sites=3)
    policy = factories.policy(seats=(*rules(), bigger, wider))
    widening = () if stage is None else (Widening(stage="pilot", **stage),)

    seats = required_seats(policy=policy, rollout=factories.rollout(widening=widening), gate=GateName.G1)

    numbers = [seat.number for seat in seats if seat.role is Role.CLINICAL_LEAD]
    assert numbers == list(range(1, leads + 1))


def test_a_chair_for_another_organisation_is_not_filled_from_inside():
    seats = (Seat(role=Role.AUDITOR), Seat(role=Role.AUDITOR, number=2, other_organisation=True))
    inside = [factories.person(f"inside-{letter}", Role.AUDITOR) for letter in ("a", "b")]
    outside = factories.person("oskar", Role.AUDITOR, organisation="Nordic Institute")
    hospital = frozenset({"Riverside University Hospital"})

    left = empty_seats(
        seats=seats, signatures=[signed(one, Role.AUDITOR) for one in inside], digest="sha256:now", inside=hospital
    )
    none = empty_seats(
        seats=seats,
        signatures=[signed(one, Role.AUDITOR) for one in (outside, inside[0])],
        digest="sha256:now",
        inside=hospital,
    )

    assert (left, none) == ((seats[1],), ())


def test_who_wrote_the_policy_or_declared_an_interest_since_does_not_sign():
    lead = factories.person("amara-okafor", Role.CLINICAL_LEAD)
    asked = {"person": lead, "role": Role.CLINICAL_LEAD, "rollout": factories.rollout(), "seats": (LEAD,)}
    asked |= {"requested_by": "noah-kim", "authors": frozenset(), "at": MORNING}

    assert "wrote or changed the policy" in why_not_sit(**asked, editors=frozenset({"amara-okafor"}))
    assert "conflict of interest" in why_not_sit(**asked, conflicted=frozenset({"amara-okafor"}))


def test_who_is_on_call_still_has_to_hold_the_role():
    call = OnCall(role=Role.CLINICAL_LEAD, starts_at=MORNING, ends_at=MORNING + timedelta(days=1))
    lead = factories.person("amara-okafor", Role.CLINICAL_LEAD, on_call=(call,))
    retired = lead.model_copy(update={"authorities": ()})
    asked = {"role": Role.CLINICAL_LEAD, "rollout": "test-rollout", "at": MORNING}

    assert lead.is_on_call(**asked)
    assert not retired.is_on_call(**asked)
    assert not lead.is_on_call(**(asked | {"at": MORNING + timedelta(days=1)}))
