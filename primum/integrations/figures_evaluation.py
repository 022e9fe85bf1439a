"""Which figures an evaluation gets, drawn from the evaluation alone: looks, groups of patients, gaps, sites."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from primum.evidence.intervals import Group
from primum.evidence.shares.proportions import clopper_pearson
from primum.integrations.figures import Figure, NothingToDraw, forest, gaps, looks
from primum.integrations.figures_sequence import looks_of
from primum.roadmap.estimates import Estimate
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.policy import Criterion, Policy
from primum.roadmap.rollout import Rollout
from primum.roadmap.suppression import publishable
from primum.roadmap.verdicts import Finding

SHARES_BEHIND = {"gap_sensitivity": "sensitivity", "gap_accuracy": "accuracy", "gap_checks_met": "checks_met"}


def figures_of(*, evaluation: Evaluation, rollout: Rollout, policy: Policy) -> tuple[Figure, ...]:
    """
    Return the figures of an evaluation: looks first, then in the order of its findings.

    Nothing but the evaluation is read, so that a page drawn later shows what was decided on. Small
    cells keep their row without a number (P9).
    """
    outside = publishable(evaluation, smallest_cell=policy.smallest_cell)
    criteria = {criterion.id: criterion for criterion in policy.criteria}
    known = [(finding, criteria[finding.check]) for finding in outside.verdict.findings if finding.check in criteria]
    drawn = [*looks_at(known, rollout)]
    for finding, criterion in known:
        drawn += figures_of_criterion(finding, criterion)
    return tuple(drawn)


def shares_of(estimates: tuple[Estimate, ...]) -> tuple[Estimate, ...]:
    """
    Return the share of each group behind its gap, with its exact interval (Clopper & Pearson 1934).

    A gap carries the events and the number of its group; a gap without events has no share.
    """
    levels = [one for one in estimates if "=" in one.scope]
    return tuple(_share(one) for one in levels if one.suppressed or (one.events is not None and one.n))


def _share(gap: Estimate) -> Estimate:
    plain = replace(
        gap, metric=SHARES_BEHIND[gap.metric], method="Clopper-Pearson", adjusted="raw", note="", needed=None, exact=""
    )
    if gap.suppressed or gap.events is None:
        return plain
    ends = clopper_pearson(group=Group(events=gap.events, n=gap.n), confidence=gap.confidence)
    return replace(plain, value=gap.events / gap.n, lower=ends.lower, upper=ends.upper)


def looks_at(known: Sequence[tuple[Finding, Criterion]], rollout: Rollout) -> Iterator[Figure]:
    """Return the looks at a trial, where its protocol plans any and its benefit is known."""
    protocol = rollout.protocol
    benefit = next((finding.estimates for finding, one in known if one.metric == "primary_benefit"), ())
    if protocol is None or len(benefit) != 1:
        return
    if results := looks_of(estimate=benefit[0], protocol=protocol):
        yield looks(results, title=f"Looks at {protocol.primary.name}", planned_units=protocol.planned_units)


def figures_of_criterion(finding: Finding, criterion: Criterion) -> Iterator[Figure]:
    """Return the figures of one criterion with several estimates: the shares behind its gaps, and itself."""
    estimates, rule = finding.estimates, criterion.threshold
    if len(estimates) < 2:  # noqa: PLR2004 -- one estimate is a sentence, not a figure
        return
    try:
        if criterion.metric in SHARES_BEHIND:
            behind = SHARES_BEHIND[criterion.metric].replace("_", " ").capitalize()
            yield forest(shares_of(estimates), title=f"{behind} by group of patients", name=f"{criterion.id}-groups")
        if criterion.metric.startswith("gap_") and rule is not None:
            yield gaps(estimates, title=criterion.title, threshold=rule, name=criterion.id)
        else:
            yield forest(estimates, title=criterion.title, threshold=rule, name=criterion.id)
    except NothingToDraw:
        return
