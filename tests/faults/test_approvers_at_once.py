"""Two and eight approvers at the same moment: exactly one promotion each."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from primum.actions import gates, promotion
from primum.actions.submission import Submission
from primum.ledger import reading
from primum.ledger.audit import verify
from primum.ledger.database import Ledger
from primum.roadmap.people import Role
from primum.roadmap.seats import required_seats
from primum.roadmap.stages import GateName
from tests import factories
from tests import gates_at_work as work
from tests.factories import MORNING

EIGHT = (
    Role.CLINICAL_LEAD,
    Role.ETHICIST,
    Role.PATIENT_REPRESENTATIVE,
    Role.TECHNOLOGIST,
    Role.EQUITY_LEAD,
    Role.SAFETY_OFFICER,
    Role.STATISTICIAN,
    Role.CLINICIAN,
)


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request):
    return request.getfixturevalue(f"{request.param}_url")


def a_submission(name: str, roles: tuple[Role, ...]) -> Submission:
    people = tuple(factories.person(f"person-{number}", role) for number, role in enumerate(roles))
    policy = factories.policy(scope="replay", seats=tuple(factories.seat_rule(role) for role in roles))
    base = work.submission(rollout=name)
    submitter = factories.person(work.SUBMITTER, Role.TECHNOLOGIST)
    return Submission(
        path=base.path,
        rollout=base.rollout,
        policy=policy,
        policy_digest=base.policy_digest,
        people=(*people, submitter),
        sites=(),
    )


def one_round(ledgers, home, number: int, roles: tuple[Role, ...]) -> None:
    handed_in = a_submission(f"rollout-{number}", roles)
    result = work.evaluation(rollout=handed_in.rollout.rollout)
    gate = work.awaiting(handed_in, work.workplace(ledgers[0], home), result)
    subject, barrier = gates.subject_of(result), Barrier(len(roles))

    def approve(index: int) -> None:
        place = work.workplace(ledgers[index], home)
        barrier.wait()
        state = work.sign(gate, f"person-{index}", roles[index], handed_in, place, digest=subject)
        if state == "granted":
            barrier_free_promotion(gate, subject, handed_in, place)

    with ThreadPoolExecutor(len(roles)) as pool:
        list(pool.map(approve, range(len(roles))))

    with ledgers[0].reading() as session:
        assert len(reading.promotions(session, rollout=handed_in.rollout.rollout)) == 1
        assert reading.gate(session, gate=gate).state == "applied"
    assert len(required_seats(policy=handed_in.policy, rollout=handed_in.rollout, gate=GateName.G1)) == len(roles)


def barrier_free_promotion(gate, subject, handed_in, place) -> None:
    """Whoever saw the last seat filled applies; twice, because everything may be done twice."""
    for _ in range(2):
        promotion.commit(
            gate=gate,
            world=work.world(subject=subject),
            submission=handed_in,
            person=work.SUBMITTER,
            at=MORNING,
            workplace=place,
        )


def rounds(url, home, roles, how_many: int) -> None:
    ledgers = [Ledger.open(url, key=home / "ledger.key") for _ in roles]

    for number in range(how_many):
        one_round(ledgers, home, number, roles)

    assert verify(ledgers[0], outside=ledgers[0].checkpoint()) == ()
    for ledger in ledgers:
        ledger.close()


@pytest.mark.parametrize("approvers", [2, 8])
def test_approvers_at_once_lead_to_exactly_one_promotion(ledger_url, tmp_path, approvers):
    rounds(ledger_url, tmp_path, EIGHT[:approvers], 12)


@pytest.mark.faults
@pytest.mark.parametrize("approvers", [2, 8])
def test_five_hundred_rounds_of_approvers_at_once_lead_to_one_promotion_each(ledger_url, tmp_path, approvers):
    rounds(ledger_url, tmp_path, EIGHT[:approvers], 500)
