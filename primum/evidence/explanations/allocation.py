"""Derivations of allocation beyond one look and one site: the anytime-valid p, and each stratum with Holm's p."""

import math
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.counts.cells import Cells
from primum.evidence.explanations.conduct import CHI_SQUARE, CLUSTERED
from primum.evidence.explanations.trial import ARMS
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Table,
    count_of,
    counted,
    figure,
    levels_in,
    steps,
)
from primum.evidence.intervals import normal_tail
from primum.evidence.measures.question import Question
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Protocol

ANYTIME = Formula(
    text=(
        "E = DirichletMultinomial(O; K r) / Multinomial(O; r):  O units of each arm, r planned shares, N all units\n"
        "ln E = sum (ln G(K r + O) - ln G(K r)) - ln G(K + N) + ln G(K) - sum O ln r,  G the gamma function\n"
        "p = 1 / E, 1 at most"
    ),
    reference="Lindon & Malek 2022, Advances in Neural Information Processing Systems 35; Ville 1939",
)
BY_STRATUM = Formula(
    text=(
        "up to 1,000 units: p = sum of P(X = i) over all i at most as likely as the observed, X ~ Binomial(N, r1)\n"
        f"beyond: {CHI_SQUARE.text}\n"
        "shown is Holm's p: the largest of (m - i + 1) p(i) over the i smallest p up to this one, 1 at most"
    ),
    reference=f"Clopper & Pearson 1934; {CHI_SQUARE.reference}; Holm 1979, Scandinavian Journal of Statistics 6:65-70",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {"anytime-valid multinomial": ANYTIME, "exact binomial or chi-square": BY_STRATUM}
)
EXACT_UP_TO = 1_000


def sample_ratio_anytime(question: Question, estimate: Estimate) -> Derived:
    """Derive the p of the allocation that holds at any number of looks."""
    protocol, strength = _protocol(question), float(Fraction(question.parameter("concentration", default="1000")))
    seen, shares = allocated(question.cells, protocol=protocol), _shares(protocol)
    gained = math.fsum(
        math.lgamma(strength * r + o) - math.lgamma(strength * r) - o * math.log(r)
        for o, r in zip(seen, shares, strict=True)
    )
    log_e = gained - math.lgamma(strength + sum(seen)) + math.lgamma(strength)
    p = min(1.0, math.exp(-log_e))
    return Derived(
        value=p,
        lower=p,
        upper=p,
        sampled=False,
        formula=ANYTIME,
        table=_table(question, seen, estimate.unit),
        steps=steps(
            ("O", f"{estimate.unit} allocated, intervention and control", f"{seen[0]}, {seen[1]}"),
            ("r", "planned shares", ", ".join(map(figure, shares))),
            ("K", "strength of the prior in units", strength),
            ("ln E", "evidence against the plan", log_e),
            ("p", "1 / E, 1 at most", p),
        ),
        check_in=(
            f"o <- c({seen[0]}, {seen[1]}); r <- c({', '.join(map(figure, shares))}); k <- {figure(strength)}; "
            "min(1, exp(-(sum(lgamma(k * r + o) - lgamma(k * r) - o * log(r)) - lgamma(k + sum(o)) + lgamma(k))))"
        ),
    )


def sample_ratio_by_site(question: Question, estimate: Estimate) -> Derived:
    """Derive the p of the allocation in one stratum, adjusted over all of them."""
    protocol, column = _protocol(question), question.parameter("column", default="site")
    every = {level: allocated(cells, protocol=protocol) for level, cells in question.cells.by(column).items()}
    raw = {level: _p(seen, _shares(protocol)) for level, seen in every.items() if sum(seen)}
    level = levels_in(estimate.scope).get(column, "")
    seen, ranked = every[level], sorted(raw.values())
    place = ranked.index(raw[level])
    adjusted = min(1.0, max((len(ranked) - i) * p for i, p in enumerate(ranked[: place + 1])))
    exact, share = sum(seen) <= EXACT_UP_TO, figure(_shares(protocol)[0])
    return Derived(
        value=adjusted,
        lower=adjusted,
        upper=adjusted,
        sampled=False,
        formula=BY_STRATUM,
        table=_table(question, seen, estimate.unit),
        steps=steps(
            ("O1, O2", f"{estimate.unit} allocated here", f"{seen[0]}, {seen[1]}"),
            ("r1", "planned share of the intervention", share),
            ("p", "exact" if exact else "by chi-square", raw[level]),
            ("m, j", "strata tested, and the rank of this p", f"{len(ranked)}, {place + 1}"),
            ("H", "Holm's p", adjusted),
        ),
        check_in=(
            f"binom.test({seen[0]}, {sum(seen)}, p = {share})$p.value"
            if exact
            else f"chisq.test(c({seen[0]}, {seen[1]}), p = c({share}, 1 - {share}))$p.value"
        ),
    )


def allocated(cells: Cells, *, protocol: Protocol) -> tuple[int, int]:
    """Count what was randomised to each arm: clusters where these were, else rows."""
    clustered = protocol.design in CLUSTERED
    counts = counted(cells, "arm", *(["cluster"] if clustered else []))
    first, second = (
        sum(1 if clustered else n for key, n in counts.items() if key[0] == arm and (not clustered or key[1]))
        for arm in ARMS
    )
    return first, second


def _p(seen: tuple[int, int], shares: tuple[float, float]) -> float:
    n = sum(seen)
    if n > EXACT_UP_TO:
        expected = [n * share for share in shares]
        return 2 * normal_tail(math.sqrt(sum((o - e) ** 2 / e for o, e in zip(seen, expected, strict=True))))
    logs = [
        math.lgamma(n + 1)
        - math.lgamma(i + 1)
        - math.lgamma(n - i + 1)
        + i * math.log(shares[0])
        + (n - i) * math.log(shares[1])
        for i in range(n + 1)
    ]
    likely = [math.exp(one) for one in logs]
    return min(1.0, math.fsum(one for one in likely if one <= likely[seen[0]] * (1 + 1e-7)))


def _shares(protocol: Protocol) -> tuple[float, float]:
    whole = sum(protocol.ratio)
    return protocol.ratio[0] / whole, protocol.ratio[1] / whole


def _table(question: Question, seen: tuple[int, int], unit: str) -> Table:
    rows = tuple((arm, count_of(question, n=n)) for arm, n in zip(ARMS, seen, strict=True))
    return Table(columns=("arm", f"{unit} allocated"), rows=rows)


def _protocol(question: Question) -> Protocol:
    assert question.protocol is not None  # an estimate is known only with a protocol
    return question.protocol
