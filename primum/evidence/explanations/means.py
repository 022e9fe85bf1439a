"""Derivation of a difference of means from each arm's number, mean and variance."""

import math
from collections.abc import Mapping
from types import MappingProxyType

from primum.evidence.counts.moments import moments
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Table,
    confidence_steps,
    count_of,
    figure,
    side_of,
    steps,
)
from primum.evidence.measures.question import Question
from primum.roadmap.estimates import Estimate

WELCH = Formula(
    text=(
        "d = m1 - m2,  s = sqrt(v1 / n1 + v2 / n2);  means m and sample variances v of each arm\n"
        "f = (v1 / n1 + v2 / n2)^2 / ((v1 / n1)^2 / (n1 - 1) + (v2 / n2)^2 / (n2 - 1))\n"
        "ends  d - t s  and  d + t s,  t quantile of Student's t with f degrees"
    ),
    reference="Welch 1947, Biometrika 34:28-35",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"welch": WELCH})


def mean_difference(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every derivation takes both
    """Derive a difference of means, turned where a lower amount is better."""
    from scipy.stats import t

    column, turned = question.parameter("amount", default=""), question.parameter("good", default="higher") == "lower"
    cells = question.cells.where(in_primary="1") if "in_primary" in question.cells.keys else question.cells
    order = ("control", "intervention") if turned else ("intervention", "control")
    arms = [moments(cells.where(arm=arm), column) for arm in order]
    (m1, v1, n1), (m2, v2, n2) = ((arm.mean or 0.0, arm.variance or 0.0, arm.n) for arm in arms)
    d, e1, e2 = m1 - m2, v1 / n1, v2 / n2
    s, f = math.sqrt(e1 + e2), (e1 + e2) ** 2 / (e1**2 / (n1 - 1) + e2**2 / (n2 - 1))
    quantile = float(t.ppf(1 - side_of(question.confidence), f))
    lower, upper = d - quantile * s, d + quantile * s
    return Derived(
        value=d,
        lower=lower,
        upper=upper,
        formula=WELCH,
        table=Table(
            columns=("arm", "n", f"mean {column}", "variance"),
            rows=tuple(
                (name, count_of(question, n=arm.n), figure(arm.mean), figure(arm.variance))
                for name, arm in zip(order, arms, strict=True)
            ),
        ),
        steps=(
            *steps(("d", f"{order[0]} less {order[1]}", d)),
            *confidence_steps(question.confidence),
            *steps(
                ("s", "standard error", s),
                ("f", "degrees of freedom", f),
                ("t", "quantile at 1 - a", quantile),
                ("L", "lower end", lower),
                ("U", "upper end", upper),
            ),
        ),
        check_in=(
            f"m <- c({figure(m1)}, {figure(m2)}); e <- c({figure(v1)}, {figure(v2)}) / c({n1}, {n2}); "
            f"f <- sum(e)^2 / sum(e^2 / c({n1 - 1}, {n2 - 1})); "
            f"m[1] - m[2] + c(-1, 1) * qt({figure(1 - side_of(question.confidence))}, f) * sqrt(sum(e))"
        ),
    )
