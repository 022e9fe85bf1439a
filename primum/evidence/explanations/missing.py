"""Derivations of what missing outcomes could hide: the worst case, the tipping point, and multiple imputation."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from primum.evidence.counts.cells import Cells
from primum.evidence.explanations.clusters import clustered, primary, protocol_of
from primum.evidence.explanations.differences import DIFFERENCES, HYBRID, group_steps
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Table,
    confidence_steps,
    count_of,
    counted,
    figure,
    side_of,
    steps,
)
from primum.evidence.intervals import Group, bisect, normal_quantile
from primum.evidence.measures.question import Question, method_of
from primum.evidence.trials.cluster_trials import randomises_clusters
from primum.roadmap.estimates import Estimate

WORST = "every missing outcome is bad in the intervention arm and good in the control arm; then\n"
TIPPING = Formula(
    text=(
        "p1 and p2 are the known proportions of the arms; the missing of the intervention arm are worse by D:\n"
        "q1 = (x1 + g1 (p1 -/+ D)) / (n1 + g1),  q2 = p2;  x of n known, g missing\n"
        "the ends of q1 less q2 (positive is better) are Newcombe's with the known n as sizes:\n"
        f"{HYBRID.text}\n"
        "shown is the D at which the lower end is 0; 0 if it is below 0 without any, the largest if none does it"
    ),
    reference=f"Yan, Lee & Li 2009, Journal of Biopharmaceutical Statistics 19:1085-1098; {HYBRID.reference}",
)
RUBIN = Formula(
    text=(
        "in each stratum and arm, for each of M data sets: risk r from Beta(x + 1/2, n - x + 1/2), then the events\n"
        "of the missing from Binomial(g, r);  d = p1 - p2 and u = p1 (1 - p1) / N1 + p2 (1 - p2) / N2 of each\n"
        "m = mean of d,  W = mean of u,  B = sample variance of d,  V = W + (1 + 1 / M) B,  l = (1 + 1 / M) B / V\n"
        "f1 = (M - 1) / l^2,  f0 = N1 + N2 - 2,  f2 = (f0 + 1) / (f0 + 3) f0 (1 - l),  f = 1 / (1 / f1 + 1 / f2)\n"
        "ends  m - t sqrt(V)  and  m + t sqrt(V),  t quantile of Student's t with f degrees"
    ),
    reference=(
        "Rubin 1987, Multiple Imputation for Nonresponse in Surveys; Barnard & Rubin 1999, Biometrika 86:948-955"
    ),
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"delta-adjustment": TIPPING, "rubin": RUBIN})
ARMS = ("intervention", "control")
DATA_SETS, SEED = "20", "20260102"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One arm: known outcomes, and how many are missing."""

    known: Group
    missing: int


