"""The command that comes to the same numbers again."""

import shlex
from collections.abc import Iterator

from primum.actions.table_evaluation import TableEvaluation


def commands_of(found: TableEvaluation) -> tuple[str, ...]:
    """Return what to type to evaluate the same table again, and to see how one number is made."""
    whole = " ".join(shlex.quote(one) for one in _arguments(found))
    criteria = [finding.check for finding in found.verdict.findings if finding.kind == "criterion"]
    return (whole, *([f"{whole} --explain {shlex.quote(criteria[0])}"] if criteria else []))


def _arguments(found: TableEvaluation) -> Iterator[str]:
    judged = found.judged
    yield from ("primum", "evaluate")
    if found.facts:
        yield from (facts.location.rsplit("/", maxsplit=1)[-1] for facts in found.facts)
    else:
        yield from (f"{one.name}.counts.parquet" for one in found.described)
        yield "--counts-in"
    yield from ("--kind", judged.evidence.kind, "--policy", judged.policy.id)
    if found.facts:
        yield from _mapping(found)
    if judged.evidence.suites:
        yield from ("--like", "rollout.yaml")
    if any(one.unchecked for one in found.described) and found.facts:
        yield "--no-expect"
    for condition in judged.rollout.use.critical_conditions:
        yield from ("--condition", condition)
    yield from ("--use-case", judged.rollout.use.use_case, "--purpose", judged.rollout.use.purpose)
    if judged.rollout.protocol is not None:
        yield from ("--protocol", "protocol.yaml")


def _mapping(found: TableEvaluation) -> Iterator[str]:
    evidence = found.judged.evidence
    for contract, own in evidence.columns.items():
        if contract != own:
            yield from ("--map", f"{contract}={own}")
    for column, meanings in evidence.values.items():
        for raw, meaning in meanings.items():
            yield from ("--value", f"{column}:{raw}={meaning}")
    for attribute in evidence.subgroups:
        yield from ("--subgroup", attribute)
