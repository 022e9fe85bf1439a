"""Oracle families on scores, readers, drift, balance and relabelling: the row's inputs in, our numbers out."""

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from primum.evidence import calibration, roc
from primum.evidence.area_intervals import delong_interval
from primum.evidence.histograms import ScoreHistogram
from primum.evidence.intervals import Interval
from tests.oracles import datasets

Inputs = Mapping[str, object]
Numbers = dict[str, object]


def _ends(interval: Interval) -> list[float]:
    return [interval.lower, interval.upper]


def _confidence(given: Inputs) -> float:
    return 1 - given.get("alpha", 0.05)


CONDITION = re.compile(r"^\s*(\w+)\s*(==|>=|<=|!=|>|<|=)\s*(.+?)\s*$")
BETWEEN = re.compile(r"^\s*([\d.]+)\s*(<=|<)\s*(\w+)\s*(<=|<)\s*([\d.]+)\s*$")
COMPARE: Mapping[str, Callable[[pd.Series, object], pd.Series]] = {
    "==": lambda column, value: column == value,
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    ">=": lambda column, value: column >= value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    "<": lambda column, value: column < value,
}


def filtered(table: pd.DataFrame, condition: object) -> pd.DataFrame:
    """Rows under a condition such as ``{"site": "Cleveland"}``, ``age>=20, sex==Male`` or ``20<=age<=39``."""
    if not condition:
        return table
    if isinstance(condition, Mapping):
        for column, value in condition.items():
            table = table[table[column].isin(value if isinstance(value, list) else [value])]
        return table
    for part in re.split(r",|\band\b|&", str(condition)):
        table = _under(table, part)
    return table


def _under(table: pd.DataFrame, part: str) -> pd.DataFrame:
    if found := BETWEEN.match(part):
        low, first, column, second, high = found.groups()
        kept = COMPARE[first.replace("<", ">")](table[column], float(low))
        return table[kept & COMPARE[second](table[column], float(high))]
    column, compare, text = CONDITION.match(part).groups()
    numeric = pd.api.types.is_numeric_dtype(table[column])
    return table[COMPARE[compare](table[column], float(text) if numeric else text.strip("'\""))]


POSITIVE = {"outcome": "Poor"}


def _reference(table: pd.DataFrame, given: Inputs) -> np.ndarray:
    label = given.get("label") or ("disease" if "disease" in table else "outcome")
    positive = given.get("positive", POSITIVE.get(label, 1))
    return (table[label] == positive).to_numpy()


def scored(given: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Scores and references of a row's data set, without rows that lack either."""
    table = filtered(datasets.read(given["dataset"]), given.get("filter"))
    marker = given.get("marker") or given.get("score") or "p_model"
    scores = table[marker].to_numpy(dtype=np.float64)
    known = ~np.isnan(scores)
    sign = -1.0 if str(given.get("direction", "")).startswith("lower") else 1.0
    return sign * scores[known], _reference(table, given)[known]


def _area(given: Inputs) -> roc.Area:
    scores, positive = scored(given)
    return roc.area(ScoreHistogram.from_scores(scores=scores, positive=positive))


def auroc_delong(given: Inputs) -> Numbers:
    found = _area(given)
    return {
        "n": found.positives + found.negatives,
        "auc": found.value,
        "var_delong": found.variance,
        "ci95": _ends(delong_interval(found, confidence=_confidence(given))),
    }


def auroc_delong_paired(given: Inputs) -> Numbers:
    table = filtered(datasets.read(given["dataset"]), given.get("filter"))
    table = table.dropna(subset=[given["marker_a"], given["marker_b"]])
    positive = _reference(table, given).astype(np.int64)
    pairs = roc.ScoredTwice(
        first=table[given["marker_a"]].to_numpy(dtype=np.float64),
        second=table[given["marker_b"]].to_numpy(dtype=np.float64),
        positives=positive,
        negatives=1 - positive,
    )
    first, second, _ = roc.paired_areas(pairs)
    test = roc.paired_test(pairs, alternative=given.get("alternative", "two-sided"))
    return {"auc_a": first.value, "auc_b": second.value, "z": test.statistic, "p": test.p, "ci95": _ends(test.interval)}


def auroc_delong_unpaired(given: Inputs) -> Numbers:
    column = next((name.removesuffix("_a") for name in given if name.endswith("_a")), "site")
    areas = {
        f"{side}": _area({**given, "filter": {column: given[f"{column}_{name}"]}})
        for side, name in (("first", "a"), ("second", "b"))
    }
    welch = roc.unpaired_test(**areas)
    normal = roc.unpaired_test(**areas, reference="normal")
    return {
        "auc_a": areas["first"].value,
        "auc_b": areas["second"].value,
        "d": welch.statistic,
        "df_welch": welch.degrees,
        "p_t": welch.p,
        "z_normal": normal.statistic,
        "p_normal": normal.p,
    }


def calibration_of(given: Inputs) -> Numbers:
    scores, positive = scored(given)
    histogram, confidence = ScoreHistogram.from_scores(scores=scores, positive=positive), _confidence(given)
    line = calibration.line(histogram, confidence=confidence)
    large = calibration.in_the_large(histogram, confidence=confidence)
    return {
        "n": histogram.n,
        "brier": calibration.brier(histogram, confidence=confidence).value,
        "calibration_slope": line.slope.value,
        "calibration_slope_se": line.slope.error,
        "calibration_slope_ci95": _ends(line.slope.interval),
        "calibration_intercept_joint": line.intercept.value,
        "calibration_intercept_joint_se": line.intercept.error,
        "calibration_in_the_large": large.value,
        "calibration_in_the_large_se": large.error,
        "calibration_in_the_large_ci95": _ends(large.interval),
        "observed_over_expected": calibration.observed_over_expected(histogram, confidence=confidence).value,
    }


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "auroc_delong": auroc_delong,
    "auroc_delong_paired": auroc_delong_paired,
    "auroc_delong_unpaired": auroc_delong_unpaired,
    "calibration": calibration_of,
}
"""Family -> the function that answers its rows."""
