"""One function per oracle family: the row's inputs in, our numbers out under the row's own names."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from primum.evidence.equity import subgroups
from primum.evidence.intervals import Group, Interval
from primum.evidence.shares import (
    contingency,
    diagnostics,
    multiplicity,
    paired,
    proportions,
    ratios,
    sample_size,
    stratified,
    two_proportions,
)
from tests.oracles.stated import confidence
from tests.oracles.uniroot import uniroot

Inputs = Mapping[str, object]
Numbers = dict[str, object]


def _ends(interval: Interval | None) -> list[float | None]:
    return [None, None] if interval is None else [interval.lower, interval.upper]


def _two(given: Inputs) -> dict[str, Group]:
    return {
        "first": Group(events=given["x1"], n=given["n1"]),
        "second": Group(events=given["x2"], n=given["n2"]),
    }


def published_trial(given: Inputs) -> Numbers:
    ratio = ratios.katz(**_two(given), confidence=confidence(given))
    p = contingency.fisher_exact(**_two(given))
    return {
        "risk_ratio": ratio.value,
        "katz_ci": _ends(ratio.interval),
        "fisher_p": p,
        "fisher_p_rounds_to": float(f"{p:.2g}"),
    }


def ci_one_proportion(given: Inputs) -> Numbers:
    asked = {"group": Group(events=given["count"], n=given["nobs"]), "confidence": confidence(given)}
    return {
        "estimate": asked["group"].p,
        "clopper_pearson": _ends(proportions.clopper_pearson(**asked)),
        "wilson": _ends(proportions.wilson(**asked)),
        "agresti_coull_unclipped": _ends(proportions.agresti_coull(**asked)),
        "jeffreys_equal_tail": _ends(proportions.jeffreys(**asked)),
    }


def test_one_proportion(given: Inputs) -> Numbers:
    group = Group(events=given["count"], n=given["nobs"])
    return {
        "p_value": proportions.exact_test(group=group, null=given["p0"], alternative=given["alternative"]),
        "lower_bound_97_5": proportions.exact_lower(group=group, confidence=0.975),
        "upper_bound_97_5": proportions.exact_upper(group=group, confidence=0.975),
    }


def _odds_ratio_as_r_prints_it(groups: Mapping[str, Group]) -> float | None:
    """R's fisher.test solves our own equation to 1e-4 only; its rows keep what it prints."""
    exact, seen = contingency.conditional_odds_ratio(**groups), groups["first"].events
    if exact is None or exact in (0, math.inf):
        return exact

    def excess(odds_ratio: float) -> float:
        return contingency.conditional_mean(**groups, odds_ratio=odds_ratio) - seen

    if excess(1.0) > 0:
        printed = uniroot(excess, low=0.0, high=1.0)
    else:
        printed = 1 / uniroot(lambda t: excess(1 / t), low=math.ulp(1.0), high=1.0)
    assert printed == pytest.approx(exact, rel=1e-2)
    return printed


def tests_two_proportions(given: Inputs) -> Numbers:
    groups = _two(given)
    plain, corrected = contingency.pearson(**groups), contingency.yates(**groups)
    return {
        "risk_difference": two_proportions.risk_difference(**groups),
        "fisher_two_sided_p": contingency.fisher_exact(**groups),
        "fisher_conditional_or": _odds_ratio_as_r_prints_it(groups),
        "chi2_pearson": plain.statistic,
        "chi2_pearson_p": plain.p,
        "chi2_yates": corrected.statistic,
        "chi2_yates_p": corrected.p,
    }


def test_noninferiority(given: Inputs) -> Numbers:
    test = two_proportions.farrington_manning(
        **_two(given), null=given["theta0"], alternative=given.get("alternative", "greater")
    )
    return {"z": test.z, "p_one_sided": test.p}


def noninferiority_decision(given: Inputs) -> Numbers:
    found = two_proportions.noninferiority(
        **_two(given),
        margin=given["margin"],
        good=given["direction"].removesuffix("_is_better"),
        alpha=given["alpha_one_sided"],
    )
    return {
        "ci95": _ends(found.interval),
        "noninferior": found.noninferior,
        "superior": found.superior,
        "z": found.z,
        "p_one_sided": found.p,
    }


def ci_risk_difference(given: Inputs) -> Numbers:
    asked = {**_two(given), "confidence": confidence(given)}
    return {
        "risk_difference": two_proportions.risk_difference(**_two(given)),
        "wald": _ends(two_proportions.wald(**asked)),
        "newcombe_hybrid_wilson": _ends(two_proportions.newcombe(**asked)),
        "agresti_caffo": _ends(two_proportions.agresti_caffo(**asked)),
        "miettinen_nurminen": _ends(two_proportions.miettinen_nurminen(**asked)),
        "mee_score_uncorrected": _ends(two_proportions.mee(**asked)),
    }


