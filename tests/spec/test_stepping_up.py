"""Stepping up: what was meant is signed once, by the same person, who has just shown again who they are."""

from datetime import timedelta

import pytest

from primum.actions import conflicts, voting
from primum.ledger import reading, signing_reading
from primum.roadmap.people import Role
from primum.roadmap.policy import Applies, SignatureRule
from primum.roadmap.seats import signature_method
from primum.roadmap.stages import GateName
from tests import factories
from tests import gates_at_work as work
from tests.factories import MORNING
from tests.refusal_cases import CASES
from tests.refusal_scenes import DEPUTY, GATE, LEAD, QUORUM, REASON, STEP_UP, Scene

title = "Stepping up"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def scene(sqlite_ledger, tmp_path):
    return Scene(folder=tmp_path / "rollout", place=work.workplace(sqlite_ledger, tmp_path), at=MORNING)


@pytest.fixture
def meant(scene):
    """A signature that was meant and not yet given."""
    scene.awaiting(signatures=(STEP_UP,))
    return intend(scene)


def intend(scene, asked=None):
    asked = asked or scene.asks("")
    return voting.intend(
        gate=GATE,
        ballot=asked.ballot(channel="slack"),
        submission=scene.submission,
        person=asked.person,
        at=scene.at,
        workplace=scene.place,
    )


def sign(scene, meant, *, person=LEAD, shown_again=SECOND, after=MINUTE):
    return voting.sign_intended(
        code=meant.code,
        person=person,
        authentication="password, typed again",
        authenticated_at=scene.at + shown_again,
        submission=scene.submission,
        at=scene.at + after,
        workplace=scene.place,
    )


def votes(scene):
    with scene.place.ledger.reading() as session:
        return list(reading.votes(session, gate=GATE))


def test_what_was_meant_is_signed_with_when_and_how_the_person_was_known(scene, meant):
    state = sign(scene, meant)

    (vote,) = votes(scene)
    assert state == "awaiting-seats"
    assert (vote.person, vote.reason, vote.channel, vote.intent_id) == (LEAD, REASON, "slack", meant.id)
    assert (vote.authentication, vote.authenticated_at) == ("password, typed again", MORNING + SECOND)


def test_the_code_is_nowhere_kept(scene, meant):
    with scene.place.ledger.reading() as session:
        row = signing_reading.intent(session, intent=meant.id)

    assert meant.code not in str(row.model_dump())
    assert meant.expires_at == MORNING + 5 * MINUTE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"after": 5 * MINUTE}, "was good until 09:05 UTC"),
        ({"person": DEPUTY}, "made for somebody else"),
        ({"shown_again": -SECOND}, "You signed in before you chose to sign"),
        ({"shown_again": 3 * MINUTE}, "dated in the future"),
    ],
)
def test_a_signature_that_was_not_meant_so_is_refused(scene, meant, changes, words):
    with pytest.raises(voting.CannotVote, match=words):
        sign(scene, meant, **changes)

    assert votes(scene) == []


def test_a_second_of_a_provider_that_knows_no_fractions_is_no_time_before(scene, meant):
    scene.at = MORNING + timedelta(milliseconds=700)
    later = intend(scene)

    assert sign(scene, later, shown_again=timedelta(milliseconds=-700)) == "awaiting-seats"


def test_a_link_is_good_once(scene, meant):
    sign(scene, meant)

    with pytest.raises(voting.CannotVote, match="was used"):
        sign(scene, meant)

    assert len(votes(scene)) == 1


def test_of_two_links_for_one_seat_one_is_good(scene, meant):
    other = intend(scene)
    sign(scene, meant)

    with pytest.raises(voting.CannotVote, match="has already signed"):
        sign(scene, other)


def test_a_link_nobody_made_signs_nothing(scene, meant):
    with pytest.raises(voting.CannotVote, match="not one of ours"):
        voting.intended(code="guessed", at=scene.at, workplace=scene.place)


def test_the_fifth_failure_locks_the_link_and_says_so_once(scene, meant):
    left = [voting.failed(code=meant.code, person=LEAD, at=scene.at, workplace=scene.place) for _ in range(6)]

    assert left == [4, 3, 2, 1, 0, 0]
    with pytest.raises(voting.CannotVote, match="locked after 5 failed attempts"):
        sign(scene, meant)
    with scene.place.ledger.reading() as session:
        told = signing_reading.messages_since(session, kind="step-up.locked", since=MORNING)
    assert [one.body["person"] for one in told] == [LEAD]


def test_somebody_elses_attempts_lock_the_link_as_well(scene, meant):
    for _ in range(5):
        with pytest.raises(voting.CannotVote):
            sign(scene, meant, person=DEPUTY)

    with pytest.raises(voting.CannotVote, match="locked"):
        sign(scene, meant)


def test_evidence_that_changed_in_between_is_not_signed(scene, meant):
    scene.ask(table="sha256:second")

    with pytest.raises(voting.CannotVote, match=f"Gate {GATE} is void"):
        sign(scene, meant)


def test_an_interest_declared_in_between_is_asked_again(scene, meant):
    conflicts.declare(
        submission=scene.submission, person=LEAD, reason="My brother works there.", channel="test", at=scene.at,
        workplace=scene.place,
    )  # fmt: skip

    with pytest.raises(voting.CannotVote, match="conflict of interest"):
        sign(scene, meant)


def test_an_entrance_cannot_claim_a_step_up(scene, meant):
    claimed = work.ballot(Role.CLINICAL_LEAD, digest=scene.digest)
    claimed = type(claimed)(**(vars(claimed) | {"stepped_up": True, "authenticated_at": scene.at}))

    with pytest.raises(voting.CannotVote, match="belongs to no open intent"):
        voting.vote(
            gate=GATE, ballot=claimed, submission=scene.submission, person=LEAD, at=scene.at, workplace=scene.place
        )


def test_an_intent_signs_what_was_meant_and_nothing_else(scene, meant):
    other = scene.asks("", reason="Something else than was meant to be said.").ballot()
    swapped = type(other)(
        **(vars(other) | {"stepped_up": True, "authenticated_at": scene.at + SECOND, "intent": meant.id})
    )

    with pytest.raises(voting.CannotVote, match="not the answer that was meant"):
        voting.vote(
            gate=GATE, ballot=swapped, submission=scene.submission, person=LEAD, at=scene.at, workplace=scene.place
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_may_not_be_answered_is_not_meant_either(case, scene):
    asked = case.arrange(scene)

    with pytest.raises(voting.CannotVote) as refused:
        intend(scene, asked)

    assert str(refused.value) == asked.sentence


@pytest.mark.parametrize(("purpose", "method"), [("flagging-findings", "step_up"), ("health-education", "click")])
def test_the_policy_says_where_a_click_is_not_enough(purpose, method):
    use = {**factories.rollout().use.model_dump(), "purpose": purpose}
    rule = SignatureRule(
        method="step_up", gates=tuple(GateName), applies=Applies(tiers=("high",)), source=factories.LOCAL
    )
    policy = factories.policy(signatures=(rule,))

    asked = signature_method(policy=policy, rollout=factories.rollout(use=use), gate=GateName.G1)

    assert asked == method


def test_a_gate_of_the_high_tier_is_granted_by_signatures_alone(scene):
    scene.awaiting(signatures=(STEP_UP,))
    for person, role in QUORUM:
        scene.sign(person, role)

    with scene.place.ledger.reading() as session:
        assert reading.gate(session, gate=GATE).state == "granted"
    assert all(vote.intent_id and vote.authenticated_at for vote in votes(scene))
