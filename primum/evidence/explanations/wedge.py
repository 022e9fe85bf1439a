"""Derivations of a stepped wedge: least squares with clusters and periods, a mixed model, and a log-linear model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from primum.evidence.counts.cells import Cells
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Table,
    confidence_steps,
    count_of,
    counted,
    figure,
    numbers_in_r,
    side_of,
    steps,
)
from primum.evidence.measures.question import Question
from primum.evidence.models.mixed import linear_mixed
from primum.evidence.trials.wedge import cluster_periods, design

Floats = NDArray[np.float64]

ROWS = "one row of X for each cluster-period: 1, treated, periods; n units, T events, W = diag(n), Z = W^(1/2) X\n"
CR2 = Formula(
    text=ROWS.replace("periods;", "periods, clusters;")
    + "normal equations  X' (T - n X B) = 0,  B = (X' W X)^-1 X' T,  d = coefficient of treated\n"
    "of each cluster i:  H = Z (X' W X)^-1 Z',  A = (I - H)^(-1/2),  e = W^(-1/2) (T - n X B)\n"
    "variance = (X' W X)^-1 (sum over i of Z' A e e' A Z) (X' W X)^-1,  s its root for treated\n"
    "f = (tr P)^2 / tr(P^2),  P(i,j) = g(i)' g(j) [i = j] - g(i)' Z(i) (X' W X)^-1 Z(j)' g(j),  g = A Z (X' W X)^-1 c\n"
    "ends  d - t s  and  d + t s,  t quantile of Student's t with f degrees",
    reference=(
        "Bell & McCaffrey 2002, Survey Methodology 28:169-181; Pustejovsky & Tipton 2018, "
        "Journal of Business & Economic Statistics 36:672-683"
    ),
)
REML = Formula(
    text=ROWS + "V of a cluster = S2 I + T2 1 1';  B = (X' V^-1 X)^-1 X' V^-1 y,  d = coefficient of treated\n"
    "S2 and T2 are where the restricted likelihood is largest: its slope in ln(T2 / S2) is 0 there\n"
    "s = root of (X' V^-1 X)^-1;  f = 2 v^2 / (g' C g),  v = s^2, g its slope in S2, T2, C their covariance\n"
    "ends  d - t s  and  d + t s,  t quantile of Student's t with f degrees",
    reference=(
        "Hussey & Hughes 2007, Contemporary Clinical Trials 28:182-191; "
        "Giesbrecht & Burns 1985, Biometrics 41:477-486 (degrees of freedom)"
    ),
)
LOG_LINEAR = Formula(
    text=ROWS + "u = exp(X B);  B solves  X' (T - n u) = 0;  r = exp(coefficient of treated);  W = diag(n u)\n"
    "of each cluster:  H = Z (X' W X)^-1 Z',  A = (I - H)^-1,  e = W^(-1/2) (T - n u)\n"
    "variance = (X' W X)^-1 (sum of Z' A e e' A Z) (X' W X)^-1,  s its root for treated,  f = clusters - terms\n"
    "ends  r exp(-t s)  and  r exp(t s),  t quantile of Student's t with f degrees",
    reference="Mancl & DeRouen 2001, Biometrics 57:126-134",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {"cr2": CR2, "mixed model with period": REML, "log-linear model with period": LOG_LINEAR}
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """The cells of a regression: design, units, events and cluster numbers, with the names of clusters and periods."""

    x: Floats
    n: Floats
    total: Floats
    cluster: NDArray[np.intp]
    keys: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The coefficient of treatment with its error and degrees of freedom, and the largest residual of the equations."""

    value: float
    error: float
    degrees: float
    residual: float


def wedge(question: Question, *, cells: Cells, event: str, good: str, confidence: float, reml: bool = False) -> Derived:
    """Derive the effect of a stepped wedge, by CR2 or by a mixed model."""
    fit, shown = _mixed(cells, event) if reml else (_least_squares(model_of(cells, event=event, fixed=True)), ())
    sign = 1.0 if good == "higher" else -1.0
    t, model = _t(confidence, fit.degrees), model_of(cells, event=event, fixed=False)
    d, half = sign * fit.value, t * fit.error
    return Derived(
        value=d,
        lower=max(-1.0, d - half),
        upper=min(1.0, d + half),
        formula=REML if reml else CR2,
        table=_table(question, model),
        steps=(
            *steps(
                ("clusters", "in the wedge", len({key[0] for key in model.keys})),
                ("periods", "in the wedge", len({key[1] for key in model.keys})),
                *shown,
                ("residual", "of the equations for B, the largest", f"{fit.residual:.1e}"),
            ),
            *confidence_steps(confidence),
            *steps(
                ("d", "coefficient of treated" + ("" if good == "higher" else ", turned: fewer events are better"), d),
                ("s", "standard error", fit.error),
                ("f", "degrees of freedom", fit.degrees),
                ("t", "quantile at 1 - a", t),
            ),
        ),
        check_in=_check(question, model, confidence, sign=sign, reml=reml, d=d, fit=fit),
    )