def worst_case_benefit(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- all take both
    """Derive the primary benefit in the worst case for the intervention."""
    protocol, higher = protocol_of(question), protocol_of(question).primary.good == "higher"
    event = protocol.primary.event
    if randomises_clusters(protocol):
        filled = {"intervention": not higher, "control": higher}
        derived = clustered(
            question,
            cells=primary(question),
            event=event,
            good=protocol.primary.good,
            confidence=question.confidence,
            filled=filled,
        )
    else:
        treated, control = (seen(primary(question).where(arm=arm), event=event) for arm in ARMS)
        worst = (
            Group(
                events=treated.known.events + (0 if higher else treated.missing), n=treated.known.n + treated.missing
            ),
            Group(
                events=control.known.events + (control.missing if higher else 0), n=control.known.n + control.missing
            ),
        )
        (first, second), words = (worst, ARMS) if higher else (worst[::-1], ARMS[::-1])
        derived = DIFFERENCES[method_of(question, DIFFERENCES)](first, second, confidence=question.confidence)
        derived = replace(
            derived,
            table=_table(question, [treated, control]),
            steps=(*group_steps(first, second, words=(words[0], words[1])), *derived.steps),
        )
    return replace(derived, formula=replace(derived.formula, text=WORST + derived.formula.text))


def tipping_point(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every explanation is called in the same way
    """Derive how much worse the missing of the intervention arm must have done for the benefit not to be shown."""
    protocol = protocol_of(question)
    treated, control = (seen(primary(question).where(arm=arm), event=protocol.primary.event) for arm in ARMS)
    higher, z = protocol.primary.good == "higher", normal_quantile(1 - side_of(question.confidence))
    p1, p2, n1, n2, g = treated.known.p, control.known.p, treated.known.n, control.known.n, treated.missing
    largest = p1 if higher else 1 - p1

    def mixed(shift: float) -> float:
        worse = min(1.0, max(0.0, p1 - shift if higher else p1 + shift))
        return (treated.known.events + g * worse) / (n1 + g)

    def lower(shift: float) -> float:
        q1 = mixed(shift)
        (a, na), (b, nb) = ((q1, n1), (p2, n2)) if higher else ((p2, n2), (q1, n1))
        return a - b - math.hypot(a - _wilson(a, na, z)[0], _wilson(b, nb, z)[1] - b)

    none, most = lower(0.0), lower(largest)
    shift = 0.0 if none <= 0 else largest if most > 0 else bisect(lower, low=0.0, high=largest)
    return Derived(
        value=shift,
        lower=shift,
        upper=shift,
        formula=TIPPING,
        sampled=False,
        table=_table(question, [treated, control]),
        steps=(
            *steps(
                ("x1, n1, g1", "intervention: events, known, missing", f"{treated.known.events}, {n1}, {g}"),
                ("x2, n2, g2", "control", f"{control.known.events}, {n2}, {control.missing}"),
                ("p1, p2", "known proportions", f"{figure(p1)}, {figure(p2)}"),
            ),
            *confidence_steps(question.confidence),
            *steps(
                ("L(0)", "lower end of the benefit without a shift", none),
                ("Dm", "largest shift there can be", largest),
                ("L(Dm)", "lower end of the benefit at the largest shift", most),
                ("D", "the shift that is shown", shift),
                ("q1", "proportion of the intervention arm then", mixed(shift)),
                ("L(D)", "lower end then, 0 if a shift between loses the benefit", lower(shift)),
            ),
        ),
        check_in=_tipping_check(treated, control, shift, higher=higher, confidence=question.confidence),
    )


def imputed_benefit(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every explanation is called in the same way
    """Derive the primary benefit after multiple imputation, drawing once more from the same seed."""
    from scipy.stats import t

    protocol = protocol_of(question)
    strata = _strata(question, protocol.primary.event)
    seed, sets = int(question.parameter("seed", default=SEED)), int(question.parameter("data_sets", default=DATA_SETS))
    sizes = [sum(pair[place].known.n + pair[place].missing for pair in strata) for place in (0, 1)]
    values, variances = _drawn(strata, sizes, seed=seed, sets=sets)
    sign = 1.0 if protocol.primary.good == "higher" else -1.0
    m, within = sign * math.fsum(values) / sets, math.fsum(variances) / sets
    between = math.fsum((sign * one - m) ** 2 for one in values) / (sets - 1)
    whole = within + (1 + 1 / sets) * between
    share = (1 + 1 / sets) * between / whole if whole else 0.0
    f0 = sum(sizes) - 2
    f2 = (f0 + 1) / (f0 + 3) * f0 * (1 - share)
    f = 1 / (share**2 / (sets - 1) + 1 / f2)
    quantile = float(t.ppf(1 - side_of(question.confidence), f))
    half = quantile * math.sqrt(whole)
    return Derived(
        value=m,
        lower=max(-1.0, m - half),
        upper=min(1.0, m + half),
        formula=RUBIN,
        table=_table(question, [_together([pair[place] for pair in strata]) for place in (0, 1)]),
        steps=(
            *steps(
                ("M", "data sets", sets),
                ("seed", "of numpy's default generator", seed),
                ("strata", "in which outcomes are drawn", len(strata)),
                ("N1, N2", "units of intervention and control", f"{sizes[0]}, {sizes[1]}"),
                (
                    "d",
                    "of the first data sets, positive is better",
                    ", ".join(figure(sign * one) for one in values[:3]),
                ),
                ("m", "mean of all d", m),
                ("W", "variance within data sets", within),
                ("B", "variance between them", between),
                ("V", "W + (1 + 1 / M) B", whole),
                ("l", "share of the variance due to what is missing", share),
                ("f2, f", "degrees of freedom", f"{figure(f2)}, {figure(f)}"),
            ),
            *confidence_steps(question.confidence),
            *steps(("t", "quantile at 1 - a", quantile)),
        ),
        check_in=(
            f"{figure(m)} + c(-1, 1) * qt({figure(1 - side_of(question.confidence))}, {figure(f)}) * "
            f"sqrt({figure(within)} + (1 + 1 / {sets}) * {figure(between)})"
        ),
    )


def seen(cells: Cells, *, event: str) -> Seen:
    """Return the known outcomes of some cells and how many are missing."""
    counts = counted(cells, event)
    events, none = counts.get(("1",), 0), counts.get(("0",), 0)
    return Seen(known=Group(events=events, n=events + none), missing=sum(counts.values()) - events - none)


def _wilson(p: float, n: int, z: float) -> tuple[float, float]:
    root = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    below, middle = 1 + z * z / n, p + z * z / (2 * n)
    return max(0.0, (middle - root) / below), min(1.0, (middle + root) / below)


def _strata(question: Question, event: str) -> list[tuple[Seen, Seen]]:
    cells = primary(question)
    keys = [key for key in dict.fromkeys(("site", *question.attributes)) if key in cells.keys]
    levels = list(counted(cells, *keys)) if keys else []
    found = [
        tuple(seen(cells.where(arm=arm, **dict(zip(keys, one, strict=True))), event=event) for arm in ARMS)
        for one in levels
    ]
    if found and all(one.known.n or not one.missing for pair in found for one in pair):
        return [(pair[0], pair[1]) for pair in found]
    whole = [seen(cells.where(arm=arm), event=event) for arm in ARMS]
    return [(whole[0], whole[1])]


def _drawn(
    strata: Sequence[tuple[Seen, Seen]], sizes: Sequence[int], *, seed: int, sets: int
) -> tuple[list[float], list[float]]:
    draw, values, variances = np.random.default_rng(seed), [], []
    for _ in range(sets):
        rates = []
        for place in (0, 1):
            events = 0
            for pair in strata:
                x, n, g = pair[place].known.events, pair[place].known.n, pair[place].missing
                events += x + (int(draw.binomial(g, draw.beta(x + 0.5, n - x + 0.5))) if g else 0)
            rates.append(events / sizes[place])
        values.append(rates[0] - rates[1])
        variances.append(sum(rate * (1 - rate) / size for rate, size in zip(rates, sizes, strict=True)))
    return values, variances


def _together(parts: Sequence[Seen]) -> Seen:
    return Seen(
        known=Group(events=sum(one.known.events for one in parts), n=sum(one.known.n for one in parts)),
        missing=sum(one.missing for one in parts),
    )


def _table(question: Question, arms: Sequence[Seen]) -> Table:
    rows = tuple(
        (name, *(count_of(question, n=n) for n in (one.known.events, one.known.n - one.known.events, one.missing)))
        for name, one in zip(ARMS, arms, strict=True)
    )
    return Table(columns=("arm", "event", "none", "missing"), rows=rows)


def _tipping_check(treated: Seen, control: Seen, shift: float, *, higher: bool, confidence: float) -> str:
    x, n, g = treated.known.events, treated.known.n, treated.missing
    order = "c(q, r), c(n, k)" if higher else "c(r, q), c(k, n)"
    return (
        f"z <- qnorm({figure(1 - side_of(confidence))}); n <- {n}; k <- {control.known.n}; "
        f"r <- {control.known.events} / k; w <- function(p, n) (p + z^2 / (2 * n) + "
        "c(-1, 1) * z * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))) / (1 + z^2 / n); "
        "L <- function(p, n) p[1] - p[2] - sqrt((p[1] - w(p[1], n[1])[1])^2 + (w(p[2], n[2])[2] - p[2])^2); "
        f"q <- ({x} + {g} * ({x} / n {'-' if higher else '+'} {figure(shift)})) / (n + {g}); L({order})"
    )
