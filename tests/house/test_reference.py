import re
from pathlib import Path
from typing import get_args

import pytest

from primum.integrations.configuration import load_policy, load_requirements
from primum.roadmap.gates import TRANSITIONS
from primum.roadmap.policy import EvidenceKind
from primum.settings import Settings
from tools import pages, policy_pages, reference

ROOT = Path(__file__).parents[2]


def test_every_way_of_a_gate_is_drawn_and_tabled():
    page = pages.states(ROOT)

    for now, ways in TRANSITIONS.items():
        for then in ways:
            assert f"{now.replace('-', '_')} --> {then.replace('-', '_')}" in page
    assert page.count(" --> ") == sum(map(len, TRANSITIONS.values())) + 1 + sum(not w for w in TRANSITIONS.values())


def test_every_setting_is_on_its_page():
    page = pages.settings(ROOT)

    assert [name for name in Settings.names() if f"| `{name}` |" not in page] == []


def test_a_specification_becomes_sentences(tmp_path):
    (tmp_path / "tests" / "spec").mkdir(parents=True)
    (tmp_path / "tests" / "spec" / "test_gates.py").write_text(
        'title = "When a gate opens"\n\ndef test_a_gate_is_held_and_says_why(): ...\n'
    )

    assert pages.behaviour(tmp_path).endswith("## When a gate opens\n\n- A gate is held and says why\n")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({}, "docs/reference/a.md is missing."),
        ({"docs/reference/a.md": "old\n"}, "docs/reference/a.md is out of date."),
        ({"docs/reference/a.md": "new\n", "docs/reference/b.md": ""}, "docs/reference/b.md is generated from nothing"),
    ],
    ids=["missing", "stale", "left over"],
)
def test_a_page_that_differs_from_its_source_is_told(found, told):
    sentences = list(reference.differences(wanted={"docs/reference/a.md": "new\n"}, found=found))

    assert len(sentences) == 1
    assert sentences[0].startswith(told)
    assert "make docs" in sentences[0]


def test_writing_leaves_nothing_to_tell(tmp_path):
    wanted = {"docs/reference/a.md": "new\n", "schemas/b.json": "{}\n"}
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    (tmp_path / "docs" / "reference" / "left-over.md").write_text("old\n")

    reference.write(wanted=wanted, root=tmp_path)

    assert list(reference.differences(wanted=wanted, found=reference.written_by(tmp_path))) == []


def test_every_ambiguity_is_resolved_in_the_open():
    page = policy_pages.policies(ROOT)

    for number in range(1, 16):
        assert re.search(rf"^\| AMB{number} \| .+ \| .+ \|", page, re.MULTILINE), number


def test_every_threshold_says_where_it_comes_from():
    policies = [load_policy(path.stem, base=ROOT) for path in (ROOT / "config" / "policies").glob("*.yaml")]

    page = policy_pages.policies(ROOT)

    for criterion in (one for policy in policies for one in policy.criteria):
        source = criterion.source
        assert f"`{criterion.id}`" in page
        assert (f"{source.file}:{source.line} |" if source.line else f"{' '.join(source.words.split())} |") in page


def test_every_row_of_the_catalogue_says_what_enforces_it():
    page = policy_pages.requirements(ROOT)

    rows = {line.split(" | ")[0].removeprefix("| "): line.split(" | ")[-1] for line in page.splitlines()}
    assert [id_ for id_ in load_requirements().ids if not rows.get(id_)] == []


def test_every_evidence_kind_has_its_suite():
    page = policy_pages.expectations(ROOT)

    assert [kind for kind in get_args(EvidenceKind) if f"\n## {kind}\n" not in page] == []
