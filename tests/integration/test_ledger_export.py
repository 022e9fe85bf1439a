import json
import subprocess
import sys
import zipfile

import pytest

from primum.ledger import verifier
from primum.ledger.checkpoints import SigningKey
from primum.ledger.export import NothingToExport, export
from tests import tampering
from tests.ledger_factories import decide, history


@pytest.fixture
def exported(ledger, tmp_path):
    """An export of eight entries, and beside it the checkpoint made at six."""
    history(ledger, decisions=6)
    (tmp_path / "printed.txt").write_text(ledger.checkpoint().text)
    decide(ledger, kind="note", words='é "quoted" \u2028 \x7f \x01 😀')
    decide(ledger, kind="note", number=7)
    return export(ledger, to=tmp_path / "export")


def run(folder, *more):
    """Run the copy of the verifier as somebody else would: another directory, nothing installed."""
    command = [sys.executable, "-I", "-S", folder / "verifier.py", folder, *more]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


def entries_of(folder):
    return [json.loads(line) for line in (folder / "entries.jsonl").read_text().removesuffix("\n").split("\n")]


def write_entries(folder, entries):
    lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries]
    (folder / "entries.jsonl").write_text("".join(lines))


def test_an_export_verifies_offline(exported):
    ran = run(exported)

    assert ran.returncode == 0
    assert ran.stdout.startswith("INTACT: 8 entries of primum/")
    assert "Give a checkpoint kept elsewhere" in ran.stdout
    assert ran.stderr == ""


def test_an_export_continues_a_checkpoint_kept_elsewhere(exported, tmp_path):
    ran = run(exported, "--checkpoint", tmp_path / "printed.txt")

    assert ran.returncode == 0
    assert "It continues the checkpoint kept elsewhere." in ran.stdout


def test_a_changed_export_is_told_with_exit_code_1(exported):
    entries = entries_of(exported)
    entries[2]["person"] = "eve"
    write_entries(exported, entries)

    ran = run(exported)

    assert ran.returncode == 1
    assert "Entry 2 was changed" in ran.stdout
    assert ran.stdout.endswith("NOT INTACT: this history is not as it was written.\n")


def test_a_rewritten_and_resigned_history_is_told_by_a_checkpoint_kept_elsewhere(ledger, ledger_url, tmp_path):
    history(ledger, decisions=8)
    printed = tmp_path / "printed.txt"
    printed.write_text(ledger.checkpoint().text)
    with tampering.administrator(ledger_url) as connection:
        tampering.edit_an_entry(connection)
        tampering.rebuild(connection, ledger.key)

    folder = export(ledger, to=tmp_path / "export")

    assert verifier.damages(folder) == []
    assert verifier.damages(folder, outside=printed) == [
        "The checkpoint kept elsewhere was not made of these 8 entries: history was rewritten."
    ]


def test_an_export_of_a_rolled_back_ledger_is_told(ledger, tmp_path):
    history(ledger, decisions=7)
    folder = export(ledger, to=tmp_path / "export")
    decide(ledger, kind="note", number=8)
    (tmp_path / "printed.txt").write_text(ledger.checkpoint().text)

    told = verifier.damages(folder, outside=tmp_path / "printed.txt")

    assert told == [
        "The checkpoint kept elsewhere covers 8 entries, and there are 7: some were deleted or rolled back."
    ]


def test_a_checkpoint_of_another_key_or_log_is_told(exported, tmp_path):
    other = SigningKey.new().sign(origin="primum/other", size=6, root="00" * 32)
    (tmp_path / "other.txt").write_text(other.text)

    told = verifier.damages(exported, outside=tmp_path / "other.txt")

    assert "is not signed with the key of this export" in told[0]
    assert "history was rewritten" in told[1]
    assert told[2] == "The checkpoint kept elsewhere is of another log."


def drop_the_last(folder):
    write_entries(folder, entries_of(folder)[:-1])


def drop_a_middle_one(folder):
    entries = entries_of(folder)
    write_entries(folder, entries[:3] + entries[4:])


def swap_two(folder):
    entries = entries_of(folder)
    write_entries(folder, [entries[1], entries[0], *entries[2:]])


def replace_in(name, old, new):
    def change(folder):
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return change


DAMAGES = {
    "the last entry dropped": (drop_the_last, "covers 8 entries, and there are 7"),
    "a middle entry dropped": (drop_a_middle_one, "Where entry 3 should be, there is entry 4"),
    "two entries swapped": (swap_two, "Where entry 0 should be, there is entry 1"),
    "a proof changed": (replace_in("proofs.jsonl", '"position":3', '"position":5'), "The proof of entry 3"),
    "a proof of no hex": (replace_in("proofs.jsonl", '"proof":["', '"proof":["zz'), "is not a proof"),
    "no proof": (replace_in("proofs.jsonl", '{"position":7', ""), "is not JSON"),
    "a name twice": (replace_in("entries.jsonl", '{"at"', '{"at":"","at"'), "each name appears once"),
    "a field gone": (replace_in("entries.jsonl", '"leaf"', '"loaf"'), "Line 1 of entries.jsonl is not an entry"),
    "another size": (replace_in("checkpoint.txt", "\n8\n", "\n7\n"), "is not signed with the key"),
    "no checkpoint": (lambda folder: (folder / "checkpoint.txt").unlink(), "checkpoint.txt is missing"),
    "no number": (replace_in("checkpoint.txt", "\n8\n", "\n-8\n"), "checkpoint.txt is not a checkpoint"),
    "no key": (lambda folder: (folder / "public-key.txt").write_text("?"), "public-key.txt is not a public key"),
    "no text": (
        lambda folder: (folder / "entries.jsonl").write_bytes(b"\xff"),
        "entries.jsonl is missing or is not text",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_export_is_told(sqlite_ledger, tmp_path, damage):
    history(sqlite_ledger, decisions=8)
    folder = export(sqlite_ledger, to=tmp_path / "export")
    change, sentence = DAMAGES[damage]
    change(folder)

    told = verifier.damages(folder)

    assert any(sentence in one for one in told), told


def test_the_same_log_gives_the_same_zip_and_it_verifies(ledger, tmp_path):
    history(ledger)
    first, second = export(ledger, to=tmp_path / "a.zip"), export(ledger, to=tmp_path / "b.zip")

    with zipfile.ZipFile(first) as archive:
        archive.extractall(tmp_path / "unpacked")

    assert first.read_bytes() == second.read_bytes()
    assert verifier.main([str(tmp_path / "unpacked")]) == 0


def test_an_export_holds_no_reason_that_a_person_wrote(exported):
    words = "".join(path.read_text() for path in exported.iterdir())

    assert "Ada's own text" not in words
    assert "A serious harm" not in words


def test_there_is_nothing_to_export_from_an_empty_ledger(ledger, tmp_path):
    with pytest.raises(NothingToExport, match="no entry yet"):
        export(ledger, to=tmp_path / "export")


def test_an_export_overwrites_nothing(ledger, tmp_path):
    history(ledger)

    with pytest.raises(NothingToExport, match="exists already"):
        export(ledger, to=tmp_path)


def test_the_verifier_asks_for_its_directory():
    ran = subprocess.run([sys.executable, verifier.__file__], capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert "directory" in ran.stderr