def ci_risk_ratio(given: Inputs) -> Numbers:
    asked = {**_two(given), "confidence": confidence(given)}
    return {
        "risk_ratio": ratios.risk_ratio(**_two(given)),
        "katz_log": _ends(ratios.katz(**asked).interval),
        "log_adjusted_plus_half": _ends(ratios.katz_plus_half(**asked)),
        "score_corrected": _ends(ratios.score_ratio(**asked)),
    }


def ci_odds_ratio(given: Inputs) -> Numbers:
    found = ratios.woolf(**_two(given), confidence=confidence(given))
    return {"odds_ratio": found.value, "woolf": _ends(found.interval), "log_or_se": found.log_error}


def _pairs(given: Inputs) -> paired.Pairs:
    return paired.Pairs(**{name: given[name] for name in ("both", "only_a", "only_b", "neither")})


def paired_proportions(given: Inputs) -> Numbers:
    pairs, level = _pairs(given), confidence(given)
    plain, corrected = paired.mcnemar(pairs, continuity=False), paired.mcnemar(pairs, continuity=True)
    ratio = paired.paired_ratio(pairs, confidence=level)
    return {
        "mcnemar_exact_p": paired.mcnemar_exact(pairs),
        "mcnemar_chi2": plain.statistic,
        "mcnemar_p": plain.p,
        "mcnemar_cc_p": corrected.p,
        "mcnemar_midp": paired.mcnemar_mid_p(pairs),
        "diff": paired.paired_difference(pairs),
        "diff_wald_ci": _ends(paired.wald_difference(pairs, confidence=level)),
        "ratio": ratio.value,
        "ratio_wald_log_ci": _ends(ratio.interval),
    }


def paired_proportions_ci(given: Inputs) -> Numbers:
    pairs, level = _pairs(given), confidence(given)
    return {
        "difference": paired.paired_difference(pairs),
        "tango_score": _ends(paired.tango(pairs, confidence=level)),
        "newcombe_method10": _ends(paired.newcombe_paired(pairs, confidence=level)),
    }


def dataset_of(row_id: str) -> str:
    """Return the data set in an id such as ``mh-indo_by_site-OR`` or ``cmh-indo_by_site``."""
    return row_id.split("-")[1]


def _strata(given: Inputs) -> list[stratified.Stratum]:
    named = given.get("strata") or given["known_strata"][dataset_of(given["strata_ref"].split()[-1])]
    return [stratified.Stratum(**_two(one)) for one in named]


POOLED = {
    "OR": stratified.pooled_odds_ratio,
    "RR": stratified.pooled_risk_ratio,
    "RD": stratified.pooled_difference,
}


def stratified_mantel_haenszel(given: Inputs) -> Numbers:
    strata, measure = _strata(given), given["measure"]
    pooled = POOLED[measure](strata=strata, confidence=confidence(given))
    plain = stratified.cochran_mantel_haenszel(strata=strata, continuity=False)
    corrected = stratified.cochran_mantel_haenszel(strata=strata, continuity=True)
    return {
        "estimate": pooled.value,
        "ci95": _ends(pooled.interval),
        "se": pooled.error,
        "z": pooled.z,
        "p": pooled.p,
        "common_or": pooled.value,
        "cmh_chi2": plain.statistic,
        "cmh_p": plain.p,
        "cmh_chi2_cc": corrected.statistic,
        "cmh_p_cc": corrected.p,
    }


def sample_size_two_proportions(given: Inputs) -> Numbers:
    asked = {name: given[name] for name in ("p1", "p2", "power", "alpha")}
    plain = sample_size.two_proportions(
        **asked, sides=given["sided"], ratio=given.get("allocation", 1), strict=given.get("strict", False)
    )
    h = sample_size.cohen_h(p1=given["p1"], p2=given["p2"])
    if given["method"] == "arcsine":
        arcsine = sample_size.two_proportions_arcsine(**asked, sides=given["sided"])
        return {"cohen_h": h, "n_per_group": arcsine, "n_per_group_ceiling": math.ceil(arcsine)}
    return {"n_per_group": plain, "n_per_group_ceiling": math.ceil(plain)}


