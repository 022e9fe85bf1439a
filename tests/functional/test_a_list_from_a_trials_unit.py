"""A trials unit hands over its list, units enrol from it, and nobody reads the next arm, from the command line."""

import csv
import json
from datetime import UTC, datetime

import pytest

from primum.actions.registration import register
from primum.actions.workplace import open_workplace
from primum.ledger.tables import RolloutRecord
from primum.settings import Settings, shipped
from tests import randomisation_lists

ROLLOUT = "rehearsal-only"
EXAMPLE = shipped("examples") / ROLLOUT / "rollout.yaml"
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CANARY = "MRN-4711"
GIVEN = ("--rollout", ROLLOUT, "--as", "noah-kim")
LISTED = {f"site-{number:02d}": randomisation_lists.drawn(12, seed=number) for number in range(1, 41)}


@pytest.fixture
def locked(primum, tmp_path):
    """The example in its pilot, its protocol locked."""
    place = open_workplace(Settings(home=tmp_path / "home"))
    register(path=EXAMPLE, person="noah-kim", at=MORNING, workplace=place)
    with place.ledger.transaction() as tx:
        tx.session.get(RolloutRecord, ROLLOUT).stage = "pilot"
        tx.record(kind="test.moved", rollout=ROLLOUT, person="ada", at=MORNING, body={})
    place.ledger.close()
    told = primum("protocol", "lock", ROLLOUT, "--as", "amara-okafor", "--reason", "Minute 14")
    assert told.code == 0, told.text
    return primum


def enrolling(path, names, *, site="site-01"):
    path.write_text("\n".join(["patient_id,site", *(f"{name},{site}" for name in names)]) + "\n", encoding="utf-8")
    return str(path)


def words(told):
    return " ".join(told.text.split())


def arms(path):
    with path.open(encoding="utf-8") as opened:
        return "".join(row["arm"][0] for row in csv.DictReader(opened))


def test_units_enrol_from_a_list_and_it_is_never_shown(locked, tmp_path):
    listed = randomisation_lists.file(tmp_path / "list.csv", LISTED)
    new = enrolling(tmp_path / "new.csv", [f"{CANARY}-{number}" for number in range(3)])
    given = (*GIVEN, "--unit", "patient_id")

    taken, again = (
        locked("allocate", "list", listed, *GIVEN, "--warn-at", "9"),
        locked("allocate", "list", listed, *GIVEN),
    )
    first = locked("allocate", new, *given, "--out", str(tmp_path / "arms.csv"))
    second = locked("allocate", new, *given, "--out", str(tmp_path / "again.csv"))
    report = locked("allocate", "report", "--rollout", ROLLOUT, "--recompute")
    as_json = json.loads(locked("allocate", "report", "--rollout", ROLLOUT, "--json").text)

    assert taken.code == 0, taken.text
    assert "480 places were taken over and are sealed; strata: 40. Digest hmac-sha256:" in words(taken)
    assert "taken over before; nothing changed" in words(again)
    assert "3 units were allocated; 0 had their arm already. Few places are left: site=site-01 9." in words(first)
    assert "0 units were allocated; 3 had their arm already." in words(second)
    assert arms(tmp_path / "arms.csv") == arms(tmp_path / "again.csv") == LISTED["site-01"][:3]
    assert "477 places of the list are left in 40 strata" in words(report)
    assert "0 of 3 arms are not those that the list gives" in words(report)
    assert (as_json["left"]["site=site-01"], len(as_json["lists"])) == (9, 1)
    for told in (taken, again, first, second, report):
        assert CANARY not in told.text
    assert locked("audit", "verify").code == 0
    written = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert CANARY.encode() not in written
    assert LISTED["site-01"].encode() not in written


def test_a_list_that_is_used_up_refuses_and_further_places_go_on(locked, tmp_path):
    listed = {site: letters[:4] for site, letters in LISTED.items()}
    assert locked("allocate", "list", randomisation_lists.file(tmp_path / "list.csv", listed), *GIVEN).code == 0
    five = enrolling(tmp_path / "five.csv", [f"{CANARY}-{number}" for number in range(5)])

    refused = locked("allocate", five, *GIVEN, "--unit", "patient_id")
    more = randomisation_lists.file(tmp_path / "more.csv", {"site-01": LISTED["site-01"][4:8]}, first=5)
    further = locked("allocate", "list", more, *GIVEN)
    done = locked("allocate", five, *GIVEN, "--unit", "patient_id")

    assert (refused.code, "too few places left in the stratum 'site=site-01'" in words(refused)) == (4, True)
    assert "4 further places were taken over" in words(further)
    assert "5 units were allocated" in words(done)
    assert CANARY not in refused.text + done.text


@pytest.mark.parametrize(
    ("head", "row", "sentence"),
    [
        ("site,sequence,arm", f"site-01,{CANARY},control", "Line 2 has no whole number"),
        ("site,sequence,arm", f"{CANARY},1,control", "Line 2 names a site that is none of the protocol's"),
        ("site,sequence,arm", f"site-01,1,{CANARY}", "Line 2 names no arm of the protocol"),
        ("site,sequence,arm", "site-01,1,control", "has no place for the stratum 'site=site-02'"),
        ("name,site,arm", f"{CANARY},site-01,control", "neither a column 'unit_id' for units"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_without_a_word_of_what_it_holds(locked, tmp_path, head, row, sentence):
    file = tmp_path / "list.csv"
    file.write_text(f"{head}\n{row}\n", encoding="utf-8")

    told = locked("allocate", "list", str(file), *GIVEN)

    assert (told.code, sentence in words(told)) == (4, True), told.text
    assert CANARY not in told.text
    assert json.loads(locked("allocate", "report", "--rollout", ROLLOUT, "--json").text)["lists"] == []


def test_a_list_is_written_nowhere_and_a_file_that_is_no_csv_is_refused(locked, tmp_path):
    listed = randomisation_lists.file(tmp_path / "list.csv", LISTED)
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"site,sequence,arm\nsite-01,1,contr\xf6l\n")

    out = locked("allocate", "list", listed, *GIVEN, "--out", str(tmp_path / "out.csv"))
    bytes_ = locked("allocate", "list", str(broken), *GIVEN)

    assert (out.code, "Leave `--out` away" in words(out)) == (4, True)
    assert (bytes_.code, "cannot be read as CSV in UTF-8" in words(bytes_)) == (4, True)
    assert not (tmp_path / "out.csv").exists()
