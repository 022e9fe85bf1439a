"""Bad input gets one sentence and its exit code, changes nothing, and never passes a gate."""

import socket
import sqlite3

import pytest

from tests import rollouts_on_disk


@pytest.fixture
def rollout(tmp_path):
    return rollouts_on_disk.write(tmp_path / "rollout")


def gates(tmp_path):
    database = tmp_path / "home" / "primum.db"
    if not database.exists():
        return []
    with sqlite3.connect(database) as opened:
        return [state for (state,) in opened.execute("SELECT state FROM gate")]


def test_a_sound_rollout_asks_its_seats(rollout, primum, tmp_path):
    ended = primum("run", str(rollout.file), "--as", "noah-kim")

    assert ended.code == 0, ended.text
    assert gates(tmp_path) == ["awaiting-seats"]


def empty_table(made):
    made.write_table([])


def wrong_column(made):
    made.write_table(made.rows, header="patient,arm,site,outcome")


def duplicate_patient(made):
    made.write_table([*made.rows, made.rows[0]])


def patient_in_both_arms(made):
    first = made.rows[0]
    made.write_table([*made.rows, (first[0], "old" if first[1] == "new" else "new", first[2], first[3])])


def look_alike_ids(made):
    made.write_table([*made.rows, (made.rows[0][0].lower(), *made.rows[0][1:])])


def unknown_arm(made):
    made.write_table([(name, "placebo?", site, event) for name, _, site, event in made.rows])


def broken_bytes(made):
    made.table.write_bytes(b"\x00\x01PAR1\xff" * 40)


def absent_table(made):
    made.table.unlink()


def absent_document(made):
    (made.folder / "report.md").unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (empty_table, "no rows"),
        (wrong_column, "relapse"),
        (duplicate_patient, "twice"),
        (patient_in_both_arms, "both arms"),
        (look_alike_ids, "alike"),
        (unknown_arm, "arm"),
        (broken_bytes, "outcomes"),
        (absent_table, "outcomes"),
        (absent_document, "report.md"),
    ],
)
def test_a_broken_table_is_refused_with_a_sentence_and_decides_nothing(rollout, primum, tmp_path, spoil, words):
    spoil(rollout)

    ended = primum("run", str(rollout.file), "--as", "noah-kim")

    assert ended.code == 3, ended.text
    assert words in ended.text
    assert "Traceback" not in ended.text
    assert gates(tmp_path) == []


def all_null(made):
    made.write_table([(name, arm, site, "") for name, arm, site, _ in made.rows])


def not_a_number(made):
    made.write_table(
        [(name, arm, site, "NaN" if name == made.rows[0][0] else event) for name, arm, site, event in made.rows]
    )


@pytest.mark.parametrize("spoil", [all_null, not_a_number])
def test_missing_in_any_spelling_never_passes(rollout, primum, tmp_path, spoil):
    spoil(rollout)

    ended = primum("run", str(rollout.file), "--as", "noah-kim")

    assert ended.code in (1, 3), ended.text
    assert "awaiting-seats" not in gates(tmp_path)


def test_an_expired_document_holds_the_gate(rollout, primum, tmp_path):
    rollout.change(
        "    title: Report\n    author: noah-kim\n    issued_on: 2026-01-10T00:00:00+01:00\n",
        "    title: Report\n    author: noah-kim\n    issued_on: 2026-01-10T00:00:00+01:00\n"
        "    expires_on: 2026-01-11T00:00:00+01:00\n",
    )

    ended = primum("run", str(rollout.file), "--as", "noah-kim")

    assert ended.code == 1, ended.text
    assert "expired on 2026-01-11" in ended.text
    assert gates(tmp_path) == ["held"]


def test_one_flipped_bit_after_registration_is_noticed(rollout, primum, tmp_path):
    primum("run", str(rollout.file), "--as", "noah-kim")
    content = bytearray(rollout.table.read_bytes())
    content[-2] ^= 1
    rollout.table.write_bytes(bytes(content))

    again = primum("run", str(rollout.file), "--as", "noah-kim")

    assert again.code == 3, again.text
    assert "measured_on" in again.text
    assert gates(tmp_path) == ["awaiting-seats"]


def test_a_database_that_is_away_is_a_sentence(rollout, primum, monkeypatch):
    monkeypatch.setenv("PRIMUM_DATABASE_URL", f"postgresql+psycopg://nobody:secret@127.0.0.1:{closed_port()}/primum")

    ended = primum("run", str(rollout.file), "--as", "noah-kim")

    assert ended.code == 3, ended.text
    assert "secret" not in ended.text
    assert "Traceback" not in ended.text


def test_a_tracking_server_that_is_away_decides_nothing(rollout, primum, monkeypatch, tmp_path):
    monkeypatch.setenv("PRIMUM_TRACKING_URI", f"http://127.0.0.1:{closed_port()}")

    ended = primum("run", str(rollout.file), "--as", "noah-kim")

    assert ended.code == 3, ended.text
    assert "MLflow" in ended.text
    assert gates(tmp_path) == []


def test_suspending_works_while_mlflow_and_prefect_are_away(rollout, primum, monkeypatch):
    primum("run", str(rollout.file), "--as", "noah-kim")
    monkeypatch.setenv("PRIMUM_TRACKING_URI", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("PRIMUM_PREFECT_API_URL", f"http://127.0.0.1:{closed_port()}/api")
    (rollout.folder / "people.yaml").write_text("people: [broken", encoding="utf-8")

    ended = primum("suspend", "small-trial", "--as", "amara-okafor", "--reason", "harm")

    assert ended.code == 0, ended.text
    assert "standard care" in ended.text


def closed_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])
