"""Derivations of shares: counted again from the cells, with exact and score intervals by their defining equations."""

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    confidence_steps,
    counted,
    figure,
    levels_in,
    side_of,
    steps,
    table_of_counts,
)
from primum.evidence.intervals import Group, bisect, normal_quantile
from primum.evidence.measures import checks
from primum.evidence.measures.question import Question, method_of
from primum.roadmap.estimates import Estimate

EXACT = Formula(
    text=(
        "p = x / n\n"
        "lower end L solves  P(X >= x | n, L) = a,  or is 0 when x = 0\n"
        "upper end U solves  P(X <= x | n, U) = a,  or is 1 when x = n\n"
        "X is binomial; L = qbeta(a, x, n - x + 1), U = qbeta(1 - a, x + 1, n - x)"
    ),
    reference="Clopper & Pearson 1934, Biometrika 26:404-413",
)
SCORE = Formula(
    text=(
        "p = x / n\n"
        "the ends are the two solutions w of  (p - w)^2 = z^2 w (1 - w) / n:\n"
        "(2 x + z^2 -/+ z sqrt(z^2 + 4 x (1 - p))) / (2 (n + z^2))"
    ),
    reference="Wilson 1927, Journal of the American Statistical Association 22:209-212",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"clopper-pearson": EXACT, "share": EXACT, "wilson": SCORE})

Cell = tuple[str, ...]
YES, NO = "1", "0"


@dataclass(frozen=True, kw_only=True)
class Share:
    """Which rows of (reference, prediction) a share counts and which are its events, with words for both."""

    of: Callable[[Cell], bool]
    events: Callable[[Cell], bool]
    words: tuple[str, str]


SHARES: Mapping[str, Share] = MappingProxyType(
    {
        "sensitivity": Share(
            of=lambda cell: cell[0] == YES,
            events=lambda cell: cell[1] == YES,
            words=("positives (reference 1) with prediction 1", "positives; one without prediction is a miss"),
        ),
        "specificity": Share(
            of=lambda cell: cell[0] == NO,
            events=lambda cell: cell[1] == NO,
            words=("negatives (reference 0) with prediction 0", "negatives; one without prediction is not cleared"),
        ),
        "accuracy": Share(
            of=lambda cell: cell[0] in (YES, NO),
            events=lambda cell: cell[0] == cell[1],
            words=("cases whose prediction is the reference", "cases with a reference; no prediction is wrong"),
        ),
        "false_positive_rate": Share(
            of=lambda cell: cell[0] == NO,
            events=lambda cell: cell[1] != NO,
            words=("negatives (reference 0) not predicted 0", "negatives; one without prediction is a false alarm"),
        ),
        "positive_predictive_value": Share(
            of=lambda cell: cell[1] == YES and cell[0] in (YES, NO),
            events=lambda cell: cell[0] == YES,
            words=("alarms (prediction 1) with reference 1", "alarms with a reference"),
        ),
        "checks_met": Share(
            of=lambda cell: cell[0] == YES,
            events=lambda cell: cell[1] == YES,
            words=("answers that met the check (prediction 1)", "answers tried; one not judged is not met"),
        ),
    }
)


def share(question: Question, estimate: Estimate) -> Derived:
    """Derive a share of cases, of one level of an attribute where the scope names one."""
    rule = SHARES.get(question.criterion.metric, SHARES["sensitivity"])
    counts = counted(question.cells.where(**levels_in(estimate.scope)), "reference", "prediction")
    units = {cell: n for cell, n in counts.items() if rule.of(cell)}
    group = Group(events=sum(n for cell, n in units.items() if rule.events(cell)), n=sum(units.values()))
    method = method_of(question, INTERVALS)
    derived = INTERVALS[method](group, confidence=question.confidence, words=rule.words)
    return replace(
        derived,
        table=table_of_counts(question, counts=counts, columns=("reference", "prediction")),
        steps=(
            *derived.steps,
            *(_wilson_beside(group, question.confidence) if method != "wilson" else ()),
            *still_needed(question, estimate=estimate, group=group),
        ),
    )


def check_met(question: Question, estimate: Estimate) -> Derived:
    """Derive the share of answers that met a check: every answer is a case that should have (reference 1)."""
    return share(checks.as_cases(question), replace(estimate, scope="all"))


