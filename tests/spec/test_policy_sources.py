"""Every number of a policy has a line in a source document, or a reason of its own."""

import hashlib
from importlib import import_module
from pathlib import Path

import pytest

from primum.evidence.measures.registry import METRICS
from primum.integrations.configuration import load_policy, load_requirements, load_suites
from primum.integrations.lint import lint_policy
from primum.roadmap.policy import Policy, Source
from primum.roadmap.requirements import claims_of_policy, unknown_ids
from primum.settings import shipped

title = "Where the numbers of a policy come from"
CONFIG = shipped("config")
POLICIES = [path.stem for path in sorted((CONFIG / "policies").glob("*.yaml"))]


def policy_of(name: str) -> Policy:
    return load_policy(name, base=Path())


def cited(policy: Policy) -> list[tuple[str, Source]]:
    rules = (policy.criteria, policy.seats, policy.documents, policy.dwell, policy.designs, (policy.waiver,))
    return [(f"{type(rule).__name__} {index}", rule.source) for group in rules for index, rule in enumerate(group)]


def passage(source: Source, policy: Policy) -> str:
    document = next(one for one in policy.sources if one.id == source.file)
    lines = (CONFIG / document.file).read_text(encoding="utf-8").splitlines()
    first = source.line or 0
    return "\n".join(lines[first - 1 : source.to_line or first])


@pytest.mark.parametrize("name", POLICIES)
def test_the_words_of_a_source_stand_in_the_line_it_names(name):
    policy = policy_of(name)

    astray = [
        f"{part}: {source.words!r} is not in {source.file}:{source.line}"
        for part, source in cited(policy)
        if source.file != "local" and (not source.words or source.words not in passage(source, policy))
    ]
    assert astray == []


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_was_written_on_the_copies_that_are_shipped(name):
    for document in policy_of(name).sources:
        assert hashlib.sha256((CONFIG / document.file).read_bytes()).hexdigest() == document.sha256


@pytest.mark.parametrize("name", POLICIES)
def test_a_number_without_a_line_has_a_reason(name):
    policy = policy_of(name)
    reasons = {one.number for one in policy.local_numbers}

    numbers = {"evidence_fresh_days", "gate_open_days", "smallest_cell", "criteria.threshold.confidence"}
    numbers |= {f"documents.{one.kind}.at_most_days_old" for one in policy.documents if one.at_most_days_old}
    for criterion in policy.criteria:
        shared = {f"criteria.parameters.{key}" for key in criterion.parameters} & reasons
        own = {
            f"criteria.{criterion.id}.parameters.{key}"
            for key, value in criterion.parameters.items()
            if value.isdigit()
        }
        numbers |= shared | own
    assert numbers <= reasons


@pytest.mark.parametrize("name", POLICIES)
def test_every_reason_is_for_a_number_that_exists(name):
    policy = policy_of(name)
    written = policy.model_dump(mode="json")
    criteria, documents = (
        {one["id"]: one for one in written["criteria"]},
        {one["kind"]: one for one in written["documents"]},
    )

    for one in policy.local_numbers:
        first, *rest = one.number.split(".")
        found = {"criteria": criteria, "documents": documents}.get(first, {}).get(rest[0]) if rest else written[first]
        generic = one.number in ("criteria.threshold.confidence", "criteria.parameters.power")
        assert generic or found, one.number


@pytest.mark.parametrize("name", POLICIES)
def test_what_a_policy_measures_somebody_computes(name):
    policy = policy_of(name)

    assert {criterion.metric for criterion in policy.criteria} <= set(METRICS)
    assert lint_policy(policy) == ()


@pytest.mark.parametrize("name", POLICIES)
def test_every_requirement_a_policy_names_is_in_the_catalogue(name):
    policy = policy_of(name)

    assert unknown_ids(catalogue=load_requirements(), policy=policy) == ()
    assert claims_of_policy(policy)


@pytest.mark.parametrize("name", POLICIES)
def test_what_settles_an_ambiguity_exists(name):
    policy = policy_of(name)
    known = {*(one.id for one in policy.criteria), *(one.kind for one in policy.documents), *Policy.model_fields}
    known |= {expectation["meta"]["id"] for suite in load_suites() for expectation in suite["expectations"]}

    for ambiguity in policy.ambiguities:
        for holder in ambiguity.holds_in:
            module, _, member = holder.rpartition(".")
            assert holder in known or hasattr(import_module(module), member), f"{ambiguity.id}: {holder}"


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_bears_the_name_of_its_file(name):
    assert policy_of(name).id == name
