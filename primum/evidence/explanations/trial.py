"""Derivations of a trial's metrics: both arms counted again, the primary endpoint, its ratio, and harm."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from primum.evidence.explanations.clusters import clustered, clustered_primary, clustered_ratio
from primum.evidence.explanations.differences import DIFFERENCES, group_steps, katz, score_ratio
from primum.evidence.explanations.looks import repeated, repeated_score
from primum.evidence.explanations.working import (
    Derived,
    Formula,
    Step,
    Table,
    count_of,
    counted,
    figure,
    levels_in,
    steps,
)
from primum.evidence.intervals import Group
from primum.evidence.measures.question import Question, method_of
from primum.evidence.trials.cluster_trials import randomises_clusters
from primum.roadmap.estimates import Estimate
from primum.roadmap.protocol import Endpoint, Protocol

FISHER = Formula(
    text=(
        "p = sum of P(table) over all tables with these margins that are at most as likely as the observed one\n"
        "P(table) = choose(n1, i) choose(n2, e - i) / choose(n1 + n2, e),  e events in all, i of them in the first"
    ),
    reference="Fisher 1935, Journal of the Royal Statistical Society 98:39-82",
)
FORMULAS: Mapping[str, Formula] = MappingProxyType({"fisher": FISHER})

ARMS = ("intervention", "control")


@dataclass(frozen=True, kw_only=True)
class BothArms:
    """One endpoint in both arms, counted from the cells, with the table of the counts."""

    intervention: Group
    control: Group
    missing: int
    table: Table

    def ordered(self, *, good_first: bool) -> tuple[Group, Group, tuple[str, str]]:
        """Return the arms in the order of a subtraction, with their names."""
        if good_first:
            return self.intervention, self.control, ARMS
        return self.control, self.intervention, (ARMS[1], ARMS[0])


def both_arms(question: Question, *, event: str, primary: bool, **levels: str) -> BothArms:
    """Count one endpoint in both arms; with ``primary`` only units that count in the primary analysis."""
    cells = question.cells.where(**levels)
    if primary and "in_primary" in cells.keys:
        cells = cells.where(in_primary="1")
    counts = counted(cells, "arm", event)
    groups = [
        Group(events=counts.get((arm, "1"), 0), n=counts.get((arm, "1"), 0) + counts.get((arm, "0"), 0)) for arm in ARMS
    ]
    missing = sum(n for (arm, _), n in counts.items() if arm in ARMS) - sum(group.n for group in groups)
    return BothArms(
        intervention=groups[0],
        control=groups[1],
        missing=missing,
        table=Table(
            columns=("arm", event, "none"),
            rows=tuple(arm_row(question, name=arm, group=group) for arm, group in zip(ARMS, groups, strict=True)),
        ),
    )


def primary_benefit(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every derivation takes both
    """Derive the primary benefit: a difference with its interval, or the repeated interval of the look reached."""
    protocol, arms = _primary(question)
    if randomises_clusters(protocol):
        return clustered_primary(question)
    good_first = protocol.primary.good == "higher"
    if protocol.spending == "none":
        return difference(question, arms=arms, good_first=good_first, confidence=_strictest(question, protocol))
    first, second, words = arms.ordered(good_first=good_first)
    derived = repeated(protocol=protocol, first=first, second=second)
    return replace(
        derived, table=arms.table, steps=(*group_steps(first, second, words=words), *derived.steps, *left_out(arms))
    )


def primary_noninferiority(question: Question, estimate: Estimate) -> Derived:  # noqa: ARG001 -- every explanation is called in the same way
    """Derive the primary benefit plus the margin."""
    protocol, arms = _primary(question)
    plain = _against_margin(question, protocol, arms)
    margin = Fraction(protocol.margin or 0)
    value, lower, upper = (None if end is None else end + margin for end in (plain.value, plain.lower, plain.upper))
    return replace(
        plain,
        value=value,
        lower=lower,
        upper=upper,
        formula=replace(
            plain.formula, text=f"{plain.formula.text}\nshown are d + M, L + M and U + M: above 0 is not worse by M"
        ),
        steps=(*plain.steps, *steps(("M", "declared margin", margin))),
        check_in=f"{plain.check_in} + {figure(margin)}",
    )


def _against_margin(question: Question, protocol: Protocol, arms: BothArms) -> Derived:
    """Return the difference that the margin is added to: over clusters, at the look reached, or once."""
    good_first = protocol.primary.good == "higher"
    if randomises_clusters(protocol):
        return clustered_primary(question)
    if protocol.spending == "none":
        return difference(question, arms=arms, good_first=good_first, confidence=_strictest(question, protocol))
    first, second, words = arms.ordered(good_first=good_first)
    derived = repeated_score(protocol=protocol, first=first, second=second)
    return replace(
        derived, table=arms.table, steps=(*group_steps(first, second, words=words), *derived.steps, *left_out(arms))
    )


def primary_ratio(question: Question, estimate: Estimate) -> Derived:
    """Derive the ratio of primary event rates, intervention over control."""
    protocol, arms = _primary(question)
    if randomises_clusters(protocol):
        return clustered_ratio(question)
    treated, control, words = arms.ordered(good_first=True)
    method = katz if estimate.method == "Katz" else score_ratio
    derived = method(treated, control, confidence=question.confidence)
    return replace(
        derived, table=arms.table, steps=(*group_steps(treated, control, words=words), *derived.steps, *left_out(arms))
    )


def safety_difference(question: Question, estimate: Estimate) -> Derived:
    """Derive the excess of harm of one safety endpoint, with Fisher's p beside."""
    endpoint, worse = endpoint_of(question, estimate), {"higher": "lower", "lower": "higher"}
    if question.protocol is not None and randomises_clusters(question.protocol):
        return clustered(
            question,
            cells=question.cells,
            event=endpoint.event,
            good=worse[endpoint.good],
            confidence=question.confidence,
        )
    arms = both_arms(question, event=endpoint.event, primary=False)
    good_first = endpoint.good == "lower"
    first, second, _ = arms.ordered(good_first=good_first)
    derived = difference(question, arms=arms, good_first=good_first)
    return replace(derived, steps=(*derived.steps, *fisher_steps(first, second)))