def exact(group: Group, *, confidence: float, words: tuple[str, str]) -> Derived:
    """Derive the exact interval of a proportion from the equations of its ends."""
    x, n, a = group.events, group.n, side_of(confidence)
    lower = bisect(lambda p: a - at_least(x, n=n, p=p), low=0.0, high=1.0) if x else 0.0
    upper = bisect(lambda p: 1 - at_least(x + 1, n=n, p=p) - a, low=0.0, high=1.0) if x < n else 1.0
    return Derived(
        value=group.p,
        lower=lower,
        upper=upper,
        formula=EXACT,
        steps=(
            *_share_steps(group, words),
            *confidence_steps(confidence),
            *steps(
                ("L", "lower end", lower),
                *([("P(X >= x | n, L)", "which is a", at_least(x, n=n, p=lower))] if x else []),
                ("U", "upper end", upper),
                *([("P(X <= x | n, U)", "which is a", 1 - at_least(x + 1, n=n, p=upper))] if x < n else []),
            ),
        ),
        check_in=f"binom.test({x}, {n}, conf.level = {figure(confidence)})$conf.int",
    )


def score(group: Group, *, confidence: float, words: tuple[str, str]) -> Derived:
    """Derive the score interval of a proportion."""
    lower, upper = wilson_ends(group, confidence=confidence)
    z = normal_quantile(1 - side_of(confidence))
    return Derived(
        value=group.p,
        lower=lower,
        upper=upper,
        formula=SCORE,
        steps=(
            *_share_steps(group, words),
            *confidence_steps(confidence),
            *steps(("z", "normal quantile of 1 - a", z), ("L", "lower end", lower), ("U", "upper end", upper)),
        ),
        check_in=(f"prop.test({group.events}, {group.n}, conf.level = {figure(confidence)}, correct = FALSE)$conf.int"),
    )


Interval = Callable[..., Derived]
INTERVALS: Mapping[str, Interval] = MappingProxyType({"clopper-pearson": exact, "share": exact, "wilson": score})


def wilson_ends(group: Group, *, confidence: float) -> tuple[float, float]:
    """Return both solutions of the score equation of one proportion."""
    x, n, z = group.events, group.n, normal_quantile(1 - side_of(confidence))
    root = z * math.sqrt(z * z + 4 * x * (1 - x / n))
    ends = ((2 * x + z * z - root) / (2 * (n + z * z)), (2 * x + z * z + root) / (2 * (n + z * z)))
    return (0.0 if x == 0 else ends[0], 1.0 if x == n else ends[1])


def at_least(k: int, *, n: int, p: float) -> float:
    """Return P(X >= k) of a binomial with n trials."""
    from scipy.special import bdtrc

    if k <= 0:
        return 1.0
    return float(bdtrc(k - 1, n, p)) if k <= n else 0.0


def still_needed(question: Question, *, estimate: Estimate, group: Group) -> tuple[Step, ...]:
    """Return the steps that show why so many more units would decide, where they would."""
    threshold = question.criterion.threshold
    if threshold is None or not estimate.needed:
        return ()
    rising = threshold.operator in ("more_than", "at_least")
    seen = group if rising else group.others
    t = threshold.fraction if rising else 1 - threshold.fraction
    hoped = question.criterion.parameters.get("hoped")
    h = (t + 1) / 2 if hoped is None else Fraction(hoped) if rising else 1 - Fraction(hoped)
    m, a = estimate.needed, side_of(float(Fraction(threshold.confidence)))
    k = bisect_left(range(seen.n + m + 1), True, key=lambda count: at_least(count, n=seen.n + m, p=float(t)) < a)
    return steps(
        ("t", "threshold" if rising else "1 - threshold, counting units without the event", t),
        ("h", "truth hoped for from here on" + ("" if hoped else ", half-way from t to 1"), h),
        ("m", f"more {estimate.unit} needed: the fewest with which, there and at the next 15, the power holds", m),
        ("k", "fewest among n + m with P(X >= k | n + m, t) < a", k),
        ("w", "power: P(at least k less those seen | m, h)", at_least(k - seen.events, n=m, p=float(h))),
    )


def _share_steps(group: Group, words: tuple[str, str]) -> tuple[Step, ...]:
    return steps(("x", words[0], group.events), ("n", words[1], group.n), ("p", "x / n", group.rate))


def _wilson_beside(group: Group, confidence: float) -> tuple[Step, ...]:
    lower, upper = wilson_ends(group, confidence=confidence)
    return steps(("W1", "lower end by Wilson, shown beside", lower), ("W2", "upper end by Wilson", upper))
