"""Families of monitoring and safety: the row's inputs in, our numbers out."""

from collections.abc import Callable, Mapping
from fractions import Fraction

from primum.evidence.intervals import Group
from primum.evidence.shares import rates, sample_size
from primum.evidence.shares.observed_expected import observed_expected
from primum.evidence.shares.proportions import exact_upper
from primum.evidence.watching import anytime, charts, safety
from tests.oracles.datasets import read
from tests.oracles.stated import confidence

Inputs = Mapping[str, object]
Numbers = dict[str, object]


def _given(given: Inputs, *names: str, otherwise: object = 0.0) -> object:
    return next((given[name] for name in names if given.get(name) is not None), otherwise)


def incident_rate(given: Inputs) -> Numbers:
    asked = {"events": given["events"], "exposure": given["exposure"]}
    interval = rates.exact_rate(**asked, confidence=confidence(given))
    return {
        "rate": given["events"] / given["exposure"],
        "ci95": [interval.lower, interval.upper],
        "upper_one_sided_95": rates.exact_rate_upper(**asked, confidence=0.95),
    }


def anytime_valid_binomial(given: Inputs) -> Numbers:
    group = Group(events=given["successes"], n=given["n"])
    prior, alpha = tuple(given.get("prior", (1, 1))), given.get("alpha", 0.05)
    e_value = anytime.share_e_value(group=group, null=given["p0"], prior=prior)
    interval = anytime.share_sequence(group=group, confidence=1 - alpha, prior=prior)
    return {
        "e_value": e_value,
        "reject_at_5pct": e_value >= 1 / alpha,
        "confidence_sequence": [interval.lower, interval.upper],
        "anytime_p": anytime.anytime_p(e_value),
    }


def monitoring_cusum(given: Inputs) -> Numbers:
    sides, start = given.get("sided", 1), _given(given, "hs", "headstart")
    asked = {"slack": given["k"], "sides": sides, "start": start}
    if given.get("h") is None:
        return {"h": charts.cusum_limit(run_length=_given(given, "arl0", "L0"), **asked)}
    return {"arl": charts.cusum_run_length(limit=given["h"], shift=given.get("mu", 0.0), **asked)}


def monitoring_ewma(given: Inputs) -> Numbers:
    sides = given.get("sided", 2)
    asked = {"weight": given["lambda"], "sides": sides, "floor": _given(given, "zr")}
    limit = _given(given, "L", "c", otherwise=None)
    if limit is None:
        return {"c": charts.ewma_limit(run_length=_given(given, "arl0", "L0"), **asked)}
    start, shift = _given(given, "hs", "headstart"), given.get("mu", 0.0)
    return {"arl": charts.ewma_run_length(limit=limit, shift=shift, start=start, **asked)}


def monitoring_oe(given: Inputs) -> Numbers:
    if "dataset" in given:
        return _flags(given)
    expected = given.get("expected") or given["cases"] * given["expected_rate_percent"] / 100
    found = observed_expected(observed=given["observed"], expected=expected, confidence=confidence(given))
    ends = [found.interval.lower, found.interval.upper]
    return {"oe": found.value, "ci95": ends, "expected": expected, "flag": found.flag, "p": found.p}


def _flags(given: Inputs) -> Numbers:
    table = read(given["dataset"])
    rows = table[(table["procedure"] == given["procedure"]) & (table["comparison_results"] != "Statewide Rate")]
    for name in ("year", "region"):
        rows = rows if name not in given else rows[rows[name] == given[name]]
    expected = rows["number_of_cases"] * rows["expected_mortality_rate"] / 100
    rows, expected = rows[expected > 0], expected[expected > 0]
    ours = [
        observed_expected(observed=int(deaths), expected=float(mean), confidence=confidence(given)).flag
        for deaths, mean in zip(rows["number_of_deaths"], expected, strict=True)
    ]
    official = [
        "high" if "higher" in text else "low" if "lower" in text else "not different"
        for text in rows["comparison_results"]
    ]
    return {
        "hospital_years": len(ours),
        "deaths": int(rows["number_of_deaths"].sum()),
        "flag_high": ours.count("high"),
        "flag_low": ours.count("low"),
        "official_high": official.count("high"),
        "official_low": official.count("low"),
        "agree": sum(one == other for one, other in zip(ours, official, strict=True)),
    }


def exact_sensitivity_size(given: Inputs) -> Numbers:
    target, truth = Fraction(str(given["target"])), Fraction(str(given["truth"]))
    n = sample_size.more_positives(target=target, truth=truth, alpha=given["alpha"], power=given["power"])
    return {"n": n, "fewest_found": sample_size.fewest_found(n=n, target=target, alpha=given["alpha"])}


def rate_ratio(given: Inputs) -> Numbers:
    found = rates.compare_rates(
        events=tuple(given["events"]), exposures=tuple(given["exposures"]), confidence=confidence(given)
    )
    return {"ratio": found.value, "interval": [found.interval.lower, found.interval.upper], "p": found.p}


def rate_test(given: Inputs) -> Numbers:
    return {"p": rates.exact_rate_test(**given)}


def posterior_more_harm(given: Inputs) -> Numbers:
    (x1, n1), (x2, n2) = given["treated"], given["control"]
    groups = {"treated": Group(events=x1, n=n1), "control": Group(events=x2, n=n2)}
    return {"probability": safety.chance_of_more_harm(**groups, prior=tuple(given.get("prior", (1, 1))))}


def sprt(given: Inputs) -> Numbers:
    found = safety.sprt_share(**given)
    return {"upper": found.upper, "lower": found.lower, "per_event": found.per_event, "per_other": found.per_other}


def maxsprt(given: Inputs) -> Numbers:
    return {"critical": safety.maxsprt_critical(**given)}


def rule_of_three(given: Inputs) -> Numbers:
    group = Group(events=0, n=given["n"])
    return {
        "upper": safety.rule_of_three(n=given["n"], confidence=given["confidence"]),
        "clopper_pearson": exact_upper(group=group, confidence=given["confidence"]),
    }


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "incident_rate": incident_rate,
    "anytime_valid_binomial": anytime_valid_binomial,
    "monitoring_cusum": monitoring_cusum,
    "monitoring_ewma": monitoring_ewma,
    "monitoring_oe": monitoring_oe,
    "exact_sensitivity_size": exact_sensitivity_size,
    "rate_ratio": rate_ratio,
    "rate_test": rate_test,
    "posterior_more_harm": posterior_more_harm,
    "sprt": sprt,
    "maxsprt": maxsprt,
    "rule_of_three": rule_of_three,
}
"""Family -> the function that answers its rows."""
