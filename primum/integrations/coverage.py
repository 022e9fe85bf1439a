"""What enforces each requirement under a policy, from the shipped catalogue and suites."""

from pathlib import Path

from primum.integrations.configuration import load_policy, load_requirements, load_suites
from primum.roadmap.requirements import Coverage, coverage


def coverage_of(*, policy: str, base: Path) -> tuple[Coverage, ...]:
    """
    Return every requirement with what enforces it under a policy; nothing means *not yet*.

    :raises ConfigurationRefused: if the policy, the catalogue or a suite cannot be read
    """
    return coverage(catalogue=load_requirements(), policy=load_policy(policy, base=base), suites=load_suites())
