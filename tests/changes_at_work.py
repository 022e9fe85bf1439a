"""A guideline change of a small rollout, brought to a step through the real actions, with a quick trainer."""

import csv
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pandas as pd

from primum.actions import (
    change_comparison,
    change_telling,
    change_training,
    guideline_changes,
    guidelines,
    look_back,
    promotion,
)
from primum.actions.reporting import gate_report
from primum.actions.resubmission import submitted
from primum.actions.runs import run_stage
from primum.actions.voting import Ballot, vote
from primum.actions.workplace import Workplace, open_workplace
from primum.integrations.configuration import load_guideline
from primum.roadmap.people import Role
from primum.roadmap.seats import Answer, Meaning
from primum.settings import Settings, shipped
from tests.factories import MORNING

EXAMPLE = "hypertension-advice"
BEFORE, NOW = "hypertension@before-2025", "hypertension@2025"
CHANGE = f"{EXAMPLE}.hypertension.2025"
SITES = ("harbour-practice", "hill-practice", "riverside-practice")
PEOPLE = {
    "clinical-lead": "amara-okafor",
    "equity-lead": "samuel-osei",
    "safety-officer": "ines-moreau",
    "guideline-steward": "yusuf-demir",
}
STEPS = ("opened", "scoped", "relabelled", "retrained", "compared", "granted", "promoted", "told", "acknowledged")
CANARY = "CANARY-"
WORDS = "I read the comparison and agree with it."

# A trainer in few lines: it knows the rule, so that a test needs not wait for one to learn it.
TRAINER = """
import csv, hashlib, json
from pathlib import Path
import pyarrow.parquet as pq

LIBRARIES = {"python": "3"}

def sha(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()

def rule(systolic, diastolic, age):
    return int(systolic >= 130 or diastolic >= 80)

def scored(answer):
    return 0.99 if answer else 0.01

def model(output):
    path = output / "model.json"
    path.write_text('{"rule": "130/80"}')
    return path

def result(request, output, path):
    return {
        "contract": 1,
        "model": {"version": "2.0", "file": path.name, "digest": sha(path.read_bytes())},
        "interface": request["interface"],
        "data_digest": request["training"]["digest"],
        "code_digest": request["code_digest"],
        "environment_digest": sha(json.dumps(LIBRARIES, sort_keys=True, separators=(",", ":")).encode()),
        "libraries": LIBRARIES,
        "predictions": "predictions.csv",
    }

def rows(request):
    table = pq.read_table(request["cases"]["path"]).to_pylist()
    for one in table:
        answer = rule(*(one[name] for name in request["interface"]["inputs"]))
        yield [one["case_id"], answer, scored(answer)]

def train(request, output):
    path = model(output)
    with (output / "predictions.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["case_id", "prediction", "score"], *rows(request)])
    (output / "result.json").write_text(json.dumps(result(request, output, path)))
"""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Where a change stands: its workplace, and the folder of the rollout's files."""

    place: Workplace
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "rollout.yaml"

    @property
    def submission(self):
        return submitted(rollout=EXAMPLE, workplace=self.place)

    def person(self, id_: str):
        return self.submission.person(id_)

    def missing(self) -> str | None:
        return guideline_changes.view(change=CHANGE, workplace=self.place).missing

    def close(self, at=MORNING + timedelta(days=9)) -> None:
        who = self.person("amara-okafor")
        guideline_changes.close(change=CHANGE, person=who, reason=WORDS, at=at, workplace=self.place)


def files(folder: Path, *, trainer: str = TRAINER, people: int = 600) -> Path:
    """The example with fewer readings, groups by sex alone, and a trainer that is done at once."""
    made = folder / EXAMPLE
    shutil.copytree(shipped("examples") / EXAMPLE, made)
    shutil.copy(shipped("examples") / "people.yaml", folder / "people.yaml")
    cases = pd.read_parquet(made / "data" / "cases.parquet").head(people)
    # So that a trainer that sees no sex can be unfair all the same.
    cases["age"] = [41.0 if sex == "Female" else 40.0 for sex in cases.sex]
    # Found anywhere outside the data plane, it is found by its name.
    cases["case_id"] = cases["patient_id"] = CANARY + cases.case_id
    cases.to_parquet(made / "data" / "cases.parquet", index=False)
    (made / "trainer.py").write_text(trainer, encoding="utf-8")
    change(made / "rollout.yaml", "subgroups: [sex, age_band, race_ethnicity, education]", "subgroups: [sex]")
    return made


