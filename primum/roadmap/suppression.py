"""What may leave the data plane: small cells and credentials stay behind (P9)."""

import re
from dataclasses import replace

from primum.roadmap.estimates import Estimate
from primum.roadmap.evaluations import Evaluation, TableFacts
from primum.roadmap.verdicts import Finding, Verdict

# Counting sites, tables or answers to planted questions says nothing about a patient.
NOT_PEOPLE = frozenset({"sites", "tables", "clusters", "answers"})
CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")


def too_small(estimate: Estimate, *, smallest_cell: int) -> bool:
    """Return whether an estimate rests on fewer people than the policy lets out; no people at all is not small."""
    few = 0 < estimate.n < smallest_cell and estimate.unit not in NOT_PEOPLE
    return estimate.suppressed or few


def masked(estimate: Estimate, *, smallest_cell: int) -> Estimate:
    """Return an estimate without its numbers when its cell is too small; metric, scope and method stay."""
    if not too_small(estimate, smallest_cell=smallest_cell):
        return estimate
    return replace(
        estimate,
        value=None,
        lower=None,
        upper=None,
        n=0,
        events=None,
        needed=None,
        note=f"fewer than {smallest_cell} {estimate.unit}; not shown",
        exact="",
        suppressed=True,
    )


def publishable(evaluation: Evaluation, *, smallest_cell: int) -> Evaluation:
    """
    Return an evaluation as it may be shown outside the data plane.

    Estimates of small cells lose their numbers but stay in the list, so that they are still counted;
    outcomes are untouched. User names and passwords in the locations of tables are cut out.
    """
    findings = tuple(outside(finding, smallest_cell=smallest_cell) for finding in evaluation.verdict.findings)
    tables = tuple(_table(facts) for facts in evaluation.tables)
    return replace(evaluation, verdict=Verdict(findings=findings), tables=tables)


def outside(finding: Finding, *, smallest_cell: int) -> Finding:
    """Return a finding as it may be shown outside the data plane; its outcome is untouched (P9)."""
    estimates = tuple(masked(estimate, smallest_cell=smallest_cell) for estimate in finding.estimates)
    return replace(finding, estimates=estimates)


def _table(facts: TableFacts) -> TableFacts:
    location = CREDENTIALS.sub("", facts.location)
    return replace(facts, location=location.partition("?")[0] if "://" in location else location)
