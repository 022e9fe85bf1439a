"""Derivations of how a trial was run: allocation, missing outcomes, and the workload of each arm."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.explanations.shares import INTERVALS
from primum.evidence.explanations.trial import ARMS
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Table,
    confidence_steps,
    count_of,
    counted,
    figure,
    levels_in,
    side_of,
    steps,
    table_of_counts,
)
from primum.evidence.intervals import Group, normal_quantile, normal_tail
from primum.evidence.measures.question import Question, method_of
from primum.evidence.trials.cluster_trials import randomises_clusters
from primum.roadmap.estimates import Estimate

CHI_SQUARE = Formula(
    text=(
        "E(arm) = N r(arm) / (r1 + r2), planned allocation r1 : r2\n"
        "X = (O1 - E1)^2 / E1 + (O2 - E2)^2 / E2\n"
        "p = P(chi-square with 1 degree of freedom >= X) = 2 (1 - Phi(sqrt(X)))"
    ),
    reference="Pearson 1900, Philosophical Magazine 50:157-175",
)
MEANS = Formula(
    text=(
        "m = T / n,  v = (S - T^2 / n) / (n - 1);  T sum, S sum of squares of one arm\n"
        "r = m1 / m2 (intervention over control),  s = sqrt(v1 / n1 / m1^2 + v2 / n2 / m2^2)\n"
        "shown are  r - 1  with the ends  r exp(-z s) - 1  and  r exp(z s) - 1"
    ),
    reference="the delta method on ln r; Friedrich, Adhikari & Beyene 2008, BMC Medical Research Methodology 8:32",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"chi-square": CHI_SQUARE, "ratio of means minus one": MEANS})
CLUSTERED = ("cluster-rct", "stepped-wedge-rct")


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """The whole numbers of one arm: how many, their sum and the sum of their squares."""

    n: int
    total: int
    squares: int

    @property
    def mean(self) -> Fraction:
        """The sum over how many."""
        return Fraction(self.total, self.n)

    @property
    def variance(self) -> Fraction | None:
        """The sample variance; ``None`` of one number."""
        return (self.squares - self.mean * self.total) / (self.n - 1) if self.n > 1 else None


def sample_ratio(question: Question, estimate: Estimate) -> Derived:
    """Derive the p of the allocation, counted at the unit of randomisation."""
    protocol = question.protocol
    assert protocol is not None  # an estimate is known only with a protocol
    clustered = protocol.design in CLUSTERED
    counts = counted(question.cells, "arm", *(["cluster"] if clustered else []))
    seen = [
        sum(1 if clustered else n for key, n in counts.items() if key[0] == arm and (not clustered or key[1]))
        for arm in ARMS
    ]
    hoped = [Fraction(sum(seen) * part, sum(protocol.ratio)) for part in protocol.ratio]
    statistic = float(sum((o - e) ** 2 / e for o, e in zip(seen, hoped, strict=True)))
    p = 2 * normal_tail(math.sqrt(statistic))
    ratio = f"{protocol.ratio[0]}, {protocol.ratio[1]}"
    return Derived(
        value=p,
        lower=p,
        upper=p,
        formula=CHI_SQUARE,
        sampled=False,
        table=Table(
            columns=("arm", f"{estimate.unit} allocated"),
            rows=tuple((arm, count_of(question, n=n)) for arm, n in zip(ARMS, seen, strict=True)),
        ),
        steps=steps(
            ("r1, r2", "planned allocation", ratio),
            ("O1, O2", f"{estimate.unit} allocated", f"{seen[0]}, {seen[1]}"),
            ("E1, E2", "expected of N together", f"{figure(hoped[0])}, {figure(hoped[1])}"),
            ("X", "chi-square", statistic),
            ("p", "its upper tail", p),
        ),
        check_in=f"chisq.test(c({seen[0]}, {seen[1]}), p = c({ratio}) / {sum(protocol.ratio)})$p.value",
    )


def missing_outcomes(question: Question, estimate: Estimate) -> Derived:
    """Derive the share of units of one arm without a primary outcome."""
    protocol = question.protocol
    assert protocol is not None  # an estimate is known only with a protocol
    cells = question.cells.where(**levels_in(estimate.scope))
    if "in_primary" in cells.keys:
        cells = cells.where(in_primary="1")
    counts = counted(cells, "arm", protocol.primary.event)
    n = sum(counts.values())
    lost = sum(rows for (_, event), rows in counts.items() if event not in ("1", "0"))
    derived = INTERVALS[method_of(question, INTERVALS)](
        Group(events=lost, n=n),
        confidence=question.confidence,
        words=("units of this arm without a primary outcome", "units of this arm"),
    )
    return replace(derived, table=table_of_counts(question, counts=counts, columns=("arm", protocol.primary.event)))


def workload_ratio(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every derivation takes both
    """Derive the ratio of two means less one, from the sums and the sums of squares of a column."""
    column = question.parameter("column", default="")
    counts = counted(question.cells, "arm", column)
    first, second = (_amounts(counts, arm) for arm in ARMS)
    r, z = first.mean / second.mean, normal_quantile(1 - side_of(question.confidence))
    # Rows of one cluster are alike, so that nothing is known of the error where clusters were randomised.
    clusters = question.protocol is not None and randomises_clusters(question.protocol)
    s = None if clusters else _log_error(first, second)
    factor = math.exp(z * s) if s else None
    return Derived(
        value=float(r - 1),
        lower=None if factor is None else float(r) / factor - 1,
        upper=None if factor is None else float(r) * factor - 1,
        formula=MEANS,
        table=Table(
            columns=("arm", "n", f"sum of {column}", "sum of squares"),
            rows=tuple(
                (arm, str(one.n), str(one.total), str(one.squares))
                for arm, one in zip(ARMS, (first, second), strict=True)
            ),
        ),
        steps=(
            *steps(
                ("m1, m2", "means", f"{figure(first.mean)}, {figure(second.mean)}"),
                ("v1, v2", "variances", f"{figure(first.variance)}, {figure(second.variance)}"),
                ("r", "ratio of means", r),
            ),
            *confidence_steps(question.confidence),
            *steps(("z", "normal quantile of 1 - a", z), ("s", "standard error of ln r", s or "unknown")),
        ),
        check_in=_means_check(first, second, side_of(question.confidence)),
    )


def _amounts(counts: Mapping[tuple[str, ...], int], arm: str) -> Amounts:
    numbers = {
        int(level): n for (name, level), n in counts.items() if name == arm and level.removeprefix("-").isdigit()
    }
    return Amounts(
        n=sum(numbers.values()),
        total=sum(value * n for value, n in numbers.items()),
        squares=sum(value**2 * n for value, n in numbers.items()),
    )


def _log_error(first: Amounts, second: Amounts) -> float | None:
    """Return the standard error of the log of the ratio; ``None`` without any spread."""
    if first.variance is None or second.variance is None:
        return None
    parts = [one.variance / one.n / one.mean**2 for one in (first, second) if one.variance is not None]
    return math.sqrt(sum(parts)) or None


def _means_check(first: Amounts, second: Amounts, side: float) -> str:
    return (
        f"n <- c({first.n}, {second.n}); t <- c({first.total}, {second.total}); "
        f"q <- c({first.squares}, {second.squares}); "
        "m <- t / n; s <- sqrt(sum((q - t^2 / n) / (n - 1) / n / m^2)); "
        f"m[1] / m[2] * exp(c(0, -1, 1) * qnorm({figure(1 - side)}) * s) - 1"
    )
