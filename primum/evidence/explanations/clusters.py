"""Derivations at the level of clusters: every cluster is one number, and the arms are compared by Student's t."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.cells import Cells
from primum.evidence.explanations.looks import looks
from primum.evidence.explanations.spending import at_looks
from primum.evidence.explanations.wedge import wedge, wedge_ratio
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    Table,
    confidence_steps,
    count_of,
    counted,
    figure,
    numbers_in_r,
    side_of,
    steps,
)
from primum.evidence.intervals import Group, normal_cdf
from primum.evidence.measures.question import Question, method_of
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol
from primum.roadmap.protocol_parts import SPENDING_WORDS

T_TEST = (
    "p = x / n of each cluster;  w its weight, all w of an arm together 1\n"
    "m = sum w p,  S = sum w^2,  v = sum w (p - m)^2 / (1 - S);  k clusters in an arm\n"
)
ENDS = "d = m1 - m2,  ends  d - t s  and  d + t s, never beyond -1 and 1,  t quantile of Student's t with f degrees"
POOLED = "V = ((k1 - 1) v1 + (k2 - 1) v2) / (k1 + k2 - 2),  s = sqrt(V (S1 + S2)),  f = k1 + k2 - 2\n"
APART = "s = sqrt(v1 S1 + v2 S2),  f = (v1 S1 + v2 S2)^2 / ((v1 S1)^2 / (k1 - 1) + (v2 S2)^2 / (k2 - 1))\n"
BOOKS = "Donner & Klar 2000, Design and Analysis of Cluster Randomization Trials; Hayes & Moulton 2017"
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "cluster-t": Formula(text=T_TEST + "w = 1 / k\n" + POOLED + ENDS, reference=BOOKS),
        "welch on clusters": Formula(text=T_TEST + "w = 1 / k\n" + APART + ENDS, reference=f"{BOOKS}; Welch 1947"),
        "weighted-by-size": Formula(text=T_TEST + "w = n / sum n\n" + POOLED + ENDS, reference=BOOKS),
        "minimum-variance": Formula(
            text=T_TEST + "w = u / sum u,  u = n / (1 + (n - 1) ICC), ICC not below 0\n" + POOLED + ENDS,
            reference=BOOKS,
        ),
        "ratio of cluster means": Formula(
            text=T_TEST + "w = 1 / k\nr = m1 / m2,  s = sqrt(v1 / (k1 m1^2) + v2 / (k2 m2^2))\n"
            "ends  r exp(-t s)  and  r exp(t s),  t quantile of Student's t with k1 + k2 - 2 degrees",
            reference="Hayes & Moulton 2017, Cluster Randomised Trials, chapter 10",
        ),
    }
)
NAMES = MappingProxyType({"welch": "welch on clusters"})
METHODS = ("cluster-t", "welch", "weighted-by-size", "minimum-variance")
ARMS = ("intervention", "control")
Clusters = Mapping[str, Group]


@dataclass(frozen=True, kw_only=True)
class Arm:
    """The clusters of one arm as a weighted mean with its spread."""

    mean: float
    variance: float
    share: float
    k: int


def clustered(
    question: Question,
    *,
    cells: Cells,
    event: str,
    good: str,
    confidence: float,
    method: str = "cluster-t",
    filled: Mapping[str, bool] | None = None,
) -> Derived:
    """Derive the benefit in one endpoint at the level of clusters, or adjusted for period in a stepped wedge."""
    if question.protocol is not None and question.protocol.design == "stepped-wedge-rct":
        return wedge(question, cells=cells, event=event, good=good, confidence=confidence)
    arms = clusters_of(cells, event=event, filled=filled)
    order = ARMS if good == "higher" else (ARMS[1], ARMS[0])
    icc = icc_of(arms)
    first, second = (summary(arms[arm], method=method, icc=icc) for arm in order)
    s, f = spread(first, second, apart=method == "welch")
    d, t = first.mean - second.mean, t_quantile(confidence, degrees=f)
    return Derived(
        value=d,
        lower=max(-1.0, d - t * s),
        upper=min(1.0, d + t * s),
        formula=FORMULAS[NAMES.get(method, method)],
        table=_table(question, arms),
        steps=(
            *_arm_steps(first, second, order, icc),
            *confidence_steps(confidence),
            *steps(
                ("d", "difference of the arms' means", d),
                ("s", "its standard error", s),
                ("f", "degrees of freedom", f),
                ("t", "quantile at 1 - a", t),
                ("L", "lower end", max(-1.0, d - t * s)),
                ("U", "upper end", min(1.0, d + t * s)),
            ),
        ),
        check_in=_check(question, [arms[arm] for arm in order], method, confidence, d=d, s=s, f=f),
    )


def cluster_difference(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every derivation takes both
    """Derive the primary benefit by a t-test on clusters."""
    protocol = protocol_of(question)
    return clustered(
        question,
        cells=primary(question),
        event=protocol.primary.event,
        good=protocol.primary.good,
        confidence=max(question.confidence, float(1 - 2 * Fraction(protocol.alpha_one_sided))),
        method=method_of(question, dict.fromkeys(METHODS)),
    )


def wedge_effect(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every explanation is called in the same way
    """Derive the primary benefit of a stepped wedge, by least squares or by a mixed model."""
    protocol = protocol_of(question)
    return wedge(
        question,
        cells=primary(question),
        event=protocol.primary.event,
        good=protocol.primary.good,
        confidence=max(question.confidence, float(1 - 2 * Fraction(protocol.alpha_one_sided))),
        reml=method_of(question, dict.fromkeys(("cr2", "reml"))) == "reml",
    )


def clustered_primary(question: Question) -> Derived:
    """Derive the primary benefit of a trial of clusters, at the confidence of the boundary where looks are planned."""
    protocol = protocol_of(question)
    cells, usual = primary(question), float(1 - 2 * Fraction(protocol.alpha_one_sided))
    level, look = max(question.confidence, usual), steps()
    if protocol.spending != "none":
        level, look = _at_look(question, protocol, cells)
    derived = clustered(
        question, cells=cells, event=protocol.primary.event, good=protocol.primary.good, confidence=level
    )
    return replace(derived, steps=(*look, *derived.steps))


def clustered_ratio(question: Question) -> Derived:
    """Derive the ratio of primary risks at the level of clusters, intervention over control."""
    protocol = protocol_of(question)
    if protocol.design == "stepped-wedge-rct":
        return wedge_ratio(question, cells=primary(question), event=protocol.primary.event)
    arms = clusters_of(primary(question), event=protocol.primary.event)
    first, second = (summary(arms[arm], method="cluster-t", icc=None) for arm in ARMS)
    r, f = first.mean / second.mean, first.k + second.k - 2
    s = math.sqrt(sum(one.variance / one.k / one.mean**2 for one in (first, second)))
    t = t_quantile(question.confidence, degrees=f)
    return Derived(
        value=r,
        lower=r * math.exp(-t * s),
        upper=r * math.exp(t * s),
        formula=FORMULAS["ratio of cluster means"],
        table=_table(question, arms),
        steps=(
            *_arm_steps(first, second, ARMS, icc_of(arms)),
            *confidence_steps(question.confidence),
            *steps(
                ("r", "ratio", r),
                ("s", "standard error of ln r", s),
                ("f", "degrees of freedom", f),
                ("t", "quantile", t),
            ),
        ),
        check_in=f"{figure(r)} * exp(c(-1, 1) * qt({figure(1 - side_of(question.confidence))}, {f}) * {figure(s)})",
    )


def clusters_of(cells: Cells, *, event: str, filled: Mapping[str, bool] | None = None) -> dict[str, Clusters]:
    """
    Return the clusters of each arm by name, those with a known outcome.

    ``filled`` says for each arm that the missing outcomes count, and whether as events.
    """
    counts = counted(cells, "arm", "cluster", event)
    found: dict[str, Clusters] = {}
    for arm in ARMS:
        sums: dict[str, list[int]] = {}
        for (here, cluster, outcome), n in counts.items():
            known = outcome in ("1", "0")
            if here == arm and cluster and (known or filled is not None):
                both = sums.setdefault(cluster, [0, 0])
                both[0] += n if outcome == "1" or (not known and filled is not None and filled[arm]) else 0
                both[1] += n
        found[arm] = {name: Group(events=x, n=n) for name, (x, n) in sums.items()}
    return found


def summary(clusters: Clusters, *, method: str, icc: float | None) -> Arm:
    """Return the weighted mean of clusters with its spread."""
    p, n = [one.p for one in clusters.values()], [one.n for one in clusters.values()]
    raw = {
        "weighted-by-size": [float(one) for one in n],
        "minimum-variance": [one / (1 + (one - 1) * max(icc or 0.0, 0.0)) for one in n],
    }.get(method, [1.0] * len(n))
    w = [one / sum(raw) for one in raw]
    mean, share = math.fsum(a * b for a, b in zip(w, p, strict=True)), math.fsum(one**2 for one in w)
    variance = math.fsum(a * (b - mean) ** 2 for a, b in zip(w, p, strict=True)) / (1 - share)
    return Arm(mean=mean, variance=variance, share=share, k=len(n))


def spread(first: Arm, second: Arm, *, apart: bool) -> tuple[float, float]:
    """Return the standard error of the difference of two arms and its degrees of freedom."""
    if apart:
        parts = [one.variance * one.share for one in (first, second)]
        return math.sqrt(sum(parts)), sum(parts) ** 2 / (parts[0] ** 2 / (first.k - 1) + parts[1] ** 2 / (second.k - 1))
    f = first.k + second.k - 2
    pooled = ((first.k - 1) * first.variance + (second.k - 1) * second.variance) / f
    return math.sqrt(pooled * (first.share + second.share)), float(f)


def icc_of(arms: Mapping[str, Clusters]) -> float | None:
    """Return the analysis-of-variance correlation within clusters, arms apart."""
    known = [list(clusters.values()) for clusters in arms.values() if clusters]
    k, total = sum(map(len, known)), sum(one.n for clusters in known for one in clusters)
    if k <= len(known) or total <= k:
        return None
    between = within = typical = 0.0
    for clusters in known:
        n = sum(one.n for one in clusters)
        mean = sum(one.events for one in clusters) / n
        between += sum(one.n * (one.p - mean) ** 2 for one in clusters)
        within += sum(one.events * (1 - one.p) for one in clusters)
        typical += sum(one.n**2 for one in clusters) / n
    size, between, within = (total - typical) / (k - len(known)), between / (k - len(known)), within / (total - k)
    whole = between + (size - 1) * within
    return (between - within) / whole if whole else None


def t_quantile(confidence: float, *, degrees: float) -> float:
    """Return the quantile of Student's t of a two-sided interval."""
    from scipy.stats import t

    return float(t.ppf(1 - side_of(confidence), degrees))


