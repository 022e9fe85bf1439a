"""Derivations of sites as studies: the variance between sites by its estimating equation, and what follows from it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from primum.evidence.explanations.trial import both_arms
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    Table,
    confidence_steps,
    figure,
    numbers_in_r,
    side_of,
    steps,
)
from primum.evidence.intervals import normal_quantile
from primum.evidence.measures.question import Question, method_of
from primum.roadmap.estimates import Estimate

EFFECTS = (
    "y = x1 / n1 - x2 / n2 of each site,  v = p1 (1 - p1) / n1 + p2 (1 - p2) / n2\n"
    "(with an empty cell 1/2 is added to all four);  w = 1 / (v + T),  m = sum w y / sum w,  s = 1 / sqrt(sum w)\n"
)
EQUATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "reml": (
            "T solves  sum w^2 (y - m)^2 = sum w - sum w^2 / sum w,  or is 0",
            "Viechtbauer 2005, Journal of Educational and Behavioral Statistics 30:261-293",
        ),
        "ml": (
            "T solves  sum w^2 (y - m)^2 = sum w,  or is 0",
            "Hardy & Thompson 1996, Statistics in Medicine 15:619-629",
        ),
        "pm": (
            "T solves  sum w (y - m)^2 = k - 1,  or is 0",
            "Paule & Mandel 1982, Journal of Research NBS 87:377-385",
        ),
        "dl": (
            (
                "T = (Q - (k - 1)) / (C - D / C), not below 0\n"
                "Q = sum (y - m)^2 / v at T = 0,  C = sum 1 / v,  D = sum 1 / v^2"
            ),
            "DerSimonian & Laird 1986, Controlled Clinical Trials 7:177-188",
        ),
        "he": (
            "T = sample variance of y less the mean of v, not below 0",
            "Hedges 1983, Psychological Bulletin 93:388-395",
        ),
        "fixed": ("T = 0", "inverse-variance weights"),
    }
)
SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "prediction": "shown: m, and for one more site  m -/+ t sqrt(s^2 + T),  t of Student with k - 2 degrees",
        "tau2": (
            "shown: T; its ends solve  sum (y - m)^2 / (v + T) = chi-square quantiles of k - 1\n"
            "degrees at 1 - a and a, not below 0, widened to hold T"
        ),
        "i2": (
            "shown: T / (T + R),  R = (k - 1) / (C - D / C),  C = sum 1 / v,  D = sum 1 / v^2\n"
            "ends from those of T, which solve  sum (y - m)^2 / (v + T) = chi-square quantiles of k - 1\n"
            "degrees at 1 - a and a"
        ),
        "without": "shown: m without the site named, with the ends  m - z s  and  m + z s",
    }
)
PREDICTION = (
    "Higgins, Thompson & Spiegelhalter 2009, JRSS A 172:137-159; Viechtbauer 2007, Statistics in Medicine 26:37-52"
)
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {name: Formula(text=EFFECTS + text, reference=paper) for name, (text, paper) in EQUATIONS.items()}
)
METAFOR = MappingProxyType({"reml": "REML", "ml": "ML", "pm": "PM", "dl": "DL", "he": "HE", "fixed": "FE"})
LARGEST = 1e8


@dataclass(frozen=True, kw_only=True)
class Site:
    """One site's difference with its variance, and the units of its smaller arm."""

    name: str
    y: float
    v: float
    smallest: int


@dataclass(frozen=True, kw_only=True)
class Together:
    """The sites together at one variance between them."""

    between: float
    mean: float
    error: float


