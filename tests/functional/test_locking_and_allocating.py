"""A team locks its protocol and allocates its first patients, from the command line."""

import csv
import json

import pytest

from primum.actions.registration import register
from primum.actions.workplace import open_workplace
from primum.ledger.tables import RolloutRecord
from primum.settings import Settings, shipped
from tests.factories import MORNING

ROLLOUT = "rehearsal-only"
EXAMPLE = shipped("examples") / ROLLOUT / "rollout.yaml"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def pilot(primum, home):
    """The example, registered and in its pilot."""
    place = open_workplace(Settings(home=home))
    register(path=EXAMPLE, person="noah-kim", at=MORNING, workplace=place)
    with place.ledger.transaction() as tx:
        tx.session.get(RolloutRecord, ROLLOUT).stage = "pilot"
        tx.record(kind="test.moved", rollout=ROLLOUT, person="ada", at=MORNING, body={})
    return place


def lock(primum, *options):
    return primum("protocol", "lock", ROLLOUT, "--as", "amara-okafor", "--reason", "Minute 14", *options)


def table(path, rows):
    path.write_text("\n".join(["patient_id,site,arm", *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return str(path)


def arms(path):
    with path.open(encoding="utf-8") as opened:
        return {row["unit"]: row["arm"] for row in csv.DictReader(opened)}


def test_a_protocol_is_locked_once_and_shown_with_its_signature(pilot, primum):
    first, again = lock(primum), lock(primum)
    shown = json.loads(primum("protocol", "show", ROLLOUT, "--json").text)

    assert first.code == 0, first.text
    assert "Version 1" in first.text
    assert (again.code, "a change is an amendment" in again.text) == (4, True)
    assert (shown["locked"], shown["versions"][0]["printed_name"]) == (True, "Dr Amara Okafor")
    told = primum("protocol", "amend", ROLLOUT, "--as", "amara-okafor", "--reason", "Nothing new", "--then", "restart")
    assert (told.code, "nothing to amend" in told.text) == (4, True)


def test_patients_of_a_file_are_allocated_once_and_the_report_draws_them_again(pilot, primum, tmp_path):
    file = table(tmp_path / "new.csv", [(f"MRN-{n}", f"site-{n % 4:02d}", "") for n in range(100)])
    given = ("--rollout", ROLLOUT, "--as", "noah-kim", "--unit", "patient_id")
    early = primum("allocate", file, *given)
    lock(primum)

    first = primum("allocate", file, *given, "--out", str(tmp_path / "first.csv"))
    again = primum("allocate", file, *given, "--out", str(tmp_path / "again.csv"))
    report = primum("allocate", "report", "--rollout", ROLLOUT, "--recompute", "--json")

    assert (early.code, "is not locked" in early.text) == (4, True)
    assert first.text.strip() == "100 units were allocated; 0 had their arm already."
    assert again.text.strip() == "0 units were allocated; 100 had their arm already."
    assert arms(tmp_path / "first.csv") == arms(tmp_path / "again.csv")
    said = json.loads(report.text)
    assert (said["units"], said["otherwise"], len(said["strata"])) == (100, 0, 4)
    assert "MRN" not in first.text + report.text
    assert primum("audit", "verify").code == 0


def test_a_list_against_the_ledger_is_refused_as_a_whole(pilot, primum, tmp_path):
    lock(primum)
    given = ("--rollout", ROLLOUT, "--as", "noah-kim", "--unit", "patient_id")
    listed = table(tmp_path / "list.csv", [("MRN-1", "site-01", "control"), ("MRN-2", "site-01", "intervention")])
    other = table(tmp_path / "other.csv", [("MRN-3", "site-01", "control"), ("MRN-2", "site-01", "control")])

    taken = primum("allocate", "list", listed, *given)
    refused = primum("allocate", "list", other, *given)

    assert taken.code == 0, taken.text
    assert (refused.code, "an arm is kept for good" in " ".join(refused.text.split())) == (4, True)
    assert json.loads(primum("allocate", "report", "--rollout", ROLLOUT, "--json").text)["units"] == 2


def test_a_file_without_the_units_column_is_refused_with_what_to_give(pilot, primum, tmp_path):
    lock(primum)
    file = table(tmp_path / "new.csv", [("MRN-1", "site-01", "")])

    told = primum("allocate", file, "--rollout", ROLLOUT, "--as", "noah-kim")

    assert (told.code, "name the unit's column with `--unit`" in " ".join(told.text.split())) == (4, True)
