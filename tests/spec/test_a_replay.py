import pytest
from pydantic import ValidationError
from sqlmodel import select

from primum.actions import promotion, registration
from primum.ledger.tables import Exposure
from primum.roadmap.stages import Stage
from tests import factories, gates_at_work
from tests.factories import MORNING

title = "When a finished study is replayed"


def test_a_rollout_begins_with_assess():
    with pytest.raises(ValidationError, match="only a replay of a finished study may enter after assess"):
        factories.rollout(enters_at=Stage.PILOT)


def test_a_replay_may_enter_at_pilot():
    assert factories.rollout(enters_at=Stage.PILOT, kind="replay").enters_at is Stage.PILOT


def test_the_policy_of_replays_refuses_a_rollout():
    handed_in = gates_at_work.submission()
    easier = factories.policy(scope="replay")

    reason = registration.why_not(gates_at_work.replace(handed_in, policy=easier))

    assert reason == "Policy test-policy is for replays of finished studies; test-rollout is a rollout."


@pytest.mark.parametrize(("kind", "exposed"), [("rollout", "pilot"), ("replay", "off")])
def test_a_promoted_replay_reaches_no_patient(kind, exposed, ledger, tmp_path):
    place = gates_at_work.workplace(ledger, tmp_path)
    handed_in = gates_at_work.submission(kind=kind)
    gate = gates_at_work.granted(handed_in, place)

    promotion.commit(
        gate=gate,
        submission=handed_in,
        world=gates_at_work.world(),
        person=gates_at_work.SUBMITTER,
        at=MORNING,
        workplace=place,
    )

    with ledger.reading() as session:
        assert [row.state for row in session.exec(select(Exposure))][-1] == exposed
