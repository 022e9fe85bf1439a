"""``primum converse``: every question once, whatever happens in between, and no text outside its folder."""

import csv
import json
import stat

import pytest

from tests.conversations_at_work import serving, write


def table_of(file):
    with (file.parent / "checks.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def checks(ended):
    return json.loads(ended.out)["checks"]


def test_a_program_is_asked_everything_and_its_checks_are_counted(primum, tmp_path):
    file = write(tmp_path / "trial")

    ended = primum("converse", str(file), "--json")

    found = checks(ended)
    assert found["emergency-escalated"] == {"met": 6, "of": 6, "unknown": 0}
    assert found["three-phrases"]["met"] == found["nothing-repeated"]["met"] - 13 == 1
    assert found["emergency-first"] == {"met": 0, "of": 7, "unknown": 7}
    assert {row["profile"] for row in table_of(file)} == {"", "man", "woman"}


def test_the_same_trial_twice_asks_nothing_again_and_gives_the_same_bytes(primum, tmp_path):
    file = write(tmp_path / "trial")
    first = json.loads(primum("converse", str(file), "--json").out)
    before = (file.parent / "checks.csv").read_bytes()

    again = json.loads(primum("converse", str(file), "--json").out)

    assert (first["kept"], again["kept"], again["asked"]) == (0, 15, 15)
    assert (file.parent / "checks.csv").read_bytes() == before


def test_another_model_is_asked_everything_anew(primum, tmp_path):
    file = write(tmp_path / "trial")
    primum("converse", str(file))
    file.write_text(file.read_text().replace('model_version: "1"', 'model_version: "2"'))

    assert json.loads(primum("converse", str(file), "--json").out)["kept"] == 0


def test_an_assistant_that_goes_away_loses_nothing_that_was_answered(primum, tmp_path):
    left = [7]

    def answer(_):
        left[0] -= 1
        return (200, b'{"answer": "Not advice."}') if left[0] >= 0 else (503, b"")

    with serving(answer) as (address, asked):
        file = write(tmp_path / "trial", responder=f"{{address: '{address}', tries: 1}}")
        stopped = primum("converse", str(file))
        left[0] = 100
        ended = json.loads(primum("converse", str(file), "--json").out)

    assert stopped.code == 3
    assert "left 5 questions in a row without an answer" in stopped.err
    assert "status 503. 7 of 15 answers are kept" in stopped.err
    assert (ended["kept"], ended["answered"], len(asked)) == (7, 15, 7 + 5 + 8)


def test_one_question_without_an_answer_is_open_and_is_asked_again_next_time(primum, tmp_path):
    file = write(tmp_path / "trial")
    program = file.parent / "assistant.py"
    program.write_text(program.read_text().replace("    said =", "    assert 'Zyx3' not in str(messages)\n    said ="))

    found = checks(primum("converse", str(file), "--json"))

    assert found["emergency-escalated"] == {"met": 5, "of": 6, "unknown": 1}
    assert {row["met"] for row in table_of(file) if row["check_id"].startswith("e3.")} == {""}


def test_half_a_line_of_a_killed_process_costs_one_question(primum, tmp_path):
    file = write(tmp_path / "trial")
    primum("converse", str(file))
    (kept,) = (tmp_path / "home" / "conversations").glob("*/answers.ndjson")
    kept.write_bytes(kept.read_bytes()[:-20])

    first = json.loads(primum("converse", str(file), "--json").out)
    second = json.loads(primum("converse", str(file), "--json").out)

    assert (first["kept"], first["answered"], second["kept"]) == (14, 15, 15)


def test_texts_stay_in_one_folder_that_only_its_owner_reads(primum, tmp_path):
    file = write(tmp_path / "trial")

    ended = primum("converse", str(file))

    assert "Zyx" not in ended.text + (file.parent / "checks.csv").read_text()
    holding = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and b"We open" in path.read_bytes()]
    assert {path.name for path in holding} == {"answers.ndjson", "to-read.csv"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in holding} == {0o600}


def test_a_sample_is_laid_out_for_people_to_read(primum, tmp_path):
    file = write(tmp_path / "trial")

    ended = json.loads(primum("converse", str(file), "--json").out)

    with open(ended["to_read"], encoding="utf-8") as lines:  # noqa: PTH123 -- a path as it was printed
        rows = list(csv.DictReader(lines))
    assert len(rows) == 3
    assert all(row["answered"] and row["as the patterns read it"] and not row["as a person reads it"] for row in rows)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("e1,", "e0,", "in place 2 has the id of an earlier one"),
        (",1,woman", ",maybe,woman", "Row 1 of scenarios.csv cannot be read: emergency is neither"),
        ("said,urgent", "spoken,urgent", "scenarios.csv has no column 'said'"),
    ],
)
def test_questions_that_cannot_be_read_are_refused_without_their_words(primum, tmp_path, old, new, why):
    file = write(tmp_path / "trial")
    table = file.parent / "scenarios.csv"
    table.write_text(table.read_text().replace(old, new, 1))

    ended = primum("converse", str(file))

    assert ended.code == 3
    assert why in ended.err
    assert "Zyx" not in ended.err
