"""A statistician judges a table with ``primum evaluate`` alone: no rollout, no ledger, no database."""

import json
import sqlite3

import pyarrow.parquet as pq
import pytest

HEART = "examples/cardiac-second-opinion/data/heart_model_predictions.parquet"
INDO = "examples/pancreatitis-prevention-replay"
MAPPED = [
    *("--map", "case_id=id", "--map", "patient_id=id", "--map", "reference=disease", "--map", "prediction=flag"),
    *("--map", "score=p_model", "--subgroup", "sex", "--subgroup", "age_band"),
]
HEART_AS = ["--kind", "diagnostic", *MAPPED, "--condition", "coronary artery disease"]


@pytest.fixture
def by_site(tmp_path):
    """The four hospitals' tables, one file each."""
    whole = pq.read_table(HEART)
    files = []
    for number, site in enumerate(sorted(set(whole["site"].to_pylist()))):
        here = whole.filter([one == site for one in whole["site"].to_pylist()])
        files.append(tmp_path / f"hospital-{number}.parquet")
        pq.write_table(here, files[-1])
    return files


def findings(ended):
    return {one["check"]: one for one in json.loads(ended.out)["findings"]}


def test_the_heart_model_is_judged_as_at_its_gate(primum):
    ended = primum("evaluate", HEART, *HEART_AS, "--json")

    found = findings(ended)
    assert ended.code == 1, ended.text
    assert (found["sensitivity-critical"]["estimates"][0]["events"], found["sensitivity-critical"]["outcome"]) == (
        432,
        "fail",
    )
    women = next(one for one in found["gap-sensitivity"]["estimates"] if one["scope"] == "sex=Female")
    assert (women["events"], women["n"]) == (36, 50)


def test_it_prints_a_verdict_table_and_the_reasons_in_sentences(primum):
    ended = primum("evaluate", HEART, *HEART_AS)

    assert "✘ gap-sensitivity" in ended.out
    assert "36/50" in ended.out
    assert "The table does not pass: 4 reasons." in ended.out


def test_the_published_trial_is_judged_by_its_own_protocol(primum):
    ended = primum(
        *("evaluate", f"{INDO}/data/indo_rct.parquet", "--kind", "trial", "--like", f"{INDO}/rollout.yaml"),
        *("--policy", "replay-of-a-published-trial", "--json"),
    )

    assert ended.code == 0, ended.text
    assert "2.595016" in findings(ended)["primary-benefit"]["sentence"]


def test_four_hospitals_that_send_counts_are_one_pooled_table(primum, by_site, tmp_path):
    sent = [tmp_path / f"{file.stem}.counts.parquet" for file in by_site]
    for file, counts in zip(by_site, sent, strict=True):
        primum("evaluate", str(file), *HEART_AS, "--counts-out", str(counts))

    merged = primum("evaluate", "--counts-in", *map(str, reversed(sent)), *HEART_AS[:2], *HEART_AS[-2:], "--json")
    pooled = primum("evaluate", *map(str, by_site), *HEART_AS, "--counts-out", str(tmp_path / "all"), "--json")

    assert json.loads(merged.out)["counts"] == json.loads(pooled.out)["counts"]
    apart, together = findings(merged), findings(pooled)
    assert {name: one["estimates"] for name, one in apart.items()} == {
        name: one["estimates"] for name, one in together.items()
    }


def test_a_hospital_that_sends_twice_is_counted_once_or_not_at_all(primum, tmp_path):
    primum("evaluate", HEART, *HEART_AS, "--counts-out", str(tmp_path / "a"))

    ended = primum("evaluate", "--counts-in", str(tmp_path / "a"), str(tmp_path / "a"), "--kind", "diagnostic")

    assert ended.code == 2
    assert "each row may be counted once" in ended.text


def test_no_exact_score_is_in_counts_that_travel(primum, tmp_path):
    primum("evaluate", HEART, *HEART_AS, "--counts-out", str(tmp_path / "a.parquet"))

    levels = set(pq.read_table(tmp_path / "a.parquet")["by:score"].to_pylist()) - {None, ""}
    assert levels
    assert all(level.startswith("b") and level[1:].isdigit() for level in levels)


def test_rows_that_were_not_held_against_their_expectations_never_pass(primum):
    ended = primum(
        *("evaluate", f"{INDO}/data/indo_rct.parquet", "--kind", "trial", "--like", f"{INDO}/rollout.yaml"),
        *("--policy", "replay-of-a-published-trial", "--no-expect"),
    )

    assert ended.code == 1
    assert "602 rows were not held against their expectations" in ended.text


def test_that_nobody_checked_the_rows_travels_with_the_counts(primum, by_site, tmp_path):
    primum("evaluate", str(by_site[0]), *HEART_AS, "--no-expect", "--counts-out", str(tmp_path / "a"))
    primum("evaluate", str(by_site[1]), *HEART_AS, "--counts-out", str(tmp_path / "b"))

    ended = primum("evaluate", "--counts-in", str(tmp_path / "a"), str(tmp_path / "b"), "--kind", "diagnostic")

    assert "were not held against their expectations" in ended.text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["absent.parquet", "--kind", "diagnostic"], "cannot be opened"),
        ([HEART, "--kind", "diagnosis"], "There is no kind 'diagnosis' of table"),
        ([HEART, "--kind", "diagnostic"], "does not map 4 required column(s)"),
        ([HEART, "--kind", "trial"], "A trial is judged by the question it asked"),
        ([HEART, *HEART_AS, "--subgroup", "race"], "has no column 'race' to compare groups by"),
        ([HEART, *HEART_AS, "--map", "sex"], "says nothing"),
        ([HEART, *HEART_AS, "--purpose", "fun"], "--purpose fun is not known"),
        ([HEART, *HEART_AS, "--policy", "mine"], "There is no policy 'mine'"),
        (["--counts-in", HEART, "--kind", "diagnostic"], "holds no counts"),
        (["--counts-in", "absent", "--kind", "diagnostic"], "There is no file absent"),
    ],
)
def test_what_cannot_be_judged_gets_a_sentence(primum, words, sentence):
    ended = primum("evaluate", *words)

    assert ended.code in (2, 3), ended.text
    assert sentence in ended.text.replace("\n", " ")


def test_a_file_of_counts_that_was_changed_is_refused(primum, tmp_path):
    path = tmp_path / "a.parquet"
    primum("evaluate", HEART, *HEART_AS, "--counts-out", str(path))
    table = pq.read_table(path)
    more = table["rows"].to_pylist()
    more[0] += 1
    pq.write_table(table.set_column(table.schema.get_field_index("rows"), "rows", [more]), path)

    ended = primum("evaluate", "--counts-in", str(path), "--kind", "diagnostic")

    assert ended.code == 3
    assert "is no whole file of counts" in ended.text


def test_nothing_is_written_but_what_was_asked_for(primum, tmp_path):
    primum("evaluate", HEART, *HEART_AS)

    with sqlite3.connect(tmp_path / "home" / "mlflow.db") as store:
        runs = store.execute("SELECT count(*) FROM runs").fetchone()
    assert runs == (0,)
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["mlflow.db"]