def heterogeneity(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every derivation takes both
    """Derive the prediction interval, the variance between sites, or its share."""
    every, method = sites_of(question), method_of(question, EQUATIONS)
    found, asked = together(every, method=method), question.parameter("statistic", default="prediction")
    value, lower, upper, more = _STATISTICS[asked](every, found, question.confidence)
    derived = _derived(question, every, found, method=method, asked=asked)
    return replace(
        derived,
        value=value,
        lower=min(lower, value),
        upper=max(upper, value),
        steps=(*derived.steps, *confidence_steps(question.confidence), *more),
    )


def leave_one_site_out(question: Question, estimate: Estimate) -> Derived:
    """Derive the pooled benefit without one site."""
    name, method = estimate.scope.partition("=")[2], method_of(question, EQUATIONS)
    rest = [site for site in sites_of(question) if site.name != name]
    found, z = together(rest, method=method), normal_quantile(1 - side_of(question.confidence))
    lower, upper = found.mean - z * found.error, found.mean + z * found.error
    derived = _derived(question, rest, found, method=method, asked="without")
    return replace(
        derived,
        value=found.mean,
        lower=lower,
        upper=upper,
        steps=(
            *derived.steps,
            *confidence_steps(question.confidence),
            *steps(("z", "normal quantile of 1 - a", z), ("L", "lower end", lower), ("U", "upper end", upper)),
        ),
    )


def sites_of(question: Question) -> list[Site]:
    """Return the benefit of each site that has both arms, positive when the intervention is better."""
    protocol = question.protocol
    assert protocol is not None  # an estimate is known only with a protocol
    found = []
    for name in (level for level in question.cells.levels_of("site") if level):
        arms = both_arms(question, event=protocol.primary.event, primary=True, site=name)
        first, second, _ = arms.ordered(good_first=protocol.primary.good == "higher")
        if first.n and second.n:
            counts = (first.events, first.n - first.events, second.events, second.n - second.events)
            a, b, c, d = (count + (0.5 if 0 in counts else 0.0) for count in counts)
            y, v = a / (a + b) - c / (c + d), a * b / (a + b) ** 3 + c * d / (c + d) ** 3
            found.append(Site(name=name, y=y, v=v, smallest=min(first.n, second.n)))
    return found


def together(every: Sequence[Site], *, method: str) -> Together:
    """Return the sites together at the variance between them that solves the method's equation."""
    return at(every, _BY_FORMULA[method](every) if method in _BY_FORMULA else _solved(every, method))


def at(every: Sequence[Site], between: float) -> Together:
    """Return the sites together at a variance between them."""
    w = [1 / (one.v + between) for one in every]
    mean = math.fsum(a * one.y for a, one in zip(w, every, strict=True)) / math.fsum(w)
    return Together(between=between, mean=mean, error=1 / math.sqrt(math.fsum(w)))


def surplus(every: Sequence[Site], between: float, *, method: str) -> float:
    """Return the left side less the right side of a method's equation; it falls as the variance grows."""
    w, mean = [1 / (one.v + between) for one in every], at(every, between).mean
    power = 1 if method == "pm" else 2
    left = math.fsum(a**power * (one.y - mean) ** 2 for a, one in zip(w, every, strict=True))
    total, squares = math.fsum(w), math.fsum(a**2 for a in w)
    return left - {"reml": total - squares / total, "ml": total, "pm": len(every) - 1.0}[method]


def spread_around(every: Sequence[Site], between: float) -> float:
    """Return the sum of (y - m)^2 / (v + T)."""
    mean = at(every, between).mean
    return math.fsum((one.y - mean) ** 2 / (one.v + between) for one in every)


def _solved(every: Sequence[Site], method: str) -> float:
    if len(every) < 2:  # noqa: PLR2004 -- one site has no spread
        return 0.0
    return _zero(lambda between: surplus(every, between, method=method))


def _zero(function: Callable[[float], float]) -> float:
    from scipy.optimize import brentq

    if function(0.0) <= 0:
        return 0.0
    high = 1e-6
    while function(high) > 0 and high < LARGEST:
        high *= 4
    return float(brentq(function, 0.0, high, xtol=1e-16, rtol=1e-14))


def _typical(every: Sequence[Site]) -> float:
    c, d = math.fsum(1 / one.v for one in every), math.fsum(1 / one.v**2 for one in every)
    return (len(every) - 1) / (c - d / c)


def _by_moments(every: Sequence[Site]) -> float:
    left = len(every) - 1
    return max(0.0, (spread_around(every, 0.0) - left) * _typical(every) / left) if left else 0.0


def _by_spread(every: Sequence[Site]) -> float:
    k = len(every)
    mean = math.fsum(one.y for one in every) / k
    spread = math.fsum((one.y - mean) ** 2 for one in every) / (k - 1) if k > 1 else 0.0
    return max(0.0, spread - math.fsum(one.v for one in every) / k) if k > 1 else 0.0


_BY_FORMULA: Mapping[str, Callable[[Sequence[Site]], float]] = MappingProxyType(
    {"fixed": lambda _every: 0.0, "dl": _by_moments, "he": _by_spread}
)
Shown = tuple[float, float, float, tuple[Step, ...]]


def _prediction(every: Sequence[Site], found: Together, confidence: float) -> Shown:
    from scipy.stats import t

    quantile = float(t.ppf(1 - side_of(confidence), len(every) - 2))
    half = quantile * math.sqrt(found.error**2 + found.between)
    return (
        found.mean,
        found.mean - half,
        found.mean + half,
        steps(
            ("t", "quantile of Student's t with k - 2 degrees", quantile),
            ("h", "t sqrt(s^2 + T)", half),
            ("L", "lower end", found.mean - half),
            ("U", "upper end", found.mean + half),
        ),
    )


def _between_ends(every: Sequence[Site], confidence: float) -> tuple[float, float, tuple[Step, ...]]:
    from scipy.stats import chi2

    high, low = (float(chi2.ppf(share, len(every) - 1)) for share in (1 - side_of(confidence), side_of(confidence)))
    lower, upper = (_zero(lambda between: spread_around(every, between) - target) for target in (high, low))  # noqa: B023 -- called at once, before the variable moves on
    return (
        lower,
        upper,
        steps(
            ("X1, X2", "chi-square quantiles at 1 - a and a", f"{figure(high)}, {figure(low)}"),
            ("TL", "lower end of T", lower),
            ("sum at TL", "X1, or less where TL is 0", spread_around(every, lower)),
            ("TU", "upper end of T", upper),
            ("sum at TU", "X2, or less where TU is 0", spread_around(every, upper)),
        ),
    )


def _variance(every: Sequence[Site], found: Together, confidence: float) -> Shown:
    lower, upper, more = _between_ends(every, confidence)
    return found.between, lower, upper, more


def _share(every: Sequence[Site], found: Together, confidence: float) -> Shown:
    lower, upper, more = _between_ends(every, confidence)
    typical = _typical(every)
    value, low, high = (one / (one + typical) for one in (found.between, lower, upper))
    return value, low, high, (*more, *steps(("R", "typical variance within sites", typical)))


_STATISTICS = MappingProxyType({"prediction": _prediction, "tau2": _variance, "i2": _share})


def _derived(question: Question, every: Sequence[Site], found: Together, *, method: str, asked: str) -> Derived:
    text, paper = EQUATIONS[method]
    # With one site hidden, the sums and the other sites would tell of it (P9).
    small = any(question.too_small(one.smallest) for one in sites_of(question))
    equation = (
        []
        if method not in ("reml", "ml", "pm")
        else [
            (
                "equation",
                "left less right side at T" + (", below 0 as T is 0" if not found.between else ", which is 0"),
                surplus(every, found.between, method=method),
            )
        ]
    )
    return Derived(
        value=found.mean,
        lower=None,
        upper=None,
        formula=Formula(text=f"{EFFECTS}{text}\n{SHOWN[asked]}", reference=f"{paper}; {PREDICTION}"),
        table=Table() if small else _table(every),
        steps=steps(
            ("k", "sites", len(every)),
            ("T", "variance between sites", found.between),
            *equation,
            ("m", "pooled difference", found.mean),
            ("s", "its standard error", found.error),
        ),
        check_in="" if small else _check(every, method, asked, question.confidence),
    )


def _table(every: Sequence[Site]) -> Table:
    return Table(columns=("site", "y", "v"), rows=tuple((one.name, figure(one.y), figure(one.v)) for one in every))


def _check(every: Sequence[Site], method: str, asked: str, confidence: float) -> str:
    y, v = (numbers_in_r(getattr(one, name) for one in every) for name in ("y", "v"))
    model = f'm <- metafor::rma({y}, {v}, method = "{METAFOR[method]}", level = {figure(100 * confidence)}'
    if asked == "prediction":
        quantile = f"qt({figure(1 - side_of(confidence))}, m$k - 2)"
        return f"{model}); m$beta[1] + c(0, -1, 1) * {quantile} * sqrt(m$se^2 + m$tau2)"
    exact = "control = list(tol = 1e-12)"
    ends = {"tau2": f"confint(m, {exact})$random[1, ]", "i2": f"confint(m, {exact})$random[3, ] / 100"}.get(
        asked, "c(m$beta, m$ci.lb, m$ci.ub)"
    )
    return f"{model}); {ends}"
