"""Why a promotion is refused: every reason with its sentence, from the action that every entrance ends in."""

import shutil

import pytest

from primum.actions import explaining, promotion
from primum.actions.runs import run_stage
from primum.actions.workplace import open_workplace
from primum.ledger import reading
from primum.settings import Settings
from tests.factories import MORNING
from tests.promotion_refusal_cases import CASES, ROLLOUT, granted
from tests.refusal_scenes import GATE, Scene


@pytest.fixture
def scene(tmp_path, empty_tracking_store):
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(empty_tracking_store, home / "mlflow.db")
    place = open_workplace(Settings(home=home))
    yield Scene(folder=tmp_path / "rollout", place=place, at=MORNING)
    place.ledger.close()


def apply(scene):
    return promotion.apply(
        gate=GATE, submission=scene.submission, person="noah-kim", at=scene.at, workplace=scene.place
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_promotion_that_may_not_be_is_refused_and_changes_nothing(case, scene):
    sentence = case.arrange(scene)
    before = scene.place.ledger.checkpoint()

    with pytest.raises(promotion.CannotPromote) as refused:
        apply(scene)

    told = explaining.explain(gate=GATE, submission=scene.submission, at=scene.at, workplace=scene.place)
    assert str(refused.value).startswith(sentence)
    assert str(refused.value) == next(one.sentence for one in told if not one.holds)
    assert scene.place.ledger.checkpoint() == before


def test_where_a_signer_lost_the_authority_running_the_stage_again_asks_the_seats_again(scene):
    case = next(one for one in CASES if one.name == "a signer lost the authority")
    case.arrange(scene)

    ran = run_stage(path=scene.folder / "rollout.yaml", person="noah-kim", at=scene.days(1), workplace=scene.place)

    with scene.place.ledger.reading() as session:
        states = {gate.id: gate.state for gate in reading.gates(session)}
    assert states == {GATE: "void", ran.gate: "awaiting-seats"}


def test_a_promotion_is_made_where_no_reason_holds(scene):
    granted(scene)

    apply(scene)

    with scene.place.ledger.reading() as session:
        assert len(reading.promotions(session, rollout=ROLLOUT)) == 1
