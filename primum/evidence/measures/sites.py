"""Metrics of a trial site by site: benefit with its Mantel-Haenszel total, harm, and how many sites took part."""

from primum.evidence.counts.cells import Cells
from primum.evidence.measures.clusters import clustered_by_site
from primum.evidence.measures.question import (
    NO_PROTOCOL,
    Question,
    difference,
    exact_number,
    joined,
    method_of,
    shown_level,
    suppressed,
    unknown,
)
from primum.evidence.measures.trial import DIFFERENCE_METHODS, NAMES
from primum.evidence.shares import contingency, multiplicity
from primum.evidence.shares.stratified import Stratum, cochran_mantel_haenszel, pooled_difference, pooled_risk_ratio
from primum.evidence.trials.cluster_trials import randomises_clusters, refusal
from primum.evidence.trials.trial_arms import ARMS, Arms, arms_of, primary_cells, units
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Endpoint, Protocol


def benefit_by_site(question: Question) -> tuple[Estimate, ...]:
    """Measure the primary benefit at each site, then pooled over sites by Mantel-Haenszel (scope ``all``)."""
    protocol = question.protocol
    reason = NO_PROTOCOL if protocol is None else question.lacks("arm", "site", protocol.primary.event)
    if protocol is None or reason:
        return (unknown(question, note=reason or NO_PROTOCOL, unit=units(protocol)),)
    if randomises_clusters(protocol):
        return clustered_by_site(question, protocol)
    sites = _by_site(primary_cells(question.cells), protocol.primary)
    rows = tuple(_benefit(question, protocol, site, arms) for site, arms in sites.items())
    return (*rows, _pooled(question, protocol, list(sites.values())))


def site_safety(question: Question) -> tuple[Estimate, ...]:
    """Measure the excess of harm at each site for each safety endpoint; Fisher's p is Holm-adjusted over sites."""
    protocol = question.protocol
    if protocol is None or not protocol.safety:
        note = NO_PROTOCOL if protocol is None else "the protocol declares no safety endpoint"
        return (unknown(question, note=note, unit=units(protocol)),)
    return tuple(estimate for endpoint in protocol.safety for estimate in _harm_by_site(question, protocol, endpoint))


def trial_sites(question: Question) -> tuple[Estimate, ...]:
    """Count the sites with both arms and at least ``parameters.cases`` units (I3)."""
    if reason := question.lacks("arm", "site"):
        return (unknown(question, note=reason, unit="sites"),)
    least = int(question.parameter("cases", default="1"))
    sites = {site: cells for site, cells in question.cells.by("site").items() if site}
    enough = sum(
        all(cells.where(arm=arm).total() for arm in ARMS) and cells.total() >= least for cells in sites.values()
    )
    note = f"{len(sites)} sites in all, {enough} with both arms and at least {least:,} units"
    return (exact_number(question, value=enough, n=question.cells.total(), method="count", unit="sites", note=note),)


def _by_site(cells: Cells, endpoint: Endpoint) -> dict[str, Arms]:
    return {site: arms_of(cells=here, event=endpoint.event) for site, here in cells.by("site").items()}


def _why_not_shown(question: Question, protocol: Protocol, arms: Arms, scope: str) -> Estimate | None:
    if not arms.smallest:
        note = "one arm has no unit with a known outcome here"
        n = 0 if question.too_small(arms.n) else arms.n
        return unknown(question, note=note, scope=scope, n=n, unit=units(protocol))
    return suppressed(question, scope=scope, unit=units(protocol)) if question.too_small(arms.smallest) else None


def _benefit(question: Question, protocol: Protocol, site: str, arms: Arms) -> Estimate:
    scope = f"site={shown_level(site)}"
    if hidden := _why_not_shown(question, protocol, arms, scope):
        return hidden
    first, second = arms.benefit(protocol.primary.good)
    method = method_of(question, DIFFERENCE_METHODS)
    return difference(
        question,
        value=first.rate - second.rate,
        interval=DIFFERENCE_METHODS[method](first=first, second=second, confidence=question.confidence),
        n=arms.n,
        method=NAMES[method],
        scope=scope,
        unit=units(protocol),
        note=arms.words,
    )


def _pooled(question: Question, protocol: Protocol, sites: list[Arms]) -> Estimate:
    oriented = (arms.benefit(protocol.primary.good) for arms in sites)
    strata = [Stratum(first=first, second=second) for first, second in oriented]
    pooled = pooled_difference(strata=strata, confidence=question.confidence)
    n = sum(arms.n for arms in sites)
    if pooled.value is None or pooled.interval is None:
        return unknown(question, note="no site has both arms", n=n, unit=units(protocol))
    test = cochran_mantel_haenszel(strata=strata, continuity=False)
    ratio = pooled_risk_ratio(
        strata=[Stratum(first=one.intervention, second=one.control) for one in sites], confidence=0.95
    )
    return Estimate(
        metric=question.criterion.metric,
        value=pooled.value,
        lower=pooled.interval.lower,
        upper=pooled.interval.upper,
        confidence=question.confidence,
        method="Mantel-Haenszel over sites",
        n=n,
        unit=units(protocol),
        adjusted="adjusted for site",
        note=joined(
            f"{len(sites)} sites",
            "" if ratio.value is None else f"ratio of event rates {ratio.value:.4f}",
            "" if test.p is None else f"Cochran-Mantel-Haenszel p {test.p:.4f}",
        ),
    )


def _harm_by_site(question: Question, protocol: Protocol, endpoint: Endpoint) -> list[Estimate]:
    if reason := question.lacks("arm", "site", endpoint.event):
        return [unknown(question, note=reason, scope=f"endpoint={endpoint.name}", unit=units(protocol))]
    if randomises_clusters(protocol):
        return [unknown(question, note=refusal(protocol), scope=f"endpoint={endpoint.name}", unit=units(protocol))]
    sites = _by_site(question.cells, endpoint)
    tested = [arms for arms in sites.values() if arms.smallest]
    raw = [contingency.fisher_exact(first=arms.intervention, second=arms.control) for arms in tested]
    p_values = dict(zip((id(arms) for arms in tested), zip(raw, multiplicity.holm(raw), strict=True), strict=True))
    return [
        _harm(question, protocol, endpoint, site, arms, p_values.get(id(arms))) for site, arms in sites.items()
    ] or [unknown(question, note="the table has no rows", scope=f"endpoint={endpoint.name}", unit=units(protocol))]


def _harm(
    question: Question,
    protocol: Protocol,
    endpoint: Endpoint,
    site: str,
    arms: Arms,
    p_values: tuple[float, float] | None,
) -> Estimate:
    scope = f"site={shown_level(site)}, endpoint={endpoint.name}"
    hidden = _why_not_shown(question, protocol, arms, scope)
    if hidden or p_values is None:
        return hidden or unknown(question, note="not tested", scope=scope, unit=units(protocol))
    first, second = arms.harm(endpoint.good)
    method = method_of(question, DIFFERENCE_METHODS)
    return difference(
        question,
        value=first.rate - second.rate,
        interval=DIFFERENCE_METHODS[method](first=first, second=second, confidence=question.confidence),
        n=arms.n,
        method=NAMES[method],
        scope=scope,
        unit=units(protocol),
        note=joined(arms.words, f"Fisher p {p_values[0]:.4f}, over all sites {p_values[1]:.4f} (Holm)"),
    )
