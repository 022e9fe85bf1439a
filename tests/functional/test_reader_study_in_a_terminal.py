"""A statistician judges a crossed reader study from its readings, or from counts that sites have sent."""

import json

import pyarrow.parquet as pq
import pytest

from tests import reader_studies as study

PROTOCOL = """\
design: randomised-mrmc
question: superiority
unit: case
arms: [reader with the model, reader alone]
primary: {name: area under the curve, event: area, good: higher}
safety: [{name: false alarms, event: specificity, good: higher}]
positive_from: 4
planned_units: 200
"""
AS = (
    *("--kind", "readings", "--map", "case_id=case", "--map", "reference=truth", "--subgroup", "sex"),
    *("--use-case", "imaging", "--purpose", "image-interpretation"),
)
ROWS = study.drawn(seed=21, gain=0.9, readers=6, cases=200)
CANARY = "CASE-"


@pytest.fixture
def files(tmp_path):
    """The readings as one table, and as those of each site."""
    study.write_readings(tmp_path / "all.csv", ROWS)
    for site in ("north", "south"):
        study.write_readings(tmp_path / f"{site}.csv", [row for row in ROWS if row["site"] == site])
    (tmp_path / "protocol.yaml").write_text(PROTOCOL, encoding="utf-8")
    return tmp_path


def evaluate(primum, files, *names, more=()):
    return primum(
        "evaluate", *(str(files / one) for one in names), *AS, "--protocol", str(files / "protocol.yaml"), *more
    )


def findings(ended):
    return {one["check"]: one for one in json.loads(ended.out)["findings"]}


def test_the_readings_are_judged_by_the_benefit_of_readers_and_cases_like_these(primum, files):
    ended = evaluate(primum, files, "all.csv", more=("--json",))

    found = findings(ended)
    assert found["primary-benefit"]["outcome"] == "pass"
    assert found["primary-benefit"]["estimates"][0]["method"] == "Obuchowski-Rockette, Hillis"
    assert found["safety-difference"]["estimates"][0]["scope"] == "endpoint=false alarms"
    assert {one["scope"] for one in found["gap-benefit"]["estimates"]} == {"sex", "sex=F", "sex=M"}


def test_counts_that_two_sites_send_are_judged_as_all_readings_together(primum, files):
    for site in ("north", "south"):
        evaluate(primum, files, f"{site}.csv", more=("--counts-out", str(files / f"{site}.parquet")))

    whole = findings(evaluate(primum, files, "all.csv", more=("--json",)))
    sent = findings(evaluate(primum, files, "south.parquet", "north.parquet", more=("--counts-in", "--json")))

    for check in ("primary-benefit", "safety-difference", "gap-benefit", "sample-ratio"):
        assert sent[check] == whole[check]


def test_no_case_leaves_with_the_counts_or_on_the_page(primum, files):
    out = ("--counts-out", str(files / "counts.parquet"), "--html", str(files / "page.html"))

    written = evaluate(primum, files, "all.csv", more=(*out, "--explain", "gap_benefit"))

    table = pq.read_table(files / "counts.parquet")
    assert CANARY not in written.text
    assert CANARY not in (files / "page.html").read_text(encoding="utf-8")
    assert not any(CANARY in str(value) for column in table.columns for value in column.to_pylist())
    assert sum(table["small"].to_pylist()) > 0


def test_the_numbers_are_derived_for_whoever_asks(primum, files):
    ended = evaluate(primum, files, "all.csv", more=("--explain", "primary_benefit"))

    assert "Hillis' degrees of freedom" in ended.out
    assert "Obuchowski & Rockette 1995" in ended.out
    assert "qt(0.975" in ended.out


def test_readings_without_a_protocol_are_shown_and_never_judged(primum, files):
    asked = primum("evaluate", str(files / "all.csv"), *AS)
    shown = primum("evaluate", str(files / "all.csv"), *AS, "--policy", "every-measure", "--json")

    assert asked.code == 2
    assert "judged by the question it asked" in asked.text
    assert findings(shown)["reader-area"]["estimates"][0]["lower"] is not None


def test_a_reading_made_twice_is_refused_without_naming_the_case(primum, files):
    study.write_readings(files / "twice.csv", [*ROWS, ROWS[0]])

    ended = evaluate(primum, files, "twice.csv")

    assert ended.code != 0
    assert CANARY not in ended.text


def test_no_look_is_taken_at_a_reader_study(primum, tmp_path):
    looks = "  planned_units: 200\n  looks: [{at: 100}]\n  spending: lan-demets-pocock\n"
    made = study.write(tmp_path / "rollout", ROWS, planned_units=looks)

    checked = primum("check", str(made.file))

    assert "A crossed reader study is analysed once, at its end" in " ".join(checked.text.split())


def test_whoever_asks_for_a_look_all_the_same_is_told_why_there_is_none(tmp_path):
    from primum.actions.look_counts import NothingToCount, tables_now
    from primum.actions.submission import read_submission

    submission = read_submission(study.write(tmp_path / "rollout", ROWS).file)

    with pytest.raises(NothingToCount, match="analysed once, at its end"):
        tables_now(submission=submission, protocol=submission.rollout.protocol)
