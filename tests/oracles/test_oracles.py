"""Every row of the oracle file that `PRIMUM_ORACLES` names (default: the shipped copy) is reproduced."""

import json
import os
from pathlib import Path

import pytest

from tests.oracles import comparing, families

SHIPPED = Path(__file__).parent / "statistics.json"
NAMED = Path(os.environ.get("PRIMUM_ORACLES", SHIPPED))
ROWS = json.loads(NAMED.read_text())["rows"]
INFINITE = float("inf")
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


@pytest.mark.parametrize("written", [None, "nan", "NaN", "NA", "undefined", float("nan")])
def test_no_number_is_expected_in_every_spelling(written):
    row = SHIPPED_ROWS[0] | {"expect": {"p": written}}

    assert comparing.differences(row, {"p": None}) == []
    assert comparing.differences(row, {"p": 0.5})


@pytest.mark.parametrize(("written", "ours"), [("inf", INFINITE), ("Inf", None), (INFINITE, None), ("-Inf", -INFINITE)])
def test_a_number_without_end_is_expected_in_every_spelling(written, ours):
    row = SHIPPED_ROWS[0] | {"expect": {"upper": written}}

    assert comparing.differences(row, {"upper": ours}) == []
    assert comparing.differences(row, {"upper": 0.5})


def test_inputs_are_read_in_any_order_and_spelling():
    row = next(row for row in SHIPPED_ROWS if row["id"] == "gs-OF-k2-a050-s2")
    spelt = {"information_rates": [0.5, 1.0], "kmax": 2.0, "type": "OF", "sided": "two", "alpha": 0.05, "gamma": None}

    ours = comparing.answer(row | {"input": spelt}, rows=SHIPPED_ROWS)

    assert comparing.differences(row, ours) == []


def test_what_a_row_leaves_out_is_what_its_tool_takes():
    row = next(row for row in SHIPPED_ROWS if row["id"] == "n2p-0.85-0.92-0.8-0.05")

    ours = comparing.answer(row | {"input": {"p1": 0.85, "p2": 0.92}}, rows=SHIPPED_ROWS)

    assert comparing.differences(row, ours) == []
