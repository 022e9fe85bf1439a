"""The Data Docs of Great Expectations: on request, with counts and nothing else."""

import json
import re

import pytest

from primum.integrations import expectations
from primum.integrations.expectations import suites_dir
from tests import factories
from tests import table_factories as tables

EVIL = [
    {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "site", "value_set": ["North"]}},
    {"type": "expect_column_most_common_value_to_be_in_set", "kwargs": {"column": "site", "value_set": ["North"]}},
    {"type": "expect_column_distinct_values_to_be_in_set", "kwargs": {"column": "unit_id", "value_set": ["P1"]}},
    {"type": "expect_column_max_to_be_between", "kwargs": {"column": "event", "max_value": 1}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "site", "min_value": 1}},
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of a trial in which every row holds a planted value."""
    folder = tmp_path_factory.mktemp("docs")
    rows = [row | {"site": tables.PLANTED, "event": "77310077"} for row in tables.trial_rows(6, unit_id=tables.PLANTED)]
    tables.write(folder, rows)
    rules = [
        rule | {"notes": "Made for a test.", "meta": {"id": f"own.rule{at}", "requirements": []}}
        for at, rule in enumerate(EVIL)
    ]
    (folder / "own.json").write_text(json.dumps({"name": "own", "expectations": rules}))
    first = expectations.data_docs(
        evidence=tables.trial(),
        frame=tables.frame_of(tables.trial(), folder),
        suites_dir=suites_dir(),
        extra=(folder / "own.json",),
        out=folder / "docs",
        at=factories.MORNING,
    )
    return first, {path: path.read_text() for path in (folder / "docs").rglob("*.html")}


def test_there_is_a_first_page_a_page_of_the_suite_and_one_of_the_results(pages):
    first, texts = pages

    assert first in texts
    assert len(texts) == 3
    assert any("Made for a test." in text for text in texts.values())
    assert any("guard" in text or "The table has rows." in text for text in texts.values())


def test_no_page_shows_a_value_of_a_row(pages):
    _, texts = pages

    for text in texts.values():
        assert tables.PLANTED not in text
        assert "77310077" not in text
        assert "77,310,077" not in text


def test_opening_a_page_asks_no_other_host(pages):
    _, texts = pages

    for text in texts.values():
        assert not re.search(r"<(script|img|iframe)\b[^>]*\bsrc=.https?:", text)
        assert not re.search(r"<link\b[^>]*\bhref=.https?:", text)
        assert not re.search(r"@import|url\(.?https?:", text)
