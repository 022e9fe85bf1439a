"""Derivation of what readers gain: the same positives read twice, by the paired intervals of Newcombe and Tango."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from primum.evidence.explanations.shares import wilson_ends
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    confidence_steps,
    counted,
    figure,
    side_of,
    steps,
    table_of_counts,
)
from primum.evidence.intervals import Group, bisect, normal_quantile
from primum.evidence.measures.question import Question, method_of
from primum.roadmap.estimates import Estimate

HYBRID = Formula(
    text=(
        "d = p1 - p2 = (f - g) / n;  l and u are the ends of Wilson's interval of each proportion\n"
        "e both, f with only, g without only, h neither;  p1 = (e + f) / n, p2 = (e + g) / n\n"
        "phi = B / sqrt((e + f)(g + h)(e + g)(f + h)),  B = e h - f g, less n / 2 but not below 0 if it is above 0\n"
        "lower end  d - sqrt((p1 - l1)^2 - 2 phi (p1 - l1)(u2 - p2) + (u2 - p2)^2)\n"
        "upper end  d + sqrt((u1 - p1)^2 - 2 phi (u1 - p1)(p2 - l2) + (p2 - l2)^2)"
    ),
    reference="Newcombe 1998, Statistics in Medicine 17:2635-2650 (method 10)",
)
SCORE = Formula(
    text=(
        "d = (f - g) / n;  f with only, g without only, n pairs\n"
        "q(D) = (sqrt(B^2 + 8 n g D (1 - D)) - B) / (4 n),  B = (2 n - f + g) D - f - g\n"
        "Z(D) = (f - g - n D) / sqrt(n (2 q(D) + D (1 - D)))\n"
        "the ends solve  Z(L) = z  and  Z(U) = -z"
    ),
    reference="Tango 1998, Statistics in Medicine 17:891-908",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"paired newcombe": HYBRID, "paired tango": SCORE})


@dataclass(frozen=True, kw_only=True)
class Square:
    """Pairs by both answers: both, with only, without only, neither."""

    both: int
    with_only: int
    without_only: int
    neither: int

    @property
    def n(self) -> int:
        """All pairs."""
        return self.both + self.with_only + self.without_only + self.neither

    @property
    def difference(self) -> float:
        """With minus without."""
        return (self.with_only - self.without_only) / self.n

    @property
    def margins(self) -> tuple[Group, Group]:
        """The pairs as each reading has them."""
        return (
            Group(events=self.both + self.with_only, n=self.n),
            Group(events=self.both + self.without_only, n=self.n),
        )


def reader_gain(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every derivation takes both
    """Derive what readers find with the model less what they find without it, on the same positives."""
    counts = counted(question.cells.where(reference="1"), "reader_with_lmm", "reader_alone")
    read = Square(
        both=counts.get(("1", "1"), 0),
        with_only=counts.get(("1", "0"), 0),
        without_only=counts.get(("0", "1"), 0),
        neither=counts.get(("0", "0"), 0),
    )
    method = {"paired newcombe": hybrid, "paired tango": score}[method_of(question, FORMULAS)]
    derived = method(read, confidence=question.confidence)
    counted_steps = steps(
        ("e", "positives found by both readings", read.both),
        ("f", "found only with the model", read.with_only),
        ("g", "found only without it", read.without_only),
        ("h", "found by neither", read.neither),
        ("n", "positives read twice", read.n),
        ("d", "(f - g) / n", read.difference),
    )
    return replace(
        derived,
        steps=(*counted_steps, *confidence_steps(question.confidence), *derived.steps),
        table=table_of_counts(question, counts=counts, columns=("with the model", "without")),
    )


def hybrid(read: Square, *, confidence: float) -> Derived:
    """Derive Newcombe's paired interval."""
    first, second = read.margins
    (l1, u1), (l2, u2) = (wilson_ends(group, confidence=confidence) for group in (first, second))
    d, p1, p2, phi = read.difference, first.p, second.p, _phi(read)
    lower = d - math.sqrt(max(0.0, (p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2))
    upper = d + math.sqrt(max(0.0, (u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2))
    return Derived(
        value=d,
        lower=lower,
        upper=upper,
        formula=HYBRID,
        steps=steps(
            ("p1, p2", "proportions found with and without", f"{figure(p1)}, {figure(p2)}"),
            ("l1, u1", "Wilson's ends of p1", f"{figure(l1)}, {figure(u1)}"),
            ("l2, u2", "Wilson's ends of p2", f"{figure(l2)}, {figure(u2)}"),
            ("phi", "correlation of both readings, corrected", phi),
            ("L", "lower end", lower),
            ("U", "upper end", upper),
        ),
        check_in=(
            f"w <- function(x) prop.test(x, {read.n}, conf.level = {figure(confidence)}, correct = FALSE)$conf.int; "
            f"p <- c({first.events}, {second.events}) / {read.n}; a <- w({first.events}); b <- w({second.events}); "
            f"r <- function(u, v) sqrt(u^2 - 2 * {figure(phi)} * u * v + v^2); "
            "c(p[1] - p[2] - r(p[1] - a[1], b[2] - p[2]), p[1] - p[2] + r(a[2] - p[1], p[2] - b[1]))"
        ),
    )


def score(read: Square, *, confidence: float) -> Derived:
    """Derive Tango's interval from its score equation."""
    z, d = normal_quantile(1 - side_of(confidence)), read.difference
    lower = bisect(lambda at: _z(read, at) - z, low=-1.0, high=d) if d > -1 else -1.0
    upper = bisect(lambda at: _z(read, at) + z, low=d, high=1.0) if d < 1 else 1.0
    found: tuple[Step, ...] = steps(
        ("z", "normal quantile of 1 - a", z),
        ("L", "lower end", lower),
        ("q(L)", "restricted proportion there", _swapped(read, lower)),
        ("Z(L)", "which is z", _z(read, lower)),
        ("U", "upper end", upper),
        ("q(U)", "restricted proportion there", _swapped(read, upper)),
        ("Z(U)", "which is -z", _z(read, upper)),
    )
    return Derived(
        value=d,
        lower=lower,
        upper=upper,
        formula=SCORE,
        steps=found,
        check_in=(
            f"n <- {read.n}; f <- {read.with_only}; g <- {read.without_only}; "
            f"z <- qnorm({figure(1 - side_of(confidence))}); "
            "Z <- function(D) { B <- (2 * n - f + g) * D - f - g; "
            "q <- (sqrt(B^2 + 8 * n * g * D * (1 - D)) - B) / (4 * n); "
            "(f - g - n * D) / sqrt(n * (2 * q + D * (1 - D))) }; "
            "c(uniroot(function(D) Z(D) - z, c(-0.9999, (f - g) / n), tol = 1e-13)$root, "
            "uniroot(function(D) Z(D) + z, c((f - g) / n, 0.9999), tol = 1e-13)$root)"
        ),
    )


def _phi(read: Square) -> float:
    e, f, g, h = read.both, read.with_only, read.without_only, read.neither
    margins = (e + f) * (g + h) * (e + g) * (f + h)
    agreement = float(e * h - f * g)
    if agreement > 0:
        agreement = max(0.0, agreement - read.n / 2)
    return agreement / math.sqrt(margins) if margins else 0.0


def _swapped(read: Square, at: float) -> float:
    n, f, g = read.n, read.with_only, read.without_only
    b = (2 * n - f + g) * at - f - g
    return (math.sqrt(max(0.0, b * b + 8 * n * g * at * (1 - at))) - b) / (4 * n)


def _z(read: Square, at: float) -> float:
    n = read.n
    variance = n * (2 * _swapped(read, at) + at * (1 - at))
    beyond = read.with_only - read.without_only - n * at
    if variance <= 1e-15:  # noqa: PLR2004 -- of rounding size: every pair is fixed
        return 0.0 if abs(beyond) < 1e-12 * n else math.copysign(math.inf, beyond)
    return beyond / math.sqrt(variance)
