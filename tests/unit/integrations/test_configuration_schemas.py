"""The JSON Schemas for editors: generated, committed, and of one mind with the loader."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from primum.integrations.schemas import schema_differences, schema_texts, write_schemas
from primum.integrations.yaml_tree import tree_of
from primum.settings import shipped

title = "Schemas for editors"
CONFIG = shipped("config")
FILES = [
    ("rollout", CONFIG / "examples" / "rollout.yaml"),
    ("people", CONFIG / "examples" / "people.yaml"),
    ("sites", CONFIG / "examples" / "sites.yaml"),
    *(("policy", path) for path in sorted((CONFIG / "policies").glob("*.yaml"))),
]


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_texts()[f"{name}.schema.json"]))


@pytest.mark.parametrize(("name", "path"), FILES)
def test_a_shipped_file_fits_its_schema(name: str, path: Path):
    tree, _ = tree_of(path.read_text(encoding="utf-8"))

    assert [error.message for error in validator(name).iter_errors(tree.value)] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("mode: second-reader", "mode: alone"),
        ("mode: second-reader", "moed: second-reader"),
        ("planned_units: 1200", "planned_units: 0"),
        ("rollout: chest-xray-second-reader", "rollout: Chest"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(old, new):
    text = (CONFIG / "examples" / "rollout.yaml").read_text(encoding="utf-8").replace(old, new)

    tree, _ = tree_of(text)

    assert list(validator("rollout").iter_errors(tree.value))


@pytest.mark.parametrize("name", ["rollout", "people", "sites", "policy"])
def test_every_key_tells_the_editor_what_it_is_for(name):
    schema = json.loads(schema_texts()[f"{name}.schema.json"])
    groups = [schema, *schema["$defs"].values()]

    silent = [
        f"{group['title']}.{key}"
        for group in groups
        for key, field in group.get("properties", {}).items()
        if not field.get("description")
    ]
    assert silent == []


def test_the_committed_schemas_are_those_of_the_models():
    assert schema_differences(shipped("schemas")) == ()


def test_a_missing_and_a_stale_schema_are_named(tmp_path):
    write_schemas(tmp_path)
    (tmp_path / "people.schema.json").unlink()
    (tmp_path / "sites.schema.json").write_text("{}", encoding="utf-8")

    told = schema_differences(tmp_path)

    assert [sentence.split(".")[0] for sentence in told] == ["people", "sites"]
    assert "missing" in told[0]
    assert "out of date" in told[1]
