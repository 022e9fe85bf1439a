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
    file = table(tmp_path / "new.csv", [(f"MRN-{n}", f"site-{n % 4 + 1:02d}", "") for n in range(100)])
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


GOOD = "patient_id,site\n" + "".join(f"MRN-{n},site-01\n" for n in range(20))
# More than are allocated in one transaction.
MANY = GOOD + "".join(f"MRN-{n},site-01\n" for n in range(20, 5_200))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (MANY + "MRN-9999,\n", "site is no label"),
        (GOOD + "MRN-9999,site-99\n", "none of the rollout's"),
        (GOOD + "MRN-9999,Anna Maria Muster\n", "site is no label"),
        (GOOD + "MRN-9999\n", "not as many cells as the header"),
        (GOOD + "MRN-9999,site-01,F\n", "not as many cells as the header"),
        (GOOD + "MRN-9999 ,site-01\n", "has a blank around it"),
        (GOOD + "MRN-\u200b9999,site-01\n", "a character that is not seen"),
        (GOOD + "mrn-7,site-01\n", "differ only in capital and small letters"),
        (GOOD + "MRN-\udce9,site-01\n", "cannot be read as CSV"),
        ("patient_id,site,site\nMRN-1,site-01,site-02\n", "names a column twice"),
        ("patient_id,site,arm\nMRN-1,site-01,control\n", "`primum allocate list` takes them over"),
    ],
)
def test_a_file_with_one_line_that_does_not_fit_allocates_nobody(pilot, primum, tmp_path, table, words):
    lock(primum)
    (tmp_path / "new.csv").write_bytes(table.encode("utf-8", "surrogateescape"))

    told = primum(
        "allocate", str(tmp_path / "new.csv"), "--rollout", ROLLOUT, "--as", "noah-kim", "--unit", "patient_id"
    )

    assert (told.code, words in " ".join(told.text.split())) == (4, True), told.text
    assert "MRN" not in told.text
    assert "Muster" not in told.text
    assert json.loads(primum("allocate", "report", "--rollout", ROLLOUT, "--json").text)["units"] == 0


@pytest.mark.parametrize(
    ("person", "code", "words"),
    [("nobody", 2, "Nobody has the id 'nobody'"), ("tomas-silva", 4, "holds none of the roles that allocate units")],
)
def test_only_people_who_may_allocate_do(pilot, primum, tmp_path, person, code, words):
    lock(primum)
    file = table(tmp_path / "new.csv", [("MRN-1", "site-01", "")])

    for command in (("allocate", file), ("allocate", "list", file), ("allocate", "clusters")):
        told = primum(*command, "--rollout", ROLLOUT, "--as", person)

        assert (told.code, words in " ".join(told.text.split())) == (code, True), told.text
    assert json.loads(primum("allocate", "report", "--rollout", ROLLOUT, "--json").text)["units"] == 0


def test_a_place_that_cannot_be_read_or_written_is_named(pilot, primum, tmp_path):
    lock(primum)
    file, given = table(tmp_path / "new.csv", [("MRN-1", "site-01", "")]), ("--rollout", ROLLOUT, "--as", "noah-kim")

    folder = primum("allocate", str(tmp_path), *given)
    out = primum("allocate", file, *given, "--unit", "patient_id", "--out", str(tmp_path / "no" / "out.csv"))

    assert (folder.code, "cannot be read: Is a directory" in " ".join(folder.text.split())) == (4, True), folder.text
    assert (out.code, "cannot be written" in " ".join(out.text.split())) == (4, True), out.text
    assert json.loads(primum("allocate", "report", "--rollout", ROLLOUT, "--json").text)["units"] == 0


@pytest.mark.parametrize(
    ("site", "person", "words"),
    [
        ("site-99", "noah-kim", "'site-99' is no site of a rollout; known are site-01"),
        ("site-01", "tomas-silva", "holds none of the roles that make keys for sites of rehearsal-only"),
        ("site-01", "nobody", "Nobody has the id 'nobody'"),
    ],
)
def test_a_key_is_made_by_one_who_may_for_a_site_that_is_there(pilot, primum, site, person, words):
    refused = primum("exposure", "key", site, "--as", person)
    made = primum("exposure", "key", "site-01", "--as", "noah-kim")

    assert (refused.code, words in " ".join(refused.text.split())) == (2, True), refused.text
    assert "primum_site_" not in refused.text
    assert (made.code, "primum_site_" in made.text) == (0, True)


@pytest.mark.parametrize(
    "command",
    [("deviations", "nope"), ("reconcile", "nope", "FILE"), ("reconcile", ROLLOUT, "FILE", "--hours", "99999999999")],
)
def test_an_unknown_rollout_and_an_impossible_time_are_refused_and_not_found_to_be_well(
    pilot, primum, tmp_path, command
):
    file = tmp_path / "shown.csv"
    file.write_text("unit,site,shown_at\nMRN-1,site-01,2026-03-02T10:00:00Z\n", encoding="utf-8")

    told = primum("exposure", *(str(file) if word == "FILE" else word for word in command))

    assert (told.code, "fault" in told.text, "MRN" in told.text) == (2, False, False), told.text
