"""Derivations of a difference and of a ratio of two proportions, each end by the equation it solves."""

import math
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from primum.evidence.explanations.shares import wilson_ends
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    confidence_steps,
    figure,
    side_of,
    steps,
)
from primum.evidence.intervals import Group, bisect, normal_quantile
from primum.evidence.roots import crossing_point

Words = tuple[str, str]

SCORE = Formula(
    text=(
        "d = x1 / n1 - x2 / n2\n"
        "q1, q2 = the most likely proportions whose difference is D:  q1 = q2 + D  and\n"
        "x1 / q1 - (n1 - x1) / (1 - q1) + x2 / q2 - (n2 - x2) / (1 - q2) = 0\n"
        "S(D) = sqrt((q1 (1 - q1) / n1 + q2 (1 - q2) / n2) N / (N - 1)),  N = n1 + n2\n"
        "the ends solve  (d - L) / S(L) = z  and  (d - U) / S(U) = -z"
    ),
    reference="Miettinen & Nurminen 1985, Statistics in Medicine 4:213-226",
)
HYBRID = Formula(
    text=(
        "d = p1 - p2,  p = x / n;  l and u are the ends of Wilson's interval of each proportion\n"
        "lower end  d - sqrt((p1 - l1)^2 + (u2 - p2)^2)\n"
        "upper end  d + sqrt((u1 - p1)^2 + (p2 - l2)^2)"
    ),
    reference="Newcombe 1998, Statistics in Medicine 17:873-890 (method 10)",
)
KATZ = Formula(
    text="r = (x1 / n1) / (x2 / n2)\ns = sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2)\nends  r exp(-z s)  and  r exp(z s)",
    reference="Katz, Baptista, Azen & Pike 1978, Biometrics 34:469-474",
)
SCORE_RATIO = Formula(
    text=(
        "r = p1 / p2,  p = x / n,  N = n1 + n2\n"
        "q1 = R q2, and q2 is the smaller solution of  A q^2 - B q + C = 0  with\n"
        "A = N R,  B = n1 R + x1 + n2 + x2 R,  C = x1 + x2\n"
        "Z(R) = (p1 - R p2) / sqrt((q1 (1 - q1) / n1 + R^2 q2 (1 - q2) / n2) N / (N - 1))\n"
        "the ends solve  Z(L) = z  and  Z(U) = -z"
    ),
    reference="Miettinen & Nurminen 1985, Statistics in Medicine 4:213-226",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {"miettinen-nurminen": SCORE, "newcombe": HYBRID, "katz": KATZ, "miettinen-nurminen ratio": SCORE_RATIO}
)


def score(first: Group, second: Group, *, confidence: float) -> Derived:
    """Derive the score interval of a difference; at each end the restricted proportions and the equation."""
    d, z = float(first.rate - second.rate), normal_quantile(1 - side_of(confidence))
    lower = crossing_point(lambda at: _beyond(first, second, at) - z, low=-1.0, high=d) if d > -1 else -1.0
    upper = crossing_point(lambda at: _beyond(first, second, at) + z, low=d, high=1.0) if d < 1 else 1.0
    return Derived(
        value=d,
        lower=lower,
        upper=upper,
        formula=SCORE,
        steps=(
            *steps(("d", "difference", d)),
            *confidence_steps(confidence),
            *steps(("z", "normal quantile of 1 - a", z)),
            *_end_steps(first, second, lower, "L", "lower end"),
            *_end_steps(first, second, upper, "U", "upper end"),
        ),
        check_in=score_check(first, second, confidence=confidence),
    )


def hybrid(first: Group, second: Group, *, confidence: float) -> Derived:
    """Derive Newcombe's interval of a difference from Wilson's of each proportion."""
    p1, p2 = first.p, second.p
    (l1, u1), (l2, u2) = (wilson_ends(group, confidence=confidence) for group in (first, second))
    lower, upper = p1 - p2 - math.hypot(p1 - l1, u2 - p2), p1 - p2 + math.hypot(u1 - p1, p2 - l2)
    return Derived(
        value=float(first.rate - second.rate),
        lower=lower,
        upper=upper,
        formula=HYBRID,
        steps=(
            *steps(("d", "difference", first.rate - second.rate)),
            *confidence_steps(confidence),
            *steps(
                ("l1, u1", "Wilson's ends of p1", f"{figure(l1)}, {figure(u1)}"),
                ("l2, u2", "Wilson's ends of p2", f"{figure(l2)}, {figure(u2)}"),
                ("L", "lower end", lower),
                ("U", "upper end", upper),
            ),
        ),
        check_in=hybrid_check(first, second, confidence=confidence),
    )


