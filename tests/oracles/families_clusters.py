"""Clusters, sites and mixed models: one function per oracle family."""

import re
from collections.abc import Callable, Mapping

from primum.evidence.intervals import Group
from primum.evidence.models import clusters, gee, heterogeneity, mixed
from primum.evidence.shares.stratified import Stratum
from tests.oracles import datasets, formulas, metafor
from tests.oracles.families_counts import _ends, _two, dataset_of
from tests.oracles.stated import confidence

Inputs = Mapping[str, object]
Numbers = dict[str, object]

LINKS = {"binomial": "binomial", "gaussian": "gaussian", "poisson": "poisson", "logistic": "binomial"}
GROUPS = {"active": "A", "treated": "A", "placebo": "P", "women": "F", "men": "M", "female": "F", "male": "M"}


def clustered_gee(given: Inputs) -> Numbers:
    said = f"{given.get('family', '')} {given.get('asked', '')}".lower()
    family = next((link for word, link in LINKS.items() if re.search(rf"\b{word}\b", said)), "binomial")
    data, aliases = formulas.cells_of(given)
    convention = "corrected" if "statsmodels" in said.split("|")[0] else "plain"
    found = gee.gee(data, family=family, working=given["corstr"], dispersion=convention)
    errors = {kind: formulas.named(values, aliases) for kind, values in found.errors.items()}
    return {
        "coef": formulas.named(found.coefficients, aliases),
        "robust_se": errors["robust"],
        "naive_se": errors["model"],
        "model_se": errors["model"],
        "bias_reduced_se": errors["mancl-derouen"],
        "mancl_derouen_se": errors["mancl-derouen"],
        "kauermann_carroll_se": errors["kauermann-carroll"],
        "alpha": found.alpha,
        "scale": found.dispersion,
        "dispersion": found.dispersion,
        "n_clusters": found.clusters,
    }


def clustered_glmm(given: Inputs) -> Numbers:
    data, aliases = formulas.cells_of(given)
    found = mixed.logistic_mixed(data, points=given.get("nAGQ", 1))
    group = re.search(r"\|\s*([\w.]+)", given["formula"]).group(1)
    return {
        "coef": formulas.named(found.coefficients, aliases),
        "se_coef": formulas.named(found.errors, aliases),
        "intercept": found.coefficients[0],
        "log_or": found.coefficients[1],
        "se": found.errors[1],
        f"sd_{group}": found.sd,
        "sd": found.sd,
        f"var_{group}": found.sd**2,
        "log_likelihood": found.log_likelihood,
    }


def clustered_linear(given: Inputs) -> Numbers:
    data, aliases = formulas.cells_of(given)
    found = mixed.linear_mixed(data)
    return {
        "coef": formulas.named(found.coefficients, aliases),
        "se": formulas.named(found.errors, aliases),
        "df": formulas.named(found.degrees, aliases),
        "sd": found.sd,
        "sigma": found.sigma,
    }


def _subset(given: Inputs):
    """The rows of ``ohio_smoke``, ``resp_active`` and the like: a 0/1 column, a level, or all."""
    table, word = datasets.read(given["dataset"]), given["subset"].split("_", 1)[-1]
    if word in table:
        return table[table[word] == 1]
    if word.startswith("no") and word[2:] in table:
        return table[table[word[2:]] == 0]
    for column in table.select_dtypes(exclude="float").columns:
        levels = table[column].astype(str)
        named = word.removeprefix(column).strip("_ =") if word.startswith(column) else GROUPS.get(word, word)
        if column != given["cluster"] and (levels == named).any():
            return table[levels == named]
    return table


def clustered_proportion(given: Inputs) -> Numbers:
    table = (
        formulas.rows_of(given)
        if "filter" in given
        else _subset(given)
        if "subset" in given
        else datasets.read(given["dataset"])
    )
    name = given.get("outcome") or next(
        one for one in ("resp", "outcome", "y", "preterm", "pancreatitis") if one in table
    )
    outcome = formulas.outcome_of(table, name)
    table, outcome = table[outcome.notna()], outcome[outcome.notna()]
    by = outcome.groupby(formulas.clusters_of(table, given["cluster"])).agg(["sum", "count"])
    groups = [Group(events=int(events), n=int(n)) for events, n in by.to_numpy()]
    found = clusters.clustered_proportion(clusters=groups, confidence=confidence(given))
    return {
        "p": found.value,
        "se_ratio_linearised": found.error,
        "se_obuchowski": found.error,
        "deff": found.design_effect,
        "n_clusters": found.clusters,
        "n_obs": found.n,
        "icc_anova": found.icc.value,
        "n0": found.icc.typical_size,
        "naive_se": found.naive_error,
    }


def heterogeneity_meta(given: Inputs) -> Numbers:
    said = f"{given.get('method', '')} {given.get('measure', '')} {given.get('strata_ref', '')} {given['asked']}"
    method = re.search(r"\b(FE|EE|CE|DL|REML|PM|ML|HE|HS|SJ)\b", said).group(1).replace("EE", "FE").replace("CE", "FE")
    measure = re.search(r"measure='(\w+)'|[- ](RR|OR|RD)\b", said)
    measure = measure.group(1) or measure.group(2)
    named = given.get("strata") or given["known_strata"][dataset_of(given["strata_ref"].split()[-1])]
    sites = heterogeneity.site_effects(strata=[Stratum(**_two(one)) for one in named], measure=measure)
    asked = {"sites": sites, "confidence": confidence(given), "knapp_hartung": "knha" in said}
    found = heterogeneity.synthesise(**asked, method=method)
    shown = metafor.synthesis(found, sites=sites, method=method)
    return {
        "log_rr": shown["estimate"],
        "log_or": shown["estimate"],
        "rd": shown["estimate"],
        "estimate": shown["estimate"],
        "se": shown["se"],
        "ci95": shown["ci95"],
        "prediction": shown["prediction"],
        "pi95": shown["prediction"],
        "tau2": shown["tau2"],
        "tau2_ci": _ends(found.tau2_interval),
        "q": found.q,
        "q_p": found.q_p,
        "i2_percent": shown["i2_percent"],
        "h2": shown["h2"],
        "z": found.effect.statistic,
        "p": found.effect.p,
        "k": found.k,
    }


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "clustered_gee": clustered_gee,
    "clustered_glmm": clustered_glmm,
    "clustered_linear": clustered_linear,
    "clustered_proportion": clustered_proportion,
    "heterogeneity_meta": heterogeneity_meta,
}
"""Family -> the function that answers its rows."""
