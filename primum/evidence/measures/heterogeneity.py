"""Metrics of sites as studies: how much the benefit differs between them, and what each one carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from primum.evidence.intervals import Interval
from primum.evidence.measures.question import NO_PROTOCOL, Question, joined, method_of, nothing, suppressed
from primum.evidence.models.effects import NoEstimate
from primum.evidence.models.heterogeneity import (
    SiteEffect,
    Synthesis,
    Tau2Method,
    i2_interval,
    leave_one_out,
    site_effect,
    synthesise,
)
from primum.evidence.shares.stratified import Stratum
from primum.evidence.trials.cluster_trials import randomises_clusters, refusal
from primum.evidence.trials.trial_arms import arms_of, primary_cells
from primum.roadmap.estimates import Estimate

SYNTHESIS_METHODS: Mapping[str, Tau2Method] = MappingProxyType(
    {"reml": "REML", "dl": "DL", "pm": "PM", "ml": "ML", "he": "HE", "fixed": "FE"}
)


@dataclass(frozen=True, kw_only=True)
class _Site:
    """One site: its benefit, and how many units its smaller arm has."""

    name: str
    effect: SiteEffect
    smallest: int


def heterogeneity(question: Question) -> tuple[Estimate, ...]:
    """
    Measure how much the primary benefit differs between sites.

    ``parameters.statistic`` is ``prediction`` (the interval for the benefit at one more site; the usual),
    ``i2`` (share of variance between sites) or ``tau2`` (that variance), each with its interval.
    """
    sites, reason = _sites(question)
    if reason:
        return (nothing(question, reason),)
    effects = [site.effect for site in sites]
    try:
        found = synthesise(
            sites=effects,
            confidence=question.confidence,
            method=_tau2_method(question),
            prediction="t",
        )
    except NoEstimate as refused:
        return (nothing(question, str(refused)),)
    return (_statistic(question, found, effects),)


def leave_one_site_out(question: Question) -> tuple[Estimate, ...]:
    """Measure the pooled primary benefit without each site in turn (random effects)."""
    sites, reason = _sites(question)
    if reason:
        return (nothing(question, reason),)
    effects = [site.effect for site in sites]
    try:
        rest = leave_one_out(sites=effects, confidence=question.confidence, method=_tau2_method(question))
    except NoEstimate as refused:
        return (nothing(question, str(refused)),)
    return tuple(_without(question, site, found) for site, found in zip(sites, rest, strict=True))


def _sites(question: Question) -> tuple[list[_Site], str]:
    """Return the benefit at each site that has both arms, or the reason why there are too few."""
    protocol = question.protocol
    if protocol is None:
        return [], NO_PROTOCOL
    if reason := question.lacks("arm", "site", protocol.primary.event):
        return [], reason
    if randomises_clusters(protocol):
        return [], refusal(protocol)
    found: list[_Site] = []
    for site, cells in primary_cells(question.cells).by("site").items():
        arms = arms_of(cells=cells, event=protocol.primary.event)
        first, second = arms.benefit(protocol.primary.good)
        one = site_effect(stratum=Stratum(first=first, second=second), measure="RD")
        if site and one is not None:
            found.append(_Site(name=site, effect=one, smallest=arms.smallest))
    if len(found) < 2:  # noqa: PLR2004 -- a difference is between two
        return [], f"{len(found)} sites have both arms; differences between sites need at least two"
    return found, ""


def _tau2_method(question: Question) -> Tau2Method:
    return SYNTHESIS_METHODS[method_of(question, SYNTHESIS_METHODS)]


def _statistic(question: Question, found: Synthesis, sites: list[SiteEffect]) -> Estimate:
    asked = question.parameter("statistic", default="prediction")
    spread = found.tau2_interval
    values: dict[str, tuple[float | None, Interval | None]] = {
        "prediction": (found.effect.value, found.prediction),
        "tau2": (found.tau2, spread),
        "i2": (found.i2, None if spread is None else i2_interval(sites=sites, tau2=spread)),
    }
    if asked not in values:
        return nothing(question, f"`parameters.statistic` is '{asked}'; it is prediction, i2 or tau2")
    value, ends = values[asked]
    if value is None or ends is None:
        return nothing(question, f"{found.k} sites by the method {found.method} give no interval for {asked}")
    return Estimate(
        metric=question.criterion.metric,
        value=value,
        # A Q-profile interval may miss the estimate of another method; it is widened to hold it.
        lower=min(ends.lower, value),
        upper=max(ends.upper, value),
        confidence=question.confidence,
        method=f"{found.method}, {asked}",
        n=found.k,
        unit="sites",
        note=joined(
            f"pooled benefit {found.effect.value:.4f} over {found.k} sites",
            f"tau2 {found.tau2:.6f}",
            "" if found.i2 is None else f"I2 {100 * found.i2:.1f} %",
            "" if found.q_p is None else f"Q {found.q:.3f}, p {found.q_p:.4f}",
        ),
    )


def _without(question: Question, site: _Site, found: Synthesis) -> Estimate:
    scope = f"without site={site.name}"
    if question.too_small(site.smallest):
        return suppressed(question, scope=scope, unit="sites")
    return Estimate(
        metric=question.criterion.metric,
        value=found.effect.value,
        lower=found.effect.interval.lower,
        upper=found.effect.interval.upper,
        confidence=question.confidence,
        method=f"{found.method} without one site",
        n=found.k,
        scope=scope,
        unit="sites",
        adjusted="adjusted for site",
        note="" if found.i2 is None else f"I2 {100 * found.i2:.1f} %",
    )
