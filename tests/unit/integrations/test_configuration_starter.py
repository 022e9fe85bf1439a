"""The folder that `primum init` writes: valid at once, and never over somebody's work."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from primum.integrations.configuration import load_people, load_policy, load_rollout, load_sites
from primum.integrations.starter import StarterRefused, write_starter
from primum.integrations.yaml_tree import tree_of
from primum.roadmap.model_card import gaps_in_card
from primum.roadmap.readiness import on_seats, on_tables
from primum.roadmap.stages import Stage

title = "A rollout to start from"
TODAY = datetime(2027, 3, 9, 14, 30, tzinfo=UTC)


def test_what_is_written_can_be_read_at_once(tmp_path):
    written = write_starter(tmp_path / "new", at=TODAY)

    rollout = load_rollout(tmp_path / "new" / "rollout.yaml")
    assert gaps_in_card(rollout) == ()
    assert load_people(tmp_path / "new" / rollout.people).people
    assert load_sites(tmp_path / "new" / rollout.sites).sites
    assert load_policy(rollout.policy, base=tmp_path / "new").scope == "rollout"
    assert all(path.is_file() for path in written)


def test_each_file_names_a_schema_that_is_there(tmp_path):
    write_starter(tmp_path, at=TODAY)

    for name in ("rollout.yaml", "people.yaml", "sites.yaml"):
        first = (tmp_path / name).read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (tmp_path / first.partition("$schema=")[2]).is_file()


@pytest.mark.parametrize("stage", list(Stage))
def test_its_people_can_fill_every_seat_of_every_gate(stage, tmp_path):
    write_starter(tmp_path, at=TODAY)
    rollout = load_rollout(tmp_path / "rollout.yaml")
    people = load_people(tmp_path / "people.yaml").people
    policy = load_policy(rollout.policy, base=tmp_path)

    assert list(on_seats(rollout=rollout, policy=policy, people=people, stage=stage, at=TODAY)) == []


def test_authority_begins_today_and_ends_in_a_year(tmp_path):
    write_starter(tmp_path, at=datetime(2028, 2, 29, 10, 0, tzinfo=UTC))

    authority = load_people(tmp_path / "people.yaml").people[0].authorities[0]
    assert authority.valid_from == datetime(2028, 2, 29, tzinfo=UTC)
    assert authority.valid_until == datetime(2029, 2, 28, tzinfo=UTC)


def test_the_parts_that_are_commented_out_are_valid_too(tmp_path):
    write_starter(tmp_path, at=TODAY)
    text = (tmp_path / "rollout.yaml").read_text(encoding="utf-8")
    begin = text.index("# evidence:")

    lines = [line.removeprefix("# ").removeprefix("#") for line in text[begin:].splitlines()]
    opened = "\n".join(line for line in lines if re.match(r"\s*(- |\w+:)", line))
    (tmp_path / "opened.yaml").write_text(text[:begin] + opened, encoding="utf-8")

    rollout = load_rollout(tmp_path / "opened.yaml")
    assert [evidence.kind for evidence in rollout.evidence] == ["diagnostic", "trial"]
    assert [document.kind for document in rollout.documents] == ["ethics-approval"]
    policy = load_policy(rollout.policy, base=tmp_path)
    after = rollout.evidence[-1].measured_on
    assert [remark for remark in on_tables(rollout=rollout, policy=policy, at=after) if "column" in remark] == []


@pytest.mark.parametrize("taken", ["rollout.yaml", "schemas/rollout.schema.json"])
def test_nothing_is_written_over(taken, tmp_path):
    (tmp_path / taken).parent.mkdir(exist_ok=True)
    (tmp_path / taken).write_text("mine", encoding="utf-8")

    with pytest.raises(StarterRefused, match=taken):
        write_starter(tmp_path, at=TODAY)

    assert (tmp_path / taken).read_text(encoding="utf-8") == "mine"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / taken]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "here").write_text("mine", encoding="utf-8")

    with pytest.raises(StarterRefused, match="is a file; name a folder"):
        write_starter(tmp_path / "here", at=TODAY)


def test_the_readme_points_to_files_that_exist(tmp_path):
    write_starter(tmp_path, at=TODAY)
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")

    named = [part for part in readme.split("`")[1::2] if part.endswith((".yaml", "/")) and " " not in part]
    assert {"rollout.yaml", "people.yaml", "sites.yaml", "schemas/"} <= set(named)
    assert all((tmp_path / name).exists() for name in named if name not in ("data/", "documents/"))


def test_the_tree_of_the_rollout_has_no_problem(tmp_path):
    write_starter(tmp_path, at=TODAY)

    _, problems = tree_of(Path(tmp_path / "rollout.yaml").read_text(encoding="utf-8"))
    assert problems == ()
