"""Families of sequential designs and their interim analyses: the row's inputs in, our numbers out."""

import math
from collections.abc import Callable, Mapping

from primum.evidence.designs import conditional, designs_power, futility, repeated
from primum.evidence.designs.boundaries import Boundaries, Design, boundaries
from primum.evidence.designs.paths import crossed
from primum.evidence.intervals import Group
from primum.evidence.shares.two_proportions import normal_tail, pooled_z

Inputs = Mapping[str, object]
Numbers = dict[str, object]

NAMES = {
    "asOF": "lan-demets-obrien-fleming",
    "asP": "lan-demets-pocock",
    "asKD": "kim-demets",
    "asHSD": "hwang-shih-decani",
    "asUser": "user-defined",
    "OF": "obrien-fleming",
    "P": "pocock",
    "WT": "wang-tsiatis",
    "HP": "haybittle-peto",
    "noEarlyEfficacy": "no-early-efficacy",
    "bsOF": "lan-demets-obrien-fleming",
    "bsP": "lan-demets-pocock",
    "bsKD": "kim-demets",
    "bsHSD": "hwang-shih-decani",
    "bsUser": "user-defined",
}
# rpact prints a boundary above 7.5 as infinite.
PRINTED_AS_INFINITE = 7.5


def _given(given: Inputs, *names: str, otherwise: object = 0.0) -> object:
    return next((given[name] for name in names if given.get(name) is not None), otherwise)


def _information(given: Inputs) -> tuple[float, ...]:
    looks = given.get("kmax", 0)
    return tuple(given.get("information_rates") or [(look + 1) / looks for look in range(looks)])


def _design(given: Inputs) -> Design:
    return Design(
        name=NAMES[given["type"]],
        alpha=given["alpha"],
        sides=given.get("sided", 1),
        parameter=_given(given, "gamma", "gammaA", "delta", "deltaWT", "constant_bounds_hp", "constantBoundsHP"),
        spent=tuple(_given(given, "user_alpha_spending", "userAlphaSpending", otherwise=())),
    )


def _futility_bounds(given: Inputs) -> tuple[float, ...]:
    return tuple(_given(given, "futility_bounds", "futilityBounds", otherwise=()))


def _spends_beta(given: Inputs) -> bool:
    return given.get("beta_spending", "none") not in (None, "none")


def _boundaries(given: Inputs) -> Boundaries:
    lower, times = _futility_bounds(given) if given.get("binding") else (), _information(given)
    # A spending function short of 1 leaves some alpha; a design without one spends it all at its last look.
    planned = times[-1] if given["type"] == "noEarlyEfficacy" else 1.0
    return boundaries(design=_design(given), information=times, planned=planned, lower=lower)


def group_sequential_boundaries(given: Inputs) -> Numbers:
    found = _boundaries(given)
    return {
        "critical_values": [_as_printed(bound) for bound in found.critical],
        "stage_levels_one_sided": [normal_tail(bound) for bound in found.critical],
        "cumulative_alpha_spent": list(found.spent),
    }


def group_sequential_real_data(given: Inputs) -> Numbers:
    groups = {
        "first": Group(events=given["x1"], n=given["n1"]),
        "second": Group(events=given["x2"], n=given["n2"]),
    }
    bounds, z = _critical(given), pooled_z(**groups)
    numbers: Numbers = {"crossed": abs(z) > bounds[min(given.get("look", 2), len(bounds)) - 1]}
    for look, bound in enumerate(bounds, 1):
        numbers |= {f"critical_value_look{look}": bound, f"z_look{look}": z}
    return numbers


def _critical(given: Inputs) -> tuple[float, ...]:
    return _boundaries(given).critical


def _with_futility(given: Inputs) -> futility.TwoBoundaries:
    spending = futility.BetaSpending(
        name=NAMES[given["beta_spending"]],
        beta=given.get("beta", 0.2),
        parameter=_given(given, "gamma_b", "gammaB", "beta_gamma"),
        spent=tuple(_given(given, "user_beta_spending", "userBetaSpending", otherwise=())),
    )
    return futility.with_futility(
        design=_design(given),
        spending=spending,
        information=_information(given),
        planned=1.0,
        binding=given.get("binding", False),
    )


def _scheme(given: Inputs) -> designs_power.Scheme:
    found = _with_futility(given) if _spends_beta(given) else None
    return designs_power.Scheme(
        fractions=_information(given),
        critical=found.critical if found else _critical(given),
        alpha=given["alpha"],
        sides=given.get("sided", 1),
        lower=found.futility if found else _futility_bounds(given),
        either=given.get("two_sided_power", False),
    )


def group_sequential_characteristics(given: Inputs) -> Numbers:
    found = designs_power.characteristics(scheme=_scheme(given), beta=given.get("beta", 0.2))
    return {
        "inflation_factor": found.inflation,
        "shift": found.shift,
        "n_fixed": found.fixed,
        "asn_ratio_h0": found.expected_h0,
        "asn_ratio_h01": found.expected_h01,
        "asn_ratio_h1": found.expected_h1,
        "reject_prob_by_stage_h1": list(found.rejecting),
        "futility_prob_by_stage_h1": list(found.futile),
        "power": sum(found.rejecting),
    }


def group_sequential_futility(given: Inputs) -> Numbers:
    if not _spends_beta(given):
        return group_sequential_boundaries(given) | _bounds_as_stated(given) | group_sequential_characteristics(given)
    found = _with_futility(given)
    return {
        "critical_values": [_as_printed(bound) for bound in found.critical],
        "futility_bounds": list(found.futility),
        "cumulative_alpha_spent": list(found.spent),
        "cumulative_beta_spent": list(found.beta_spent),
    } | group_sequential_characteristics(given)