def primary(question: Question) -> Cells:
    """Return the cells of the primary analysis."""
    return question.cells.where(in_primary="1") if "in_primary" in question.cells.keys else question.cells


def protocol_of(question: Question) -> Protocol:
    """Return the protocol, without which no estimate of a trial is known."""
    assert question.protocol is not None
    return question.protocol


def _at_look(question: Question, protocol: Protocol, cells: Cells) -> tuple[float, tuple[Step, ...]]:
    counts = counted(cells, "cluster")
    information, reached = looks(protocol, now=sum(1 for (cluster,) in counts if cluster))
    bounds = at_looks(protocol=protocol, information=information).bounds[:reached]
    return max(question.confidence, 2 * normal_cdf(bounds[-1]) - 1), steps(
        ("i", "clusters at each look up to now", ", ".join(map(str, information[:reached]))),
        ("I", "clusters planned", protocol.planned_units),
        ("b", f"{SPENDING_WORDS[protocol.spending]} boundaries of these looks", ", ".join(map(figure, bounds))),
        ("2 Phi(b) - 1", "confidence that belongs to the last boundary", 2 * normal_cdf(bounds[-1]) - 1),
    )


def _arm_steps(first: Arm, second: Arm, order: tuple[str, str], icc: float | None) -> tuple[Step, ...]:
    return steps(
        *(
            part
            for number, (arm, name) in enumerate(zip((first, second), order, strict=True), start=1)
            for part in (
                (f"k{number}", f"clusters, {name}", arm.k),
                (f"m{number}", "weighted mean of their proportions", arm.mean),
                (f"v{number}", "their variance", arm.variance),
                (f"S{number}", "sum of squared weights", arm.share),
            )
        ),
        *([] if icc is None else [("ICC", "correlation within clusters, by analysis of variance", icc)]),
    )


def _table(question: Question, arms: Mapping[str, Clusters]) -> Table:
    rows = tuple(
        (arm, name, count_of(question, n=one.events), count_of(question, n=one.n))
        for arm, clusters in arms.items()
        for name, one in clusters.items()
    )
    return Table(columns=("arm", "cluster", "x", "n"), rows=rows)


def _check(
    question: Question, arms: Sequence[Clusters], method: str, confidence: float, *, d: float, s: float, f: float
) -> str:
    ends = f"{figure(d)} + c(-1, 1) * qt({figure(1 - side_of(confidence))}, {figure(f)}) * {figure(s)}"
    every = [number for clusters in arms for one in clusters.values() for number in (one.events, one.n)]
    if method not in ("cluster-t", "welch") or any(map(question.too_small, every)):
        return ends
    one, two = (
        f"{numbers_in_r(group.events for group in clusters.values())} / "
        f"{numbers_in_r(group.n for group in clusters.values())}"
        for clusters in arms
    )
    equal = ", var.equal = TRUE" if method == "cluster-t" else ""
    return f"t.test({one}, {two}{equal}, conf.level = {figure(confidence)})$conf.int"
