import re

import duckdb
import pytest

from primum.integrations.expectations_regex import translated

TEXTS = [
    "",
    "a",
    "A1",
    "a\n",
    "a-b",
    "ordered",
    "Ordered now",
    "disordered",
    "ab" * 32,
    "a.b",
    "x\\y",
    "7_",
    "\n",
    "aab",
]
SAID = [
    r"^[0-9a-f]{64}\Z",
    r"(?i)\b(diagnosis is|ordered)\b",
    r"^a",
    r"a$",
    r"^(a|b)+?$",
    r"[^a-z0-9]",
    r"\d\w?",
    r".{3,}",
    r"a.b",
    r"a\.b|\\",
    r"^$",
    r"(?:a|)b",
]


@pytest.mark.parametrize("pattern", SAID)
def test_a_pattern_means_to_a_database_what_it_means_to_python(pattern):
    theirs = translated(pattern, boundary=r"\b")

    found = [duckdb.execute("SELECT regexp_matches(?, ?)", [text, theirs]).fetchall()[0][0] for text in TEXTS]

    assert found == [re.search(pattern, text) is not None for text in TEXTS]


@pytest.mark.parametrize(
    "pattern",
    [
        r"\s",
        r"(a)\1",
        r"a(?=b)",
        r"(?<!a)b",
        "\u00e9",
        r"a{300}",
        r"(?x) a",
        r"(?m)^a$",
        r"a$b",
        r"\Ba",
        "(",
        r"(?i:a)",
    ],
)
def test_a_pattern_that_databases_read_otherwise_is_left_to_python(pattern):
    assert translated(pattern, boundary=r"\b") is None


def test_postgresql_writes_the_end_of_a_word_in_its_own_way():
    assert translated(r"\bab\b", boundary=r"\y") == r"\yab\y"
