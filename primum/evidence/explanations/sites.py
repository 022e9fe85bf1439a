"""Derivations of a trial site by site: benefit, its Mantel-Haenszel total, harm, and the sites."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.explanations.clusters import clustered, primary
from primum.evidence.explanations.trial import BothArms, both_arms, difference, endpoint_of, fisher_steps, tables
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    Table,
    confidence_steps,
    count_of,
    counted,
    figure,
    levels_in,
    side_of,
    steps,
)
from primum.evidence.intervals import Group, normal_quantile
from primum.evidence.measures.question import Question, shown_level
from primum.evidence.trials.cluster_trials import randomises_clusters
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Endpoint, Protocol

MANTEL_HAENSZEL = Formula(
    text=(
        "sums over sites with both arms, N = n1 + n2 of each site:\n"
        "W = sum n1 n2 / N,  d = (sum (x1 n2 - x2 n1) / N) / W\n"
        "P = sum (n1^2 x2 - n2^2 x1 + n1 n2 (n2 - n1) / 2) / N^2\n"
        "Q = sum (x1 (n2 - x2) + x2 (n1 - x1)) / (2 N)\n"
        "s = sqrt(d P + Q) / W;  ends  d - z s  and  d + z s"
    ),
    reference=(
        "Mantel & Haenszel 1959, Journal of the National Cancer Institute 22:719-748; "
        "Sato, Greenland & Robins 1989, Biometrics 45:1323-1324"
    ),
)
COUNT = Formula(text="the number of sites that have at least as many cases as the policy asks", reference="a count")
HOLM = Formula(
    text="H = the largest of (m - j + 1) p(j) over the j smallest p up to this site's, 1 at most; m sites tested",
    reference="Holm 1979, Scandinavian Journal of Statistics 6:65-70",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {"mantel-haenszel over sites": MANTEL_HAENSZEL, "count": COUNT, "holm": HOLM}
)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """The sums over sites that a Mantel-Haenszel difference is made of."""

    weight: float
    excess: float
    tilt: float
    spread: float

    @property
    def difference(self) -> float:
        """The pooled difference."""
        return self.excess / self.weight

    @property
    def error(self) -> float:
        """Its standard error."""
        return math.sqrt(max(0.0, self.difference * self.tilt + self.spread)) / self.weight


def benefit_by_site(question: Question, estimate: Estimate) -> Derived:
    """Derive the primary benefit of one site, or of all sites together."""
    protocol = _protocol(question)
    good_first = protocol.primary.good == "higher"
    if randomises_clusters(protocol):
        return _of_clusters(question, protocol, estimate)
    if "site" not in levels_in(estimate.scope):
        return _pooled(question, protocol)
    arms = both_arms(question, event=protocol.primary.event, primary=True, **levels_in(estimate.scope))
    return difference(question, arms=arms, good_first=good_first)


def site_safety(question: Question, estimate: Estimate) -> Derived:
    """Derive the excess of harm at one site, with Fisher's p as it is and adjusted over sites."""
    endpoint, site = endpoint_of(question, estimate), levels_in(estimate.scope)["site"]
    arms = both_arms(question, event=endpoint.event, primary=False, site=site)
    first, second, _ = arms.ordered(good_first=endpoint.good == "lower")
    derived = difference(question, arms=arms, good_first=endpoint.good == "lower")
    return replace(
        derived, steps=(*derived.steps, *fisher_steps(first, second), *_holm_steps(question, endpoint, site))
    )


