"""What a person who wrote a file is told: every mistake, where it is, and what to write instead."""

from pathlib import Path

import pytest

from primum.integrations.configuration import (
    ConfigurationRefused,
    load_people,
    load_policy,
    load_requirements,
    load_rollout,
    load_sites,
    policy_digest,
)
from primum.settings import shipped

title = "Files that people write"
EXAMPLES = shipped("config") / "examples"
ROLLOUT = (EXAMPLES / "rollout.yaml").read_text(encoding="utf-8")
PEOPLE = (EXAMPLES / "people.yaml").read_text(encoding="utf-8")


def refused(text: str, folder: Path, load=load_rollout) -> ConfigurationRefused:
    path = folder / "written.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationRefused) as caught:
        load(path)
    return caught.value


def with_line(old: str, new: str) -> str:
    assert ROLLOUT.count(old) == 1, old
    return ROLLOUT.replace(old, new)


def place_of(words: str, text: str) -> tuple[int, int]:
    start = text.index(words)
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)


@pytest.mark.parametrize(
    ("old", "new", "at", "sentence"),
    [
        ("rollout: chest-xray-second-reader", "rollout: Chest", "Chest #", "small letters, digits and hyphens"),
        ("version: 2.1.0", "version: 2.10", "2.10", "is the number 2.10, and text is expected; write it in quotes"),
        ("model_class: VLM", "model_class: vlm", "vlm", "must be one of LLM, VLM, LMM, other. Did you mean VLM?"),
        ("mode: second-reader", "mode: secondreader", "secondreader", "Did you mean second-reader?"),
        ("mode: second-reader", "moed: second-reader", "moed", "`moed` is no key of `use`; did you mean `mode`?"),
        ("critical_conditions: [pneumothorax]", "critical_conditions: all", "all #", "a list is expected"),
        ("arms: [radiologist with the model, radiologist alone]", "arms: [one]", "[one]", "has 1 item and needs more"),
        ("planned_units: 1200", "planned_units: 0", "0\n  # reg", "at least 1 is expected"),
        ("planned_units: 1200", 'planned_units: "1200"', '"1200"', "a whole number is expected"),
        ("unit: patient", "margin: 0.02\n  unit: patient", "0.02", "whole numbers such as 95/100"),
        ("people: people.yaml", "people:", "people:", "`people` is empty, and text is expected"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_column(old, new, at, sentence, tmp_path):
    text = with_line(old, new)

    error = refused(text, tmp_path)

    told = [problem for problem in error.problems if sentence in problem.sentence]
    assert [(problem.line, problem.column) for problem in told] == [place_of(at, text)]


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("2027-01-15T09:00:00", "has no zone; write its offset, such as +01:00, or Z for UTC"),
        ("2027-01-15", "a date with time and zone is expected"),
        ("20270115", "a date with time and zone is expected"),
        ("tomorrow", "a date with time and zone is expected"),
    ],
)
def test_a_date_without_its_zone_is_refused_with_advice(written, advice, tmp_path):
    error = refused(with_line("  # locked_at: 2027-01-15T09:00:00+01:00", f"  locked_at: {written}"), tmp_path)

    assert advice in error.sentence


def test_a_missing_key_says_what_belongs_there(tmp_path):
    error = refused(
        with_line("  human_decision: The radiologist decides what is reported and what follows.\n", ""), tmp_path
    )

    assert error.sentence == "`use.human_decision` is missing. The decision that a person takes with this output."
    assert ROLLOUT.splitlines()[error.line - 1] == "use:"


def test_every_mistake_of_a_file_is_told_at_once(tmp_path):
    text = with_line("  mode: second-reader", "  mode: alone\n  mode: alone").replace(
        "domain: clinical", "domain: cars"
    )

    error = refused(text, tmp_path)

    first = place_of("domain: cars", text)[0]
    assert [problem.line for problem in error.problems] == [first, first + 1, first + 2]
    assert len(str(error).splitlines()) == 3
    assert all(line.startswith(error.file) for line in str(error).splitlines())


def test_what_is_said_about_a_whole_group_points_at_its_key(tmp_path):
    error = refused(with_line("  question: superiority", "  question: non-inferiority"), tmp_path)

    assert "declares its `margin` and the `margin_reason`" in error.sentence
    assert ROLLOUT.splitlines()[error.line - 1].startswith("protocol:")


def test_a_person_twice_is_refused_at_the_second(tmp_path):
    error = refused(PEOPLE.replace("id: erik-lund", "id: ana-costa"), tmp_path, load_people)

    assert error.sentence == "`ana-costa` stands twice in `people`; each `id` appears once."
    assert "ana-costa" in PEOPLE.replace("id: erik-lund", "id: ana-costa").splitlines()[error.line - 1]


def test_a_table_with_synthetic_rows_is_refused(tmp_path):
    table = (
        "evidence:\n  - {name: a, kind: trial, stages: [pilot], source: a.csv, columns: {arm: arm},"
        " measured_on: 2026-01-01T00:00:00Z, author: noor-haddad, synthetic: true}\n"
    )

    error = refused(ROLLOUT + table, tmp_path)

    assert "synthetic rows is no evidence (P5.3, AMB11)" in error.sentence


def test_a_long_value_is_cut_in_the_sentence(tmp_path):
    error = refused(with_line("rollout: chest-xray-second-reader", f"rollout: X{'x' * 5000}"), tmp_path)

    assert len(error.sentence) < 200


def test_the_shipped_files_are_valid():
    assert load_rollout(EXAMPLES / "rollout.yaml").policy == "who-lmm-2025"
    assert load_people(EXAMPLES / "people.yaml").people
    assert load_sites(EXAMPLES / "sites.yaml").sites
    assert load_requirements().requirements


def test_an_unknown_policy_is_answered_with_those_that_exist(tmp_path):
    with pytest.raises(ConfigurationRefused, match=r"no policy 'who'; shipped are .*who-lmm-2025"):
        load_policy("who", base=tmp_path)


def test_a_policy_of_ones_own_is_found_by_its_file(tmp_path):
    text = (shipped("config") / "policies" / "who-lmm-2025.yaml").read_text(encoding="utf-8")
    (tmp_path / "ours.yaml").write_text(text.replace("id: who-lmm-2025", "id: ours"), encoding="utf-8")

    assert load_policy("ours.yaml", base=tmp_path).id == "ours"


def test_a_comment_leaves_the_digest_of_a_policy_and_a_number_changes_it(tmp_path):
    text = (shipped("config") / "policies" / "who-lmm-2025.yaml").read_text(encoding="utf-8")
    (tmp_path / "same.yaml").write_text(f"# a remark\n{text}", encoding="utf-8")
    (tmp_path / "other.yaml").write_text(text.replace("gate_open_days: 180", "gate_open_days: 181"), encoding="utf-8")

    before = policy_digest("who-lmm-2025", base=tmp_path)

    assert policy_digest("same.yaml", base=tmp_path) == before
    assert policy_digest("other.yaml", base=tmp_path) != before


def test_a_policy_written_on_another_copy_of_its_source_is_refused(tmp_path):
    text = (shipped("config") / "policies" / "who-lmm-2025.yaml").read_text(encoding="utf-8")
    (tmp_path / "ours.yaml").write_text(text.replace("sha256: 74b768", "sha256: 000000"), encoding="utf-8")

    with pytest.raises(ConfigurationRefused, match="its lines may have moved"):
        load_policy("ours.yaml", base=tmp_path)
