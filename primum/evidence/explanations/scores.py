"""Derivations of areas under the ROC curve: pairs in order, placements, DeLong's variance, and gaps between groups."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.explanations.gaps import GAP, HSU, gap_between
from primum.evidence.explanations.levels import Levels, Pair
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    Table,
    confidence_steps,
    count_of,
    figure,
    levels_in,
    side_of,
    steps,
)
from primum.evidence.intervals import bisect, normal_quantile
from primum.evidence.measures.concealment import partner_of_small
from primum.evidence.measures.question import Question, method_of, shown_level
from primum.roadmap.estimates import Estimate

AREA = (
    "A = (pairs of a positive and a negative in order + ties / 2) / (n1 n0);  a case without score is scored wrong\n"
    "of a positive  F = share of negatives below it,  of a negative  G = share of positives above it, ties one half\n"
    "V = sum (F - A)^2 / (n1 (n1 - 1)) + sum (G - A)^2 / (n0 (n0 - 1)),  s = sqrt(V)\n"
)
LOGIT = "on the logit scale: ends  expit(ln(A / (1 - A)) -/+ z s / (A (1 - A)))\n"
NEWCOMBE = (
    "by Newcombe: the ends T solve  (A - T)^2 = z^2 T (1 - T) (1 + N ((1 - T) / (2 - T) + T / (1 + T))) / (n1 n0),\n"
    "N = (n1 + n0) / 2 - 1\n"
)
NO_WIDTH = "without variance: Clopper-Pearson's of m = min(n1, n0) independent pairs, A m in order\n"
BINS = "E, the most that score bins can have moved A, is taken off and added"
DELONG = "DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837-845"
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "delong": Formula(text=f"{AREA}ends  A - z s  and  A + z s\n{NO_WIDTH}{BINS}", reference=DELONG),
        "delong logit": Formula(
            text=AREA + LOGIT + NO_WIDTH + BINS,
            reference=f"{DELONG}; Pepe 2003, Statistical Evaluation of Medical Tests, 5.2.5",
        ),
        "guarded delong": Formula(
            text=f"{AREA}{LOGIT}{NEWCOMBE}shown are the outer ends of both\n{NO_WIDTH}{BINS}",
            reference=f"{DELONG}; Pepe 2003, 5.2.5; Newcombe 2006, Statistics in Medicine 25:559-573 (method 5)",
        ),
        "simultaneous delong": Formula(
            text=(
                f"{GAP}D = A(j) - A(i), each area with its own ends m and v at the same confidence\n"
                "lower end  D - sqrt((A(j) - m(j))^2 + (v(i) - A(i))^2)\n"
                "upper end  D + sqrt((v(j) - A(j))^2 + (A(i) - m(i))^2)\n"
                "the ends m and v of one area:\n"
                f"{AREA}{LOGIT}{NEWCOMBE}m and v are the outer ends of both\n{NO_WIDTH}{BINS}"
            ),
            reference=(
                f"{HSU}Zou & Donner 2008, Statistics in Medicine 27:1693-1702; {DELONG}; Pepe 2003; Newcombe 2006"
            ),
        ),
    }
)


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """An area with what it was computed from."""

    area: float
    variance: float | None
    positives: int
    negatives: int
    in_order: float
    bins: float


def auroc(question: Question, estimate: Estimate) -> Derived:
    """Derive the area under the ROC curve, of all cases or of one level."""
    histogram = histogram_of(question, scope=estimate.scope)
    found, method = ranked(histogram), method_of(question, ENDS)
    lower, upper, more = ENDS[method](found, question.confidence)
    return Derived(
        value=found.area,
        lower=max(0.0, lower - found.bins),
        upper=min(1.0, upper + found.bins),
        formula=FORMULAS[method],
        table=class_table(question, histogram),
        steps=(
            *_area_steps(found),
            *confidence_steps(question.confidence),
            *steps(("z", "normal quantile of 1 - a", normal_quantile(1 - side_of(question.confidence)))),
            *more,
        ),
        check_in=_check(found, method, question.confidence),
    )


def gap_auroc(question: Question, estimate: Estimate) -> Derived:
    """Derive a gap in the area under the ROC curve."""
    attribute, _, level = estimate.scope.partition("=")
    names = [name for name in question.cells.where(attribute=attribute).levels_of("level") if name]
    every = {name: histogram_of(question, scope=f"{attribute}={name}") for name in names}
    areas = {name: ranked(one) for name, one in every.items() if one.n_positives and one.n_negatives}
    sizes = {name: min(areas[name].positives, areas[name].negatives) if name in areas else 0 for name in names}
    hidden = partner_of_small(sizes, too_small=question.too_small)
    areas = {name: one for name, one in areas.items() if name not in hidden and not question.too_small(sizes[name])}

    def pair(one: str, other: str, confidence: float) -> Pair:
        return _pair((one, areas[one]), (other, areas[other]), confidence)

    levels = Levels(
        attribute=attribute,
        values={name: Fraction(one.area) for name, one in areas.items()},
        units={name: one.positives + one.negatives for name, one in areas.items()},
        pair=pair,
        table=Table(
            columns=(attribute, "positives", "negatives"),
            rows=tuple(
                (name, count_of(question, n=one.positives), count_of(question, n=one.negatives))
                for name, one in areas.items()
            ),
        ),
        formula=FORMULAS["simultaneous delong"],
    )
    return replace(gap_between(question, levels=levels, level=level), check_in="")


def histogram_of(question: Question, *, scope: str) -> ScoreHistogram:
    """Return the scores of all cases, or of the level that a scope names."""
    ((attribute, level),) = levels_in(scope).items() if "=" in scope else (("", ""),)
    return ScoreHistogram.from_cells(question.cells.where(attribute=attribute, level=level))


def ranked(histogram: ScoreHistogram) -> Ranked:
    """Return the area of a histogram by walking through its scores once, missing ones at their worst."""
    rows = list(zip(histogram.negatives.tolist(), histogram.positives.tolist(), strict=True))
    rows = [(0, histogram.unscored_positives), *rows, (histogram.unscored_negatives, 0)]
    n0, n1 = sum(one[0] for one in rows), sum(one[1] for one in rows)
    below, above, halves, of_positives, of_negatives = 0, n1, 0, [], []
    for negatives, positives in rows:
        halves += positives * (2 * below + negatives)
        of_positives.append((below + negatives / 2) / n0)
        of_negatives.append((above - positives / 2) / n1)
        below, above = below + negatives, above - positives
    area = halves / (2 * n0 * n1)
    variance = None
    if min(n0, n1) > 1:
        squares = (
            math.fsum(row[place] * (one - area) ** 2 for row, one in zip(rows, placed, strict=True))
            for place, placed in ((1, of_positives), (0, of_negatives))
        )
        variance = sum(one / n / (n - 1) for one, n in zip(squares, (n1, n0), strict=True))
    within = math.fsum(
        negatives * positives
        for negatives, positives, half in zip(
            histogram.negatives.tolist(), histogram.positives.tolist(), histogram.half_widths.tolist(), strict=True
        )
        if half > 0
    )
    return Ranked(
        area=area,
        variance=variance,
        positives=n1,
        negatives=n0,
        in_order=halves / 2,
        bins=within / (2 * n0 * n1),
    )


def class_table(question: Question, histogram: ScoreHistogram) -> Table:
    """Return the cases of each class; single scores are not shown, since each may be one person's (P9)."""
    rows = (
        ("positive", count_of(question, n=histogram.n_positives + histogram.unscored_positives)),
        ("negative", count_of(question, n=histogram.n_negatives + histogram.unscored_negatives)),
        ("of both, without a score", count_of(question, n=histogram.unscored)),
    )
    return Table(columns=("reference", "cases"), rows=rows)


