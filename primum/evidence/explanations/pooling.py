"""Derivation of a partially pooled rate: the sum over a grid of what all levels may have in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from primum.evidence.explanations.shares import SHARES
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Table,
    confidence_steps,
    count_of,
    counted,
    figure,
    side_of,
    steps,
)
from primum.evidence.intervals import Group
from primum.evidence.measures.question import Question
from primum.roadmap.estimates import Estimate

Floats = NDArray[np.float64]
POOLED = Formula(
    text=(
        "rate of a level ~ Beta(m M, (1 - m) M);  m uniform, share borrowed n0 / (n0 + M) uniform,\n"
        "n0 the harmonic mean of the sizes;  weight of (m, M) = product over levels of\n"
        "B(m M + x, (1 - m) M + n - x) / B(m M, (1 - m) M), summed over a grid of 64 values of M and 48 of m\n"
        "mean of a level = sum of weight (x + m M) / (n + M);  u its variance over the grid and within\n"
        "ends: quantiles a and 1 - a of the beta distribution with this mean and variance"
    ),
    reference="Christiansen & Morris 1997, JASA 92:618-632; Daniels 1999, Canadian Journal of Statistics 27:567-578",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"beta-binomial partial pooling": POOLED})
BORROWED, MEANS = 64, 48


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Common means and prior sizes with their weights, which are 1 together."""

    mean: Floats
    size: Floats
    weight: Floats


def shrunken_sensitivity(question: Question, estimate: Estimate) -> Derived:
    """Derive the partially pooled sensitivity of one level."""
    from scipy.stats import beta

    attribute, _, level = estimate.scope.partition("=")
    groups = _groups(question, attribute)
    grid = grid_of(list(groups.values()))
    x, n = groups[level].events, groups[level].n
    centre = (x + grid.mean * grid.size) / (n + grid.size)
    value = float(grid.weight @ centre)
    within = float(grid.weight @ (centre * (1 - centre) / (n + grid.size + 1)))
    over = float(grid.weight @ (centre - value) ** 2)
    size = value * (1 - value) / (within + over) - 1
    lower, upper = (
        float(beta.ppf(share, value * size, (1 - value) * size))
        for share in (side_of(question.confidence), 1 - side_of(question.confidence))
    )
    return Derived(
        value=value,
        lower=lower,
        upper=upper,
        formula=POOLED,
        table=Table(
            columns=(attribute, "found", "missed"),
            rows=tuple(
                (name, count_of(question, n=one.events), count_of(question, n=one.n - one.events))
                for name, one in groups.items()
            ),
        ),
        steps=(
            *steps(
                ("x, n", f"found and positives, {level}", f"{x}, {n}"),
                ("x / n", "observed", x / n),
                ("E(m)", "common mean that all are drawn towards", float(grid.weight @ grid.mean)),
                (
                    "own",
                    "weight of this level's own data, mean of n / (n + M)",
                    float(grid.weight @ (n / (n + grid.size))),
                ),
                ("mean", "partially pooled rate", value),
                ("u", "variance within and over the grid", f"{figure(within)} + {figure(over)}"),
                (
                    "A, B",
                    "parameters of the beta distribution",
                    f"{figure(value * size)}, {figure((1 - value) * size)}",
                ),
            ),
            *confidence_steps(question.confidence),
            *steps(("L", "lower end", lower), ("U", "upper end", upper)),
        ),
        check_in=(
            f"qbeta(c({figure(side_of(question.confidence))}, {figure(1 - side_of(question.confidence))}), "
            f"{figure(value * size)}, {figure((1 - value) * size)})"
        ),
    )


def grid_of(groups: list[Group]) -> Grid:
    """Return the grid over common means and prior sizes with the weight of each node."""
    from scipy.special import betaln
    from scipy.stats import beta

    n0 = len(groups) / sum(1 / one.n for one in groups)
    rate = sum(one.events for one in groups) / sum(one.n for one in groups)
    means, sizes, logs = [], [], []
    for borrowed in (np.arange(BORROWED) + 0.5) / BORROWED:
        size = n0 * (1 - borrowed) / borrowed
        known = sum(one.n * size / (one.n + size) for one in groups)
        shape = (1 + rate * known / 2, 1 + (1 - rate) * known / 2)
        low, high = (float(beta.ppf(share, *shape)) for share in (1e-5, 1 - 1e-5))
        mean = low + (high - low) * (np.arange(MEANS) + 0.5) / MEANS
        likely = sum(
            betaln(mean * size + one.events, (1 - mean) * size + one.n - one.events)
            - betaln(mean * size, (1 - mean) * size)
            for one in groups
        )
        means.append(mean)
        sizes.append(np.full(MEANS, size))
        logs.append(likely + np.log(high - low))
    log_weight = np.concatenate(logs)
    weight = np.exp(log_weight - log_weight.max())
    return Grid(mean=np.concatenate(means), size=np.concatenate(sizes), weight=weight / weight.sum())


def _groups(question: Question, attribute: str) -> dict[str, Group]:
    rule, counts = SHARES["sensitivity"], counted(question.cells, attribute, "reference", "prediction")
    found = {}
    for level in dict.fromkeys(key[0] for key in counts if key[0]):
        units = {key[1:]: n for key, n in counts.items() if key[0] == level and rule.of(key[1:])}
        group = Group(events=sum(n for cell, n in units.items() if rule.events(cell)), n=sum(units.values()))
        if any(cell[1] for cell in units) and not question.too_small(group.n):
            found[level] = group
    return found
