import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
PARTS = ["What we faced", "What we chose", "What we refused", "The test that holds it"]
A_PAGE = 60


def held_by(decision: Path) -> list[str]:
    return re.findall(r"^- `(tests/[^`]+)`$", decision.read_text().split("## The test that holds it")[1], re.MULTILINE)


def exists(test: str) -> bool:
    path, _, name = test.partition("::")
    if not (ROOT / path).is_file():
        return False
    return not name or any(
        isinstance(node, ast.FunctionDef) and node.name == name
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
    )


def test_decisions_are_numbered_without_a_gap():
    assert [int(decision.name[:4]) for decision in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_every_decision_is_in_the_list():
    listed = re.findall(r"\]\((\d{4}-[^)]+)\)", (ROOT / "docs" / "adr" / "README.md").read_text())

    assert listed == [decision.name for decision in DECISIONS]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_one_page_with_its_four_parts(decision):
    text = decision.read_text()

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert len(text.splitlines()) <= A_PAGE


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_held_by_a_test_that_exists(decision):
    tests = held_by(decision)

    assert tests
    assert [test for test in tests if not exists(test)] == []
