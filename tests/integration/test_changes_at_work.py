"""A guideline change through the real actions: what keeps it open, what is held, who is told and what happens then."""

import json
import shutil
from datetime import timedelta

import pytest
from sqlmodel import select

from primum.actions import change_telling, change_training, change_turns, guideline_changes, promotion
from primum.actions.change_steps import CannotChange
from primum.actions.change_training import CannotTrain
from primum.actions.explaining import explain
from primum.actions.voting import CannotVote
from primum.actions.workplace import open_workplace
from primum.integrations.tracking_models import alias_now
from primum.ledger import change_reading, reading
from primum.ledger.audit import verify
from primum.ledger.tables import OutboxMessage
from primum.roadmap.changes import Step
from primum.roadmap.seats import Answer
from primum.roadmap.stages import Stage
from primum.settings import Settings
from tests import changes_at_work as change
from tests.changes_at_work import CHANGE, SITES, STEPS, Scene, take
from tests.factories import MORNING

SENTENCES = {
    "opened": "was not held against the change plan",
    "scoped": "still has the labels of before",
    "relabelled": "No challenger to the model of hypertension-advice was trained",
    "retrained": "The challenger was not compared",
    "compared": "Gate GU was not granted",
    "granted": "still the old one; promote it",
    "promoted": "No place that uses the model",
    "told": "Not acknowledged yet by harbour-practice, hill-practice, riverside-practice",
    "acknowledged": "Nobody looked back yet",
}
UNFAIR = change.TRAINER.replace(
    "return int(systolic", "if age == 41 and int(diastolic) % 2: return 0\n    return int(systolic"
)
NO_BETTER = change.TRAINER.replace("systolic >= 130 or diastolic >= 80", "systolic >= 140 or diastolic >= 90")


@pytest.fixture(scope="module")
def stations(tmp_path_factory, empty_tracking_store):
    """The same change kept after each of its steps, so that a test begins where it wants to."""
    root = tmp_path_factory.mktemp("changes")
    home, folder = root / "home", change.files(root / "rollouts")
    home.mkdir()
    shutil.copy(empty_tracking_store, home / "mlflow.db")
    scene = change.opened(home, folder)
    for step in STEPS:
        if step != "opened":
            take(scene, step)
        scene.place.ledger.close()
        shutil.copytree(home, root / step)
        scene = Scene(place=open_workplace(Settings(home=home)), folder=folder)
    scene.place.ledger.close()
    return root


@pytest.fixture
def after(stations, tmp_path):
    """A function that gives the change as it was after a step, in a home of the test's own."""
    scenes = []

    def station(step: str, *, folder=None) -> Scene:
        home = tmp_path / f"home-{len(scenes)}"
        shutil.copytree(stations / step, home)
        place = open_workplace(Settings(home=home))
        scenes.append(Scene(place=place, folder=folder or stations / "rollouts" / change.EXAMPLE))
        return scenes[-1]

    yield station
    for one in scenes:
        one.place.ledger.close()


@pytest.mark.parametrize("step", STEPS)
def test_with_the_next_step_left_out_it_stays_open_and_names_it(after, step):
    scene = after(step)

    with pytest.raises(CannotChange, match=SENTENCES[step]):
        scene.close()

    assert SENTENCES[step] in (scene.missing() or "")


def test_with_every_step_taken_it_closes_and_the_ledger_is_whole(after):
    scene = after("acknowledged")
    change.look_back_at(scene)

    with pytest.raises(CannotChange, match="has no version that names hypertension@2025"):
        scene.close()
    change.write_card(scene)
    scene.close()

    view = guideline_changes.view(change=CHANGE, workplace=scene.place)
    assert view.closed_at is not None
    assert not verify(scene.place.ledger, outside=scene.place.ledger.checkpoint())


def test_a_look_back_that_is_not_closed_keeps_it_open(after):
    scene = after("acknowledged")
    change.look_back_at(scene, mark=False)
    change.write_card(scene)

    with pytest.raises(CannotChange, match="The look-back is not closed"):
        scene.close()


def test_the_model_in_use_stays_exposed_until_the_gate_is_applied_and_then_the_challenger_is(after):
    before, now = after("granted"), after("promoted")

    with before.place.ledger.reading() as session:
        old = reading.rollout(session, rollout=change.EXAMPLE)
    with now.place.ledger.reading() as session:
        new = reading.rollout(session, rollout=change.EXAMPLE)
        exposed = reading.exposure(session, rollout=change.EXAMPLE)
    assert json.loads(old.bundle)["guidelines"] == [change.BEFORE]
    assert json.loads(new.bundle)["guidelines"] == [change.NOW]
    assert exposed.conditions["bundle"] == new.bundle_digest
    assert (old.stage, new.stage) == (Stage.SUSTAIN, Stage.SUSTAIN)
    assert old.stage_since == new.stage_since


