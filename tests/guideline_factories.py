"""Guidelines small enough to be read in a test."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from primum.integrations.configuration import load_guideline
from primum.roadmap.guidelines import Guideline
from primum.settings import shipped

SYSTOLIC = {"name": "systolic", "words": "systolic", "unit": "mmHg", "whole": True}
AGE = {"name": "age_years", "words": "age", "unit": "years", "whole": True}
RISK = {"name": "risk", "words": "risk", "levels": {"high": "at high risk", "usual": "not at high risk"}}
ADULT = {"field": "age_years", "operator": "at_least", "value": 18}


def before_2025() -> Guideline:
    """The shipped 140/90 version."""
    return load_guideline(shipped("config") / "guidelines" / "hypertension-before-2025.yaml")


def of_2025() -> Guideline:
    """The shipped version with 130/80 at high risk."""
    return load_guideline(shipped("config") / "guidelines" / "hypertension-2025.yaml")


def for_everybody() -> Guideline:
    """The version of 2025 as a service follows it that counts all its patients as at high risk."""
    rules = of_2025().model_dump(mode="json")["rules"]
    return changed_copy(of_2025(), version="2025-all", rules=rules[:1])


def changed_copy(guideline: Guideline, **changes: object) -> Guideline:
    """A guideline with some of its keys written otherwise."""
    return Guideline.model_validate({**guideline.model_dump(mode="json"), **changes})


def guideline(
    *,
    version: str = "1",
    fields: Sequence[dict[str, Any]] = (AGE, SYSTOLIC, RISK),
    population: dict[str, Any] = ADULT,
    rules: Sequence[tuple[str, dict[str, Any]]] = (
        ("at-target", {"field": "systolic", "operator": "less_than", "value": 140}),
    ),
    otherwise: str = "above",
    published_on: date = date(2025, 1, 1),
) -> Guideline:
    """A guideline with these rules."""
    return Guideline.model_validate(
        {
            "id": "pressure",
            "version": version,
            "issuer": "Society",
            "title": "Blood pressure",
            "published_on": published_on,
            "effective_on": published_on,
            "source": {"file": "local", "words": "made up for a test"},
            "fields": list(fields),
            "population": {"words": "adults", "where": population},
            "rules": [{"label": label, "when": when} for label, when in rules],
            "otherwise": otherwise,
        }
    )


def compare(field: str, operator: str, value: int | str) -> dict[str, Any]:
    """One comparison as it is written."""
    return {"field": field, "operator": operator, "value": value}


def nhanes(*, grown_up: bool = False) -> dict[str, Any]:
    """The columns of the reference sample that the guidelines ask for; nobody's risk is known."""
    table = pd.read_parquet(Path(__file__).parent / "oracles" / "data" / "nhanes_bp_2017_2018.parquet")
    kept = table[table.age >= 20] if grown_up else table
    return {
        "age_years": kept.age.to_numpy(),
        "systolic": kept.sbp_mean.to_numpy(),
        "diastolic": kept.dbp_mean.to_numpy(),
    }
