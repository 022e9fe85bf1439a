"""The readings of four hospitals: the raw table is stopped, the cleaned one passes."""

import importlib.util

import pyarrow.parquet as pq
import pytest

from primum.roadmap.verdicts import Outcome
from primum.settings import shipped
from tests import table_factories as tables
from tests.table_factories import by_id

BASE = shipped("examples") / "cardiac-second-opinion"
COLUMNS = {"unit_id": "id", **{name: name for name in ("site", "age", "sex", "trestbps", "chol", "thalch")}}


def readings(source):
    return tables.evidence("inputs", columns=COLUMNS, source=source, suites=("expectations/heart-inputs.json",))


def test_the_raw_readings_are_stopped_by_172_cholesterols_and_one_blood_pressure_of_0():
    said = tables.check(readings("data/heart_uci_4site.parquet"), BASE)

    found = {result.id: result.unexpected for result in said.results if result.outcome is not Outcome.PASS}
    assert said.outcome is Outcome.FAIL
    assert said.rows == 920
    assert found == {"heart.cholesterol-possible": 172, "heart.blood-pressure-possible": 1}


def test_the_cleaned_readings_pass():
    said = tables.check(readings("data/heart_inputs_cleaned.parquet"), BASE)

    assert said.outcome is Outcome.PASS
    assert by_id(said)["heart.cholesterol-possible"].evaluated == 718


@pytest.mark.parametrize("name", ["chol", "trestbps"])
def test_cleaning_makes_zeros_missing_and_changes_nothing_else(name):
    script = importlib.util.spec_from_file_location("clean", BASE / "data" / "clean.py")
    clean = importlib.util.module_from_spec(script)
    script.loader.exec_module(clean)
    raw = pq.read_table(BASE / "data" / "heart_uci_4site.parquet")

    cleaned = clean.cleaned(raw)

    assert cleaned.equals(pq.read_table(BASE / "data" / "heart_inputs_cleaned.parquet"))
    assert [one for one in raw[name].to_pylist() if one] == [
        one for one in cleaned[name].to_pylist() if one is not None
    ]
    others = [column for column in raw.column_names if column not in clean.NEVER_ZERO]
    assert cleaned.select(others).equals(raw.select(others))