def change(file: Path, before: str, after: str) -> None:
    """Edit a file as a team would; what is to be replaced must be there."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def opened(home: Path, folder: Path) -> Scene:
    """Registered, and the new version published: the change is open."""
    home.mkdir(parents=True, exist_ok=True)
    return opened_at(open_workplace(Settings(home=home)), folder)


def opened_at(place: Workplace, folder: Path) -> Scene:
    """The same in a workplace that is there already."""
    scene = Scene(place=place, folder=folder)
    run_stage(path=scene.file, person="noah-kim", at=MORNING, workplace=place)
    for number, name in enumerate((BEFORE, NOW)):
        read = load_guideline(shipped("config") / "guidelines" / f"{name.replace('@', '-')}.yaml")
        at = MORNING + timedelta(minutes=number)
        who = scene.person("yusuf-demir")
        guidelines.publish(guideline=read, person=who, channel="test", at=at, workplace=place)
    return scene


def take(scene: Scene, step: str):
    """Take one step through its action, an hour after the one before."""
    at = MORNING + timedelta(hours=1 + STEPS.index(step))
    given = {"change": CHANGE, "at": at, "workplace": scene.place}
    mine = {**given, "submission": scene.submission, "person": scene.person("noah-kim")}
    match step:
        case "scoped":
            return guideline_changes.scope(**mine)
        case "relabelled":
            return change_training.relabel(**mine)
        case "retrained":
            return change_training.retrain(**mine)
        case "compared":
            return change_comparison.compare(file=candidate(scene), **mine)
        case "granted":
            return sign(scene, at=at)
        case "promoted":
            gate = guideline_changes.view(change=CHANGE, workplace=scene.place).gate
            return promotion.apply(
                gate=gate, submission=scene.submission, person="noah-kim", at=at, workplace=scene.place
            )
        case "told":
            return change_telling.tell(**mine)
        case "acknowledged":
            return [acknowledge(scene, site, at=at) for site in SITES]


def candidate(scene: Scene) -> Path:
    """The rollout's file as the team would have it after the change."""
    made = scene.folder / "rollout.2025.yaml"
    shutil.copy(scene.file, made)
    model = scene.submission.rollout.model
    change(made, f'version: "{model.version}"', 'version: "2.0"')
    change(made, model.weights_digest, trained_digest(scene))
    change(made, BEFORE, NOW)
    return made


def trained_digest(scene: Scene) -> str:
    from primum.ledger import change_reading

    with scene.place.ledger.reading() as session:
        return change_reading.last(session, change=CHANGE, step="retrained").said["model_digest"]


def sign(scene: Scene, *, at, only: tuple[str, ...] = tuple(PEOPLE), answer: Answer = Answer.APPROVE) -> str:
    """Every seat of the gate signs what it was shown."""
    gate = guideline_changes.view(change=CHANGE, workplace=scene.place).gate
    report = gate_report(gate=gate, submission=scene.submission, workplace=scene.place)
    state = report.state
    for seat in report.seats:
        if seat.role in only:
            ballot = Ballot(
                role=Role(seat.role),
                answer=answer,
                meaning=Meaning.APPROVAL,
                reason=WORDS,
                shown_digest=report.digest,
                channel="test",
                authentication="test",
                zone="UTC",
            )
            who = PEOPLE[seat.role]
            state = vote(
                gate=gate, ballot=ballot, submission=scene.submission, person=who, at=at, workplace=scene.place
            )
    return state


def acknowledge(scene: Scene, site: str, *, at):
    return change_telling.acknowledge(
        change=CHANGE, site=site, person=scene.person("jonas-weber"), channel="test", at=at, workplace=scene.place
    )


def look_back_at(scene: Scene, *, mark: bool = True):
    """Make the worklist, and mark every unit on it."""
    at = MORNING + timedelta(days=2)
    who = scene.person("amara-okafor")
    made = look_back.make(
        submission=scene.submission, evidence="readings", old=BEFORE, new=NOW, person=who, at=at, workplace=scene.place
    )
    if mark:
        with made.file.open(encoding="utf-8", newline="") as file:
            units = [row["unit"] for row in csv.DictReader(file)]
        look_back.close(look_back=made.state.id, units=units, person=who, at=at, workplace=scene.place)
    return made


def write_card(scene: Scene) -> str:
    at = MORNING + timedelta(days=3)
    return guideline_changes.write_card(change=CHANGE, person=scene.person("noah-kim"), at=at, workplace=scene.place)
