"""Families about equity: gaps over clusters, the naive rule, sizes, gates between families, allocation at any look."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

from primum.evidence.equity import bootstrap, naive_rule
from primum.evidence.shares import multiplicity, sample_size
from primum.evidence.trials import allocation_checks

Inputs = Mapping[str, object]
Numbers = dict[str, object]


def _table(given: Inputs) -> bootstrap.ClusterTable:
    events, n = np.array(given["events"]), np.array(given["n"])
    return bootstrap.cluster_table(levels=tuple(map(str, range(n.shape[1]))), events=events, n=n)


def _drawn(given: Inputs) -> dict[str, object]:
    return {name: given[name] for name in ("confidence", "replicates", "seed")}


def clustered_rates(given: Inputs) -> Numbers:
    """Standard errors, from the design effect and from the width of a difference over its reach."""
    table = _table(given)
    columns = [
        bootstrap.cluster_table(levels=("0",), events=table.events[:, [at]], n=table.n[:, [at]])
        for at in range(table.n.shape[1])
    ]
    errors = []
    for column in columns:
        n, rate = int(column.n.sum()), float(column.values[0])
        errors.append(math.sqrt(bootstrap.design_effect(column) * rate * (1 - rate) / n))
    return {"errors": errors, "error_of_first_difference": bootstrap.difference_error(table, first=0, second=1)}


def clustered_gaps(given: Inputs) -> Numbers:
    gaps = bootstrap.simultaneous_gaps(table=_table(given), **_drawn(given))
    return {
        "lower": [gap.interval.lower for gap in gaps.levels],
        "upper": [gap.interval.upper for gap in gaps.levels],
    }


def clustered_bca(given: Inputs) -> Numbers:
    table = _table(given)
    found = bootstrap.bca_interval(
        statistic=lambda weights: (weights @ table.events[:, 0]) / (weights @ table.n[:, 0]),
        clusters=table.clusters,
        **_drawn(given),
    )
    return {"ci": [found.lower, found.upper]}


def naive_rule_false_alarms(given: Inputs) -> Numbers:
    margin = Fraction(given["margin"])
    return {
        "false_alarms": [
            naive_rule.false_alarm(sizes=[n] * given["groups"], rate=given["rate"], margin=margin)
            for n in given["sizes"]
        ]
    }


def equity_positives(given: Inputs) -> Numbers:
    asked = {"margin": given["margin"], "power": given["power"], "alpha": given["alpha_one_sided"]}
    rate = given["rate"]
    both = sample_size.noninferiority_farrington_manning(treated=rate, control=rate, **asked)
    return {"per_group": both / 2, "per_group_ceiling": sample_size.positives_per_group(rate=rate, **asked)}


def sample_ratio_anytime(given: Inputs) -> Numbers:
    found = allocation_checks.anytime_p_at_looks(
        looks=given["looks"], shares=given["expected_share"], concentration=given["concentration"]
    )
    return {"p": list(found)}


def gatekeeping(given: Inputs) -> Numbers:
    families = [
        multiplicity.Family(name=str(place), p_values=tuple(one["p"]), adjustment=one["adjustment"])
        for place, one in enumerate(given["families"])
    ]
    return {"adjusted": [p for family in multiplicity.gatekeeping(families) for p in family]}


FAMILIES: Mapping[str, Callable[[Inputs], Numbers]] = {
    "clustered_rates": clustered_rates,
    "clustered_gaps": clustered_gaps,
    "clustered_bca": clustered_bca,
    "naive_rule_false_alarms": naive_rule_false_alarms,
    "equity_positives": equity_positives,
    "sample_ratio_anytime": sample_ratio_anytime,
    "gatekeeping": gatekeeping,
}
