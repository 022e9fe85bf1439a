"""The tables of a guideline change: labels exactly as the versions give them, and a part to learn from."""

from fractions import Fraction

import pandas as pd
import pytest

from primum.integrations import change_files
from primum.integrations.change_files import CasesRefused
from primum.integrations.configuration import load_guideline
from primum.settings import shipped

FACTS = {"age_years": "age", "risk": "risk", "systolic": "systolic", "diastolic": "diastolic"}


@pytest.fixture(scope="module")
def versions():
    folder = shipped("config") / "guidelines"
    return {
        "old": load_guideline(folder / "hypertension-before-2025.yaml"),
        "new": load_guideline(folder / "hypertension-2025.yaml"),
    }


@pytest.fixture(scope="module")
def readings():
    return pd.read_parquet(shipped("examples") / "hypertension-advice" / "data" / "cases.parquet")


def test_1083_labels_of_the_survey_change_from_140_90_to_130_80(readings, versions):
    rows = change_files.labelled(readings, facts=FACTS, positive=("above",), **versions)

    assert len(rows) == 4996
    assert (rows.reference_before.sum(), rows.reference.sum()) == (1236, 2319)
    assert (rows.reference != rows.reference_before).sum() == 1083


def test_a_reading_on_the_limit_is_above_it_and_a_missing_one_has_no_label(versions):
    given = pd.DataFrame(
        {
            "case_id": ["on", "under", "missing", "child"],
            "age": [50, 50, 50, 12],
            "risk": "high",
            "systolic": [130.0, 129.99999999, None, 200.0],
            "diastolic": [70.0, 79.99999999, 70.0, 100.0],
        }
    )

    rows = change_files.labelled(given, facts=FACTS, positive=("above",), **versions)

    assert list(zip(rows.case_id, rows.reference, strict=True)) == [("on", 1), ("under", 0)]


def test_which_cases_are_learnt_from_is_the_same_every_time_and_about_as_many_as_asked():
    drawn = [change_files.learns_from(str(case), seed=1, share=Fraction(1, 5)) for case in range(20_000)]

    assert drawn == [change_files.learns_from(str(case), seed=1, share=Fraction(1, 5)) for case in range(20_000)]
    assert 3_800 < sum(drawn) < 4_200


def test_a_trainer_sees_no_label_of_the_cases_it_is_compared_on(readings, versions, tmp_path):
    rows = change_files.labelled(readings.head(500), facts=FACTS, positive=("above",), **versions)

    training, cases, ids = change_files.divided(
        rows, inputs=["systolic", "age"], seed=1, share=Fraction(1, 5), folder=tmp_path
    )

    assert list(pd.read_parquet(training).columns) == ["systolic", "age", "label"]
    assert list(pd.read_parquet(cases).columns) == ["case_id", "systolic", "age"]
    assert len(ids) + len(pd.read_parquet(training)) == 500


def test_an_altered_file_is_refused(tmp_path):
    path = change_files.written(pd.DataFrame({"case_id": ["a"]}), tmp_path / "labelled.parquet")

    with pytest.raises(CasesRefused, match="is gone or was altered"):
        change_files.read(path, digest="sha256:other")


def test_a_fact_that_is_no_number_is_refused_without_its_value(versions):
    given = pd.DataFrame({"case_id": ["a"], "age": [50], "risk": ["high"], "systolic": ["CANARY"], "diastolic": [70]})

    with pytest.raises(CasesRefused, match="is to be a number is none") as refused:
        change_files.labelled(given, facts=FACTS, positive=("above",), **versions)

    assert "CANARY" not in str(refused.value)