def _bounds_as_stated(given: Inputs) -> Numbers:
    return {"futility_bounds": list(_futility_bounds(given))}


def _as_printed(bound: float) -> float:
    return math.inf if bound >= PRINTED_AS_INFINITE else bound


def group_sequential_sample_size(given: Inputs) -> Numbers:
    found = designs_power.size_two_rates(
        scheme=_scheme(given),
        beta=given.get("beta", 0.2),
        first=given["pi1"],
        second=given["pi2"],
        null=_given(given, "theta0", "thetaH0", "theta_h0"),
        ratio=given.get("allocation", 1),
    )
    return {
        "n_fixed": found.fixed,
        "max_n_total": found.largest,
        "n_per_stage": list(found.at_looks),
        "expected_n_h0": found.expected_h0,
        "expected_n_h01": found.expected_h01,
        "expected_n_h1": found.expected_h1,
    }


def conditional_power(given: Inputs) -> Numbers:
    """The design is said in words: ``OF K=2 one-sided 0.025``; the looks are equally spaced."""
    kind, looks, sides, alpha = given["design"].split()
    stages, sided = int(looks.removeprefix("K=")), 2 if sides.startswith("two") else 1
    said = {"type": kind, "kmax": stages, "alpha": float(alpha), "sided": sided}
    times, critical = _information(said), _critical(said)
    groups = Group(events=given["e1"], n=given["n1"]), Group(events=given["e2"], n=given["n2"])
    first, second = groups if given.get("direction_upper", True) else groups[::-1]
    interim = conditional.interim_of_rates(
        first=first, second=second, seen=times[0], fractions=times[1:], critical=critical[1:], sides=sided
    )
    z = pooled_z(first=groups[0], second=groups[1])
    return {
        "conditional_power": conditional.conditional_power_rates(
            interim=interim, first=first, second=second, more=given["n_planned_stage2_total"]
        ),
        "stage1_z": z,
        "stage1_p": normal_tail(interim.z),
    }


# -- numbers that only our own rows ask for ---------------------------------------------------


def interim_analysis(given: Inputs) -> Numbers:
    """All that may be said after some stages of a trial of two rates; counts are those of each stage."""
    times, critical, design = _information(given), _critical(given), _design(given)
    way = 1 if given.get("direction_upper", True) else -1
    stages = len(given["events1"])
    groups = [
        tuple(Group(events=sum(given[f"events{arm}"][:stage]), n=sum(given[f"n{arm}"][:stage])) for arm in (1, 2))
        for stage in range(1, stages + 1)
    ]
    zs = [way * pooled_z(first=first, second=second) for first, second in groups]
    ends = [
        repeated.repeated_interval_rates(first=first, second=second, critical=bound)
        for (first, second), bound in zip(groups, critical, strict=False)
    ]
    ps = [
        repeated.repeated_ps(design=design, information=times, planned=1.0, look=look, z=z)
        for look, z in enumerate(zs, 1)
    ]
    return {
        "z": [way * z for z in zs],
        "repeated_interval_lower": [one.lower for one in ends],
        "repeated_interval_upper": [one.upper for one in ends],
        "repeated_p": ps,
    }


def stopped_trial(given: Inputs) -> Numbers:
    """A trial that ended at a look, on the scale of mean z per root of units in one group times the other's share."""
    times, critical = _information(given), _critical(given)
    look = given["final_stage"]
    first, second = (Group(events=sum(given[f"events{arm}"][:look]), n=sum(given[f"n{arm}"][:look])) for arm in (1, 2))
    way = 1 if given.get("direction_upper", True) else -1
    units = first.n * second.n / (first.n + second.n)
    found = repeated.stopped_trial(
        information=[units * time / times[look - 1] for time in times[:look]],
        critical=critical,
        z=way * pooled_z(first=first, second=second),
        confidence=1 - 2 * given["alpha"] / given.get("sided", 1),
        sides=given.get("sided", 1),
    )
    return {
        "final_p": found.p,
        "median_unbiased": way * found.median_unbiased,
        "final_interval": sorted((way * found.interval.lower, way * found.interval.upper)),
    }


def conditional_power_z(given: Inputs) -> Numbers:
    interim = conditional.Interim(
        z=given["z"], seen=given["information"], fractions=(1.0,), critical=(given["critical"],)
    )
    return {
        "current_trend": conditional.conditional_power(interim=interim),
        "at_theta": conditional.conditional_power(interim=interim, drift=given.get("theta", 0.0)),
    }


def unadjusted_looks(given: Inputs) -> Numbers:
    times = tuple(range(1, given["looks"] + 1))
    bound = 1.959963984540054
    above, below = crossed(times=times, upper=[bound] * len(times), sides=2)
    return {"false_alarms": [sum(above[:look]) + sum(below[:look]) for look in times]}


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "group_sequential_boundaries": group_sequential_boundaries,
    "group_sequential_real_data": group_sequential_real_data,
    "group_sequential_characteristics": group_sequential_characteristics,
    "group_sequential_futility": group_sequential_futility,
    "group_sequential_sample_size": group_sequential_sample_size,
    "conditional_power": conditional_power,
    "interim_analysis": interim_analysis,
    "stopped_trial": stopped_trial,
    "conditional_power_z": conditional_power_z,
    "unadjusted_looks": unadjusted_looks,
}
"""Family -> the function that answers its rows."""
