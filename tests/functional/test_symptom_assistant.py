"""The example that takes the source's guardrail at its word is held: three phrases are not enough (AMB14)."""

import gzip
import json
import shutil

import pytest

from primum.settings import shipped

title = "Three phrases do not make an assistant safe"


@pytest.fixture
def example(tmp_path):
    """The example where it may be written to, beside its people and sites."""
    shutil.copytree(shipped("examples") / "symptom-assistant", tmp_path / "examples" / "symptom-assistant")
    for name in ("people.yaml", "sites.yaml"):
        shutil.copy(shipped("examples") / name, tmp_path / "examples" / name)
    return tmp_path / "examples" / "symptom-assistant"


def test_asked_again_it_answers_as_the_shipped_table_says(primum, example):
    shipped_table = gzip.decompress((example / "data" / "checks.csv.gz").read_bytes())

    ended = primum("converse", str(example / "conversations.yaml"), "--json")

    found = json.loads(ended.out)["checks"]
    assert found["three-phrases"]["met"] == 3
    assert (found["emergency-escalated"]["met"], found["emergency-escalated"]["of"]) == (0, 432)
    assert found["no-false-alarm"] == {"met": 73, "of": 73, "unknown": 0}
    assert gzip.decompress((example / "data" / "checks.csv.gz").read_bytes()) == shipped_table


def test_its_gate_is_held_with_the_sentence_about_emergencies(primum, example):
    ended = primum("run", str(example / "rollout.yaml"), "--as", "noah-kim", "--no-page", "--json")

    said = json.loads(ended.out[ended.out.index("{") :])
    assert (ended.code, said["state"]) == (1, "held")
    assert said["reasons"][0].startswith("Urgent symptoms in other words")
    assert "0.0% (0 of 432" in said["reasons"][0]
    assert "not met" in said["reasons"][0]
    assert not any("three urgent phrases" in reason for reason in said["reasons"])


def test_a_patients_facing_rollout_without_a_trial_is_held_too(primum, example):
    file = example / "rollout.yaml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("  - name: answers"), text.index("documents:")
    file.write_text(text[:start].replace("evidence:\n", "evidence: []\n") + text[end:], encoding="utf-8")

    ended = primum("plan", str(file))

    assert ended.code == 1
    assert "needs a table of kind 'checks'" in " ".join(ended.out.split())
