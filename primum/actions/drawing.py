"""Which figures an evaluation gets: forests of groups, gaps against their line, looks against boundaries."""

from collections.abc import Iterator, Mapping

from primum.actions.submission import Submission
from primum.evidence.cells import Cells
from primum.evidence.sequential import looks_so_far
from primum.integrations.figures import Figure, NothingToDraw, forest, gaps, looks
from primum.roadmap.evaluations import Evaluation
from primum.roadmap.policy import Criterion
from primum.roadmap.verdicts import Finding


def figures_of(*, evaluation: Evaluation, submission: Submission, cells: Mapping[str, Cells]) -> tuple[Figure, ...]:
    """Return the figures of an evaluation, in the order of its criteria; looks come first."""
    return (*_looks(submission, cells), *_forests(evaluation, submission))


def _looks(submission: Submission, cells: Mapping[str, Cells]) -> Iterator[Figure]:
    protocol = submission.rollout.protocol
    if protocol is None or protocol.spending == "none" or "trial" not in cells:
        return
    results = looks_so_far(protocol=protocol, cells=cells["trial"])
    yield looks(results, title=f"Looks at {protocol.primary.name}", planned_units=protocol.planned_units)


def _forests(evaluation: Evaluation, submission: Submission) -> Iterator[Figure]:
    criteria = {criterion.id: criterion for criterion in submission.policy.criteria}
    for finding in evaluation.verdict.findings:
        criterion = criteria.get(finding.check)
        if criterion is not None and len(finding.estimates) > 1:
            yield from _figure(finding, criterion)


def _figure(finding: Finding, criterion: Criterion) -> Iterator[Figure]:
    try:
        if criterion.metric.startswith("gap_") and criterion.threshold is not None:
            yield gaps(finding.estimates, title=criterion.title, threshold=criterion.threshold, name=criterion.id)
        else:
            yield forest(finding.estimates, title=criterion.title, threshold=criterion.threshold, name=criterion.id)
    except NothingToDraw:
        return