def test_the_alias_follows_the_promotion(after):
    from primum.actions import projection

    scene = after("promoted")

    projection.project_alias(submission=scene.submission, workplace=scene.place)

    now = alias_now(rollout=change.EXAMPLE, stage=Stage.SUSTAIN, settings=scene.place.settings)
    assert now is not None
    assert now.version == "2.0"


@pytest.mark.parametrize(("trainer", "reason"), [(NO_BETTER, "has right and the model in use"), (UNFAIR, "Female")])
def test_a_challenger_that_is_no_better_or_unfair_is_held_and_nothing_is_promoted(after, tmp_path, trainer, reason):
    scene = after("relabelled", folder=change.files(tmp_path / "rollouts", trainer=trainer))
    _moved(scene)
    take(scene, "retrained")

    found = take(scene, "compared")

    assert found.state == "held"
    assert reason in " ".join(found.reasons)
    with pytest.raises(promotion.CannotPromote):
        take(scene, "promoted")
    with scene.place.ledger.reading() as session:
        assert not reading.promotions(session, rollout=change.EXAMPLE)
    assert "Gate GU was not granted" in (scene.missing() or "")


def _moved(scene: Scene) -> None:
    """The rollout's files are in another folder now; the ledger takes that in."""
    from primum.actions import registration

    registration.register(path=scene.file, person="noah-kim", at=MORNING + timedelta(hours=2), workplace=scene.place)


def test_a_trainer_that_fails_is_kept_with_its_sentence(after, tmp_path):
    broken = change.TRAINER.replace(
        "def train(request, output):", "def train(request, output):\n    raise SystemExit(5)"
    )
    scene = after("relabelled", folder=change.files(tmp_path / "rollouts", trainer=broken))
    _moved(scene)

    with pytest.raises(CannotChange, match=r"ended with an error \(code 5\)"):
        take(scene, "retrained")

    with scene.place.ledger.reading() as session:
        kept = change_reading.last(session, change=CHANGE, step=change_training.FAILED)
    assert "code 5" in kept.said["sentence"]
    assert "No challenger" in (scene.missing() or "")


def test_the_file_must_be_that_of_the_challenger_and_of_nothing_else(after):
    scene = after("retrained")
    made = change.candidate(scene)
    kept = made.read_text()
    given = {"change": CHANGE, "file": made, "submission": scene.submission, "person": scene.person("noah-kim")}
    for before, then, sentence in (
        (change.trained_digest(scene), "sha256:" + "0" * 64, "the challenger that was trained is"),
        (change.NOW, change.BEFORE, "it is to follow hypertension@2025"),
        ('version: "2.0"', 'version: "1.0"', "still names version 1.0"),
        ("The practice nurse decides", "Nobody decides", "`use` of the rollout differs"),
    ):
        made.write_text(kept.replace(before, then))
        with pytest.raises(CannotChange, match=sentence):
            change.change_comparison.compare(**given, at=MORNING + timedelta(hours=6), workplace=scene.place)
    made.write_text(kept)


def test_a_trainer_that_failed_is_not_begun_again_by_itself(after, tmp_path):
    broken = change.TRAINER.replace(
        "def train(request, output):", "def train(request, output):\n    raise SystemExit(5)"
    )
    scene = after("relabelled", folder=change.files(tmp_path / "rollouts", trainer=broken))
    _moved(scene)
    (before,) = change_turns.due(workplace=scene.place)

    with pytest.raises(CannotTrain, match="code 5"):
        _turn(scene, Step.RETRAINED)

    assert change_turns.due(workplace=scene.place) == (before,)


def test_a_comparison_that_people_rejected_is_an_answer_and_is_told_once(after, tmp_path):
    scene = after("relabelled", folder=change.files(tmp_path / "rollouts"))
    change.change(scene.folder / "change-plan.yaml", "telling:\n", "candidate: rollout.2025.yaml\n\ntelling:\n")
    _moved(scene)
    take(scene, "retrained")
    take(scene, "compared")
    first = guideline_changes.view(change=CHANGE, workplace=scene.place).gate
    change.sign(scene, at=MORNING + timedelta(hours=6), only=("clinical-lead",), answer=Answer.REJECT)
    _trained_again(scene)

    said = [_turn(scene, Step.COMPARED), _turn(scene, Step.COMPARED)]

    assert said[0].startswith(f"Gate {first} was rejected on exactly this evidence")
    assert said[1] == said[0]
    with scene.place.ledger.reading() as session:
        told = session.exec(select(OutboxMessage).where(OutboxMessage.kind == "gate.still-rejected")).all()
    assert [one.body["people"] for one in told] == [["amara-okafor", "noah-kim"]]
    assert verify(scene.place.ledger) == ()


@pytest.mark.parametrize(
    ("before", "then", "sentence"),
    [("id: noah-kim", "id: noah-kim-left", "Nobody in"), ("role: ml-ops", "role: ethicist", "Noah Kim holds none of")],
)
def test_somebody_who_left_or_lost_a_role_breaks_no_run(after, tmp_path, before, then, sentence):
    scene = after("opened", folder=change.files(tmp_path / "rollouts"))
    _moved(scene)
    people = scene.folder.parent / "people.yaml"
    before_him, at_him, after_him = people.read_text().partition("  - id: noah-kim")
    people.write_text(before_him + (at_him + after_him).replace(before, then, 1))

    assert sentence in _turn(scene, Step.SCOPED)