def power_two_proportions(given: Inputs) -> Numbers:
    power = sample_size.power_two_proportions(
        p1=given["p1"],
        p2=given["p2"],
        n=given["n_per_group"],
        alpha=given["alpha"],
        sides=given["sided"],
        strict=given["strict"],
    )
    return {"power": power}


def sample_size_noninferiority(given: Inputs) -> Numbers:
    asked = {
        "treated": given["p_treat"],
        "control": given["p_control"],
        "margin": given["margin"],
        "power": given["power"],
        "alpha": given["alpha_one_sided"],
        "ratio": given.get("allocation", 1),
    }
    return {
        "n_total_farrington_manning": sample_size.noninferiority_farrington_manning(**asked),
        "n_per_group_unpooled_wald": sample_size.noninferiority_wald(**asked),
    }


def design_effect(given: Inputs) -> Numbers:
    size = given["mean_cluster_size"]
    effect = sample_size.design_effect(cluster_size=size, icc=given["icc"], cv=given["cv"])
    alone = sample_size.two_proportions(p1=given["p1"], p2=given["p2"], power=given["power"], alpha=given["alpha"])
    return {
        "design_effect": effect,
        "n_per_group_individual": alone,
        "n_per_group_clustered": effect * alone,
        "clusters_per_arm_ceiling": sample_size.clusters_per_arm(n_per_arm=effect * alone, cluster_size=size),
    }


def single_arm_sensitivity_claim(given: Inputs) -> Numbers:
    asked = {"target": Fraction(str(given["target"])), "alpha": given["alpha_one_sided"]}
    if "n" in given:
        return {"max_misses": sample_size.most_misses(n=given["n"], **asked)}
    n = sample_size.smallest_without_miss(**asked)
    bound = proportions.exact_lower(group=Group(events=n, n=n), confidence=1 - given["alpha_one_sided"])
    return {"n_min": n, "lower_bound": bound}


def sample_ratio_mismatch(given: Inputs) -> Numbers:
    found = contingency.sample_ratio(observed=given["observed"], shares=given["expected_share"])
    return {"chi2": found.statistic, "df": found.degrees, "p": found.p}


def adjusted(given: Inputs) -> Numbers:
    return {name: list(adjust(given["p"])) for name, adjust in multiplicity.ADJUSTMENTS.items()}


def diagnostic_accuracy(given: Inputs) -> Numbers:
    found = diagnostics.diagnostic_accuracy(
        **{name: given[name] for name in ("tp", "fp", "fn", "tn")}, confidence=confidence(given)
    )
    named = {
        "sensitivity": found.sensitivity,
        "specificity": found.specificity,
        "ppv": found.positive_predictive_value,
        "npv": found.negative_predictive_value,
        "accuracy": found.accuracy,
        "lr_pos": found.positive_likelihood_ratio,
        "lr_neg": found.negative_likelihood_ratio,
        "dor": found.diagnostic_odds_ratio,
    }
    return {name: [one.value, *_ends(one.interval)] for name, one in named.items()} | {"youden": [found.youden]}


def subgroup_disparity(given: Inputs) -> Numbers:
    groups = {level: Group(events=x, n=n) for level, (x, n) in given["groups"].items()}
    spread = subgroups.largest_difference(list(groups.values()))
    return {
        "max_minus_min": float(spread),
        "fisher_p": contingency.fisher_exact_groups(list(groups.values())),
        "breach_point_estimate": spread > Fraction(str(given["threshold"])),
    }


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "published_trial": published_trial,
    "ci_one_proportion": ci_one_proportion,
    "test_one_proportion": test_one_proportion,
    "tests_two_proportions": tests_two_proportions,
    "test_noninferiority": test_noninferiority,
    "noninferiority_decision": noninferiority_decision,
    "ci_risk_difference": ci_risk_difference,
    "ci_risk_ratio": ci_risk_ratio,
    "ci_odds_ratio": ci_odds_ratio,
    "paired_proportions": paired_proportions,
    "paired_proportions_ci": paired_proportions_ci,
    "stratified_mantel_haenszel": stratified_mantel_haenszel,
    "sample_size_two_proportions": sample_size_two_proportions,
    "power_two_proportions": power_two_proportions,
    "sample_size_noninferiority": sample_size_noninferiority,
    "design_effect": design_effect,
    "single_arm_sensitivity_claim": single_arm_sensitivity_claim,
    "sample_ratio_mismatch": sample_ratio_mismatch,
    "multiplicity": adjusted,
    "diagnostic_accuracy": diagnostic_accuracy,
    "subgroup_disparity": subgroup_disparity,
}
"""Family -> the function that answers its rows."""
