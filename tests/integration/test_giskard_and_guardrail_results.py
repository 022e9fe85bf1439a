"""Result files of a scanner and of guardrails become evidence, in counts; anything else is refused in a sentence."""

import csv
import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from primum.integrations.result_files import ResultsRefused, checks_in

RESULTS = Path(__file__).parents[1] / "results"
GISKARD, NEMO = RESULTS / "giskard-scan-summary.json", RESULTS / "nemo-eval-output.json"


def test_a_scan_is_one_check_and_each_issue_is_one_that_is_not_met():
    rows = checks_in(GISKARD, tool="giskard")

    assert [(row[2], row[3]) for row in rows] == [
        ("scan", "0"),
        ("Prompt Injection", "0"),
        ("Information Disclosure", "0"),
        ("Harmful Content", "0"),
    ]


def test_a_scan_as_records_says_the_same_and_one_without_issues_is_met(tmp_path):
    table = json.loads(GISKARD.read_text())
    records = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    (tmp_path / "records.json").write_text(json.dumps(records))
    (tmp_path / "clean.json").write_text('{"columns": [], "data": []}')

    assert checks_in(tmp_path / "records.json", tool="giskard") == checks_in(GISKARD, tool="giskard")
    assert [row[3] for row in checks_in(tmp_path / "clean.json", tool="giskard")] == ["1"]


def test_each_policy_that_applied_is_a_check_and_all_together_are_one():
    rows = {row[0]: (row[2], row[3]) for row in checks_in(NEMO, tool="nemo-guardrails")}

    assert rows["nemo.1"] == ("guardrails", "1")
    assert rows["nemo.2"] == ("guardrails", "0")
    assert rows["nemo.3"] == ("guardrails", "")
    assert rows["nemo.2.escalate-emergencies"] == ("escalate-emergencies", "0")
    assert "nemo.1.no-dosing" not in rows
    assert "nemo.4" not in rows


@pytest.mark.parametrize(
    ("tool", "content", "why"),
    [
        ("giskard", "{", "is neither JSON nor YAML"),
        ("giskard", "[1]", "not a scan summary of Giskard 2"),
        ("giskard", '{"columns": ["a"], "data": [[1]]}', "with the columns description, deviation, domain, metric"),
        ("giskard", '{"results": []}', "not a scan summary"),
        ("nemo-guardrails", "[]", "not the output of `nemoguardrails eval`"),
        ("nemo-guardrails", '{"results": []}', "holds no check at all"),
        ("nemo-guardrails", '{"results": [{"id": "x"}]}', "`results` with `id` and `compliance`"),
        ("nemo-guardrails", '{"results": [{"compliance": {"p": "maybe"}}]}', "in place 1 is neither true"),
        ("evidently", "{}", "Nothing is known of result files of 'evidently'; known are giskard, nemo-guardrails"),
    ],
)
def test_a_file_of_another_shape_is_refused_with_what_was_expected(tmp_path, tool, content, why):
    file = tmp_path / "results.json"
    file.write_text(content)

    with pytest.raises(ResultsRefused, match=why):
        checks_in(file, tool=tool)


def test_the_command_writes_a_table_of_counts_and_no_text(primum, tmp_path):
    out = tmp_path / "nemo.csv"

    ended = primum("evidence", "import", "nemo-guardrails", str(NEMO), "--out", str(out), "--group", "style")

    with out.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert "7 checks of nemo-guardrails: 3 met, 2 not met, 2 not judged." in ended.out
    assert {row["style"] for row in rows} == {"all"}
    assert "breathe" not in out.read_text() + ended.text


def test_what_was_taken_in_is_judged_beside_the_answers(primum, tmp_path):
    out = tmp_path / "giskard.csv"
    primum("evidence", "import", "giskard", str(GISKARD), "--out", str(out))
    mapped = [part for name in ("check_id", "tool", "check", "met") for part in ("--map", f"{name}={name}")]

    ended = primum("evaluate", str(out), "--kind", "checks", *mapped, "--json")

    found = {one["check"]: one for one in json.loads(ended.out)["findings"]}
    (estimate,) = found["scanner-findings"]["estimates"]
    assert (estimate["events"], estimate["n"], estimate["scope"]) == (0, 1, "check=scan")


def test_what_the_guardrails_wrote_as_yaml_says_the_same(tmp_path):
    YAML(typ="safe", pure=True).dump(json.loads(NEMO.read_text()), tmp_path / "results.yaml")

    assert checks_in(tmp_path / "results.yaml", tool="nemo-guardrails") == checks_in(NEMO, tool="nemo-guardrails")


def test_no_file_at_all_is_said(primum, tmp_path):
    ended = primum("evidence", "import", "giskard", str(tmp_path / "no.json"), "--out", str(tmp_path / "out.csv"))

    assert (ended.code, "There is no file no.json here" in ended.err) == (2, True)