def _trained_again(scene: Scene) -> None:
    """Somebody has the same challenger made once more."""
    who, at = scene.person("noah-kim"), MORNING + timedelta(hours=7)
    change_training.retrain(change=CHANGE, submission=scene.submission, person=who, at=at, workplace=scene.place)
    change.candidate(scene)


def _turn(scene: Scene, step: Step) -> str:
    """What the task of the flow does."""
    at = MORNING + timedelta(hours=9)
    return change_turns.take_turn(change=CHANGE, step=step, person="noah-kim", at=at, workplace=scene.place)


def test_who_trained_the_challenger_does_not_sign_on_it(after):
    scene = after("relabelled")
    steward = scene.person("yusuf-demir")
    change_training.retrain(
        change=CHANGE,
        submission=scene.submission,
        person=steward,
        at=MORNING + timedelta(hours=4),
        workplace=scene.place,
    )
    take(scene, "compared")

    with pytest.raises(CannotVote, match="Yusuf Demir is an author of the evidence"):
        change.sign(scene, at=MORNING + timedelta(hours=6), only=("guideline-steward",))


def test_a_silent_site_is_escalated_and_then_the_rollout_is_suspended(after):
    scene = after("told")
    told = MORNING + timedelta(hours=1 + STEPS.index("told"))
    for site in SITES[:2]:
        change.acknowledge(scene, site, at=told + timedelta(hours=1))

    def looked(hours: int) -> tuple[str, ...]:
        at = told + timedelta(hours=hours)
        return change_telling.see_to_silence(at=at, person="primum", workplace=scene.place)

    assert looked(71) == ()
    assert looked(72) == (f"{CHANGE} escalated",)
    assert looked(73) == ()
    assert looked(96) == (f"{CHANGE} suspended",)
    assert looked(200) == ()
    with scene.place.ledger.reading() as session:
        stopped = reading.suspension(session, rollout=change.EXAMPLE)
        sent = session.exec(select(OutboxMessage).where(OutboxMessage.kind == "change.escalated")).one()
    assert stopped.reason == f"Guideline change {CHANGE} was not acknowledged by riverside-practice."
    assert "amara-okafor" in sent.body["people"]


def test_sites_that_all_answered_are_left_in_peace(after):
    scene = after("acknowledged")

    late = change_telling.see_to_silence(at=MORNING + timedelta(days=90), person="primum", workplace=scene.place)

    assert late == ()
    told = change_telling.sites_told(change=CHANGE, workplace=scene.place)
    assert {one.person for one in told} == {"jonas-weber"}


def test_a_site_that_was_not_told_cannot_answer(after):
    scene = after("told")

    with pytest.raises(CannotChange, match="Site 'NHANES' was not told"):
        change.acknowledge(scene, "NHANES", at=MORNING + timedelta(days=1))


def test_a_change_nobody_takes_up_keeps_every_other_gate_closed(after):
    scene = after("opened")

    def conditions(days: int) -> dict[str, str]:
        asked = explain(
            gate=f"{change.EXAMPLE}.GS.1",
            submission=scene.submission,
            at=MORNING + timedelta(days=days),
            workplace=scene.place,
        )
        return {one.name: one.sentence for one in asked if not one.holds}

    assert "new evidence taken up" not in conditions(179)
    assert "open since 2026-03-02, longer than the 180 days" in conditions(181)["new evidence taken up"]


def test_a_change_nobody_foresaw_sends_the_rollout_back_to_a_full_gate(after, tmp_path):
    scene = after("opened", folder=change.files(tmp_path / "rollouts"))
    change.change(scene.folder / "change-plan.yaml", "lowest: 120", "lowest: 135")
    _moved(scene)

    found = take(scene, "scoped")

    assert not found.inside
    with scene.place.ledger.reading() as session:
        assert reading.rollout(session, rollout=change.EXAMPLE).stage == Stage.ASSESS
    assert "Gate G1, G2, G3 was not granted" in (scene.missing() or "")


def test_no_patient_of_the_cases_is_named_outside_the_data_plane(after):
    scene = after("acknowledged")
    change.look_back_at(scene)
    change.write_card(scene)
    scene.close()
    scene.place.ledger.close()
    home = scene.place.home
    inside = {home / "changes", home / "look-back"}

    named = [
        path.relative_to(home)
        for path in sorted(home.rglob("*"))
        if path.is_file() and not inside & set(path.parents) and change.CANARY.encode() in path.read_bytes()
    ]

    assert named == []
    assert any(change.CANARY.encode() in path.read_bytes() for path in (home / "changes").rglob("*.csv"))
    assert {oct(path.stat().st_mode)[-3:] for path in (home / "changes").rglob("*.parquet")} == {"600"}
