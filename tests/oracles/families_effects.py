"""Clusters by t-test, wedges, means, time to event, adjusted, missing and non-randomised: one function per family."""

from collections.abc import Callable, Mapping

import numpy as np

from primum.evidence.counts.moments import Moments
from primum.evidence.intervals import Group
from primum.evidence.models import (
    adjusted,
    cluster_robust,
    clusters,
    continuous,
    heterogeneity,
    nonrandomised,
    time_series,
)
from primum.evidence.shares.stratified import Stratum
from primum.evidence.trials import missing, survival, versions, wedge, wedge_power
from tests.oracles import formulas
from tests.oracles.families_counts import _ends, _two, dataset_of
from tests.oracles.stated import confidence

Inputs = Mapping[str, object]
Numbers = dict[str, object]


def _groups(table, by, outcome="y"):
    counted = table.groupby(by)[outcome].agg(["sum", "count"]).reset_index()
    return [(row, Group(events=int(row["sum"]), n=int(row["count"]))) for row in counted.to_dict("records")]


def clustered_ols(given: Inputs) -> Numbers:
    data, aliases = formulas.cells_of(given)
    found = cluster_robust.linear_robust(data)
    shown = [name for name, error in zip(found.names, found.errors, strict=True) if error > 1e-9]
    p = {name: found.term(name, confidence=confidence(given)).p for name in shown}
    return {
        "coef": formulas.named(found.coefficients, aliases),
        "se": formulas.named(found.errors, aliases),
        "df": formulas.named(found.degrees, aliases),
        "p": formulas.named([p.get(name) for name in found.names], aliases),
    }


def cluster_t(given: Inputs) -> Numbers:
    rows = _groups(formulas.rows_of(given), ["cluster", "treat"])
    arms = {arm: [group for row, group in rows if row["treat"] == arm] for arm in (1, 0)}
    asked = {"first": arms[1], "second": arms[0], "confidence": confidence(given)}
    pooled, apart = clusters.compare_clusters(**asked), clusters.compare_clusters(**asked, welch=True)
    return {
        "t": pooled.effect.statistic,
        "p": pooled.effect.p,
        "ci95": _ends(pooled.effect.interval),
        "welch_p": apart.effect.p,
        "welch_df": apart.effect.degrees,
    }


def wedge_permutation(given: Inputs) -> Numbers:
    rows = wedge.in_order(
        [
            wedge.ClusterPeriod(
                cluster=str(row["cluster"]), period=str(row["period"]), treated=bool(row["treat"]), group=group
            )
            for row, group in _groups(formulas.rows_of(given), ["cluster", "period", "treat"])
        ]
    )
    found = wedge.permutation_test(rows=rows, draws=given["draws"], seed=1)
    return {"statistic": found.statistic, "p": found.p, "orders": found.orders}


def hussey_hughes(given: Inputs) -> Numbers:
    found = wedge_power.hussey_hughes(
        treated=wedge_power.schedule(clusters=given["clusters"], periods=given["periods"]),
        size=given["size"],
        control=given["control"],
        intervention=given["intervention"],
        between_variance=given["tau2"],
    )
    return {"se": found.error, "power": found.power}


def heterogeneity_leave_one_out(given: Inputs) -> Numbers:
    named = given["known_strata"][dataset_of(given["strata_ref"])]
    sites = heterogeneity.site_effects(strata=[Stratum(**_two(one)) for one in named], measure="RR")
    found = heterogeneity.leave_one_out(sites=sites, confidence=confidence(given), method="DL")
    return {
        "estimate": [one.effect.value for one in found],
        "se": [one.effect.error for one in found],
        "tau2": [one.tau2 for one in found],
        "i2_percent": [100 * one.i2 for one in found],
    }


def _followed(rows):
    return [survival.AtTime(time=time, events=int(events), censored=int(lost)) for time, events, lost in rows]


def time_to_event(given: Inputs) -> Numbers:
    first, second = (_followed(given[name]) for name in ("first", "second"))
    test = survival.log_rank(first=first, second=second)
    ratios = {
        ties: survival.cox(first=first, second=second, confidence=confidence(given), ties=ties)
        for ties in ("efron", "breslow")
    }
    curves = {
        kind: next(
            point
            for point in survival.kaplan_meier(rows=first, confidence=confidence(given), interval=kind)
            if point.time == given["at"]
        )
        for kind in ("log", "log-log")
    }
    means = [survival.restricted_mean(rows=rows, horizon=given["horizon"]) for rows in (first, second)]
    return {
        "observed": test.observed,
        "expected": test.expected,
        "chisq": test.statistic,
        "efron": [ratios["efron"].value, ratios["efron"].error],
        "breslow": [ratios["breslow"].value, ratios["breslow"].error],
        "km": [curves["log"].survival, curves["log"].error],
        "km_log": _ends(curves["log"].interval),
        "km_log_log": _ends(curves["log-log"].interval),
        "rmst": [one.value for one in means],
        "rmst_se": [one.error for one in means],
    }


