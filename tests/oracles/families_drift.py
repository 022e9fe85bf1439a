"""Oracle families on what changed: drift, balance at baseline, relabelling by a guideline, agreement of readers."""

import re
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from primum.evidence.counts.moments import Moments
from primum.evidence.intervals import Group
from primum.evidence.scores import agreement, drift, relabelling
from primum.evidence.scores.relabelling import Condition, ThresholdRule
from primum.evidence.trials import balance
from tests.oracles import datasets
from tests.oracles.families_curves import filtered
from tests.oracles.stated import confidence

Inputs = Mapping[str, object]
Numbers = dict[str, object]


def _two_samples(given: Inputs) -> tuple[pd.Series, pd.Series]:
    """The variable in the reference and the current sample, which a row names or its title tells."""
    table = filtered(datasets.read(given["dataset"]), given.get("filter"))
    named = (given.get("reference"), given.get("current"))
    if None in named:
        named = sorted((site for site in table["site"].unique() if site in given["title"]), key=given["title"].index)
    column = next(name for name in table if set(named) <= set(table[name]))
    variable = table[given.get("variable", "p_model")]
    return tuple(variable[table[column] == one].dropna() for one in named)


PIECE = re.compile(r"([(\[])\s*([^,\s]+)\s*,\s*([^)\]\s]+)\s*([)\]])")


def _counts_between(values: np.ndarray, pieces: str) -> list[int]:
    counts = []
    for opened, low, high, closed in PIECE.findall(pieces):
        above = values >= float(low) if opened == "[" else values > float(low)
        below = values <= float(high) if closed == "]" else values < float(high)
        counts.append(int((above & below).sum()))
    return counts


def drift_statistics(given: Inputs) -> Numbers:
    reference, current = _two_samples(given)
    if not pd.api.types.is_numeric_dtype(reference) or pd.api.types.is_bool_dtype(reference):
        return _of_categories(reference.astype(str), current.astype(str))
    samples = [sample.to_numpy(dtype=np.float64) for sample in (reference, current)]
    points, one, other = drift.counts_at_shared_points(*samples)
    found = drift.kolmogorov_smirnov(one, other)
    numbers: Numbers = {
        "ks_statistic": found.statistic,
        "ks_p_asymptotic": found.p,
        "wasserstein": drift.wasserstein(one, other, points=points),
    }
    if "psi_edges" in given:
        counts = [_counts_between(sample, given["psi_edges"]) for sample in samples]
        numbers |= {"psi": drift.stability_index(*counts), "counts_reference": counts[0], "counts_current": counts[1]}
    return numbers


def _of_categories(reference: pd.Series, current: pd.Series) -> Numbers:
    categories = sorted(set(reference) | set(current))
    table = [[int((sample == one).sum()) for one in categories] for sample in (reference, current)]
    found = drift.association(table)
    return {
        "categories": categories,
        "table": table,
        "chi2": found.test.statistic,
        "df": found.test.degrees,
        "p": found.test.p,
        "cramers_v": found.cramers_v,
        "psi": drift.stability_index(*table),
        "jensen_shannon_distance": drift.jensen_shannon(*table) ** 0.5,
    }


ARMS = ("arm", "treat")
COMPARED_WITH = frozenset({"control", "placebo", "usual care", "P", "0"})


def baseline_balance(given: Inputs) -> Numbers:
    table = filtered(datasets.read(given["dataset"]), given.get("filter"))
    column = next(name for name in ARMS if name in table)
    control, *others = sorted(table[column].unique(), key=lambda arm: str(arm) not in COMPARED_WITH)
    arms = [table.loc[table[column] == arm, given["variable"]].dropna() for arm in (others[0], control)]
    if "value" in given:
        groups = [Group(events=int((arm == given["value"]).sum()), n=len(arm)) for arm in arms]
        smd = balance.difference_of_shares(first=groups[0], second=groups[1], confidence=confidence(given)).value
        return {"smd": smd, **_by_arm("p", (groups[0].p, groups[1].p), (others[0], control))}
    moments = [_moments(arm.to_numpy(dtype=np.float64)) for arm in arms]
    smd = balance.difference_of_means(first=moments[0], second=moments[1], confidence=confidence(given)).value
    return {"smd": smd, **_by_arm("mean", (moments[0].mean, moments[1].mean), (others[0], control))}


def _by_arm(name: str, values: tuple[float, float], arms: tuple[object, object]) -> Numbers:
    """Both values under the words of OPT, and under the arms' own."""
    words = (("intervention", "control"), arms)
    return {f"{name}_{word}": value for pair in words for word, value in zip(pair, values, strict=True)}


def _moments(values: np.ndarray) -> Moments:
    return Moments(
        n=len(values), total=float(values.sum()), mean=float(values.mean()), variance=float(values.var(ddof=1))
    )


def _pressure(systolic: float, diastolic: float) -> ThresholdRule:
    return ThresholdRule(
        any_of=(
            Condition(column="sbp_mean", operator="at_least", value=systolic),
            Condition(column="dbp_mean", operator="at_least", value=diastolic),
        )
    )


def guideline_relabel(given: Inputs) -> Numbers:
    table = filtered(datasets.read(given["dataset"]), given.get("filter"))
    values = {name: table[name].to_numpy(dtype=np.float64) for name in ("sbp_mean", "dbp_mean")}
    old, new = given.get("old", (140, 90)), given.get("new", (130, 80))
    found = relabelling.relabelled(old=_pressure(*old), new=_pressure(*new), values=values)
    return {
        "n": found.n,
        "old_positive": found.old_positive,
        "new_positive": found.new_positive,
        "changed_label": found.changed,
        "old_rate": found.old.p,
        "new_rate": found.new.p,
    }


def reader_agreement(given: Inputs) -> Numbers:
    found = {
        weights: agreement.cohen(given["table"], weights=weights, confidence=confidence(given))
        for weights in ("none", "linear", "quadratic")
    }
    numbers: Numbers = {"observed_agreement": found["none"].observed, "n": found["none"].subjects}
    for shown, one in (("unweighted", found["none"]), ("linear", found["linear"]), ("quadratic", found["quadratic"])):
        numbers |= {
            f"kappa_{shown}": one.value,
            f"ase_{shown}": one.error,
            f"ci95_{shown}": [one.interval.lower, one.interval.upper],
        }
    return numbers


SEVERAL = {"fleiss": agreement.fleiss, "gwet": agreement.gwet, "krippendorff": agreement.krippendorff}


def agreement_of_several(given: Inputs) -> Numbers:
    found = SEVERAL[given["coefficient"]](given["ratings"], weights=given["weights"], confidence=confidence(given))
    ends = [found.interval.lower, found.interval.upper]
    return {"value": found.value, "se": found.error, "ci95": ends, "pa": found.observed, "pe": found.expected}


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "drift_statistics": drift_statistics,
    "baseline_balance": baseline_balance,
    "guideline_relabel": guideline_relabel,
    "reader_agreement": reader_agreement,
    "agreement_of_several": agreement_of_several,
}
"""Family -> the function that answers its rows."""