def endpoint_of(question: Question, estimate: Estimate) -> Endpoint:
    """Return the safety endpoint that a scope names."""
    name = levels_in(estimate.scope)["endpoint"]
    return next(one for one in (question.protocol.safety if question.protocol else ()) if one.name == name)


def difference(question: Question, *, arms: BothArms, good_first: bool, confidence: float | None = None) -> Derived:
    """Derive a difference of both arms by the method that the policy names."""
    first, second, words = arms.ordered(good_first=good_first)
    method = DIFFERENCES[method_of(question, DIFFERENCES)]
    derived = method(first, second, confidence=confidence or question.confidence)
    return replace(
        derived, table=arms.table, steps=(*group_steps(first, second, words=words), *derived.steps, *left_out(arms))
    )


def fisher_steps(first: Group, second: Group) -> tuple[Step, ...]:
    """Return Fisher's exact p of two groups as a step, and the tables it sums over."""
    likely, observed = tables(first, second), first.events - max(0, first.events + second.events - second.n)
    few = [one for one in likely if one <= likely[observed] * (1 + 1e-7)]
    return steps(
        ("P(table)", "probability of the observed table, margins fixed (Fisher 1935)", likely[observed]),
        ("F", f"Fisher's two-sided p: the sum over the {len(few)} tables at most as likely", min(1.0, math.fsum(few))),
    )


def tables(first: Group, second: Group) -> list[float]:
    """Return the probability of each table with these margins, by the events of the first group."""
    events, total = first.events + second.events, first.n + second.n
    whole = _ways(total, events)
    possible = range(max(0, events - second.n), min(events, first.n) + 1)
    return [math.exp(_ways(first.n, i) + _ways(second.n, events - i) - whole) for i in possible]


def left_out(arms: BothArms) -> tuple[Step, ...]:
    """Return how many units have no outcome, if any."""
    return steps(("missing", "units of both arms without outcome, left out", arms.missing)) if arms.missing else ()


def arm_row(question: Question, *, name: str, group: Group) -> tuple[str, str, str]:
    """Return the counts of a group as a row: name, events, others."""
    return name, count_of(question, n=group.events), count_of(question, n=group.n - group.events)


def _primary(question: Question) -> tuple[Protocol, BothArms]:
    protocol = question.protocol
    assert protocol is not None  # an estimate is known only with a protocol
    return protocol, both_arms(question, event=protocol.primary.event, primary=True)


def _strictest(question: Question, protocol: Protocol) -> float:
    return max(question.confidence, float(1 - 2 * Fraction(protocol.alpha_one_sided)))


def _ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
