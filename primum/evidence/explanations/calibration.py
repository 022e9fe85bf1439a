"""Derivations of a score as a risk: calibration and its errors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.histograms import ScoreHistogram
from primum.evidence.explanations.scores import class_table, histogram_of
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    Table,
    confidence_steps,
    count_of,
    figure,
    side_of,
    steps,
)
from primum.evidence.intervals import Group, normal_cdf, normal_quantile
from primum.evidence.measures.question import Question, method_of
from primum.evidence.scores import calibration, calibration_error
from primum.roadmap.estimates import Estimate

Floats = NDArray[np.float64]
BINNED = "E, the most that score bins can have moved it, is taken off and added"
LOGISTIC = Formula(
    text=(
        "x = ln(score / (1 - score)),  y = 1 for a positive\n"
        "slope b and intercept a:  p = expit(a + b x),  sum (y - p) = 0  and  sum x (y - p) = 0\n"
        "J0 = sum p (1 - p),  J1 = sum x p (1 - p),  J2 = sum x^2 p (1 - p);  var b = J0 / (J0 J2 - J1^2)\n"
        "in the large:  p = expit(a + x),  sum (y - p) = 0;  var a = 1 / J0\n"
        f"ends  value -/+ z s,  s root of the variance;  {BINNED}"
    ),
    reference="Cox 1958, Biometrika 45:562-565; Van Calster et al. 2016, Journal of Clinical Epidemiology 74:167-176",
)
BRIER = Formula(
    text=(
        "m = mean of e = (score - y)^2,  s = sqrt(sum (e - m)^2 / (n (n - 1)))\n"
        f"ends  m - z s  and  m + z s, not below 0 or above 1;  {BINNED}"
    ),
    reference="Brier 1950, Monthly Weather Review 78:1-3",
)
ERROR = (
    "bins of equal mass: a score falls by its middle rank; of each bin the share f of all cases, the mean score,\n"
    "the observed rate r and d = |mean score - r|;  P = sum f d\n"
)
SPREAD = (
    "u = r' (1 - r') / n with r' = (x + 1) / (n + 2);  upper end  P + z sqrt(sum f^2 u),\n"
    "lower end  P - sqrt(2 / pi) sum f sqrt(u) - z sqrt((1 - 2 / pi) sum f^2 u), not below 0\n" + BINNED
)
GUO = "Naeini, Cooper & Hauskrecht 2015, AAAI 29; Roelofs et al. 2022, AISTATS 25"
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "logistic wald": LOGISTIC,
        "mean": BRIER,
        "equal mass": Formula(text=f"{ERROR}shown is P\n{SPREAD}", reference=GUO),
        "equal mass debiased": Formula(
            text=(
                f"{ERROR}chance of a bin: mean of |X|, X normal with mean d and variance v = r (1 - r) / n:\n"
                "g = sqrt(2 v / pi) exp(-d^2 / (2 v)) + d (1 - 2 Phi(-d / sqrt(v))),  d where v is 0\n"
                f"shown is  2 P - sum f g, not below 0\n{SPREAD}"
            ),
            reference=GUO,
        ),
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Logits:
    """The logit of each score with its cases and positives."""

    x: Floats
    n: Floats
    y: Floats


def calibration_slope(question: Question, estimate: Estimate) -> Derived:
    """Derive the slope of the recalibration line."""
    histogram, data = _logits(question, estimate)
    a, b = 0.0, 1.0
    for _ in range(200):
        p = _expit(a + b * data.x)
        j0, j1, j2 = _information(data, p)
        r0, r1 = _residuals(data, p)
        determinant = j0 * j2 - j1 * j1
        a, b = a + (j2 * r0 - j1 * r1) / determinant, b + (j0 * r1 - j1 * r0) / determinant
    p = _expit(a + b * data.x)
    (j0, j1, j2), (r0, r1) = _information(data, p), _residuals(data, p)
    clip = float(Fraction(question.parameter("clip", default="0")))
    bins = calibration.line(histogram, confidence=question.confidence, clip=clip).slope.binning
    return _ends(
        question,
        histogram,
        value=b,
        variance=j0 / (j0 * j2 - j1 * j1),
        bins=bins,
        shown=steps(
            ("a, b", "intercept and slope", f"{figure(a)}, {figure(b)}"),
            ("residuals", "sum (y - p) and sum x (y - p), which are 0", f"{r0:.1e}, {r1:.1e}"),
            ("J0, J1, J2", "sums of p (1 - p), x p (1 - p), x^2 p (1 - p)", ", ".join(map(figure, (j0, j1, j2)))),
        ),
    )


def calibration_in_the_large(question: Question, estimate: Estimate) -> Derived:
    """Derive the intercept with the logit of the score as offset."""
    histogram, data = _logits(question, estimate)
    a = 0.0
    for _ in range(200):
        p = _expit(a + data.x)
        a += _residuals(data, p)[0] / _information(data, p)[0]
    p = _expit(a + data.x)
    clip = float(Fraction(question.parameter("clip", default="0")))
    bins = calibration.in_the_large(histogram, confidence=question.confidence, clip=clip).binning
    return _ends(
        question,
        histogram,
        value=a,
        variance=1 / _information(data, p)[0],
        bins=bins,
        shown=steps(
            ("a", "intercept", a),
            ("residual", "sum (y - p), which is 0", f"{_residuals(data, p)[0]:.1e}"),
            ("J0", "sum of p (1 - p)", _information(data, p)[0]),
        ),
    )


def brier(question: Question, estimate: Estimate) -> Derived:
    """Derive the mean squared error of the score."""
    histogram = histogram_of(question, scope=estimate.scope)
    rows = list(zip(histogram.points.tolist(), histogram.negatives.tolist(), histogram.positives.tolist(), strict=True))
    losses = [(score**2, n0) for score, n0, _ in rows] + [((1 - score) ** 2, n1) for score, _, n1 in rows]
    n = sum(count for _, count in losses)
    mean = math.fsum(loss * count for loss, count in losses) / n
    squares = math.fsum(count * (loss - mean) ** 2 for loss, count in losses)
    variance = squares / (n - 1) / n if n > 1 and squares else 0.25 / n
    return _ends(
        question,
        histogram,
        value=mean,
        variance=variance,
        bins=calibration.brier(histogram, confidence=question.confidence).binning,
        shown=steps(("n", "cases with a score", n), ("m", "mean of e", mean), ("sum (e - m)^2", "", squares)),
        formula=BRIER,
        least=0.0,
        most=1.0,
    )


def expected_calibration_error(question: Question, estimate: Estimate) -> Derived:
    """Derive the calibration error over bins of equal mass, with its bins as a table."""
    histogram, asked = histogram_of(question, scope=estimate.scope), question.parameter("bins", default="10")
    every, z = bins_of(histogram, bins=int(asked)), normal_quantile(1 - side_of(question.confidence))
    n = sum(one.n for _, one in every)
    f = [one.n / n for _, one in every]
    away = [abs(mean - one.p) for mean, one in every]
    plain = math.fsum(a * b for a, b in zip(f, away, strict=True))
    chance = math.fsum(
        a * _chance(b, one.p * (1 - one.p) / one.n) for a, b, (_, one) in zip(f, away, every, strict=True)
    )
    laplace = [(one.events + 1) / (one.n + 2) for _, one in every]
    u = [rate * (1 - rate) / one.n for rate, (_, one) in zip(laplace, every, strict=True)]
    squares = math.fsum(a * a * b for a, b in zip(f, u, strict=True))
    excess = math.sqrt(2 / math.pi) * math.fsum(a * math.sqrt(b) for a, b in zip(f, u, strict=True))
    slack = calibration_error.calibration_error(histogram, confidence=question.confidence, bins=int(asked)).binning
    lower = max(0.0, max(0.0, plain - excess - z * math.sqrt((1 - 2 / math.pi) * squares)) - slack)
    upper = min(1.0, plain + z * math.sqrt(squares)) + slack
    method = method_of(question, {"equal mass debiased": 0, "equal mass": 0})
    return Derived(
        value=max(0.0, 2 * plain - chance) if method == "equal mass debiased" else plain,
        lower=lower,
        upper=upper,
        formula=FORMULAS[method],
        table=_bins_table(question, every),
        steps=(
            *steps(
                ("bins", "with cases", len(every)),
                ("P", "sum f d", plain),
                ("sum f g", "expected by chance and error", chance),
                ("2 P - sum f g", "debiased", 2 * plain - chance),
            ),
            *confidence_steps(question.confidence),
            *steps(
                ("z", "normal quantile of 1 - a", z),
                ("sum f^2 u", "variance of P", squares),
                ("x", "sqrt(2 / pi) sum f sqrt(u), what chance adds", excess),
                *([("E", "most that score bins can have moved it", slack)] if slack else []),
                ("L", "lower end", lower),
                ("U", "upper end", upper),
            ),
        ),
        check_in=(
            f"z <- qnorm({figure(1 - side_of(question.confidence))}); pmax(0, {figure(plain)} + "
            f"c(-{figure(excess)} - z * sqrt((1 - 2 / pi) * {figure(squares)}), z * sqrt({figure(squares)})) "
            f"+ c(-1, 1) * {figure(slack)})"
        ),
    )


def bins_of(histogram: ScoreHistogram, *, bins: int) -> list[tuple[float, Group]]:
    """Return the mean score and the positives of each bin of equal mass, by rising score."""
    rows = list(zip(histogram.points.tolist(), histogram.negatives.tolist(), histogram.positives.tolist(), strict=True))
    n, before = histogram.n, 0
    found: dict[int, list[tuple[float, int, int]]] = {}
    for score, negatives, positives in rows:
        count = negatives + positives
        place = min(int((before + count / 2) * bins / n), bins - 1)
        found.setdefault(place, []).append((score * count, count, positives))
        before += count
    return [
        (
            math.fsum(one[0] for one in parts) / sum(one[1] for one in parts),
            Group(events=sum(one[2] for one in parts), n=sum(one[1] for one in parts)),
        )
        for _, parts in sorted(found.items())
    ]


def _logits(question: Question, estimate: Estimate) -> tuple[ScoreHistogram, Logits]:
    histogram = histogram_of(question, scope=estimate.scope)
    clip = float(Fraction(question.parameter("clip", default="0")))
    p = np.clip(histogram.points, clip, 1 - clip)
    n = (histogram.negatives + histogram.positives).astype(np.float64)
    return histogram, Logits(x=np.log(p / (1 - p)), n=n, y=histogram.positives.astype(np.float64))


def _expit(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)))


def _information(data: Logits, p: Floats) -> tuple[float, float, float]:
    w = data.n * p * (1 - p)
    return float(w.sum()), float((w * data.x).sum()), float((w * data.x**2).sum())


def _residuals(data: Logits, p: Floats) -> tuple[float, float]:
    left = data.y - data.n * p
    return float(left.sum()), float((left * data.x).sum())


def _ends(
    question: Question,
    histogram: ScoreHistogram,
    *,
    value: float,
    variance: float,
    bins: float,
    shown: Sequence[Step],
    formula: Formula = LOGISTIC,
    least: float = -math.inf,
    most: float = math.inf,
) -> Derived:
    z, s = normal_quantile(1 - side_of(question.confidence)), math.sqrt(variance)
    lower, upper = max(least, value - z * s) - bins, min(most, value + z * s) + bins
    return Derived(
        value=value,
        lower=lower,
        upper=upper,
        formula=formula,
        table=class_table(question, histogram),
        steps=(
            *shown,
            *confidence_steps(question.confidence),
            *steps(
                ("z", "normal quantile of 1 - a", z),
                ("s", "standard error", s),
                *([("E", "most that score bins can have moved it", bins)] if bins else []),
                ("L", "lower end", lower),
                ("U", "upper end", upper),
            ),
        ),
        check_in=(
            f"{figure(value)} + c(-1, 1) * (qnorm({figure(1 - side_of(question.confidence))}) * "
            f"sqrt({figure(variance)}) + {figure(bins)})"
        ),
    )


def _chance(d: float, v: float) -> float:
    if not v:
        return d
    return math.sqrt(2 * v / math.pi) * math.exp(-d * d / (2 * v)) + d * (1 - 2 * normal_cdf(-d / math.sqrt(v)))


def _bins_table(question: Question, every: Sequence[tuple[float, Group]]) -> Table:
    rows = tuple(
        (str(number), count_of(question, n=one.n), figure(mean), count_of(question, n=one.events))
        if not question.too_small(one.n)
        else (str(number), "not shown", "not shown", "not shown")
        for number, (mean, one) in enumerate(every, start=1)
    )
    return Table(columns=("bin", "n", "mean score", "positives"), rows=rows)
