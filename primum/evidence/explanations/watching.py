"""Derivations for watching: a running trial between its looks, and events over time."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.moments import moments
from primum.evidence.explanations.differences import group_steps, standard_error
from primum.evidence.explanations.looks import looks, pooled_error
from primum.evidence.explanations.spending import at_looks, design_in_r, first_crossings
from primum.evidence.explanations.trial import both_arms
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    Table,
    confidence_steps,
    counted,
    figure,
    levels_in,
    side_of,
    steps,
    table_of_counts,
)
from primum.evidence.intervals import Group, bisect, normal_quantile
from primum.evidence.measures.question import Question
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol

POWER = Formula(
    text=(
        "z of the data so far at information fraction t;  trend h = z / sqrt(t), the mean of z at the end\n"
        "power(h) = P(z(k) >= b(k) at a look k ahead, given z now), where from now on\n"
        "z(k) sqrt(t(k)) = z sqrt(t) + h (t(k) - t) + independent normal steps of variance t(k) - t(k - 1)\n"
        "(with one look ahead  1 - Phi((b - z sqrt(t) - h (1 - t)) / sqrt(1 - t)));  boundaries b as at a look\n"
        "ends: the same at  h - q / sqrt(t)  and  h + q / sqrt(t),  q normal quantile of 1 - a"
    ),
    reference="Lan & Wittes 1988, Biometrics 44:579-585",
)
SMALLEST_ALPHA = Formula(
    text=(
        "p = the one-sided alpha at which the boundary of this look equals z, all looks up to now counted;\n"
        "the boundaries spend  A(t) = 2 (1 - Phi(q / sqrt(t))),  q normal quantile of 1 - alpha / 2;  1/2 at most"
    ),
    reference="Jennison & Turnbull 1989, Journal of the Royal Statistical Society B 51:305-361",
)
MIXTURE = Formula(
    text=(
        "E(q) = B(1 + x, 1 + n - x) / (q^x (1 - q)^(n - x)):  a uniform mixture of likelihoods over that of q\n"
        "the ends are the two q with  E(q) = 1 / (1 - c);  they hold at all looks together\n"
        "p = x / n;  B is the beta function"
    ),
    reference="Robbins 1970, Annals of Mathematical Statistics 41:1397-1409; Ville 1939",
)
POISSON = Formula(
    text=(
        "r = x / T:  x events, T exposure or expected events\n"
        "lower end L solves  P(X >= x | L T) = a,  or is 0 when x = 0;  upper end U solves  P(X <= x | U T) = a\n"
        "X is Poisson; L = qgamma(a, x) / T, U = qgamma(1 - a, x + 1) / T"
    ),
    reference="Garwood 1936, Biometrika 28:437-442",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "current-trend": POWER,
        "repeated-p": SMALLEST_ALPHA,
        "beta-binomial-mixture": MIXTURE,
        "exact-poisson": POISSON,
    }
)
LARGEST_P, SMALLEST_P = 0.5, 1e-13


def conditional_power(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every derivation takes both
    """Derive the chance to cross a boundary ahead, at the current trend and at the ends of its interval."""
    protocol, first, second, shown = _running(question)
    seen, z = (first.n + second.n) / protocol.planned_units, _z(protocol, first, second)
    times, bounds = _ahead(protocol, first.n + second.n)
    q = normal_quantile(1 - side_of(question.confidence))
    trends = [z / math.sqrt(seen) + side * q / math.sqrt(seen) for side in (-1, 0, 1)]
    low, now, high = (_power(times, bounds, seen=seen, z=z, trend=one) for one in trends)
    return Derived(
        value=now,
        lower=min(low, now),
        upper=max(high, now),
        formula=POWER,
        table=shown,
        steps=(
            *_arms(protocol, first, second),
            *steps(
                ("t", f"information so far, of {protocol.planned_units} planned", seen),
                ("z", "in favour of the intervention", z),
                ("t(k)", "looks ahead", ", ".join(map(figure, times))),
                ("b(k)", "their boundaries", ", ".join(map(figure, bounds))),
            ),
            *confidence_steps(question.confidence),
            *steps(
                ("q", "normal quantile of 1 - a", q),
                ("h", "trend and its ends", ", ".join(map(figure, trends))),
                ("power(h)", "at each of them", ", ".join(map(figure, (low, now, high)))),
            ),
        ),
        check_in=_power_check(times, bounds, seen, z, trends) if len(times) == 1 else "",
    )


def repeated_p(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every explanation is called in the same way
    """Derive the smallest alpha at which the look reached would have stopped."""
    protocol, first, second, shown = _running(question)
    information, reached = looks(protocol, now=first.n + second.n)
    times, z = [amount / protocol.planned_units for amount in information[:reached]], _z(protocol, first, second)

    def bound(alpha: float) -> float:
        return at_looks(protocol=protocol, information=information, alpha=alpha).bounds[reached - 1]

    p = _least(lambda alpha: min(bound(alpha), 1e3) - z)
    return Derived(
        value=p,
        lower=p,
        upper=p,
        sampled=False,
        formula=SMALLEST_ALPHA,
        table=shown,
        steps=(
            *_arms(protocol, first, second),
            *steps(
                ("t", "information fractions of the looks up to now", ", ".join(map(figure, times))),
                ("z", "in favour of the intervention", z),
                ("p", "smallest alpha", p),
                ("b(p)", "boundary at this look with alpha = p, which is z unless p is 1/2", bound(p)),
            ),
        ),
        check_in=(
            f"d <- rpact::getDesignGroupSequential(typeOfDesign = {design_in_r(protocol)}, alpha = {figure(p)}, "
            f"informationRates = c({', '.join(map(figure, [*times, *([] if times[-1] >= 1 else [1.0])]))})); "
            f"d$criticalValues[{reached}] - {figure(z)}"
        )
        if times[-1] <= 1 and p < LARGEST_P
        else "",
    )


def anytime_event_share(question: Question, estimate: Estimate) -> Derived:
    """Derive a share with the interval that holds at every look."""
    column = question.parameter("column", default="")
    counts = counted(question.cells.where(**levels_in(estimate.scope)), column)
    x, n = counts.get(("1",), 0), counts.get(("1",), 0) + counts.get(("0",), 0)
    limit, p = -math.log1p(-question.confidence), x / n
    lower = 0.0 if x == 0 else bisect(lambda q: _evidence(x, n, q) - limit, low=0.0, high=p)
    upper = 1.0 if x == n else bisect(lambda q: limit - _evidence(x, n, q), low=p, high=1.0)
    return Derived(
        value=p,
        lower=lower,
        upper=upper,
        formula=MIXTURE,
        table=table_of_counts(question, counts=counts, columns=(column,)),
        steps=steps(
            ("x, n", "rows with the event, and rows that say", f"{x}, {n}"),
            ("p", "x / n", p),
            ("c", "confidence at all looks together", question.confidence),
            ("ln 1/(1 - c)", "limit of the evidence", limit),
            ("L", "lower end", lower),
            *([("ln E(L)", "which is the limit", _evidence(x, n, lower))] if x else []),
            ("U", "upper end", upper),
            *([("ln E(U)", "which is the limit", _evidence(x, n, upper))] if x < n else []),
        ),
        check_in=(
            f"x <- {x}; n <- {n}; e <- function(q) lbeta(1 + x, 1 + n - x) - x * log(q) - (n - x) * log(1 - q) "
            f"+ log(1 - {figure(question.confidence)}); c(uniroot(e, c(1e-300, x / n), tol = 1e-14)$root, "
            "uniroot(e, c(x / n, 1 - 1e-16), tol = 1e-14)$root)"
        )
        if 0 < x < n
        else "",
    )


def poisson(question: Question, estimate: Estimate) -> Derived:
    """Derive events per exposure, or observed over expected events, with the exact interval."""
    column = question.parameter("column", default="")
    relative = question.criterion.metric == "observed_expected"
    amount = question.parameter("amount" if relative else "exposure", default="")
    cells = question.cells.where(**levels_in(estimate.scope))
    counts = counted(cells, column)
    x = counts.get(("1",), 0)
    total = math.fsum(moments(cells.where(**{column: level}), amount).total for level in ("1", "0"))
    a = side_of(question.confidence)
    lower = bisect(lambda mean: a - _at_least(x, mean), low=0.0, high=float(x)) / total if x else 0.0
    upper = bisect(lambda mean: 1 - _at_least(x + 1, mean) - a, low=float(x), high=_high(x)) / total
    return Derived(
        value=x / total,
        lower=lower,
        upper=upper,
        formula=POISSON,
        table=table_of_counts(question, counts=counts, columns=(column,)),
        steps=(
            *steps(
                ("x", "events", x),
                ("T", f"sum of {amount} over rows that say whether there was one", f"{total:.15g}"),
                ("r", "x / T", x / total),
            ),
            *confidence_steps(question.confidence),
            *steps(
                ("L", "lower end", lower),
                *([("P(X >= x | L T)", "which is a", _at_least(x, lower * total))] if x else []),
                ("U", "upper end", upper),
                ("P(X <= x | U T)", "which is a", 1 - _at_least(x + 1, upper * total)),
            ),
        ),
        check_in=f"poisson.test({x}, {total:.15g}, conf.level = {figure(question.confidence)})$conf.int",
    )


def _running(question: Question) -> tuple[Protocol, Group, Group, Table]:
    protocol = question.protocol
    assert protocol is not None  # an estimate of a trial is known only with a protocol
    arms = both_arms(question, event=protocol.primary.event, primary=True)
    first, second, _ = arms.ordered(good_first=protocol.primary.good == "higher")
    return protocol, first, second, arms.table


def _arms(protocol: Protocol, first: Group, second: Group) -> tuple[Step, ...]:
    words = ("intervention", "control") if protocol.primary.good == "higher" else ("control", "intervention")
    return group_steps(first, second, words=words)


def _z(protocol: Protocol, first: Group, second: Group) -> float:
    d, total = float(first.rate - second.rate), first.n + second.n
    if protocol.question == "non-inferiority" and protocol.margin is not None:
        margin = float(Fraction(protocol.margin))
        error = standard_error(first, second, difference=-margin) * math.sqrt((total - 1) / total)
        return max(-10.0, min(10.0, (d + margin) / error)) if error else math.copysign(10.0, d + margin)
    error = pooled_error(first, second)
    return d / error if error else 0.0


def _ahead(protocol: Protocol, now: int) -> tuple[list[float], list[float]]:
    alpha = float(Fraction(protocol.alpha_one_sided))
    if protocol.spending == "none":
        return [1.0], [normal_quantile(1 - alpha)]
    information, reached = looks(protocol, now=now)
    times = [amount / protocol.planned_units for amount in information]
    bounds = at_looks(protocol=protocol, information=information).bounds
    return times[reached:], list(bounds[reached:])


def _power(times: list[float], bounds: list[float], *, seen: float, z: float, trend: float) -> float:
    left = [time - seen for time in times]
    moved = [
        (bound * math.sqrt(time) - z * math.sqrt(seen) - trend * rest) / math.sqrt(rest)
        for time, bound, rest in zip(times, bounds, left, strict=True)
    ]
    return math.fsum(first_crossings(left, moved))


def _power_check(times: list[float], bounds: list[float], seen: float, z: float, trends: list[float]) -> str:
    return (
        f"h <- c({', '.join(map(figure, trends))}); pnorm(({figure(bounds[0])} * sqrt({figure(times[0])}) - "
        f"{figure(z)} * sqrt({figure(seen)}) - h * ({figure(times[0])} - {figure(seen)})) / "
        f"sqrt({figure(times[0])} - {figure(seen)}), lower.tail = FALSE)"
    )


def _least(beyond: Callable[[float], float]) -> float:
    from scipy.optimize import brentq

    if beyond(LARGEST_P) > 0:
        return LARGEST_P
    if beyond(SMALLEST_P) <= 0:
        return SMALLEST_P
    ends = (math.log(SMALLEST_P), math.log(LARGEST_P))
    return math.exp(float(brentq(lambda at: beyond(math.exp(at)), *ends, xtol=1e-13, rtol=1e-13)))


def _evidence(x: int, n: int, q: float) -> float:
    """Return ln E(q), infinite where q cannot be."""
    if (x and q <= 0) or (n - x and q >= 1):
        return math.inf
    from scipy.special import betaln, xlog1py, xlogy

    return float(betaln(1 + x, 1 + n - x) - xlogy(x, q) - xlog1py(n - x, -q))


def _at_least(k: int, mean: float) -> float:
    from scipy.special import pdtrc

    return float(pdtrc(k - 1, mean)) if k else 1.0


def _high(x: int) -> float:
    return x + 20 + 12 * math.sqrt(x + 1)