def _moments(values):
    return Moments(
        n=len(values), total=sum(values), mean=float(np.mean(values)), variance=float(np.var(values, ddof=1))
    )


def means(given: Inputs) -> Numbers:
    asked = {name: _moments(given[name]) for name in ("first", "second")}
    apart = continuous.mean_difference(**asked, confidence=confidence(given))
    pooled = continuous.mean_difference(**asked, confidence=confidence(given), equal_variances=True)
    return {
        "t": apart.statistic,
        "df": apart.degrees,
        "p": apart.p,
        "ci95": _ends(apart.interval),
        "pooled_ci95": _ends(pooled.interval),
    }


def ancova(given: Inputs) -> Numbers:
    kinds = sorted({(arm, stratum) for arm, stratum, _ in given["rows"]})
    arms = [
        continuous.ArmMoments(
            treated=bool(arm),
            stratum=stratum,
            moments=_moments([value for a, s, value in given["rows"] if (a, s) == (arm, stratum)]),
        )
        for arm, stratum in kinds
    ]
    found = continuous.ancova(arms=arms, confidence=confidence(given))
    errors = {
        kind: continuous.ancova(arms=arms, confidence=confidence(given), errors=kind).error
        for kind in ("HC0", "HC2", "HC3")
    }
    return {"coef": found.value, "se": found.error, "ci95": _ends(found.interval), **errors}


def standardised(given: Inputs) -> Numbers:
    rows = _groups(formulas.rows_of(given), ["treat", *given["factors"]], "outcome")
    arms = [
        adjusted.StratumArm(
            treated=row["treat"] == "A", factors=tuple(str(row[name]) for name in given["factors"]), group=group
        )
        for row, group in rows
    ]

    def one(scale):
        found = [
            adjusted.standardise(
                arms=arms, names=given["factors"], confidence=confidence(given), scale=scale, errors=kind
            ).effect
            for kind in ("delta", "robust")
        ]
        return [found[0].value, found[0].error, found[1].error]

    return {scale: one(scale) for scale in ("difference", "log-ratio", "log-odds-ratio")}


def interrupted_time_series(given: Inputs) -> Numbers:
    found = time_series.interrupted_time_series(
        values=given["values"], start=given["start"], confidence=confidence(given), lags=given["lags"]
    )
    terms = {name: getattr(found, name) for name in ("before", "level", "slope")}
    return {name: [term.value, term.error] for name, term in terms.items()} | {"durbin_watson": found.durbin_watson}


def difference_in_differences(given: Inputs) -> Numbers:
    table = formulas.rows_of(given)
    table = table[table.period.isin(given["periods"])]
    rows = [
        nonrandomised.SitePeriod(
            site=str(row["cluster"]),
            treated=row["cluster"] in given["treated"],
            after=row["period"] == given["periods"][1],
            group=group,
        )
        for row, group in _groups(table, ["cluster", "period"])
    ]
    found = nonrandomised.clustered_difference_in_differences(rows=rows, confidence=confidence(given))
    return {"coef": found.value, "se": found.error, "df": found.degrees}


def e_value(given: Inputs) -> Numbers:
    found = nonrandomised.e_value(**given)
    return {"point": found.point, "interval": found.interval}


def rubin(given: Inputs) -> Numbers:
    found = missing.rubin(**given, confidence=0.95)
    return {
        "total": found.effect.error**2,
        "lambda": found.fraction,
        "df": found.effect.degrees,
        "ci95": _ends(found.effect.interval),
    }


def version_shifts(given: Inputs) -> Numbers:
    scores = {tuple(name.split(" on ")): Group(events=events, n=n) for name, (events, n) in given["scores"].items()}
    found = versions.version_shifts(versions=given["versions"], scores=scores, confidence=confidence(given))
    return {
        f"{name}_{one.version}": getattr(one, name) for one in found for name in ("learning", "potential", "retention")
    }


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "clustered_ols": clustered_ols,
    "cluster_t": cluster_t,
    "wedge_permutation": wedge_permutation,
    "hussey_hughes": hussey_hughes,
    "heterogeneity_leave_one_out": heterogeneity_leave_one_out,
    "survival": time_to_event,
    "means": means,
    "ancova": ancova,
    "standardised": standardised,
    "interrupted_time_series": interrupted_time_series,
    "difference_in_differences": difference_in_differences,
    "e_value": e_value,
    "rubin": rubin,
    "version_shifts": version_shifts,
}
"""Family -> the function that answers its rows."""
