"""YAML that is broken or hostile: refused quickly, with a place and a sentence; never half read."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.integrations.configuration import ConfigurationRefused, load_sites
from primum.integrations.written import LARGEST_FILE, Unreadable, text_of
from primum.integrations.yaml_tree import tree_of

title = "Broken and hostile YAML"
TYPED = "ab:-[]{},\"'\\&*!|>#%@`? \n\t01xuU.~<="
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "column", "sentence"),
    [
        ("a: 1\n---\nb: 2\n", 2, 1, "A second document begins here"),
        ("a:\n\t- 1\n", 2, 1, "This line begins with a tab"),
        ("a: [1, 2", 1, 9, "opened with [ and never closed"),
        ("a: b: c", 1, 5, "a colon stands where none may"),
        ("a: 'x\n", 2, 1, "a quote is opened and never closed"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "the indentation does not match"),
        ("a: \x07", 1, 4, "A control character"),
        ("", 1, 1, "The file is empty"),
        ("# only a remark\n", 1, 1, "The file is empty"),
        ("a: *b\n", 1, 4, "not written above it"),
        ("a: &a [*a]\n", 1, 8, "stands inside what it refers to"),
        ("? [a]\n: 1\n", 1, 3, "A key is one word"),
        (BOMB, 6, 4, "Its aliases repeat so much"),
        (f"a: &a {'x' * 200_000}\nb: [{'*a,' * 50}]\n", 2, 4, "Its aliases repeat so much"),
        ("[" * 40, 1, 33, "nested deeper than 32 levels"),
        (f"a: [{'1,' * 30_000}]", 1, 39_995, "more than 20,000 parts"),
        ('a: "\\UFFFFFFFF"', 1, 1, "an escape that stands for no character"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, line, column, sentence):
    with pytest.raises(Unreadable) as caught:
        tree_of(text)

    problem = caught.value.problem
    assert sentence in problem.sentence
    assert (problem.line, problem.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "line", "column", "sentence"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, 3, "`c` stands here a second time; the first is in line 3, column 3"),
        ("a: 1\n'a': 2\n", 2, 1, "`a` stands here a second time"),
        ("a: {b: 1}\n<<: {c: 1}\n", 2, 1, "Merge keys (<<) are not read here"),
        ("a: !!python/object/apply:os.system [x]\n", 1, 4, "The tag"),
        ("a: .nan\n", 1, 4, ".nan is no number"),
        ("a: 1e999\n", 1, 4, "1e999 is no number"),
        (f"a: {'9' * 6000}\n", 1, 4, "is no number"),
    ],
)
def test_what_cannot_stay_is_told_with_the_rest(text, line, column, sentence):
    _, problems = tree_of(text)

    assert [(problem.line, problem.column) for problem in problems] == [(line, column)]
    assert sentence in problems[0].sentence


def test_a_repeated_key_never_wins_over_the_first():
    tree, problems = tree_of("seats: 2\nseats: 0\n")

    assert tree.value == {"seats": 2}
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("1_000", "1_000"),
        ("010", 10),
        ("true", True),
        ("~", None),
        ("2.50", 2.5),
        ("'2.50'", "2.50"),
    ],
)
def test_words_stay_words_as_in_yaml_1_2(written, value):
    tree, _ = tree_of(f"a: {written}\n")

    assert tree.value == {"a": value}


def test_a_key_is_read_as_it_is_written():
    tree, _ = tree_of("values: {0: a, true: b, 1.0: c}\n")

    assert tree.value == {"values": {"0": "a", "true": "b", "1.0": "c"}}


def test_an_anchor_within_bounds_is_read():
    tree, problems = tree_of("a: &usual [x, y]\nb: *usual\n")

    assert tree.value == {"a": ["x", "y"], "b": ["x", "y"]}
    assert problems == ()


def test_a_file_of_more_than_256_kilobytes_is_refused_before_it_is_parsed(tmp_path):
    (tmp_path / "large.yaml").write_bytes(b"#" * (LARGEST_FILE + 1))

    with pytest.raises(ConfigurationRefused, match="larger than 256 KB"):
        load_sites(tmp_path / "large.yaml")


def test_text_that_is_not_utf_8_is_refused_where_it_stops(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("a: 1\nb: Zürich\n".encode("latin-1"))

    with pytest.raises(ConfigurationRefused, match=r"latin.yaml:2:5: .*not UTF-8"):
        load_sites(tmp_path / "latin.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    (tmp_path / "marked.yaml").write_bytes(b"\xef\xbb\xbfsites: []\n")

    assert tree_of(text_of(tmp_path / "marked.yaml"))[0].value == {"sites": []}


@pytest.mark.parametrize("name", ["absent.yaml", ".", "pipe"])
def test_what_is_no_file_is_refused_at_once(name, tmp_path):
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(ConfigurationRefused, match="There is no file"):
        load_sites(tmp_path / name)


@pytest.mark.parametrize("text", ["a: " + "[" * 250_000, "{" * 250_000, "- " * 120_000, "a: [" + "1," * 120_000, BOMB])
def test_a_hostile_file_costs_seconds_at_most(text):
    begun = time.perf_counter()

    with pytest.raises(Unreadable):
        tree_of(text)

    assert time.perf_counter() - begun < 10


def read_or_refused(text: str) -> tuple[int, int, str]:
    try:
        tree, _ = tree_of(text)
    except Unreadable as refusal:
        return refusal.problem.line, refusal.problem.column, refusal.problem.sentence
    return tree.line, tree.column, "."


@given(st.one_of(st.text(alphabet=TYPED, max_size=60), st.text(max_size=40)))
def test_whatever_is_typed_is_read_or_refused_and_never_breaks(text):
    line, column, sentence = read_or_refused(text)

    assert line >= 1
    assert column >= 1
    assert sentence.endswith(".")
