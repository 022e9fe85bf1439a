"""Between the last signature and the promotion everything is asked again; what changed meanwhile stops it."""

import sqlite3

import pytest

from primum.actions.evaluation import stage_of
from primum.actions.submission import read_submission
from primum.actions.workplace import open_workplace
from primum.integrations.tracking_models import register_lmm, set_stage_alias
from primum.roadmap.stages import Stage
from primum.settings import Settings
from tests import rollouts_on_disk

GATE = "small-trial.G2.1"
QUORUM = {
    "amara-okafor": "clinical-lead",
    "leila-haddad": "ethicist",
    "tomas-silva": "patient-representative",
    "mei-lin": "technologist",
    "priya-raman": "independent-statistician",
}


@pytest.fixture
def rollout(tmp_path):
    return rollouts_on_disk.write(tmp_path / "rollout")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def digest(home):
    with sqlite3.connect(home / "primum.db") as opened:
        return opened.execute("SELECT subject_digest FROM gate WHERE id = ?", (GATE,)).fetchone()[0]


def sign(primum, home, person, **changes):
    given = {"seat": QUORUM.get(person, "clinical-lead"), "reason": "I read the table and the page myself."} | changes
    return primum(
        "gate", "approve", GATE, "--as", person, "--seat", given["seat"], "--reason", given["reason"],
        "--meaning", "approval", "--digest", given.get("digest") or digest(home),
    )  # fmt: skip


@pytest.fixture
def granted(rollout, primum, home):
    """A gate that every seat has signed."""
    primum("run", str(rollout.file), "--as", "noah-kim")
    ended = [sign(primum, home, person) for person in QUORUM]
    assert [one.code for one in ended] == [0] * 5, ended[-1].text
    return rollout


def test_a_granted_gate_is_applied_and_applying_twice_is_once(granted, primum, home):
    first = primum("gate", "apply", GATE, "--as", "noah-kim")
    again = primum("gate", "apply", GATE, "--as", "noah-kim")

    assert (first.code, again.code) == (0, 0), first.text + again.text
    with sqlite3.connect(home / "primum.db") as opened:
        assert opened.execute("SELECT count(*) FROM promotion").fetchone() == (1,)
    assert primum("audit", "verify").code == 0


def change_the_table(made, home):
    made.write_table(made.rows[:-1])


def change_a_document(made, home):
    (made.folder / "report.md").write_text("Another report.\n", encoding="utf-8")


def change_the_protocol(made, home):
    made.change("planned_units: 400", "planned_units: 401")


def change_the_model(made, home):
    made.change('version: "1"', 'version: "2"')


def change_the_tracked_run(made, home):
    with sqlite3.connect(home / "mlflow.db") as opened:
        opened.execute("UPDATE metrics SET value = value + 0.001")
        opened.execute("UPDATE latest_metrics SET value = value + 0.001")


def take_away_an_authority(made, home):
    people = made.folder / "people.yaml"
    text = people.read_text(encoding="utf-8")
    people.write_text(text.replace("role: ethicist", "role: equity-lead"), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_the_table, "is not the one that was evaluated"),
        (change_a_document, "document was added, removed or changed"),
        (change_the_protocol, "changed since the evaluation"),
        (change_the_model, "changed since the evaluation"),
        (change_the_tracked_run, "MLflow run was changed"),
        (take_away_an_authority, "Still to sign: ethicist"),
    ],
)
def test_what_changed_after_the_signatures_stops_the_promotion(granted, primum, home, change, words):
    change(granted, home)

    ended = primum("gate", "apply", GATE, "--as", "noah-kim")

    assert ended.code == 1, ended.text
    assert words in ended.text
    with sqlite3.connect(home / "primum.db") as opened:
        assert opened.execute("SELECT count(*) FROM promotion").fetchone() == (0,)


def test_an_alias_moved_outside_primum_is_noticed(granted, primum, home):
    primum("gate", "apply", GATE, "--as", "noah-kim")
    settings = Settings(home=home)
    other = read_submission(granted.file).rollout.model_copy(
        update={"model": read_submission(granted.file).rollout.model.model_copy(update={"version": "9"})}
    )
    set_stage_alias(lmm=register_lmm(rollout=other, settings=settings), stage=Stage.SCALE, settings=settings)

    explained = primum("gate", "explain", GATE)

    assert stage_of(rollout="small-trial", workplace=open_workplace(settings)) is Stage.SCALE
    assert "Somebody moved it outside Primum" in explained.text


@pytest.mark.parametrize(
    ("person", "changes", "words"),
    [
        ("noah-kim", {"seat": "technologist"}, "holds no role that gate"),
        ("jonas-weber", {"seat": "clinical-lead"}, "holds no role that gate"),
        ("amara-okafor", {"reason": "ok"}, "at least 20 characters"),
        ("amara-okafor", {"digest": "sha256:0000000000"}, "changed since it was shown"),
        ("amara-okafor", {"seat": "ethicist"}, "does not hold the role"),
        ("amara-okafor", {"seat": "data-protection-officer"}, "no seat for data-protection-officer"),
        ("ruth-adler", {"seat": "data-protection-officer"}, "holds no role that gate"),
    ],
)
def test_a_signature_that_may_not_be_given_is_refused_with_its_reason(rollout, primum, home, person, changes, words):
    primum("run", str(rollout.file), "--as", "noah-kim")

    ended = sign(primum, home, person, **changes)

    assert ended.code == 4, ended.text
    assert words in ended.text


def test_a_second_vote_of_the_same_person_is_refused(rollout, primum, home):
    primum("run", str(rollout.file), "--as", "noah-kim")
    sign(primum, home, "amara-okafor")

    again = sign(primum, home, "amara-okafor")

    assert again.code == 4, again.text
    assert "already signed" in again.text


def test_new_evidence_voids_the_gate_and_tells_those_who_voted(rollout, primum, home):
    primum("run", str(rollout.file), "--as", "noah-kim")
    sign(primum, home, "amara-okafor")
    rollout.write_table(rollout.rows[:-1])
    rollout.change("measured_on: 2026-02-01", "measured_on: 2026-02-02")

    primum("run", str(rollout.file), "--as", "noah-kim")

    with sqlite3.connect(home / "primum.db") as opened:
        states = dict(opened.execute("SELECT id, state FROM gate"))
        told = opened.execute("SELECT body FROM outbox_message WHERE kind = 'gate.void'").fetchall()
    assert states == {GATE: "void", "small-trial.G2.2": "awaiting-seats"}
    assert "amara-okafor" in told[0][0]


def test_evidence_that_was_rejected_is_not_asked_about_again(rollout, primum, home):
    primum("run", str(rollout.file), "--as", "noah-kim")
    primum(
        "gate", "reject", GATE, "--as", "leila-haddad", "--seat", "ethicist",
        "--reason", "Consent was asked for too late.", "--meaning", "review", "--digest", digest(home),
    )  # fmt: skip

    again = primum("run", str(rollout.file), "--as", "noah-kim")

    assert again.code == 1, again.text
    assert "was rejected on exactly this evidence" in again.text
