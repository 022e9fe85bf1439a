"""Derivation of gaps over clusters: linearised errors, and quantiles of draws made once more from the seed."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells
from primum.evidence.equity import bootstrap, clustered_gaps
from primum.evidence.equity.bootstrap import ClusterTable
from primum.evidence.explanations.levels import Levels
from primum.evidence.explanations.working import Derived, Formula, Table, count_of, figure, side_of, steps
from primum.evidence.measures.gap_methods import RESAMPLES, cluster_of
from primum.evidence.measures.question import Question

Floats = NDArray[np.float64]
Means = tuple[str, str, float]

CLUSTERS = Formula(
    text=(
        "theta = sum x / sum n of each level (a benefit: the difference of two of these)\n"
        "of each cluster and level i:  e = (x - theta n) / sum n;  var(theta(i) - theta(j)) = sum (e(i) - e(j))^2\n"
        "R draws of as many clusters with replacement, each kept whole; in each draw every pair's\n"
        "V(i, j) = ((theta(i) - theta(j)) - (theta*(i) - theta*(j))) / s*(i, j),  s* its own standard error\n"
        "ql = order statistic, at c, of the largest |V| of all pairs;  qu(j) = at 1 - a, of the largest V(j, .)\n"
        "lower end  max(0, max over j of theta(j) - theta(i) - ql s(j, i))\n"
        "upper end  max(0, max over j of theta(j) - theta(i) + qu(j) s(j, i))\n"
        "each end then the farther of this one and the one for independent patients:\n"
    ),
    reference=(
        "Davison & Hinkley 1997, Bootstrap Methods and their Application; Field & Welsh 2007, JRSS B 69:369-390; "
        "Romano & Wolf 2005, Econometrica 73:1237-1282; "
    ),
)
AT_ONCE = 1_000


def farther(question: Question, *, levels: Levels, level: str, alone: Derived, cells: Cells) -> Derived:
    """Derive a gap over clusters, and return the farther ends of it and of the gap for independent patients."""
    table, names = _table(question, levels, cells), list(levels.values)
    seed, replicates = (_number(question, name, default) for name, default in (("seed", 1), ("replicates", 10_000)))
    resample = RESAMPLES[question.parameter("resample", default="clusters")]
    rates, errors = estimated(table)
    if resample == "clusters" and len(set(table.strata.tolist())) == 1:
        reach, wide = quantiles(table, confidence=question.confidence, seed=seed, replicates=replicates)
        lower, upper = _ends(names, level, rates, errors, reach, wide, most=2.0 if levels.of_effects else 1.0)
        drawn = steps(
            ("ql", "quantile for lower ends", wide),
            *((f"qu({name})", "quantile for upper ends", one) for name, one in zip(names, reach, strict=True)),
        )
    else:
        lower, upper = _from_engine(table, question, level, seed=seed, replicates=replicates)
        drawn = steps(("draws", f"of {resample}, clusters within their arms: quantiles are not shown", replicates))
    low, high = min(lower, alone.lower or 0.0), max(upper, alone.upper or 0.0)
    return replace(
        alone,
        lower=low,
        upper=high,
        formula=Formula(
            text=CLUSTERS.text + alone.formula.text, reference=CLUSTERS.reference + alone.formula.reference
        ),
        table=_shown(question, table) if not levels.of_effects else alone.table,
        steps=(
            *steps(
                ("clusters", f"with units, by {cluster_of(question)}", table.clusters),
                ("seed", "of numpy's default generator", seed),
                ("R", "draws", replicates),
                *_pairs(names, level, rates, errors),
            ),
            *drawn,
            *steps(("Lc", "lower end over clusters", lower), ("Uc", "upper end over clusters", upper)),
            *(step for step in alone.steps if step not in levels.needed),
            *steps(
                ("min(L, Lc)", "lower end that is shown", low),
                ("max(U, Uc)", "upper end that is shown", high),
            ),
        ),
        check_in=alone.check_in if (low, high) == (alone.lower, alone.upper) else "",
    )


def estimated(table: ClusterTable) -> tuple[Floats, Floats]:
    """Return the quantity of each level, and the standard error of each difference of two, by linearisation."""
    total = table.n.sum(axis=0)
    rates = table.events.sum(axis=0) / total
    away = (table.events - rates * table.n) / total @ table.contrasts.T
    apart = away[:, :, None] - away[:, None, :]
    return np.asarray(table.contrasts @ rates), np.sqrt((apart**2).sum(axis=0))


def quantiles(table: ClusterTable, *, confidence: float, seed: int, replicates: int) -> tuple[list[float], float]:
    """Return the quantiles for upper ends by level and for lower ends, from draws of whole clusters."""
    draw, shares = np.random.default_rng(seed), np.full(table.clusters, 1 / table.clusters)
    middle, _ = estimated(table)
    best, widest = [], []
    for start in range(0, replicates, AT_ONCE):
        weights = draw.multinomial(table.clusters, shares, size=min(AT_ONCE, replicates - start))
        pivots = _pivots(table, middle, weights.astype(np.float64))
        best.append(pivots.max(axis=2))
        widest.append(np.abs(pivots).max(axis=(1, 2)))
    reach = [_order(column, 1 - side_of(confidence)) for column in np.concatenate(best).T]
    return reach, _order(np.concatenate(widest), confidence)


def _pivots(table: ClusterTable, middle: Floats, weights: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        total = weights @ table.n
        rates = (weights @ table.events) / total
        away = (table.events - rates[:, None, :] * table.n) / total[:, None, :] @ table.contrasts.T
        apart = away[:, :, :, None] - away[:, :, None, :]
        errors = np.sqrt(np.einsum("dk,dkij->dij", weights, apart**2))
        short = middle - rates @ table.contrasts.T
        moved = short[:, :, None] - short[:, None, :]
        moved[np.abs(moved) < bootstrap.ROUNDING] = 0.0
        pivots = np.where(moved == 0, 0.0, moved / np.maximum(errors, 1e-150))
    # A level that was not drawn is infinitely far from any other.
    pivots[np.isnan(moved)] = np.inf
    place = np.arange(len(middle))
    pivots[:, place, place] = 0.0
    return np.asarray(pivots)


def _order(values: Floats, share: float) -> float:
    place = math.ceil(share * (len(values) + 1) - bootstrap.ROUNDING) - 1
    return float(np.sort(values)[place]) if place < len(values) else math.inf


def _ends(
    names: Sequence[str], level: str, rates: Floats, errors: Floats, reach: Sequence[float], wide: float, *, most: float
) -> tuple[float, float]:
    found = []
    for i in [names.index(level)] if level else range(len(names)):
        others = [j for j in range(len(names)) if j != i]
        lower = max(_end(rates[j] - rates[i], -wide * errors[j, i], -most) for j in others)
        upper = max(_end(rates[j] - rates[i], reach[j] * errors[j, i], most) for j in others)
        gap = float(rates.max() - rates[i])
        found.append((min(max(0.0, lower), gap), min(most, max(upper, gap))))
    return max(one[0] for one in found), max(one[1] for one in found)


def _end(middle: float, reach: float, most: float) -> float:
    return float(middle + reach) if math.isfinite(reach) and abs(reach) < 1 / bootstrap.ROUNDING else most


def _from_engine(
    table: ClusterTable, question: Question, level: str, *, seed: int, replicates: int
) -> tuple[float, float]:
    gaps = bootstrap.simultaneous_gaps(
        table=table,
        confidence=question.confidence,
        seed=seed,
        replicates=replicates,
        resample=RESAMPLES[question.parameter("resample", default="clusters")],
    )
    gap = next((one for one in gaps.levels if one.level == level), gaps.spread)
    return gap.interval.lower, gap.interval.upper


def _table(question: Question, levels: Levels, cells: Cells) -> ClusterTable:
    cluster, names = cluster_of(question), tuple(levels.values)
    if levels.of_effects and question.protocol is not None:
        primary = question.protocol.primary
        return clustered_gaps.of_benefit(
            cells=cells.where(in_primary="1") if "in_primary" in cells.keys else cells,
            cluster=cluster,
            attribute=levels.attribute,
            levels=names,
            event=primary.event,
            good=primary.good,
        )
    references = ("1", "0") if question.criterion.metric == "gap_accuracy" else ("1",)
    return clustered_gaps.of_shares(
        cells=cells, cluster=cluster, attribute=levels.attribute, levels=names, references=references
    )


def _shown(question: Question, table: ClusterTable) -> Table:
    rows = tuple(
        tuple(f"{count_of(question, n=x)} of {count_of(question, n=n)}" for x, n in zip(events, units, strict=True))
        for events, units in zip(table.events.tolist(), table.n.tolist(), strict=True)
    )
    return Table(columns=table.levels, rows=rows)


def _pairs(names: Sequence[str], level: str, rates: Floats, errors: Floats) -> list[Means]:
    shown = [names.index(level)] if level else range(len(names))
    return [
        (
            f"{names[j]} - {names[i]}",
            f"difference; standard error {figure(float(errors[j, i]))}",
            float(rates[j] - rates[i]),
        )
        for i in shown
        for j in range(len(names))
        if j != i
    ]


def _number(question: Question, name: str, default: int) -> int:
    given = question.parameter(name, default=str(default))
    return int(given) if given.isdigit() else default