Ends = tuple[float, float, tuple[Step, ...]]


def _plain(found: Ranked, confidence: float) -> Ends:
    if not found.variance:
        return _disjoint(found, confidence)
    half = normal_quantile(1 - side_of(confidence)) * math.sqrt(found.variance)
    ends = max(0.0, found.area - half), min(1.0, found.area + half)
    return *ends, steps(("L", "lower end, not below 0", ends[0]), ("U", "upper end, not above 1", ends[1]))


def _on_logit(found: Ranked, confidence: float) -> Ends:
    if not found.variance or not 0 < found.area < 1:
        return _disjoint(found, confidence)
    middle = math.log(found.area / (1 - found.area))
    half = normal_quantile(1 - side_of(confidence)) * math.sqrt(found.variance) / found.area / (1 - found.area)
    lower, upper = 1 / (1 + math.exp(half - middle)), 1 / (1 + math.exp(-half - middle))
    return (
        lower,
        upper,
        steps(
            ("ln A/(1-A)", "logit of the area", middle),
            ("h", "z s / (A (1 - A))", half),
            ("L1", "lower end on the logit scale", lower),
            ("U1", "upper end on the logit scale", upper),
        ),
    )


def _guarded(found: Ranked, confidence: float) -> Ends:
    z = normal_quantile(1 - side_of(confidence))
    low, high, shown = _on_logit(found, confidence)
    lower = bisect(lambda at: _newcombe_z(found, at) - z, low=0.0, high=found.area)
    upper = bisect(lambda at: _newcombe_z(found, at) + z, low=found.area, high=1.0)
    return (
        min(low, lower),
        max(high, upper),
        (
            *shown,
            *steps(
                ("L2", "lower end by Newcombe", lower),
                ("U2", "upper end by Newcombe", upper),
                ("L", "the lower of both", min(low, lower)),
                ("U", "the higher of both", max(high, upper)),
            ),
        ),
    )


