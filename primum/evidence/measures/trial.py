"""Metrics of a controlled trial: the primary endpoint and harm."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.designs.boundaries import LooksRefused
from primum.evidence.designs.repeated import repeated_interval_rates
from primum.evidence.intervals import Interval, normal_cdf
from primum.evidence.measures.clusters import clustered, clustered_primary, clustered_primary_ratio
from primum.evidence.measures.question import NO_PROTOCOL, Question, difference, joined, method_of, nothing, unknown
from primum.evidence.shares import contingency
from primum.evidence.shares.ratios import katz, score_ratio
from primum.evidence.shares.two_proportions import Goal, miettinen_nurminen, newcombe, pooled_standard_error
from primum.evidence.trials.cluster_trials import SHARED_CASES, randomises_clusters, shares_cases
from primum.evidence.trials.sequential import LookResult, looks_so_far
from primum.evidence.trials.trial_arms import (
    ARMS,
    Arms,
    arms_of,
    primary_arms,
    units,
)
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Endpoint, Protocol
from primum.roadmap.protocol_parts import SPENDING_WORDS

Differences = Mapping[str, Callable[..., Interval]]
DIFFERENCE_METHODS: Differences = MappingProxyType({"miettinen-nurminen": miettinen_nurminen, "newcombe": newcombe})
RATIO_METHODS: Differences = MappingProxyType({"katz": score_ratio, "miettinen-nurminen": score_ratio})
NAMES = MappingProxyType({"miettinen-nurminen": "Miettinen-Nurminen", "newcombe": "Newcombe"})


def primary_benefit(question: Question) -> tuple[Estimate, ...]:
    """
    Measure the primary benefit, positive when the intervention is better (P2.0).

    Without looks: the risk difference with its interval. With a spending function: the repeated
    interval, value -/+ boundary x pooled standard error, whose lower end is above 0 exactly when z
    crosses the boundary at the information reached (Jennison & Turnbull 1989). Where the protocol
    randomises clusters, a row-level interval is never given: the analysis is at their level.
    """
    protocol, arms, reason = _primary(question)
    if protocol is None or arms is None:
        return (nothing(question, reason),)
    if randomises_clusters(protocol):
        return (clustered_primary(question, protocol),)
    if protocol.spending != "none":
        return (_repeated(question, protocol, arms),)
    method = method_of(question, DIFFERENCE_METHODS)
    first, second = arms.benefit(protocol.primary.good)
    interval = DIFFERENCE_METHODS[method](first=first, second=second, confidence=_strictest(question, protocol))
    return (_primary_difference(question, protocol, arms, interval, method=NAMES[method]),)


def primary_noninferiority(question: Question) -> tuple[Estimate, ...]:
    """Measure the primary benefit plus the declared margin: a lower end above 0 is non-inferior (P2.0)."""
    protocol, arms, reason = _primary(question)
    if protocol is None or arms is None:
        return (nothing(question, reason),)
    if protocol.margin is None:
        return (nothing(question, "the protocol declares no margin"),)
    margin = Fraction(protocol.margin)
    if randomises_clusters(protocol):
        return (clustered_primary(question, protocol, margin=margin),)
    method = method_of(question, DIFFERENCE_METHODS)
    first, second = arms.benefit(protocol.primary.good)
    if protocol.spending != "none":
        return (_repeated_margin(question, protocol, arms, margin),)
    ends = DIFFERENCE_METHODS[method](first=first, second=second, confidence=_strictest(question, protocol))
    shifted = Interval(lower=ends.lower + float(margin), upper=ends.upper + float(margin))
    return (
        difference(
            question,
            value=first.rate - second.rate + margin,
            interval=shifted,
            n=arms.n,
            method=NAMES[method],
            unit=units(protocol),
            needed=_still_planned(question, protocol, shifted),
            note=joined(arms.words, f"margin {float(100 * margin):g} points", _lost(arms, protocol)),
        ),
    )


def primary_ratio(question: Question) -> tuple[Estimate, ...]:
    """Measure the ratio of primary event rates, intervention to control; Katz, or the score interval without events."""
    protocol, arms, reason = _primary(question)
    if protocol is None or arms is None:
        return (nothing(question, reason),)
    if randomises_clusters(protocol):
        return (clustered_primary_ratio(question, protocol),)
    treated, control, method = arms.intervention, arms.control, method_of(question, RATIO_METHODS)
    ratio = katz(first=treated, second=control, confidence=question.confidence)
    score = score_ratio(first=treated, second=control, confidence=question.confidence)
    ends = ratio.interval if ratio.interval and method == "katz" else score
    if ratio.value is None:
        return (nothing(question, f"{arms.words}: without control events there is no ratio", n=arms.n),)
    return (
        Estimate(
            metric=question.criterion.metric,
            value=ratio.value,
            lower=ends.lower,
            upper=ends.upper if math.isfinite(ends.upper) else None,
            confidence=question.confidence,
            method="Katz" if ends is ratio.interval else "Miettinen-Nurminen ratio",
            n=arms.n,
            unit=units(protocol),
            note=joined(arms.words, _lost(arms, protocol)),
            exact=str(treated.rate / control.rate),
        ),
    )


def safety_difference(question: Question) -> tuple[Estimate, ...]:
    """Measure the excess of harm with the intervention, one estimate per safety endpoint; positive is harm."""
    protocol = question.protocol
    if protocol is None or not protocol.safety:
        return (nothing(question, NO_PROTOCOL if protocol is None else "the protocol declares no safety endpoint"),)
    return tuple(_harm(question, protocol, endpoint) for endpoint in protocol.safety)


def _primary(question: Question) -> tuple[Protocol | None, Arms | None, str]:
    """Return the protocol and its primary arms, or the reason why there are none."""
    protocol = question.protocol
    if protocol is None:
        return None, None, NO_PROTOCOL
    if shares_cases(protocol):
        return protocol, None, SHARED_CASES
    if reason := question.lacks("arm", protocol.primary.event):
        return protocol, None, reason
    arms = primary_arms(protocol=protocol, cells=question.cells)
    if not arms.smallest:
        return protocol, None, f"an arm has no unit with a known outcome: {arms.words}"
    return protocol, arms, ""


def _repeated(question: Question, protocol: Protocol, arms: Arms) -> Estimate:
    try:
        look = looks_so_far(protocol=protocol, cells=question.cells)[-1]
    except LooksRefused as refusal:
        return nothing(question, str(refusal), n=arms.n)
    first, second = arms.benefit(protocol.primary.good)
    value, error = first.rate - second.rate, pooled_standard_error(first=first, second=second)
    if math.isinf(look.boundary):
        interval = Interval(lower=-1.0, upper=1.0)
    elif error:
        half = look.boundary * error
        interval = Interval(lower=max(-1.0, float(value) - half), upper=min(1.0, float(value) + half))
    else:
        # Nobody or everybody has the event: z is 0, and the score interval at the same level has a width.
        level = 2 * normal_cdf(look.boundary) - 1
        interval = miettinen_nurminen(first=first, second=second, confidence=level)
    return _primary_difference(
        question,
        protocol,
        arms,
        interval,
        method=f"repeated interval, {SPENDING_WORDS[protocol.spending]}",
        look=_look_words(protocol, look),
    )


def _repeated_margin(question: Question, protocol: Protocol, arms: Arms, margin: Fraction) -> Estimate:
    """Return the benefit plus the margin with the differences that the score test does not reject at this look."""
    try:
        look = looks_so_far(protocol=protocol, cells=question.cells)[-1]
    except LooksRefused as refusal:
        return nothing(question, str(refusal), n=arms.n)
    first, second = arms.benefit(protocol.primary.good)
    ends = repeated_interval_rates(first=first, second=second, critical=look.boundary)
    shifted = Interval(lower=ends.lower + float(margin), upper=ends.upper + float(margin))
    return difference(
        question,
        value=first.rate - second.rate + margin,
        interval=shifted,
        n=arms.n,
        method=f"repeated interval, {SPENDING_WORDS[protocol.spending]}, Farrington-Manning",
        unit=units(protocol),
        needed=_still_planned(question, protocol, shifted),
        adjusted="adjusted for looks",
        note=joined(
            arms.words, f"margin {float(100 * margin):g} points", _look_words(protocol, look), _lost(arms, protocol)
        ),
    )


def _look_words(protocol: Protocol, look: LookResult) -> str:
    unplanned = "" if look.planned else ", an unplanned look, charged"
    futile = "" if look.futility is None else f", futility bound {look.futility:.6f}"
    below = look.futility is not None and look.z is not None and look.z < look.futility
    return (
        f"z {look.z:.6f}, boundary {look.boundary:.6f}{futile}{' not reached' if below else ''} "
        f"at {look.information:,} of {protocol.planned_units:,} {units(protocol)}{unplanned}"
    )


def _primary_difference(
    question: Question, protocol: Protocol, arms: Arms, interval: Interval, *, method: str, look: str = ""
) -> Estimate:
    first, second = arms.benefit(protocol.primary.good)
    return difference(
        question,
        value=first.rate - second.rate,
        interval=interval,
        n=arms.n,
        method=method,
        unit=units(protocol),
        needed=_still_planned(question, protocol, interval),
        adjusted="adjusted for looks" if look else "raw",
        note=joined(arms.words, look, _lost(arms, protocol)),
    )


def _still_planned(question: Question, protocol: Protocol, interval: Interval) -> int | None:
    """Return how many planned units are still to be allocated; 0 once it is shown, ``None`` when all are in."""
    if interval.lower > 0:
        return 0
    allocated = sum(question.cells.where(arm=arm).total() for arm in ARMS)
    return protocol.planned_units - allocated if protocol.planned_units > allocated else None


def _strictest(question: Question, protocol: Protocol) -> float:
    """Return the larger confidence of the policy's and the one that the protocol's alpha implies."""
    return max(question.confidence, float(1 - 2 * Fraction(protocol.alpha_one_sided)))


def _lost(arms: Arms, protocol: Protocol) -> str:
    return f"{arms.missing:,} {units(protocol)} without outcome are left out" if arms.missing else ""


def _harm(question: Question, protocol: Protocol, endpoint: Endpoint) -> Estimate:
    scope, unit = f"endpoint={endpoint.name}", units(protocol)
    if reason := SHARED_CASES if shares_cases(protocol) else question.lacks("arm", endpoint.event):
        return unknown(question, note=reason, scope=scope, unit=unit)
    arms = arms_of(cells=question.cells, event=endpoint.event)
    if not arms.smallest:
        note = f"an arm has no unit with a known outcome: {arms.words}"
        return unknown(question, note=note, scope=scope, n=arms.n, unit=unit)
    if randomises_clusters(protocol):
        worse: Goal = "lower" if endpoint.good == "higher" else "higher"
        return clustered(question, protocol, event=endpoint.event, good=worse, scope=scope)
    first, second = arms.harm(endpoint.good)
    method = method_of(question, DIFFERENCE_METHODS)
    p = contingency.fisher_exact(first=first, second=second)
    return difference(
        question,
        value=first.rate - second.rate,
        interval=DIFFERENCE_METHODS[method](first=first, second=second, confidence=question.confidence),
        n=arms.n,
        method=NAMES[method],
        scope=scope,
        unit=unit,
        note=joined(arms.words, f"Fisher p {p:.4f}", _lost(arms, protocol)),
    )