def sites(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every derivation takes both
    """Derive how many sites have cases enough."""
    counts = counted(question.cells, "site", "reference")
    cases = {
        site: sum(n for (place, truth), n in counts.items() if place == site and truth in ("1", "0"))
        for site in dict.fromkeys(key[0] for key in counts if key[0])
    }
    return _sites_enough(question, cases, dict.fromkeys(cases, True), words="cases with a reference")


def trial_sites(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every explanation is called in the same way
    """Derive how many sites have both arms and units enough."""
    counts = counted(question.cells, "site", "arm")
    names = dict.fromkeys(key[0] for key in counts if key[0])
    units = {site: sum(n for (place, _), n in counts.items() if place == site) for site in names}
    both = {site: all(counts.get((site, arm)) for arm in ("intervention", "control")) for site in names}
    return _sites_enough(question, units, both, words="units of both arms")


def sums_over(strata: list[tuple[Group, Group]]) -> Sums:
    """Return the sums over sites; a site without one arm adds nothing."""
    known = [(a.events, a.n, b.events, b.n, a.n + b.n) for a, b in strata if a.n and b.n]
    return Sums(
        weight=math.fsum(n1 * n2 / n for _, n1, _, n2, n in known),
        excess=math.fsum((x1 * n2 - x2 * n1) / n for x1, n1, x2, n2, n in known),
        tilt=math.fsum((n1**2 * x2 - n2**2 * x1 + n1 * n2 * (n2 - n1) / 2) / n**2 for x1, n1, x2, n2, n in known),
        spread=math.fsum((x1 * (n2 - x2) + x2 * (n1 - x1)) / (2 * n) for x1, n1, x2, n2, n in known),
    )


def _of_clusters(question: Question, protocol: Protocol, estimate: Estimate) -> Derived:
    """Derive the benefit at the level of clusters, at one site or at all of them."""
    strictest = max(question.confidence, float(1 - 2 * Fraction(protocol.alpha_one_sided)))
    return clustered(
        question,
        cells=primary(question).where(**levels_in(estimate.scope)),
        event=protocol.primary.event,
        good=protocol.primary.good,
        confidence=question.confidence if "site" in levels_in(estimate.scope) else strictest,
    )


def _pooled(question: Question, protocol: Protocol) -> Derived:
    arms = _by_site(question, protocol.primary, primary=True)
    strata = {site: one.ordered(good_first=protocol.primary.good == "higher")[:2] for site, one in arms.items()}
    words = ("intervention", "control") if protocol.primary.good == "higher" else ("control", "intervention")
    found, z = sums_over(list(strata.values())), normal_quantile(1 - side_of(question.confidence))
    d, s = found.difference, found.error
    return Derived(
        value=d,
        lower=d - z * s,
        upper=d + z * s,
        formula=MANTEL_HAENSZEL,
        table=_strata_table(question, strata, words),
        steps=(
            *steps(("x1, n1; x2, n2", "first and second of the table", f"{words[0]}; {words[1]}")),
            *confidence_steps(question.confidence),
            *steps(
                ("z", "normal quantile of 1 - a", z),
                ("W", "weight", found.weight),
                ("d W", "sum of (x1 n2 - x2 n1) / N", found.excess),
                ("d", "pooled difference", d),
                ("P", "first sum of the variance", found.tilt),
                ("Q", "second sum of the variance", found.spread),
                ("s", "standard error", s),
                ("L", "lower end", d - z * s),
                ("U", "upper end", d + z * s),
            ),
        ),
        check_in=_pooled_check(list(strata.values()), question.confidence),
    )


def _strata_table(question: Question, strata: Mapping[str, tuple[Group, Group]], words: tuple[str, str]) -> Table:
    rows = tuple(
        (shown_level(site), *(count_of(question, n=n) for n in (a.events, a.n, b.events, b.n)))
        for site, (a, b) in strata.items()
    )
    first, second = words
    return Table(columns=("site", f"{first} x1", "n1", f"{second} x2", "n2"), rows=rows)


def _pooled_check(strata: list[tuple[Group, Group]], confidence: float) -> str:
    known = [(a, b) for a, b in strata if a.n and b.n]
    columns = zip(*((a.events, a.n, b.events, b.n) for a, b in known), strict=True)
    x1, n1, x2, n2 = (", ".join(map(str, column)) for column in columns)
    return (
        f'm <- metafor::rma.mh(measure = "RD", ai = c({x1}), n1i = c({n1}), ci = c({x2}), n2i = c({n2}), '
        f"level = {figure(100 * confidence)}); c(m$beta, m$ci.lb, m$ci.ub)"
    )


def _holm_steps(question: Question, endpoint: Endpoint, site: str) -> tuple[Step, ...]:
    arms = _by_site(question, endpoint, primary=False)
    tested = {name: one for name, one in arms.items() if one.intervention.n and one.control.n}
    raw = {name: fisher_p(one.intervention, one.control) for name, one in tested.items()}
    ranked = sorted(raw.values())
    place = ranked.index(raw[site])
    adjusted = min(1.0, max((len(raw) - j) * p for j, p in enumerate(ranked[: place + 1])))
    return steps(
        ("m, j", "sites tested, and the rank of this site's p", f"{len(raw)}, {place + 1}"),
        ("H", "Holm's p: the largest of (m - i + 1) p(i) over i = 1 to j, 1 at most (Holm 1979)", adjusted),
    )


def fisher_p(first: Group, second: Group) -> float:
    """Return Fisher's two-sided p from the probabilities of all tables."""
    likely = tables(first, second)
    observed = likely[first.events - max(0, first.events + second.events - second.n)]
    return min(1.0, math.fsum(one for one in likely if one <= observed * (1 + 1e-7)))


def _by_site(question: Question, endpoint: Endpoint, *, primary: bool) -> dict[str, BothArms]:
    return {
        site: both_arms(question, event=endpoint.event, primary=primary, site=site)
        for site in question.cells.levels_of("site")
    }


def _sites_enough(question: Question, cases: Mapping[str, int], able: Mapping[str, bool], *, words: str) -> Derived:
    least = int(question.parameter("cases", default="1"))
    enough = [site for site, n in cases.items() if n >= least and able[site]]
    return Derived(
        value=len(enough),
        lower=len(enough),
        upper=len(enough),
        formula=COUNT,
        sampled=False,
        table=Table(
            columns=("site", words, "counts"),
            rows=tuple((site, count_of(question, n=n), "yes" if site in enough else "no") for site, n in cases.items()),
        ),
        steps=steps(
            ("least", f"{words} that the policy asks of a site", least),
            ("sites", "in all", len(cases)),
            ("enough", "sites that count", len(enough)),
        ),
        check_in=f"sum(c({', '.join('TRUE' if site in enough else 'FALSE' for site in cases)}))",
    )


def _protocol(question: Question) -> Protocol:
    assert question.protocol is not None  # an estimate of a trial is known only with a protocol
    return question.protocol
