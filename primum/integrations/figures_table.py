"""Which figures the evaluation of a table gets: what was judged, what its scores are worth, who was in the trial."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from primum.evidence.counts.cells import Cells
from primum.evidence.measures.tabulation import SCORES
from primum.evidence.trials.trial_arms import ARMS, arms_of, primary_arms, units
from primum.integrations import figures_scores as scores
from primum.integrations.figures import Figure, NothingToDraw
from primum.integrations.figures_curves import calibration, roc
from primum.integrations.figures_evaluation import figures_of_criterion, looks_at
from primum.integrations.figures_flow import Flow, FlowArm, flow
from primum.roadmap.policy import Policy
from primum.roadmap.protocol import Protocol
from primum.roadmap.rollout import Rollout
from primum.roadmap.suppression import outside
from primum.roadmap.verdicts import Verdict

# More groups than this are a forest plot's business; a panel for each would be a wall.
MOST_GROUPS = 8


@dataclass(frozen=True, kw_only=True)
class TableFigures:
    """The figures that suit a verdict, and a sentence for each that could not be drawn."""

    drawn: tuple[Figure, ...]
    left_out: tuple[str, ...] = ()


def figures_of_table(*, verdict: Verdict, cells: Mapping[str, Cells], rollout: Rollout, policy: Policy) -> TableFigures:
    """
    Return the figures of a table's evaluation, small groups without a number (P9).

    Looks and a forest plot or gaps for each criterion with several estimates; ROC and calibration, of all
    and by each declared group, where scores were counted; the flow of a trial's people.
    """
    smallest = policy.smallest_cell
    drawn = list(_of_verdict(verdict, rollout, policy))
    left_out: list[str] = []
    kinds = [name for name in cells if not name.endswith(SCORES)]
    makers = [one for kind in kinds for one in _makers(kind, cells, rollout, smallest)]
    for make in makers:
        try:
            drawn.append(make())
        except NothingToDraw as reason:
            left_out.append(str(reason))
    return TableFigures(drawn=tuple(drawn), left_out=tuple(left_out))


def _of_verdict(verdict: Verdict, rollout: Rollout, policy: Policy) -> Iterator[Figure]:
    criteria = {criterion.id: criterion for criterion in policy.criteria}
    findings = [outside(finding, smallest_cell=policy.smallest_cell) for finding in verdict.findings]
    known = [(finding, criteria[finding.check]) for finding in findings if finding.check in criteria]
    yield from looks_at(known, rollout)
    for finding, criterion in known:
        yield from figures_of_criterion(finding, criterion)


def _makers(kind: str, cells: Mapping[str, Cells], rollout: Rollout, smallest: int) -> Iterator[Callable[[], Figure]]:
    if kind + SCORES in cells:
        yield from _of_scores(cells[kind], cells[kind + SCORES], smallest)
    protocol = rollout.protocol
    if protocol is not None and {"arm", protocol.primary.event} <= set(cells[kind].keys):
        yield partial(_flow, cells[kind], protocol, smallest)


def _of_scores(counted: Cells, scored: Cells, smallest: int) -> Iterator[Callable[[], Figure]]:
    """Return what draws the ROC curve and the calibration of all, and of each attribute with few groups."""
    for attribute in ("", *scores.attributes_of(scored)):
        found = scores.histograms(scored, attribute=attribute)
        if not found or (attribute and not 1 < len(found) <= MOST_GROUPS):
            continue
        flags = scores.flags_of(counted, attribute=attribute, smallest_cell=smallest)
        curves = scores.roc_curves(found, flags=flags, smallest_cell=smallest)
        groups = scores.calibrations(found, smallest_cell=smallest)
        by, name = f" by {attribute.replace('_', ' ')}" if attribute else "", attribute or "all"
        yield partial(roc, curves, title=f"How well the score ranks{by}", name=f"roc-{name}")
        yield partial(
            calibration, groups, title=f"Risk predicted and seen{by}", unit="cases", name=f"calibration-{name}"
        )


def _flow(cells: Cells, protocol: Protocol, smallest: int) -> Figure:
    """Return the flow of a trial as far as the table tells it: allocated, missing, analysed."""
    arms = []
    for arm, words in zip(ARMS, protocol.arms, strict=True):
        here = cells.where(arm=arm)
        known = arms_of(cells=here, event=protocol.primary.event).n
        analysed = primary_arms(protocol=protocol, cells=here).n
        total = here.total()
        arms.append(
            FlowArm(name=f"{words[:1].upper()}{words[1:]}", allocated=total, missing=total - known, analysed=analysed)
        )
    people = Flow(arms=tuple(arms), unit=units(protocol))
    return flow(people, title="Flow of the trial, as the table tells it", smallest_cell=smallest)