def wedge_ratio(question: Question, *, cells: Cells, event: str) -> Derived:
    """Derive the ratio of risks in a stepped wedge, adjusted for period."""
    model = model_of(cells, event=event, fixed=False)
    fit = _log_linear(model)
    t, r = _t(question.confidence, fit.degrees), math.exp(fit.value)
    return Derived(
        value=r,
        lower=math.exp(fit.value - t * fit.error),
        upper=math.exp(fit.value + t * fit.error),
        formula=LOG_LINEAR,
        table=_table(question, model),
        steps=(
            *steps(
                ("ln r", "coefficient of treated", fit.value),
                ("residual", "of the equations for B, the largest", f"{fit.residual:.1e}"),
                ("s", "standard error of ln r", fit.error),
                ("f", "degrees of freedom", fit.degrees),
            ),
            *confidence_steps(question.confidence),
            *steps(("t", "quantile at 1 - a", t), ("r", "ratio of risks", r)),
        ),
        check_in=(
            f"exp({figure(fit.value)} + c(0, -1, 1) * qt({figure(1 - side_of(question.confidence))}, "
            f"{figure(fit.degrees)}) * {figure(fit.error)})"
        ),
    )


def model_of(cells: Cells, *, event: str, fixed: bool) -> Model:
    """Return the cells of a regression on treatment and period, and on cluster where those are fixed."""
    sums: dict[tuple[str, str, int], list[int]] = {}
    for (cluster, period, arm, outcome), n in counted(cells, "cluster", "period", "arm", event).items():
        if cluster and period and arm in ("intervention", "control") and outcome in ("1", "0"):
            both = sums.setdefault((cluster, period, int(arm == "intervention")), [0, 0])
            both[0] += n if outcome == "1" else 0
            both[1] += n
    keys = tuple(sorted(sums))
    clusters, periods = (sorted({key[place] for key in keys}) for place in (0, 1))
    columns = [np.ones(len(keys)), np.array([float(key[2]) for key in keys])]
    columns += [np.array([float(key[1] == period) for key in keys]) for period in periods[1:]]
    columns += [np.array([float(key[0] == cluster) for key in keys]) for cluster in (clusters[1:] if fixed else [])]
    return Model(
        x=np.column_stack(columns),
        n=np.array([float(sums[key][1]) for key in keys]),
        total=np.array([float(sums[key][0]) for key in keys]),
        cluster=np.array([clusters.index(key[0]) for key in keys]),
        keys=keys,
    )


def _least_squares(model: Model) -> Fitted:
    bread = _inverse(model.x.T @ (model.n[:, None] * model.x))
    beta = bread @ (model.x.T @ model.total)
    left = model.total - model.n * (model.x @ beta)
    error, degrees = _robust(model, model.n, left, bread, power=-0.5)
    return Fitted(
        value=float(beta[1]),
        error=error,
        degrees=degrees,
        residual=float(np.abs(model.x.T @ left).max()),
    )


def _log_linear(model: Model) -> Fitted:
    beta = np.zeros(model.x.shape[1])
    beta[0] = math.log(model.total.sum() / model.n.sum())
    for _ in range(60):
        mean = model.n * np.exp(model.x @ beta)
        beta = beta + np.linalg.solve(model.x.T @ (mean[:, None] * model.x), model.x.T @ (model.total - mean))
    mean = model.n * np.exp(model.x @ beta)
    bread = _inverse(model.x.T @ (mean[:, None] * model.x))
    error, _ = _robust(model, mean, model.total - mean, bread, power=-1.0)
    return Fitted(
        value=float(beta[1]),
        error=error,
        degrees=float(model.cluster.max() + 1 - len(beta)),
        residual=float(np.abs(model.x.T @ (model.total - mean)).max()),
    )


def _robust(model: Model, weight: Floats, left: Floats, bread: Floats, *, power: float) -> tuple[float, float]:
    """Return the error of the second coefficient by a corrected sandwich, and Satterthwaite's degrees of freedom."""
    scores, moved, turned = [], [], []
    for number in range(int(model.cluster.max()) + 1):
        here = model.cluster == number
        root = np.sqrt(weight[here])
        z = root[:, None] * model.x[here]
        values, vectors = np.linalg.eigh(np.eye(len(root)) - z @ bread @ z.T)
        kept = np.where(values > 1e-8, np.maximum(values, 1e-8) ** power, 0.0)  # noqa: PLR2004 -- a leverage of 1
        adjusted = vectors @ (kept[:, None] * vectors.T)
        scores.append(float(bread[1] @ z.T @ adjusted @ (left[here] / root)))
        turned.append(adjusted @ z @ bread[1])
        moved.append(z)
    form = np.array(
        [
            [
                (float(g @ g) if i == j else 0.0) - float(g @ moved[i] @ bread @ moved[j].T @ h)
                for j, h in enumerate(turned)
            ]
            for i, g in enumerate(turned)
        ]
    )
    return math.sqrt(sum(score**2 for score in scores)), float(np.trace(form)) ** 2 / float((form**2).sum())


