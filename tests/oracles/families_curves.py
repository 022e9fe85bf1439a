"""Oracle families on scores, readers, drift, balance and relabelling: the row's inputs in, our numbers out."""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.intervals import Group, Interval
from primum.evidence.scores import (
    calibration,
    calibration_error,
    decision_curves,
    reader_tests,
    readers,
    roc,
    roc_curve,
    verification,
)
from primum.evidence.scores.area_intervals import delong_interval
from tests.oracles import datasets
from tests.oracles.stated import confidence

Inputs = Mapping[str, object]
Numbers = dict[str, object]


def _ends(interval: Interval) -> list[float]:
    return [interval.lower, interval.upper]


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
        "ci95": _ends(delong_interval(found, confidence=confidence(given))),
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
    histogram, level = ScoreHistogram.from_scores(scores=scores, positive=positive), confidence(given)
    line = calibration.line(histogram, confidence=level)
    large = calibration.in_the_large(histogram, confidence=level)
    return {
        "n": histogram.n,
        "brier": calibration.brier(histogram, confidence=level).value,
        "calibration_slope": line.slope.value,
        "calibration_slope_se": line.slope.error,
        "calibration_slope_ci95": _ends(line.slope.interval),
        "calibration_intercept_joint": line.intercept.value,
        "calibration_intercept_joint_se": line.intercept.error,
        "calibration_in_the_large": large.value,
        "calibration_in_the_large_se": large.error,
        "calibration_in_the_large_ci95": _ends(large.interval),
        "observed_over_expected": calibration.observed_over_expected(histogram, confidence=level).value,
    }


def partial_auroc(given: Inputs) -> Numbers:
    scores, positive = scored(given)
    histogram = ScoreHistogram.from_scores(scores=scores, positive=positive)
    return {
        "partial_auc": roc_curve.partial_area(histogram, least_specificity=given["specificity"]),
        "sensitivity": roc_curve.sensitivity_at(histogram, specificity=given["specificity"]),
    }


def calibration_error_of(given: Inputs) -> Numbers:
    histogram = ScoreHistogram.from_scores(
        scores=np.array(given["scores"], dtype=np.float64), positive=np.array(given["labels"], dtype=bool)
    )
    found = calibration_error.calibration_error(histogram, confidence=confidence(given), bins=given["bins"])
    return {name: getattr(found, name) for name in ("plain", "debiased", "squared", "squared_debiased")}


def net_benefit(given: Inputs) -> Numbers:
    threshold = Fraction(given["threshold"])
    if "tp" in given:
        tp, fp, n = given["tp"], given["fp"], given["n"]
        cases = decision_curves.Flagged(true_positives=tp, false_positives=fp, positives=tp, negatives=n - tp)
    else:
        scores, positive = scored(given)
        histogram = ScoreHistogram.from_scores(scores=scores, positive=positive)
        cases = decision_curves.flagged(histogram, threshold=threshold)
    return {
        "net_benefit": decision_curves.net_benefit(cases, threshold=threshold, confidence=confidence(given)).value,
        "net_benefit_all": decision_curves.treat_all(cases, threshold=threshold, confidence=confidence(given)).value,
    }


def _figures(given: Inputs) -> readers.Figures:
    table = datasets.read(given["dataset"])
    study = readers.readings(
        modality=table["modality"].astype(str).tolist(),
        reader=table["reader"].astype(str).tolist(),
        case=table["case"].astype(str).tolist(),
        positive=(table["truth"] == 1).to_numpy(),
        rating=table["rating"].to_numpy(dtype=np.float64),
    )
    if given["endpoint"] == "area":
        return readers.areas(study)
    endpoint = {"sensitivity": readers.sensitivities, "specificity": readers.specificities}[given["endpoint"]]
    return endpoint(study, threshold=given["threshold"])


def mrmc(given: Inputs) -> Numbers:
    figures = _figures(given)
    squares = reader_tests.mean_squares(figures)
    general = reader_tests.random_readers_random_cases(figures, confidence=confidence(given))
    these_readers = reader_tests.fixed_readers(figures, confidence=confidence(given))
    these_cases = reader_tests.fixed_cases(figures, confidence=confidence(given))
    first, second, third = figures.covariances
    return {
        "auc_alone": figures.values[0].tolist(),
        "auc_with": figures.values[1].tolist(),
        "var": figures.variance,
        "cov1": first,
        "cov2": second,
        "cov3": third,
        "ms_t": squares.modality,
        "ms_tr": squares.both,
        "difference": general.differences[0].value,
        "f_random": general.statistic,
        "ddf_random": general.degrees[1],
        "p_random": general.p,
        "ci95_random": _ends(general.differences[0].interval),
        "chi2_fixed_readers": these_readers.statistic,
        "p_fixed_readers": these_readers.p,
        "ci95_fixed_readers": _ends(these_readers.differences[0].interval),
        "f_fixed_cases": these_cases.statistic,
        "p_fixed_cases": these_cases.p,
    }


def verification_bias(given: Inputs) -> Numbers:
    flagged, cleared = (
        verification.Flag(cases=cases, verified=Group(events=positive, n=verified))
        for cases, positive, verified in (given["flagged"], given["cleared"])
    )
    found = verification.begg_greenes(flagged=flagged, cleared=cleared, confidence=confidence(given))
    return {"sensitivity": found.sensitivity.value, "specificity": found.specificity.value}


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "auroc_delong": auroc_delong,
    "auroc_delong_paired": auroc_delong_paired,
    "auroc_delong_unpaired": auroc_delong_unpaired,
    "calibration": calibration_of,
    "calibration_error": calibration_error_of,
    "partial_auroc": partial_auroc,
    "net_benefit": net_benefit,
    "mrmc": mrmc,
    "verification_bias": verification_bias,
}
"""Family -> the function that answers its rows."""
