"""Every row of the oracle file that `PRIMUM_ORACLES` names (default: the shipped copy) is reproduced."""

import json
import os
from pathlib import Path

import pytest

from tests.oracles import comparing, families

SHIPPED = Path(__file__).parent / "statistics.json"
NAMED = Path(os.environ.get("PRIMUM_ORACLES", SHIPPED))
ROWS = json.loads(NAMED.read_text())["rows"]
SHIPPED_ROWS = json.loads(SHIPPED.read_text())["rows"]


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["family"] in families.REPRODUCED], ids=lambda row: row["id"]
)
def test_a_reference_number_is_reproduced(row):
    ours = comparing.answer(row, rows=ROWS)

    assert comparing.differences(row, ours) == []


OWN_ROWS = [
    row for file in sorted((Path(__file__).parent / "own").glob("*.json")) for row in json.loads(file.read_text())
]


@pytest.mark.parametrize("row", OWN_ROWS, ids=lambda row: row["id"])
def test_a_number_of_another_tool_is_reproduced(row):
    ours = comparing.answer(row, rows=ROWS)

    assert comparing.differences(row, ours) == []


def test_every_family_is_reproduced_or_listed_as_not_yet():
    shipped = {row["family"] for row in SHIPPED_ROWS}

    assert shipped <= set(families.REPRODUCED) | families.NOT_YET
    assert not set(families.REPRODUCED) & families.NOT_YET


def test_the_named_file_holds_no_family_that_nobody_knows():
    named = {row["family"] for row in ROWS}

    assert named <= set(families.REPRODUCED) | families.NOT_YET


def test_a_wrong_number_is_noticed():
    row = SHIPPED_ROWS[0]

    ours = comparing.answer(row, rows=SHIPPED_ROWS)
    ours["critical_values"] = [value + 1e-5 for value in ours["critical_values"]]

    assert comparing.differences(row, ours)


def test_a_number_nobody_gives_is_noticed():
    row = SHIPPED_ROWS[0]

    assert len(comparing.differences(row, {})) == len(row["expect"])