Difference = Callable[..., Derived]
DIFFERENCES: Mapping[str, Difference] = MappingProxyType({"miettinen-nurminen": score, "newcombe": hybrid})


def katz(first: Group, second: Group, *, confidence: float) -> Derived:
    """Derive the log interval of a ratio of two proportions, both with events."""
    r, z = float(first.rate / second.rate), normal_quantile(1 - side_of(confidence))
    s = math.sqrt(1 / first.events - 1 / first.n + 1 / second.events - 1 / second.n)
    lower, upper = r * math.exp(-z * s), r * math.exp(z * s)
    return Derived(
        value=r,
        lower=lower,
        upper=upper,
        formula=KATZ,
        steps=(
            *steps(("r", "ratio", r)),
            *confidence_steps(confidence),
            *steps(
                ("z", "normal quantile of 1 - a", z),
                ("s", "standard error of ln r", s),
                ("L", "lower end", lower),
                ("U", "upper end", upper),
            ),
        ),
        check_in=(
            f"{_counts_in_r(first, second)}; r <- x[1] / n[1] / (x[2] / n[2]); "
            f"r * exp(c(-1, 1) * qnorm({figure(1 - side_of(confidence))}) * sqrt(sum(1 / x - 1 / n)))"
        ),
    )


def score_ratio(first: Group, second: Group, *, confidence: float) -> Derived:
    """Derive the score interval of a ratio of two proportions; an end without events has no limit."""
    z, value = normal_quantile(1 - side_of(confidence)), first.p / second.p if second.events else math.inf
    nothing = first.events == second.events == 0
    lower = 0.0 if not first.events else _ratio_end(first, second, z, low=1e-26, high=min(value, 1e26))
    upper = (
        math.inf if nothing or not second.events else _ratio_end(first, second, -z, low=max(value, 1e-26), high=1e26)
    )
    return Derived(
        value=value,
        lower=lower,
        upper=upper,
        formula=SCORE_RATIO,
        steps=(
            *steps(("r", "ratio", value)),
            *confidence_steps(confidence),
            *steps(("z", "normal quantile of 1 - a", z), ("L", "lower end", lower)),
            *([] if lower == 0 else steps(("Z(L)", "which is z", _ratio_z(first, second, lower)))),
            *steps(("U", "upper end", upper)),
            *([] if upper == math.inf else steps(("Z(U)", "which is -z", _ratio_z(first, second, upper)))),
        ),
        check_in=_ratio_check(first, second, confidence=confidence),
    )


def group_steps(first: Group, second: Group, *, words: Words) -> tuple[Step, ...]:
    """Return the counts of two groups as steps, named by what they are."""
    return steps(
        ("x1, n1", f"events and units, {words[0]}", f"{first.events}, {first.n}"),
        ("x2, n2", f"events and units, {words[1]}", f"{second.events}, {second.n}"),
        ("p1, p2", "proportions", f"{figure(first.rate)}, {figure(second.rate)}"),
    )


def restricted(first: Group, second: Group, *, difference: float) -> tuple[float, float]:
    """Return the most likely proportions with this difference, where the slope of the likelihood is 0."""
    parts = ((first.events, first.n, difference), (second.events, second.n, 0.0))
    return most_likely(parts, difference=difference)


def most_likely(parts: Iterable[tuple[float, float, float]], *, difference: float) -> tuple[float, float]:
    """Return the most likely q + D and q from (events, units, shift) of each group; events may be expected ones."""
    known, low, high = tuple(parts), max(0.0, -difference), min(1.0, 1.0 - difference)

    def slope(q: float) -> float:
        return sum(_over(x, q + shift) - _over(n - x, 1 - q - shift) for x, n, shift in known)

    if not slope(low) > 0 or not slope(high) < 0:
        q = low if not slope(low) > 0 else high
    else:
        q = crossing_point(slope, low=low, high=high, tolerance=1e-15)
    return min(1.0, max(0.0, q + difference)), q


def standard_error(first: Group, second: Group, *, difference: float) -> float:
    """Return S(D): the standard error of a difference at the restricted proportions, with N / (N - 1)."""
    q1, q2 = restricted(first, second, difference=difference)
    total = first.n + second.n
    return math.sqrt((q1 * (1 - q1) / first.n + q2 * (1 - q2) / second.n) * total / (total - 1))


