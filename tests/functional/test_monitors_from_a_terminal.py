"""A data manager reports counts, the watch ticks, and the owner answers, all from a terminal."""

import csv
import json

import pytest

from primum.actions.workplace import open_workplace
from primum.ledger.tables import Exposure, RolloutRecord
from primum.settings import Settings
from tests import rollouts_on_disk
from tests.factories import MORNING

MONITORS = """\
monitors:
  - id: late-reviews
    kind: overdue-reviews
    title: Reviews that are overdue
    owner: noah-kim
    cadence: {hours: 1}
    action: hold
    nature: guardrail
    parameters: {at_most: 2}
    source: {file: local, words: made for a test}
  - id: reviewed
    kind: review-coverage
    title: Outputs that people look at
    owner: safety-officer
    cadence: {hours: 1}
    action: warn
    nature: signal
    parameters: {at_least: 1/10}
    counting:
      evidence: outcomes
      moment: reported
      period: week
      columns:
        outputs: {}
        reviewed: {rows: {relapse: "1"}}
    source: {file: local, words: made for a test}
"""
PERSON = ("--as", "noah-kim")
HEAD = ("period", "site", "held", "late")


@pytest.fixture
def clinic(tmp_path, primum, monkeypatch):
    """A small rollout that is in use; it is told to be no replay after it came in as one."""
    made = rollouts_on_disk.write(tmp_path / "rollout")
    made.change("policy: replay", "monitors_file: monitors.yaml\npolicy: replay")
    made.change("relapse: relapse}\n    values", "relapse: relapse, reported: week}\n    values")
    rows = [(*row, "2026-W08") for row in made.rows]
    made.write_table(rows, header="patient,arm,site,relapse,week")
    (made.folder / "monitors.yaml").write_text(MONITORS, encoding="utf-8")
    place = open_workplace(Settings(home=tmp_path / "home"))
    from primum.actions import registration

    registration.register(path=made.file, person="noah-kim", at=MORNING, workplace=place)
    with place.ledger.transaction() as tx:
        record = tx.session.get(RolloutRecord, "small-trial")
        record.kind, record.stage = "rollout", "sustain"
        tx.session.add(record)
        tx.session.add(Exposure(rollout="small-trial", at=MORNING, state="sustain", conditions={}, cause="test"))
        tx.record(kind="rollout.promoted", rollout="small-trial", person="noah-kim", at=MORNING, body={})
    place.ledger.close()
    return made


def counts_file(folder, *rows, name="counts.csv"):
    path = folder / name
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    return str(path)


def test_counts_are_reported_the_watch_ticks_and_the_owner_answers(clinic, primum):
    file = counts_file(clinic.folder, ("2026-W08", "north", 20, 5), ("2026-W08", "south", 20, 0))

    first = primum("monitor", "counts", "small-trial", "late-reviews", file, *PERSON)
    ticked = primum("monitor", "run", "--json")
    listed = primum("monitor", "list", "small-trial", "--json")
    (alarm,) = json.loads(listed.out)["alarms"]
    answered = primum(
        "monitor", "acknowledge", alarm["id"], *PERSON, "--found", "real", "--done", "The reviews were made."
    )

    assert "2 new periods of a site" in first.text
    assert (ticked.code, json.loads(ticked.out)["alarms"]) == (1, [alarm["id"]])
    assert "At north: 5 of 20 are late or expired; 2 may be." in alarm["sentence"]
    assert "a hold is lifted" in answered.text
    assert json.loads(primum("monitor", "list", "small-trial", "--json").out)["alarms"] == []


def test_a_period_is_reported_once_and_corrected_only_with_a_reason(clinic, primum):
    first = counts_file(clinic.folder, ("2026-W08", "north", 20, 1))
    other = counts_file(clinic.folder, ("2026-W08", "north", 20, 2), name="other.csv")
    words = ("monitor", "counts", "small-trial", "late-reviews")

    primum(*words, first, *PERSON)
    again = primum(*words, first, *PERSON)
    refused = primum(*words, other, *PERSON)
    corrected = primum(*words, other, *PERSON, "--correct", "One review was forgotten.")

    assert "1 known already" in again.text
    assert refused.code == 4
    assert "Other counts were reported before for 2026-W08 at north" in refused.text
    assert "1 corrected" in corrected.text


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("2099-W08", "north", 20, 1), "is not over"),
        (("last week", "north", 20, 1), "is no period"),
        (("2026-W08", "west", 20, 1), "is not declared"),
        (("2026-W08", "north", 20, "P-00017"), "holds no count"),
        (("2026-W08", "north", "", 1), "lack 'held'"),
    ],
)
def test_what_is_no_count_is_refused_and_never_shown(clinic, primum, row, sentence):
    ended = primum("monitor", "counts", "small-trial", "late-reviews", counts_file(clinic.folder, row), *PERSON)

    assert ended.code != 0
    assert sentence in ended.text
    assert "P-00017" not in ended.text


def test_rows_are_counted_where_they_are_and_none_of_them_travels(clinic, primum, tmp_path):
    ended = primum("monitor", "counts", "small-trial", "reviewed", str(clinic.table), "--rows", *PERSON, "--json")
    primum("monitor", "run")

    shown = json.loads(primum("monitor", "show", "small-trial", "reviewed", "--json").out)
    assert json.loads(ended.out)["new"] == 2
    assert shown["state"] == "quiet"
    home = b"".join(
        path.read_bytes() for path in sorted((tmp_path / "home").glob("*.db*")) if "mlflow" not in path.name
    )
    assert not any(row[0].encode() in home for row in clinic.rows)


def test_a_monitor_explains_itself(clinic, primum):
    ended = primum("monitor", "explain", "small-trial", "late-reviews")

    assert "It states a fact, so it has no false alarms." in ended.text
    assert "the rollout widens no further" in ended.text
    assert "overdue-reviews" in primum("monitor", "kinds").text
