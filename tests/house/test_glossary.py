import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TERMS = re.findall(r"^- \*\*(.+?)\*\*: ", (ROOT / "GLOSSARY.md").read_text(), flags=re.MULTILINE)
WORDS = {term.lower() for term in TERMS}
FOUNDING_WORDS = [
    "rollout",
    "release bundle",
    "stage",
    "evidence",
    "criterion",
    "verdict",
    "gate",
    "seat",
    "vote",
    "protocol",
    "look",
    "exposure",
    "wave",
    "hold",
    "suspension",
    "incident",
    "guideline change",
    "look-back",
    "ledger",
    "source documents",
]
# A class is named after the word before its last: a DocumentRule is the rule on a document.
LAST_WORDS = {"decision", "facts", "number", "part", "record", "result", "row", "rule", "state", "transition"}
PLURALS = {"people": "person", "sites": "site", "source document": "source documents"}
# The base of everything a person writes, and of every table.
GRAMMAR = {"part", "record"}


def public_classes() -> Iterator[str]:
    for path in [*sorted((ROOT / "primum" / "roadmap").glob("*.py")), ROOT / "primum" / "ledger" / "tables.py"]:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not is_error(node):
                yield node.name


def is_error(node: ast.ClassDef) -> bool:
    return any("Error" in ast.unparse(base) or ast.unparse(base) == "Exception" for base in node.bases)


def word_of(name: str) -> str:
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
    return PLURALS.get(words, words)


def in_glossary(name: str) -> bool:
    word = word_of(name)
    first, _, last = word.rpartition(" ")
    return word in WORDS | GRAMMAR or (last in LAST_WORDS and first in WORDS)


def test_each_word_stands_once_and_in_order():
    assert sorted(WORDS) == [term.lower() for term in TERMS]


@pytest.mark.parametrize("word", FOUNDING_WORDS)
def test_the_founding_words_are_there(word):
    assert word in WORDS


def test_every_class_of_the_rules_has_its_word():
    assert sorted({name for name in public_classes() if not in_glossary(name)}) == []


def test_a_class_without_a_word_would_be_noticed():
    assert not in_glossary("Deployment")
    assert not in_glossary("RolloutManager")
    assert in_glossary("DocumentRule")
    assert in_glossary("People")