def _disjoint(found: Ranked, confidence: float) -> Ends:
    from scipy.stats import beta

    m, a = min(found.positives, found.negatives), side_of(confidence)
    x = found.area * m
    lower = float(beta.ppf(a, x, m - x + 1)) if x > 0 else 0.0
    upper = float(beta.ppf(1 - a, x + 1, m - x)) if x < m else 1.0
    return (
        lower,
        upper,
        steps(
            ("m", "independent pairs", m),
            ("A m", "of them in order", x),
            ("L1", "lower end", lower),
            ("U1", "upper end", upper),
        ),
    )


ENDS: Mapping[str, Callable[[Ranked, float], Ends]] = MappingProxyType(
    {"guarded delong": _guarded, "delong logit": _on_logit, "delong": _plain}
)


def _newcombe_z(found: Ranked, at: float) -> float:
    n = (found.positives + found.negatives) / 2 - 1
    spread = at * (1 - at) * (1 + n * ((1 - at) / (2 - at) + at / (1 + at))) / found.positives / found.negatives
    away = found.area - at
    return away / math.sqrt(spread) if spread > 0 else math.copysign(math.inf, away)


def _area_steps(found: Ranked) -> tuple[Step, ...]:
    return steps(
        ("n1, n0", "positives and negatives", f"{found.positives}, {found.negatives}"),
        ("pairs", "in order, ties one half", found.in_order),
        ("A", "pairs / (n1 n0)", found.area),
        (
            "V",
            "variance; pROC::var(pROC::roc(reference, score)) of the rows",
            "unknown" if found.variance is None else found.variance,
        ),
        *([] if not found.variance else [("s", "its root", math.sqrt(found.variance))]),
        *([] if not found.bins else [("E", "most that score bins can have moved A", found.bins)]),
    )


def _pair(one: tuple[str, Ranked], other: tuple[str, Ranked], confidence: float) -> Pair:
    ends = []
    for _, found in (one, other):
        lower, upper, shown = _guarded(found, confidence)
        ends.append((found.area, max(0.0, lower - found.bins), min(1.0, upper + found.bins), shown))
    (a1, m1, v1, shown1), (a2, m2, v2, shown2) = ends
    every = (
        *steps(("area", "of", shown_level(one[0]))),
        *_area_steps(one[1]),
        *shown1,
        *steps(("area", "of", shown_level(other[0]))),
        *_area_steps(other[1]),
        *shown2,
        *steps(
            (f"m, v of {one[0]}", "its ends", f"{figure(m1)}, {figure(v1)}"),
            (f"m, v of {other[0]}", "its ends", f"{figure(m2)}, {figure(v2)}"),
        ),
    )
    return Pair(
        value=a1 - a2,
        lower=a1 - a2 - math.hypot(a1 - m1, v2 - a2),
        upper=a1 - a2 + math.hypot(v1 - a1, a2 - m2),
        steps=every,
        check_in="",
    )


def _check(found: Ranked, method: str, confidence: float) -> str:
    if not found.variance or not 0 < found.area < 1 or found.bins:
        return ""
    given = (
        f"A <- {figure(found.area)}; s <- sqrt({figure(found.variance)}); "
        f"z <- qnorm({figure(1 - side_of(confidence))}); "
    )
    logit = "plogis(qlogis(A) + c(-1, 1) * z * s / (A * (1 - A)))"
    if method == "delong":
        return f"{given}pmin(1, pmax(0, A + c(-1, 1) * z * s))"
    if method == "delong logit":
        return given + logit
    return (
        f"{given}n <- {(found.positives + found.negatives) / 2 - 1}; "
        "e <- function(T) (A - T) / sqrt(T * (1 - T) * (1 + n * ((1 - T) / (2 - T) + T / (1 + T))) / "
        f"({found.positives} * {found.negatives})); l <- {logit}; "
        "c(min(l[1], uniroot(function(T) e(T) - z, c(1e-9, A), tol = 1e-13)$root), "
        "max(l[2], uniroot(function(T) e(T) + z, c(A, 1 - 1e-9), tol = 1e-13)$root))"
    )