def score_check(first: Group, second: Group, *, confidence: float) -> str:
    """Return R that solves for both ends of the score interval of a difference."""
    return (
        f"{_counts_in_r(first, second)}; d <- x[1] / n[1] - x[2] / n[2]; "
        f"z <- qnorm({figure(1 - side_of(confidence))}); "
        "s <- function(D) { q <- optimize(function(q) sum(dbinom(x, n, q + c(D, 0), log = TRUE)), "
        "c(max(0, -D), min(1, 1 - D)), maximum = TRUE, tol = 1e-12)$maximum + c(D, 0); "
        "(d - D) / sqrt(sum(q * (1 - q) / n) * sum(n) / (sum(n) - 1)) }; "
        "c(uniroot(function(D) s(D) - z, c(-0.9999, d), tol = 1e-12)$root, "
        "uniroot(function(D) s(D) + z, c(d, 0.9999), tol = 1e-12)$root)"
    )


def hybrid_check(first: Group, second: Group, *, confidence: float) -> str:
    """Return R that combines two of Wilson's intervals."""
    return (
        f"w <- function(x, n) prop.test(x, n, conf.level = {figure(confidence)}, correct = FALSE)$conf.int; "
        f"p <- {first.events} / {first.n}; q <- {second.events} / {second.n}; "
        f"a <- w({first.events}, {first.n}); b <- w({second.events}, {second.n}); "
        "c(p - q - sqrt((p - a[1])^2 + (b[2] - q)^2), p - q + sqrt((a[2] - p)^2 + (q - b[1])^2))"
    )


def _over(count: float, share: float) -> float:
    return 0.0 if not count else count / share if share > 0 else math.inf


def _beyond(first: Group, second: Group, at: float) -> float:
    error, distance = standard_error(first, second, difference=at), float(first.rate - second.rate) - at
    if error < 1e-9:  # noqa: PLR2004 -- no variance is left at the very ends
        return 0.0 if abs(distance) < 1e-12 else math.copysign(math.inf, distance)  # noqa: PLR2004 -- of rounding size
    return distance / error


def _end_steps(first: Group, second: Group, end: float, symbol: str, words: str) -> tuple[Step, ...]:
    q1, q2 = restricted(first, second, difference=end)
    return steps(
        (symbol, words, end),
        (f"q1, q2 at {symbol}", "restricted proportions", f"{figure(q1)}, {figure(q2)}"),
        (f"S({symbol})", "standard error there", standard_error(first, second, difference=end)),
        (
            f"(d - {symbol}) / S({symbol})",
            "which is z" if symbol == "L" else "which is -z",
            _beyond(first, second, end),
        ),
    )


def _ratio_z(first: Group, second: Group, ratio: float) -> float:
    n1, n2, x1, x2 = first.n, second.n, first.events, second.events
    a, b, c = (n1 + n2) * ratio, n1 * ratio + x1 + n2 + x2 * ratio, x1 + x2
    q2 = 2 * c / (b + math.sqrt(max(0.0, b * b - 4 * a * c)))
    q1 = min(1.0, ratio * q2)
    variance = (q1 * (1 - q1) / n1 + ratio**2 * q2 * (1 - q2) / n2) * (n1 + n2) / (n1 + n2 - 1)
    distance = first.p - ratio * second.p
    return distance / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, distance)


def _ratio_end(first: Group, second: Group, z: float, *, low: float, high: float) -> float:
    found = bisect(lambda at: _ratio_z(first, second, math.exp(at)) - z, low=math.log(low), high=math.log(high))
    return math.exp(found)


def _ratio_check(first: Group, second: Group, *, confidence: float) -> str:
    return (
        f"{_counts_in_r(first, second)}; z <- qnorm({figure(1 - side_of(confidence))}); "
        "Z <- function(R) { A <- sum(n) * R; B <- n[1] * R + x[1] + n[2] + x[2] * R; "
        "q <- (B - sqrt(B^2 - 4 * A * sum(x))) / (2 * A); (x[1] / n[1] - R * x[2] / n[2]) / "
        "sqrt((R * q * (1 - R * q) / n[1] + R^2 * q * (1 - q) / n[2]) * sum(n) / (sum(n) - 1)) }; "
        "r <- x[1] / n[1] / (x[2] / n[2]); c(uniroot(function(R) Z(R) - z, c(r / 1e3, r), tol = 1e-13)$root, "
        "uniroot(function(R) Z(R) + z, c(r, r * 1e3), tol = 1e-13)$root)"
    )


def _counts_in_r(first: Group, second: Group) -> str:
    return f"x <- c({first.events}, {second.events}); n <- c({first.n}, {second.n})"