def _mixed(cells: Cells, event: str) -> tuple[Fitted, tuple[tuple[str, str, float], ...]]:
    """Return a mixed model: the variances as they were found, and what follows from them computed once more."""
    found = linear_mixed(design(cluster_periods(cells=cells, event=event)))
    model, residual, between = model_of(cells, event=event, fixed=False), (found.sigma or 0.0) ** 2, found.sd**2
    information, score = _generalised(model, residual, between)
    beta = np.linalg.solve(information, score)
    ratio = between / residual
    step = 1e-4
    slope = (
        (_deviance(model, ratio * math.exp(step)) - _deviance(model, ratio * math.exp(-step))) / (2 * step)
        if ratio
        else 0.0
    )
    return Fitted(
        value=float(beta[1]),
        error=math.sqrt(float(np.linalg.inv(information)[1, 1])),
        degrees=float(found.degrees[1] or math.inf),
        residual=float(np.abs(information @ beta - score).max()),
    ), (
        ("S2", "variance within clusters", residual),
        ("T2", "variance between clusters", between),
        ("slope", "of the restricted deviance in ln(T2 / S2), which is 0", slope),
    )


def _generalised(model: Model, residual: float, between: float) -> tuple[Floats, Floats]:
    size = model.x.shape[1]
    information: Floats = np.zeros((size, size))
    score: Floats = np.zeros(size)
    for number in range(int(model.cluster.max()) + 1):
        here = model.cluster == number
        root = np.sqrt(model.n[here])
        inverse = np.linalg.inv(residual * np.eye(len(root)) + between * np.outer(root, root))
        z = root[:, None] * model.x[here]
        information += z.T @ inverse @ z
        score += z.T @ inverse @ (model.total[here] / root)
    return information, score


def _deviance(model: Model, ratio: float) -> float:
    """Return minus twice the restricted log-likelihood with the variance within at its best, up to a constant."""
    information, score = _generalised(model, 1.0, ratio)
    units, terms = float(model.n.sum()), model.x.shape[1]
    squares, spread = float((model.total - model.total**2 / model.n).sum()), 0.0
    for number in range(int(model.cluster.max()) + 1):
        here = model.cluster == number
        root = np.sqrt(model.n[here])
        inverse = np.linalg.inv(np.eye(len(root)) + ratio * np.outer(root, root))
        y = model.total[here] / root
        squares += float(y @ inverse @ y)
        spread += math.log1p(ratio * float(model.n[here].sum()))
    squares -= float(score @ np.linalg.solve(information, score))
    return float((units - terms) * math.log(squares) + spread + np.linalg.slogdet(information)[1])


def _inverse(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def _t(confidence: float, degrees: float) -> float:
    from scipy.stats import t

    return float(t.ppf(1 - side_of(confidence), degrees))


def _table(question: Question, model: Model) -> Table:
    rows = tuple(
        (cluster, period, "yes" if treated else "no", count_of(question, n=int(x)), count_of(question, n=int(n)))
        for (cluster, period, treated), x, n in zip(model.keys, model.total, model.n, strict=True)
    )
    return Table(columns=("cluster", "period", "treated", "T", "n"), rows=rows)


def _check(
    question: Question, model: Model, confidence: float, *, sign: float, reml: bool, d: float, fit: Fitted
) -> str:
    quantile = f"qt({figure(1 - side_of(confidence))}, {figure(fit.degrees)})"
    if any(question.too_small(int(number)) for number in (*model.total, *model.n)):
        return f"{figure(d)} + c(-1, 1) * {quantile} * {figure(fit.error)}"
    periods = sorted({key[1] for key in model.keys})
    data = (
        f"x <- {numbers_in_r(map(int, model.total))}; n <- {numbers_in_r(map(int, model.n))}; "
        f"i <- rep(seq_along(n), n); g <- {numbers_in_r(model.cluster.tolist())}[i]; "
        f"p <- {numbers_in_r(periods.index(key[1]) for key in model.keys)}[i]; "
        f"t <- {numbers_in_r(key[2] for key in model.keys)}[i]; "
        "y <- unlist(Map(function(x, n) rep(1:0, c(x, n - x)), x, n)); "
    )
    turned = "" if sign > 0 else "-1 * "
    if reml:
        return (
            f'{data}s <- coef(summary(lmerTest::lmer(y ~ t + factor(p) + (1 | g))))["t", ]; '
            f"{turned}(s[1] + c(-1, 1) * qt({figure(1 - side_of(confidence))}, s[3]) * s[2])"
        )
    return (
        f"{data}m <- lm(y ~ t + factor(p) + factor(g)); "
        f'{turned}unlist(clubSandwich::conf_int(m, vcov = "CR2", cluster = g, level = {figure(confidence)}, '
        'coefs = "t")[c("CI_L", "CI_U")])'
    )
