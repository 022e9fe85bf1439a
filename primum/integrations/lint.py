"""Everything that is missing or odd before a rollout runs, in sentences; nothing is changed."""

import difflib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from primum.integrations.configuration import load_requirements
from primum.roadmap.people import Person, Site
from primum.roadmap.policy import Policy
from primum.roadmap.readiness import remarks
from primum.roadmap.requirements import unknown_ids
from primum.roadmap.rollout import Rollout
from primum.roadmap.stages import Stage

A_DATABASE = "://"


def lint(
    *,
    rollout: Rollout,
    policy: Policy,
    people: Sequence[Person],
    sites: Sequence[Site],
    base: Path,
    at: datetime,
    stage: Stage | None = None,
) -> tuple[str, ...]:
    """
    Return one sentence for each thing that is missing or odd before the gate of a stage.

    ``stage`` is the one the rollout begins with unless given; names of files are relative to ``base``.
    """
    return (
        *remarks(rollout=rollout, policy=policy, people=people, stage=stage or rollout.enters_at, at=at),
        *_absent_files(rollout, base),
        *_unknown_zones(sites),
        *lint_policy(policy),
    )


def lint_policy(policy: Policy) -> tuple[str, ...]:
    """Return one sentence for each metric nobody computes and each requirement no catalogue row has."""
    from primum.evidence.measures.registry import METRICS

    unknown = unknown_ids(catalogue=load_requirements(), policy=policy)
    rows = tuple(f"Policy {policy.id} cites requirement {id_}, which is in no row of the catalogue." for id_ in unknown)
    return (*_unknown_metrics(policy, METRICS), *rows)


def _unknown_metrics(policy: Policy, metrics: Collection[str]) -> Iterator[str]:
    for criterion in policy.criteria:
        if criterion.metric not in metrics:
            near = difflib.get_close_matches(criterion.metric, list(metrics), n=1)
            hint = f"perhaps {near[0]} is meant" if near else f"known are {', '.join(sorted(metrics))}"
            yield f"Criterion {criterion.id} asks for the metric {criterion.metric}, which nobody computes; {hint}."


def _absent_files(rollout: Rollout, base: Path) -> Iterator[str]:
    named = [(evidence.source, f"table '{evidence.name}'") for evidence in rollout.evidence]
    named += [(suite, f"table '{one.name}', as its expectations") for one in rollout.evidence for suite in one.suites]
    named += [(document.file, f"document '{document.title}'") for document in rollout.documents]
    for name, part in named:
        if A_DATABASE not in name and not (base / name).is_file():
            yield f"There is no file {name} for {part}; put it there or correct the name."


def _unknown_zones(sites: Sequence[Site]) -> Iterator[str]:
    for site in sites:
        try:
            ZoneInfo(site.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield f"Site '{site.id}' has the timezone '{site.timezone}', which is unknown; one is Europe/Zurich."
